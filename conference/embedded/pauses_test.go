package embedded

import (
	"math"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/transcode/level"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// TestRoomSoundsOnWhereAPagePauses: what a browser says of a quiet room every
// 400 ms must not come and go in its file.
func TestRoomSoundsOnWhereAPagePauses(t *testing.T) {
	const spoken, all = 50, 250 // frames
	e, err := opus.NewEncoder(opus.EncoderConfig{Rate: opus.ClockRate, Bitrate: 32000, Complexity: 9, FEC: true, DTX: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	began := time.Unix(1000, 0)
	r := newRecorder(1, began)
	track := r.track("p1", true)
	packet, f := make([]byte, opus.MaxPacket), make(pcm.Frame, frameTicks)
	noise, sent := uint32(1), 0
	var pauses webtest.Pauses
	for i := range all {
		for k := range f {
			noise = noise*1664525 + 1013904223
			f[k] = int16(noise>>25) - 64 // -59 dBov
			if i < spoken {
				f[k] += int16(5000 * math.Sin(2*math.Pi*300*float64(i*frameTicks+k)/opus.ClockRate))
			}
		}
		n, err := e.Encode(packet, f)
		if err != nil {
			t.Fatal(err)
		}
		if pauses.Sends(n) {
			at := time.Duration(i) * pcm.FrameDuration
			track.push(uint32(i*frameTicks), packet[:n], began.Add(at))
			sent++
		}
	}
	if sent > all/2 {
		t.Fatalf("%d packets: there is no pause", sent)
	}
	files := newFiles(t, began)
	if err := r.writeQueued(files); err != nil {
		t.Fatal(err)
	}
	if err := files.finish(all*pcm.FrameDuration, 0); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(exported(t, files.directory), "p1.opus")
	sound := play(t, name)[(spoken+25)*pcm.NarrowbandSamples : (all-25)*pcm.NarrowbandSamples]
	var levels []int
	for f := range slices.Chunk(sound, pcm.NarrowbandSamples) {
		levels = append(levels, level.Of(f))
	}
	if slices.Max(levels)-slices.Min(levels) > 6 {
		t.Errorf("the room comes and goes: %d dBov", levels)
	}
}

func TestOnlyWhatWasToldOfIsALull(t *testing.T) {
	voice, nothing := voicePacket(), []byte{voicePacket()[0]}
	for _, tt := range []struct {
		name  string
		last  []byte
		gap   time.Duration
		noise int64 // packets that have the decoder go on with it
	}{
		{"a pause", nothing, 380 * time.Millisecond, 19},
		{"a pause that is longer than any", nothing, 520 * time.Millisecond, 0},
		{"no time", nothing, 0, 0},
		{"a microphone that was shut in the middle of a word", voice, 380 * time.Millisecond, 0},
		{"a packet that is lost", voice, 20 * time.Millisecond, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var l lull
			l.begin(voice, frameTicks)
			l.begin(tt.last, frameTicks)
			if n := l.until(int64(tt.gap * clockRate / time.Second)); n != tt.noise {
				t.Errorf("%d packets, want %d", n, tt.noise)
			}
		})
	}
}
