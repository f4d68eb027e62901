package jitter

import (
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/soundtest"
)

// Up to five packets in a row are lost, again and again, at all places of speech:
// each packet is once the first of a burst. What Opus makes of a voice that returns
// is now and then a click of its own.
func TestBurstsDoNotClick(t *testing.T) {
	const apart = 37 // packets
	speech := soundtest.Speech(t, 8000)
	phone, program := said(speech), spoken(t, speech, opus.Telephone())
	end := time.Duration(len(speech)/160) * 20 * ms
	clicks := func(s *Stream, queue []sent, first, long int) int {
		var left []sent
		for i, p := range queue {
			if i < 10 || (i+first)%apart >= long {
				left = append(left, p)
			}
		}
		return len(soundtest.Clicks(speech, sound(listen(s, left, 20*ms, end)), pcm.Narrowband))
	}
	for _, long := range []int{1, 3, 5} {
		law, codec := 0, 0
		for first := range apart {
			law += clicks(newTone(), phone, first, long)
			codec += clicks(newOpus(t, 20*ms), program, first, long)
		}
		if law > 0 || codec > 4 {
			t.Errorf("all bursts of %d: G.711 clicks %d times, Opus %d times", long, law, codec)
		}
	}
}
