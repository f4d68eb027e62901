package jitter

import (
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/soundtest"
)

// Up to five packets in a row are lost, again and again, at all places of speech.
// What Opus makes of a voice that returns is now and then a click of its own.
func TestBurstsDoNotClick(t *testing.T) {
	speech := soundtest.Speech(t, 8000)
	phone, program := said(speech), spoken(t, speech, opus.Telephone())
	end := time.Duration(len(speech)/160) * 20 * ms
	for _, long := range []int{1, 3, 5} {
		law, codec := 0, 0
		for first := range 3 {
			gone := func(queue []sent) (left []sent) {
				for i, p := range queue {
					if i < 10 || (i+12*first)%37 >= long {
						left = append(left, p)
					}
				}
				return left
			}
			law += len(soundtest.Clicks(speech, sound(listen(newTone(), gone(phone), 20*ms, end)), pcm.Narrowband))
			codec += len(soundtest.Clicks(speech, sound(listen(newOpus(t, 20*ms), gone(program), 20*ms, end)), pcm.Narrowband))
		}
		if law > 0 || codec > 2 {
			t.Errorf("75 bursts of %d: G.711 clicks %d times, Opus %d times", long, law, codec)
		}
	}
}
