package jitter

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// marks is a decoder whose sound tells where it is from: all samples of a
// packet are the number in its payload, and what is made up is zero.
type marks struct{ samples int }

func (m marks) Decode(dst []int16, payload []byte) (int, error) {
	for i := range dst[:m.samples] {
		dst[i] = int16(binary.BigEndian.Uint16(payload))
	}
	return m.samples, nil
}

func (m marks) Conceal(dst []int16) int {
	clear(dst)
	return len(dst)
}

// sent is a packet on the network and the time at which it will be there.
type sent struct {
	at time.Duration
	Packet
}

// speech is a sender of marks or of a tone that starts with numbers about to
// wrap round.
type speech struct {
	packets int
	ptime   time.Duration
	tone    bool
	// arrive tells when packet i comes that was sent at a time; a negative
	// time is a loss.
	arrive func(i int, at time.Duration) time.Duration
}

func (s speech) send() []sent {
	per := int(s.ptime * pcm.Narrowband / time.Second)
	var out []sent
	for i := range s.packets {
		at := time.Duration(i) * s.ptime
		if s.arrive != nil {
			at = s.arrive(i, at)
		}
		if at < 0 {
			continue
		}
		payload := binary.BigEndian.AppendUint16(nil, uint16(i+1))
		if s.tone {
			payload = toneAt(i*per, per)
		}
		out = append(out, sent{at, Packet{
			Seq:       uint16(65500 + i),
			Timestamp: uint32(i*per) - 3000,
			Payload:   payload,
		}})
	}
	return inOrder(out)
}

// inOrder is packets in the order in which they come.
func inOrder(queue []sent) []sent {
	slices.SortStableFunc(queue, func(a, b sent) int { return int(a.at - b.at) })
	return queue
}

// toneAt is n samples of A-law from sample at on: 400 Hz.
func toneAt(at, n int) []byte {
	payload := make([]byte, n)
	for k := range payload {
		payload[k] = period[(at+k)%len(period)]
	}
	return payload
}

// period is one of that tone.
var period = func() (law [pcm.Narrowband / 400]byte) {
	f := make(pcm.Frame, len(law))
	for k := range f {
		f[k] = int16(8000 * math.Sin(2*math.Pi*400*float64(k)/pcm.Narrowband))
	}
	g711.ALaw.Encode(law[:], f)
	return law
}()

// beat is what was heard on one beat.
type beat struct {
	at    time.Duration
	frame pcm.Frame
	ok    bool
}

// phase is how long after a packet of a clean network the beat comes.
const phase = 7 * time.Millisecond

// listen delivers all packets at their times and reads on each beat until end.
// tick is the length of a beat, for clocks that differ.
func listen(s *Stream, queue []sent, tick, end time.Duration) []beat {
	var heard []beat
	epoch := time.Unix(1e9, 0)
	for now := phase; now < end; now += tick {
		for len(queue) > 0 && queue[0].at <= now {
			s.Push(queue[0].Packet, epoch.Add(queue[0].at))
			queue = queue[1:]
		}
		f := make(pcm.Frame, s.frame)
		ok := s.ReadFrame(f)
		heard = append(heard, beat{now, f, ok})
	}
	return heard
}

func newTone() *Stream {
	return New(Config{ClockRate: 8000, Rate: 8000}, g711.NewDecoder(g711.ALaw))
}

func newMarks(ptime time.Duration) *Stream {
	return New(Config{ClockRate: 8000, Rate: 8000}, marks{int(ptime * pcm.Narrowband / time.Second)})
}

// age is how old the last sound of a beat is: the time since its packet's sound
// was complete at the sender, which sends each packet at the end of its sound.
func (b beat) age(ptime time.Duration) (time.Duration, bool) {
	last := b.frame[len(b.frame)-1]
	if !b.ok || last == 0 {
		return 0, false
	}
	return b.at - time.Duration(last-1)*ptime, true
}

// numbers are the packets that were heard, in order, each once.
func numbers(heard []beat) []int {
	var n []int
	for _, b := range heard {
		for _, v := range b.frame {
			if b.ok && v != 0 && (len(n) == 0 || n[len(n)-1] != int(v)) {
				n = append(n, int(v))
			}
		}
	}
	return n
}

func wantNumbers(t *testing.T, heard []beat, from, to int) {
	t.Helper()
	var want []int
	for i := from; i <= to; i++ {
		want = append(want, i)
	}
	if got := numbers(heard); !slices.Equal(got, want) {
		t.Errorf("heard packets %v, want %d to %d", got, from, to)
	}
}
