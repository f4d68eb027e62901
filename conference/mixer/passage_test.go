package mixer

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// forwarder is what passes a phone's voice on to browsers.
type forwarder struct {
	recorder
	packets []uint16
	first   uint32 // timestamp
}

func (f *forwarder) WritePacket(p pcm.Packet) {
	if len(f.packets) == 0 {
		f.first = p.Timestamp
	}
	f.packets = append(f.packets, p.Sequence)
}

// sender is a phone that sends Opus: packets that come some beats before their
// sound is played.
type sender struct {
	phone
	out   forwarder
	early int
	long  time.Duration // of its packets
	since uint32        // the first timestamp
	beats int
	seq   uint16
	quiet bool // no packets
	amps  []float64
}

func (s *sender) Beat(ph pcm.Phase) {
	if ph == pcm.TakeIn {
		s.sends()
		s.amps = append(s.amps, s.amp)
		now := s.amp
		s.amp = s.amps[max(len(s.amps)-1-s.early, 0)]
		defer func() { s.amp = now }()
	}
	s.phone.Beat(ph)
}

// sends sends what begins on this beat.
func (s *sender) sends() {
	const part = 10 * time.Millisecond
	now := time.Duration(s.beats) * pcm.FrameDuration
	s.beats++
	for at := now; at < now+pcm.FrameDuration && !s.quiet; at += part {
		if at%s.long == 0 {
			s.send(at, at-now)
		}
	}
}

// send sends the packet whose sound begins at a time, so long after that of the beat.
func (s *sender) send(at, late time.Duration) {
	s.seq++
	s.port.WritePacket(pcm.Packet{
		Sequence: s.seq, Timestamp: s.since + uint32(at/time.Millisecond)*48, Payload: []byte{byte(s.seq), 1, 2},
		Ahead: time.Duration(s.early)*pcm.FrameDuration + late,
	})
}

// opusCaller is a sender in a room in which nobody else is.
func opusCaller(amp float64) (room, *sender) {
	r := newRoom()
	s := &sender{early: 2, long: pcm.FrameDuration}
	s.phone = phone{port: r.Join(&s.out), says: 320, hears: 320, freq: 400, amp: amp}
	s.port.SetVoice(true)
	r.clock.Add(s)
	return r, s
}

func span(from, to uint16) (seqs []uint16) {
	for n := from; n <= to; n++ {
		seqs = append(seqs, n)
	}
	return seqs
}

func TestPacketsThatNeedNoChangeArePassedOn(t *testing.T) {
	r, s := opusCaller(fine)
	r.clock.Steps(50)
	if !slices.Equal(s.out.packets, span(1, 50)) {
		t.Errorf("passed on: %v", s.out.packets)
	}
	if s.out.frames != 50 || s.out.nils != 50 {
		t.Errorf("%d of %d frames are to be encoded beside them", s.out.frames-s.out.nils, s.out.frames)
	}
}

// A word's first packet is there before its sound opens the gate, as long before as
// the jitter buffer holds it.
func TestWordIsPassedOnFromItsBeginning(t *testing.T) {
	for _, early := range []int{0, 1, 2, 4, 9} {
		t.Run(fmt.Sprint(early), func(t *testing.T) {
			r, s := opusCaller(0)
			s.early = early
			r.clock.Steps(50)
			s.amp = fine
			r.clock.Steps(50)
			// One more than there is of the word: how long the way is was known a packet ago.
			if want := span(50, 100); !slices.Equal(s.out.packets, want) {
				t.Errorf("passed on: %v", s.out.packets)
			}
			s.amp = 0
			r.clock.Steps(100)
			if n := len(s.out.packets) - 51; n > early {
				t.Errorf("%d packets of silence were passed on", n)
			}
		})
	}
}

