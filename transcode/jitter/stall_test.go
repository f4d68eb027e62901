package jitter

import (
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/soundtest"
)

// held is a network that holds packets up for so long every two seconds; shift
// says at which of them.
func held(queue []sent, shift int, long time.Duration) (out []sent) {
	until := time.Duration(0)
	for i, p := range queue {
		if i > 10 && (i+shift)%101 == 0 {
			until = p.at + long
		}
		p.at = max(p.at, until)
		out = append(out, p)
	}
	return out
}

// What is skipped after a stall is left with what it would have gone on as.
func TestSkippingDoesNotClick(t *testing.T) {
	speech := soundtest.Speech(t, pcm.Narrowband)
	phone, program := said(speech), spoken(t, speech, opus.Telephone())
	end := time.Duration(len(speech)/160) * 20 * ms
	for _, stall := range []time.Duration{100 * ms, 200 * ms, 300 * ms} {
		law, codec, skipped := 0, 0, uint64(0)
		clicks := func(s *Stream, queue []sent) int {
			heard := sound(listen(s, queue, 20*ms, end))
			skipped += s.Stats().Discarded
			return len(soundtest.Clicks(speech, heard, pcm.Narrowband))
		}
		for shift := 0; shift < 101; shift += 8 {
			law += clicks(newTone(), held(phone, shift, stall))
			codec += clicks(newOpus(t, 20*ms), held(program, shift, stall))
		}
		if law > 0 || codec > 1 || skipped < 1000 {
			t.Errorf("120 stalls of %v: G.711 clicks %d times, Opus %d times; %d packets are skipped", stall, law, codec, skipped)
		}
	}
}
