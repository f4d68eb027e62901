package jitter

import (
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/soundtest"
)

// An hour of speech from a sender whose clock is 100 ppm off: 360 ms have to go
// or to come, and nobody hears where.
func TestHourOfDriftDoesNotClick(t *testing.T) {
	phone := said(soundtest.Speech(t, pcm.Narrowband))
	for name, tick := range map[string]time.Duration{
		"sender fast": 20*ms + 2*time.Microsecond,
		"sender slow": 20*ms - 2*time.Microsecond,
	} {
		t.Run(name, func(t *testing.T) {
			s, clicks, silent := hour(phone, tick)
			st := s.Stats()
			if clicks > 0 || silent > 0 {
				t.Errorf("%d clicks, %d silent beats", clicks, silent)
			}
			if moved := st.Removed + st.Inserted + st.Concealed; moved < 330*ms || moved > 400*ms || st.Delay > 25*ms || st.Discarded > 0 {
				t.Errorf("%+v", st)
			}
		})
	}
}

// hour plays packets in a loop and looks for clicks where the sound was changed:
// nothing else can have made one.
func hour(packets []sent, tick time.Duration) (s *Stream, clicks, silent int) {
	s = New(Config{ClockRate: 8000, Rate: 8000}, g711.NewDecoder(g711.ALaw))
	recent, f := make([]int16, 5*160), make(pcm.Frame, 160)
	epoch, next, changes, since := time.Unix(1e9, 0), 0, int64(0), 0
	for now := phase; now < time.Hour; now += tick {
		for ; time.Duration(next)*20*ms <= now; next++ {
			p := packets[next%len(packets)].Packet
			p.Seq, p.Timestamp = uint16(next), uint32(next*160)
			s.Push(p, epoch.Add(time.Duration(next)*20*ms))
		}
		if !s.ReadFrame(f) {
			silent++
		}
		copy(recent, recent[160:])
		copy(recent[4*160:], f)
		c := &s.counters
		if n := c.removed.Load() + c.inserted.Load() + c.concealed.Load(); n != changes {
			changes, since = n, 0
		}
		if since++; since == 3 {
			clicks += len(soundtest.Clicks(nil, recent, pcm.Narrowband))
		}
	}
	return s, clicks, silent
}
