package embedded

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/transcode/ogg"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// TestExportedFilesAreOggOpusAndTheirSumIsTheMix has two pages and a telephone talk at
// the same time: what is exported is a file for each, as RFC 7845 wants it, and the
// mix sounds like all of them together.
func TestExportedFilesAreOggOpusAndTheirSumIsTheMix(t *testing.T) {
	cfg := testConfig(t)
	b := start(t, cfg, beating(t), meetingOf("1", func(m *MeetingConfig) { m.Consent = "off" }))
	server := serve(t, b)
	ada := webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Ada"})
	ada.Joined()
	bob := webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Bob"})
	bob.Joined()
	phone := call(t, b, "1")
	defer speak(t, ada, 880)()
	defer speak(t, bob, 600)()
	phone.awaitNote(880, true)
	phone.awaitNote(600, true)
	phone.say(440)
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
	// Each is held up on its own way into the room, so they are laid under the mix one
	// by one; what they explain of it adds up, since no two are alike.
	all := 0.0
	for person, sound := range sounds {
		if person == "" { // the mix
			continue
		}
		share := explained(sounds[""], sound)
		if all += share; share < 0.1 {
			t.Errorf("%s is %.3f of the mix's energy", person, share)
		}
	}
	if t.Logf("%.3f of the mix's energy", all); all < 0.9 || all > 1.1 {
		t.Errorf("the files together are %.3f of the mix's energy, want all of it", all)
	}
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

// explained is how much of the energy of a mix is that of a sound, at the place
// within half a second where they fit best, over their second second.
func explained(mix, sound []int16) (best float64) {
	const from, length, most = pcm.Narrowband, pcm.Narrowband, pcm.Narrowband / 2
	for lag := -most; lag <= most; lag++ {
		var xy, xx, yy float64
		for i := from; i < from+length; i++ {
			x, y := float64(sound[i+lag]), float64(mix[i])
			xy, xx, yy = xy+x*y, xx+x*x, yy+y*y
		}
		best = max(best, xy*xy/(xx*yy))
	}
	return best
}
