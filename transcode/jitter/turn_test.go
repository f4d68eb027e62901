package jitter

import (
	"encoding/binary"
	"math"
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// whistle is a decoder whose packets tell where in a tone of 400 Hz they begin,
// in units of 8 kHz. It knows any rate, and what is missing it goes on with.
type whistle struct {
	rate, calls int
	at          float64 // of the next sample, in seconds
}

func (w *whistle) Decode(dst []int16, payload []byte) (int, error) {
	w.calls++
	w.at = float64(int32(binary.BigEndian.Uint32(payload))) / pcm.Narrowband
	n := w.Samples(payload)
	w.Conceal(dst[:n])
	return n, nil
}

func (w *whistle) Conceal(dst []int16) int {
	for i := range dst {
		dst[i] = int16(math.Round(8000 * math.Sin(2*math.Pi*400*w.at)))
		w.at += 1 / float64(w.rate)
	}
	return len(dst)
}

func (w *whistle) Samples(payload []byte) int { return int(payload[4]) * w.rate / 1000 }

func (w *whistle) SetRate(rate int) error {
	w.rate, w.at = rate, 0 // it begins anew
	return nil
}

// whistled is a stream of such packets, each said to be so loud.
func whistled(n int, ptime time.Duration, level int8) []sent {
	var out []sent
	per := int(ptime * pcm.Narrowband / time.Second)
	for i := range n {
		payload := binary.BigEndian.AppendUint32(nil, uint32(i*per))
		payload = append(payload, byte(ptime/ms))
		out = append(out, sent{time.Duration(i) * ptime, Packet{
			Seq: uint16(i), Timestamp: uint32(i * per), Level: level, Payload: payload,
		}})
	}
	return out
}

// follow reads a stream on its beats as do tells, and gives what was heard at
// 8 kHz and the beats on which there was nothing.
func follow(s *Stream, queue []sent, beats int, do func(beat int) pcm.Frame) (heard []pcm.Frame, silent []int) {
	epoch := time.Unix(1e9, 0)
	for i := range beats {
		now := time.Duration(i)*20*ms + phase
		for len(queue) > 0 && queue[0].at <= now {
			s.Push(queue[0].Packet, epoch.Add(queue[0].at))
			queue = queue[1:]
		}
		f := do(i)
		if f == nil {
			s.Skim()
		} else if !s.ReadFrame(f) {
			silent = append(silent, i)
		}
		heard = append(heard, f)
	}
	return heard, silent
}

// residue is the most by which frames of 8 or 16 kHz differ from a tone of
// 400 Hz: what is new in each third of neighbouring samples.
func residue(frames []pcm.Frame) (most float64) {
	var last [2]float64 // the newest values, 1/8000 s apart
	for i, f := range frames {
		step := len(f) / pcm.NarrowbandSamples
		for k := 0; k < len(f); k += step {
			v := float64(f[k])
			expect := 2*math.Cos(2*math.Pi*400/8000)*last[1] - last[0]
			if i > 2 {
				most = max(most, math.Abs(v-expect))
			}
			last[0], last[1] = last[1], v
		}
	}
	return most
}

func TestStreamTurnsToAnotherRateWithoutAClick(t *testing.T) {
	for _, ptime := range []time.Duration{10 * ms, 20 * ms, 30 * ms, 60 * ms} {
		t.Run(ptime.String(), func(t *testing.T) {
			w := &whistle{rate: 8000}
			s := New(Config{ClockRate: 8000, Rate: 8000}, w)
			heard, silent := follow(s, whistled(400, ptime, 0), int(400*ptime/(20*ms))-5, func(i int) pcm.Frame {
				if i%25 < 12 {
					return make(pcm.Frame, 160)
				}
				return make(pcm.Frame, 320)
			})
			if got := residue(heard); got > 60 {
				t.Errorf("a click of %.0f", got)
			}
			if len(silent) > 0 {
				t.Errorf("silent on beats %v", silent)
			}
			if st := s.Stats(); st.Lost+st.Late+st.Discarded+st.Restarts-1 > 0 || st.Concealed > ptime || st.Removed+st.Inserted > 0 {
				t.Errorf("%+v", st)
			}
		})
	}
}

func TestStreamKeepsTimeThroughTurns(t *testing.T) {
	s := New(Config{ClockRate: 8000, Rate: 16000}, &whistle{rate: 16000})
	packets := whistled(1500, 20*ms, 0)
	for i := range packets { // every eighth packet is late by 15 ms
		if i%8 == 3 {
			packets[i].at += 15 * ms
		}
	}
	follow(s, packets, 1490, func(i int) pcm.Frame { return make(pcm.Frame, 160<<(i/10%2)) })
	if st := s.Stats(); st.Late > 3 || st.Discarded > 0 || st.Delay > 45*ms {
		t.Errorf("%+v", st)
	}
}

// Nothing is promised of the size of packets, or of the marker.
func TestPacketsMayChangeTheirSize(t *testing.T) {
	var queue []sent
	at := 0
	for i := range 600 {
		ptime := []time.Duration{20 * ms, 10 * ms, 60 * ms, 30 * ms, 40 * ms, 5 * ms}[i/40%6]
		p := whistled(1, ptime, 0)[0]
		binary.BigEndian.PutUint32(p.Payload, uint32(at))
		p.Seq, p.Timestamp, p.Marker = uint16(i), uint32(at), i%7 == 3
		at += int(ptime/ms) * 8
		p.at = time.Duration(at) * time.Second / 8000 // when its sound is complete
		queue = append(queue, p)
	}
	s := New(Config{ClockRate: 8000, Rate: 8000}, &whistle{rate: 8000})
	heard, silent := follow(s, queue, at/160-5, func(int) pcm.Frame { return make(pcm.Frame, 160) })
	if got := residue(heard[10:]); got > 60 || len(silent) > 2 {
		t.Errorf("a click of %.0f, silent on beats %v", got, silent)
	}
	if st := s.Stats(); st.Lost+st.Late+st.Discarded+st.Damaged > 0 || st.Restarts != 1 {
		t.Errorf("%+v", st)
	}
}

// A telephone call hardly ever leaves 8 kHz, and a gateway holds hundreds.
func TestMemoryIsForTheRateThatIsRead(t *testing.T) {
	s := New(Config{ClockRate: 8000, Rate: 8000}, &whistle{rate: 8000})
	want := func(when string, rate int, filters bool) {
		t.Helper()
		if n := cap(s.sound) + cap(s.packet); n != (200+120)*rate/1000 || (s.rates.up != nil) != filters {
			t.Errorf("%s: room for %d samples, filters %v", when, n, s.rates.up != nil)
		}
	}
	for _, p := range whistled(10, 20*ms, 0) {
		s.Push(p.Packet, time.Unix(1e9, 0).Add(p.at))
	}
	s.ReadFrame(make(pcm.Frame, 160))
	want("at 8 kHz", 8000, false)
	s.ReadFrame(make(pcm.Frame, 320))
	want("at 16 kHz", 16000, true)
	s.ReadFrame(make(pcm.Frame, 160))
	want("back at 8 kHz", 16000, true)
}

func TestTurningDoesNotAllocate(t *testing.T) {
	s := New(Config{ClockRate: 8000, Rate: 8000}, &whistle{rate: 8000})
	p, f := whistled(1, 20*ms, 0)[0].Packet, make(pcm.Frame, 320)
	at := time.Unix(1e9, 0)
	if n := testing.AllocsPerRun(500, func() {
		p.Seq++
		p.Timestamp += 160
		at = at.Add(20 * ms)
		s.Push(p, at)
		switch s.Loudness(); p.Seq % 3 {
		case 0:
			s.ReadFrame(f[:160])
		case 1:
			s.ReadFrame(f)
		default:
			s.Skim()
		}
	}); n != 0 {
		t.Errorf("%v allocations a beat", n)
	}
}
