package embedded

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/ogg"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// TestExportedFilesAreOggOpusAndTheirSumIsTheMix has two pages and a telephone talk at
// the same time: what is exported is a file for each, as RFC 7845 wants it, and the
// mix sounds like all of them together.
func TestExportedFilesAreOggOpusAndTheirSumIsTheMix(t *testing.T) {
	cfg := testConfig(t)
	b := start(t, cfg, beating(t), meetingOf("1", func(m *MeetingConfig) { m.Consent = "off" }))
	ada, _, phone := threeSpeak(t, b)
	ada.Say(request{Type: "host", Action: "record_start"})
	ada.Told("recording", recording("on"))
	phone.hear(2500 * time.Millisecond)
	ada.Say(request{Type: "host", Action: "record_stop"})

	directory, list := recordingOf(t, cfg.Recordings)
	exported, err := readManifest(directory)
	if err != nil || len(exported.Tracks) != 4 || exported.Delete == nil || !exported.Delete.Equal(*list.Delete) {
		t.Fatalf("%+v, %v", exported, err)
	}
	sounds := map[string][]int16{}
	for _, track := range exported.Tracks {
		checkFile(t, directory, track)
		sounds[track.Person] = play(t, filepath.Join(directory, track.File))
	}
	const window = pcm.Narrowband / 2
	best := 0.0
	for from := window; from+2*window <= len(sounds[""]) && best < 0.9; from += window / 2 {
		best = max(best, together(sounds, from, from+window))
	}
	if t.Logf("%.3f of the mix's energy", best); best < 0.9 || best > 1.1 {
		t.Errorf("the files together are %.3f of the mix's energy, want all of it", best)
	}
}

// together is how much of the energy of the mix, which is nobody's, is that of the
// others, and 0 where one of them has no part in it. Each is held up on its own way
// into the room, so they are laid under the mix one by one; what they explain of it
// adds up, since no two are alike.
func together(sounds map[string][]int16, from, to int) (all float64) {
	for person, sound := range sounds {
		if person == "" {
			continue
		}
		share := explained(sounds[""], sound, from, to)
		if share < 0.1 {
			return 0
		}
		all += share
	}
	return all
}

// checkFile reads an exported file as Ogg Opus, from its head to its proper end.
func checkFile(t *testing.T, directory string, track manifestTrack) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(directory, track.File))
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != track.SHA256 {
		t.Errorf("%s has the checksum %x, and not %s", track.File, sum, track.SHA256)
	}
	r, err := ogg.NewReader(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%s: %v", track.File, err)
	}
	if want := (ogg.Head{Channels: 1, PreSkip: preSkip, Rate: clockRate}); r.Head != want {
		t.Errorf("%s: head %+v, want %+v", track.File, r.Head, want)
	}
	for err == nil {
		var p ogg.Packet
		if p, err = r.Next(); err == nil && ogg.Samples(p.Data) == 0 {
			t.Fatalf("%s: %x is no Opus", track.File, p.Data)
		}
	}
	if !errors.Is(err, io.EOF) {
		t.Errorf("%s ends with %v", track.File, err)
	}
}

// explained is how much of the energy of a part of a mix is that of a sound, at the
// place within 300 ms where they fit best.
func explained(mix, sound []int16, from, to int) (best float64) {
	const most = 3 * pcm.Narrowband / 10
	for lag := -most; lag <= most; lag++ {
		var xy, xx, yy float64
		for i := from; i < to; i++ {
			x, y := float64(sound[i+lag]), float64(mix[i])
			xy, xx, yy = xy+x*y, xx+x*x, yy+y*y
		}
		best = max(best, xy*xy/max(xx*yy, 1))
	}
	return best
}

// patience is a context that ends when it has been looked at so often.
type patience struct {
	context.Context
	looks int
}

func (p *patience) Err() error {
	if p.looks--; p.looks < 0 {
		return context.Canceled
	}
	return nil
}

// TestAnExportEndsAtOnceAndLeavesNothing: whoever breaks it off has no sound lying
// about that everybody can play.
func TestAnExportEndsAtOnceAndLeavesNothing(t *testing.T) {
	_, r := keepRecording(t, nil)
	folder := t.TempDir()
	looks := 0
	for ; ; looks++ {
		x, err := r.Export(&patience{t.Context(), looks}, filepath.Join(folder, "out"), nil, nothing)
		if err == nil {
			break
		}
		if left, fault := os.ReadDir(folder); !errors.Is(err, context.Canceled) || fault != nil || len(left)+len(x.Faults) > 0 {
			t.Fatalf("broken off after %d looks: %v; %v, %v is left", looks, err, left, x.Faults)
		}
	}
	if looks < 2*r.Files {
		t.Errorf("in %d files it was looked %d times whether anybody wants them", r.Files, looks)
	}
	if _, err := r.Verify(&patience{t.Context(), looks / 2}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("verified on: %v", err)
	}
}
