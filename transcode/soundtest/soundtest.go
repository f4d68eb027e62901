// Package soundtest judges sound in tests: how much of what was said can be
// understood, how true it is, whether it clicks, and how clean a tone is.
//
// The measures are those that fit the telephone's band. None of them is an
// opinion score: [STOI] and [Distance] compare a sound with what it should be,
// [Clicks] and [Gaps] find what an ear would stumble over. Sound that has been
// on its way for a while, or whose delay has changed under way, is brought into
// step with [Align] first.
package soundtest

import (
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/einwahl/einwahl/transcode/ogg"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/wav"
)

// voices are the two that speak, from close by. They are announcements as
// announcements/prompts had them first, before they were balanced for the
// telephone: what is measured must not change with what the gateway says.
var voices = [...]string{"de.ogg", "en.ogg"}

// Speech is twenty seconds of speech at rate, 8000, 16000 or 48000, as a
// telephone picks it up.
func Speech(t testing.TB, rate int) []int16 {
	t.Helper()
	_, here, _, ok := runtime.Caller(0)
	if !ok {
		t.Fatal("no source to find the voices by")
	}
	var sound []int16
	for _, name := range voices {
		path := filepath.Join(filepath.Dir(here), "testdata", name)
		spoken, err := Read(path, rate)
		if err != nil {
			t.Fatalf("decode %s: %v", path, err)
		}
		sound = append(sound, spoken...)
	}
	handset(sound, rate)
	return sound
}

// handset makes of a voice from close by, which is strong in the bass, what the
// microphone of a telephone does. As in ITU-T P.48 it rises by 9 dB from 400 to
// 3000 Hz, and at 200 Hz it is 15 dB down.
func handset(sound []int16, rate int) {
	lows := [...]struct{ corner, share, state float64 }{{250, 1, 0}, {250, 1, 0}, {1500, 0.75, 0}}
	for i, v := range sound {
		x := 6 * float64(v)
		for k := range lows {
			low := &lows[k]
			low.state += (1 - math.Exp(-2*math.Pi*low.corner/float64(rate))) * (x - low.state)
			x -= low.share * low.state
		}
		sound[i] = int16(min(max(x, math.MinInt16), math.MaxInt16))
	}
}

// TelephoneBand is what of sound at 48 kHz a telephone could hear, at 8 kHz.
func TelephoneBand(full []int16) []int16 {
	in := make([]float32, len(full))
	for i, v := range full {
		in[i] = float32(v)
	}
	out := make([]int16, len(full)/6)
	for i, v := range wav.Resample(in, 48000, 8000)[:len(out)] {
		out[i] = int16(min(max(v, math.MinInt16), math.MaxInt16))
	}
	return out
}

// Read is what a file of Opus holds, in mono at rate.
func Read(path string, rate int) ([]int16, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	r, err := ogg.NewReader(file)
	if err != nil {
		return nil, err
	}
	d, err := opus.NewDecoder(rate)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	var sound []int16
	for packet := make([]int16, rate*120/1000); ; {
		p, err := r.Next()
		if errors.Is(err, io.EOF) {
			return sound, nil
		}
		if err != nil {
			return nil, err
		}
		n, err := d.Decode(packet, p.Data)
		if err != nil {
			return nil, err
		}
		sound = append(sound, packet[:n]...)
	}
}