// Packets may be short, or so long that none comes on the beat of a word's beginning.
func TestWordIsPassedOnFromItsBeginningInPacketsOfAnyLength(t *testing.T) {
	const ms = time.Millisecond
	for _, long := range []time.Duration{10 * ms, 40 * ms, 60 * ms} {
		for early := range 9 {
			for begin := range 3 { // of the beats that a packet may have
				r, s := opusCaller(0)
				s.early, s.long = early, long
				r.clock.Steps(48 + begin)
				s.amp = fine
				r.clock.Steps(48)
				first, word := time.Duration(s.out.first/48)*ms, time.Duration(48+begin)*pcm.FrameDuration
				if first > word || first < word-long-pcm.FrameDuration {
					t.Errorf("packets of %v, %d beats early: the first begins at %v, the word at %v", long, early, first, word)
				}
				if got := s.out.packets; !slices.Equal(got, span(got[0], s.seq)) {
					t.Errorf("packets of %v, %d beats early: passed on are %v", long, early, got)
				}
			}
		}
	}
}

// The numbers of a stream begin anywhere, and another stream's anywhere else.
func TestWordIsPassedOnWhereTimestampsTurnOver(t *testing.T) {
	r, s := opusCaller(0)
	s.early, s.since = 4, math.MaxUint32-50*960
	r.clock.Steps(50)
	s.amp = fine
	r.clock.Steps(50)
	if want := span(50, 100); !slices.Equal(s.out.packets, want) {
		t.Errorf("passed on: %v", s.out.packets)
	}
}

func TestVoiceThatIsTooSoftIsEncodedAnew(t *testing.T) {
	r, s := opusCaller(1000)
	talk(r, 200, &s.amp)
	passed := len(s.out.packets)
	if passed == 0 || passed > 80 {
		t.Errorf("%d packets were passed on until the gain was plain", passed)
	}
	if frames := s.out.frames - s.out.nils; frames+passed != 200 {
		t.Errorf("%d frames and %d packets in 200 beats", frames, passed)
	}
}

func TestWhoSendsNoMorePacketsIsHeardByFrames(t *testing.T) {
	r, s := opusCaller(fine)
	r.clock.Steps(20)
	s.quiet = true // the call has changed its codec
	r.clock.Steps(20)
	if frames := s.out.frames - s.out.nils; frames != 20-patience {
		t.Errorf("%d frames in 20 beats without packets", frames)
	}
	s.quiet = false
	r.clock.Steps(20)
	if n := len(s.out.packets); n != 20 {
		t.Errorf("the packets returned in the middle of a word: %d", n-20)
	}
}

func TestPacketsOfAShutVoiceReachNobody(t *testing.T) {
	r, s := opusCaller(fine)
	s.port.SetVoice(false)
	r.clock.Steps(20)
	s.port.SetVoice(true)
	r.clock.Steps(20)
	s.port.SetVoice(false)
	r.clock.Steps(20)
	r.Silence()
	s.port.SetVoice(true)
	r.clock.Steps(20)
	if !slices.Equal(s.out.packets, span(21, 40)) {
		t.Errorf("passed on: %v", s.out.packets)
	}
}

func TestBurstIsPassedOnInOrder(t *testing.T) {
	r, s := opusCaller(fine)
	r.clock.Steps(10)
	for range 5 {
		s.seq++
		s.port.WritePacket(pcm.Packet{Sequence: s.seq, Payload: []byte{1}})
	}
	r.clock.Steps(10)
	if !slices.Equal(s.out.packets, span(1, 25)) {
		t.Errorf("passed on: %v", s.out.packets)
	}
}

func TestPassingOnAllocatesNothing(t *testing.T) {
	r, s := opusCaller(fine)
	r.clock.Remove(s)
	f, p := make(pcm.Frame, 320), pcm.Packet{Payload: make([]byte, 80)}
	sine(f, 400, fine, 0)
	s.out.packets = make([]uint16, 0, 1000)
	n := testing.AllocsPerRun(200, func() {
		s.port.WritePacket(p)
		s.port.WriteFrame(f)
		r.Beat(pcm.Mix)
	})
	if n > 0 || len(s.out.packets) < 200 {
		t.Errorf("%v allocations, %d packets", n, len(s.out.packets))
	}
}
