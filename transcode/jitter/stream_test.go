package jitter

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/pcm"
)

const ms = time.Millisecond

func TestCleanNetworkWaitsForTheNextBeatOnly(t *testing.T) {
	for _, ptime := range []time.Duration{10 * ms, 20 * ms, 30 * ms, 40 * ms, 60 * ms} {
		t.Run(ptime.String(), func(t *testing.T) {
			s := newMarks(ptime)
			n := int(6 * time.Second / ptime)
			heard := listen(s, speech{packets: n, ptime: ptime}.send(), 20*ms, 6*time.Second)
			got := numbers(heard)
			if len(got) < n-1 || got[0] != 1 || got[len(got)-1] < n-1 {
				t.Errorf("heard %d of %d packets", len(got), n)
			}
			for _, b := range heard[10:] {
				// A packet is played over its own length; beats that do not
				// divide it add up to one more.
				if age, ok := b.age(ptime); ok && age > ptime+20*ms {
					t.Fatalf("at %v sound is %v old", b.at, age)
				}
			}
			if st := s.Stats(); st.Lost+st.Late+st.Discarded > 0 || st.Concealed > 20*ms {
				t.Errorf("on a clean network: %+v", st)
			}
		})
	}
}

func TestToneComesThroughUntouched(t *testing.T) {
	s := newTone()
	heard := listen(s, speech{packets: 250, ptime: 20 * ms, tone: true}.send(), 20*ms, 5*time.Second)
	law := make(pcm.Frame, 160)
	for i, b := range heard {
		decodeALaw(law, toneAt(i*160, 160))
		for k := range law {
			if law[k] != b.frame[k] {
				t.Fatalf("beat %d sample %d: %d, want %d", i, k, b.frame[k], law[k])
			}
		}
	}
}

func TestReorderedPacketsAreHeardOnceTheDelayHasGrown(t *testing.T) {
	s := newMarks(20 * ms)
	heard := listen(s, speech{packets: 500, ptime: 20 * ms, arrive: func(i int, at time.Duration) time.Duration {
		if i%10 == 5 {
			return at + 25*ms // overtaken by the next
		}
		return at
	}}.send(), 20*ms, 10*time.Second)
	got := numbers(heard)
	inOrder := true
	for i := 1; i < len(got); i++ {
		inOrder = inOrder && got[i] > got[i-1]
	}
	if !inOrder {
		t.Errorf("heard out of order: %v", got)
	}
	late := s.Stats().Late
	if late > 10 {
		t.Errorf("%d of 50 reordered packets came too late", late)
	}
	t.Logf("%+v", s.Stats())
}

func TestLossIsConcealedInPlace(t *testing.T) {
	s := newTone()
	rnd := rand.New(rand.NewPCG(1, 2))
	heard := listen(s, speech{packets: 1000, ptime: 20 * ms, tone: true, arrive: func(i int, at time.Duration) time.Duration {
		if i > 0 && rnd.IntN(20) == 0 {
			return -1
		}
		return at
	}}.send(), 20*ms, 20*time.Second)
	st := s.Stats()
	if st.Lost < 20 || st.Lost > 80 {
		t.Errorf("%d lost, want about 50", st.Lost)
	}
	if st.Removed+st.Inserted > 100*ms || st.Delay > 40*ms {
		t.Errorf("loss is no jitter: %+v", st)
	}
	for _, b := range heard {
		if !b.ok || energy(b.frame) < 1000*1000 {
			t.Fatalf("at %v a hole is heard", b.at)
		}
	}
	t.Logf("%+v", st)
}

func TestDuplicatesChangeNothing(t *testing.T) {
	s := newMarks(20 * ms)
	var twice []sent
	for _, p := range (speech{packets: 100, ptime: 20 * ms}).send() {
		twice = append(twice, p, sent{p.at + ms, p.Packet})
	}
	wantNumbers(t, listen(s, twice, 20*ms, 2*time.Second), 1, 100)
	if st := s.Stats(); st.Duplicates != 100 || st.Late+st.Lost > 0 {
		t.Errorf("%+v", st)
	}
}

func TestStreamGoesOnAfterAJump(t *testing.T) {
	for _, tt := range []struct {
		name string
		jump func(s *Stream, p *Packet)
		lose int
	}{
		{"timestamp far ahead", func(_ *Stream, p *Packet) { p.Timestamp += 1 << 30 }, 0},
		{"timestamp far back", func(_ *Stream, p *Packet) { p.Timestamp -= 1 << 30 }, 0},
		{"timestamp a little back", func(_ *Stream, p *Packet) { p.Timestamp -= 4000 }, 0},
		{"timestamp a little ahead", func(_ *Stream, p *Packet) { p.Timestamp += 12345 }, 0},
		{"sequence number", func(_ *Stream, p *Packet) { p.Seq += 20000 }, 1},
		{"both", func(_ *Stream, p *Packet) { p.Seq += 20000; p.Timestamp += 1 << 30 }, 1},
		{"new source", func(s *Stream, p *Packet) { p.Seq -= 50; p.Timestamp += 999 }, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newMarks(20 * ms)
			packets := speech{packets: 100, ptime: 20 * ms}.send()
			for i := 50; i < 100; i++ {
				tt.jump(s, &packets[i].Packet)
			}
			heard := listen(s, packets[:50], 20*ms, 980*ms)
			if tt.name == "new source" {
				s.Reset()
			}
			for i := range packets[50:] {
				packets[50+i].at -= 1000 * ms
			}
			epoch := time.Unix(1e9, 0)
			for now := phase; now < 980*ms; now += 20 * ms {
				for len(packets) > 50 && packets[50].at <= now {
					s.Push(packets[50].Packet, epoch.Add(time.Second+packets[50].at))
					packets = append(packets[:50], packets[51:]...)
				}
				f := make(pcm.Frame, 160)
				heard = append(heard, beat{time.Second + now, f, s.ReadFrame(f)})
			}
			got := numbers(heard)
			if len(got) < 98-tt.lose || got[len(got)-1] < 99 {
				t.Errorf("heard %d packets, the last %d", len(got), got[len(got)-1])
			}
			for _, b := range heard[60:] {
				if age, ok := b.age(20 * ms); !ok || age > 60*ms {
					t.Fatalf("at %v: age %v, heard %v", b.at, age, ok)
				}
			}
			if st := s.Stats(); st.Target > 0 {
				t.Errorf("the jump is taken for jitter: %+v", st)
			}
		})
	}
}

func TestStallIsSkipped(t *testing.T) {
	for _, tt := range []struct{ stall, jitter, target time.Duration }{
		{stall: 50 * ms},
		{stall: 80 * ms}, // leaves one packet more than may stay
		{stall: 100 * ms},
		{stall: 200 * ms},
		{stall: 500 * ms},
		{stall: 1200 * ms},
		{stall: 110 * ms, jitter: 30 * ms, target: 35 * ms},
	} {
		t.Run(fmt.Sprintf("%v where packets come up to %v late", tt.stall, tt.jitter), func(t *testing.T) {
			s := newMarks(20 * ms)
			from, to := 4*time.Second, 4*time.Second+tt.stall
			heard := listen(s, speech{packets: 400, ptime: 20 * ms, arrive: func(i int, at time.Duration) time.Duration {
				if at >= from && at < to {
					return to
				}
				return at + time.Duration(every(i, 4))*tt.jitter
			}}.send(), 20*ms, 8*time.Second)
			for _, b := range heard {
				if b.at < to {
					continue
				}
				// 20 ms are the frame itself, 7 the phase of the beat.
				if age, ok := b.age(20 * ms); ok && age > tt.target+60*ms+20*ms {
					t.Fatalf("at %v, %v after the stall, sound is %v old", b.at, b.at-to, age)
				}
			}
			last := heard[len(heard)-1]
			if age, ok := last.age(20 * ms); !ok || age > tt.target+50*ms {
				t.Errorf("five seconds later: age %v, heard %v", age, ok)
			}
			if st := s.Stats(); st.Target != tt.target {
				t.Errorf("%+v", st)
			}
		})
	}
}

func TestClockThatStoodStillIsNoJitter(t *testing.T) {
	s := newMarks(20 * ms)
	heard := listen(s, speech{packets: 300, ptime: 20 * ms, arrive: func(i int, at time.Duration) time.Duration {
		if i >= 100 {
			return at + 800*ms // as after a hold: the timestamps know nothing of it
		}
		return at
	}}.send(), 20*ms, 6*time.Second)
	for _, b := range heard {
		if b.at < 2800*ms {
			continue
		}
		if age, ok := b.age(20 * ms); !ok || age > 840*ms {
			t.Fatalf("at %v: age %v, heard %v", b.at, age, ok)
		}
	}
	if st := s.Stats(); st.Target > 0 || st.Inserted > 0 {
		t.Errorf("%+v", st)
	}
}

func TestClockDriftIsAbsorbed(t *testing.T) {
	for _, tt := range []struct {
		name string
		tick time.Duration
	}{
		{"sender slow by 200 ppm", 20*ms - 4*time.Microsecond},
		{"sender fast by 200 ppm", 20*ms + 4*time.Microsecond},
		{"sender fast by 1000 ppm", 20*ms + 20*time.Microsecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newTone()
			n := 15000 // five minutes
			heard := listen(s, speech{packets: n, ptime: 20 * ms, tone: true}.send(), tt.tick, time.Duration(n)*20*ms-time.Second)
			silent := 0
			for _, b := range heard {
				if !b.ok || energy(b.frame) < 2000*2000 {
					silent++
				}
			}
			st := s.Stats()
			if silent > 0 || st.Discarded > 0 || st.Delay > 50*ms {
				t.Errorf("%d holes, %+v", silent, st)
			}
			t.Logf("%+v", st)
		})
	}
}

func TestPauseOfTheSenderIsSilence(t *testing.T) {
	s := newMarks(20 * ms)
	var packets []sent
	for i, p := range (speech{packets: 400, ptime: 20 * ms}).send() {
		if i/50%2 == 0 { // a second of speech, a second of nothing
			p.Seq = uint16(len(packets))
			packets = append(packets, p)
		}
	}
	heard := listen(s, packets, 20*ms, 8*time.Second)
	if n := len(numbers(heard)); n < 198 {
		t.Errorf("heard %d of 200 packets", n)
	}
	quiet := 0
	for _, b := range heard {
		if !b.ok {
			quiet++
		}
	}
	// 50 beats of each pause less the 80 ms that are filled.
	if quiet < 4*45 || quiet > 4*50 {
		t.Errorf("%d beats were silent, want most of 200", quiet)
	}
	if st := s.Stats(); st.Lost > 0 || st.Late > 0 || st.Concealed > 0 || st.Delay > 20*ms {
		t.Errorf("%+v", st)
	}
}

func TestKeyPressIsNoLoss(t *testing.T) {
	s := newMarks(20 * ms)
	packets := speech{packets: 100, ptime: 20 * ms}.send()
	for i := 40; i < 50; i++ {
		packets[i].Payload = nil
		packets[i].Timestamp = packets[40].Timestamp
	}
	heard := listen(s, packets, 20*ms, 2*time.Second)
	if n := len(numbers(heard)); n != 90 {
		t.Errorf("heard %d packets, want the 90 with sound", n)
	}
	if st := s.Stats(); st.Lost > 0 {
		t.Errorf("%+v", st)
	}
}

// All packets of a key bear the time at which it was pressed. One that comes too
// late is not later by as long as it has been held.
func TestKeyThatComesLateIsNoJitter(t *testing.T) {
	s := newMarks(20 * ms)
	packets := speech{packets: 200, ptime: 20 * ms}.send()
	for i := 40; i < 80; i++ {
		packets[i].Payload = nil
		packets[i].Timestamp = packets[40].Timestamp
		if i%8 == 7 {
			packets[i].at += 45 * ms
		}
	}
	heard := listen(s, inOrder(packets), 20*ms, 4*time.Second)
	if n := len(numbers(heard)); n != 160 {
		t.Errorf("heard %d packets, want the 160 with sound", n)
	}
	if st := s.Stats(); st.Target > 0 || st.Delay > 20*ms || st.Late != 5 {
		t.Errorf("%+v", st)
	}
}

func TestDelayFollowsTheNetwork(t *testing.T) {
	s := newMarks(20 * ms)
	rnd := rand.New(rand.NewPCG(3, 4))
	phaseOf := func(at time.Duration) int { return int(at / (30 * time.Second)) }
	heard := listen(s, speech{packets: 4500, ptime: 20 * ms, arrive: func(i int, at time.Duration) time.Duration {
		if phaseOf(at) == 1 { // clean, rough, clean
			return at + time.Duration(rnd.IntN(60))*ms
		}
		return at
	}}.send(), 20*ms, 90*time.Second)
	mean := func(from, to time.Duration) (sum time.Duration, missing int) {
		n := time.Duration(0)
		for _, b := range heard {
			if b.at < from || b.at >= to {
				continue
			}
			if age, ok := b.age(20 * ms); ok {
				sum += age
				n++
			} else {
				missing++
			}
		}
		return sum / max(n, 1), missing
	}
	clean, holes := mean(time.Second, 30*time.Second)
	if clean > 20*ms || holes > 0 {
		t.Errorf("clean: %v, %d holes", clean, holes)
	}
	rough, holes := mean(40*time.Second, 60*time.Second)
	if rough < 40*ms || rough > 110*ms || holes > 30 {
		t.Errorf("rough: %v, %d holes in 1000 frames", rough, holes)
	}
	again, holesAgain := mean(80*time.Second, 90*time.Second)
	if again > 50*ms || holesAgain > 0 {
		t.Errorf("clean again: %v, %d holes", again, holesAgain)
	}
	t.Logf("clean %v, rough %v (%d holes), clean again %v, %+v", clean, rough, holes, again, s.Stats())
}

func TestWhatNobodyReadIsNotPlayedLater(t *testing.T) {
	s := newMarks(20 * ms)
	packets := speech{packets: 300, ptime: 20 * ms}.send()
	epoch := time.Unix(1e9, 0)
	for _, p := range packets[:200] {
		s.Push(p.Packet, epoch.Add(p.at))
	}
	f := make(pcm.Frame, 160)
	if s.ReadFrame(f) {
		t.Error("old sound is heard")
	}
	heard := 0
	for _, p := range packets[200:] {
		s.Push(p.Packet, epoch.Add(p.at))
		if s.ReadFrame(f) && int(f[159]) > 200 {
			heard++
		}
	}
	if heard < 98 {
		t.Errorf("%d of 100 new packets are heard", heard)
	}
}

func TestFrameOfAnotherRateIsRefused(t *testing.T) {
	s := newMarks(20 * ms)
	if s.ReadFrame(make(pcm.Frame, 320)) {
		t.Error("16 kHz read from a stream of 8 kHz")
	}
}

func TestNothingAllocatesPerPacket(t *testing.T) {
	s := newTone()
	packets := speech{packets: 200, ptime: 20 * ms, tone: true}.send()
	listen(s, packets, 20*ms, 4*time.Second)
	p, f := packets[199].Packet, make(pcm.Frame, 160)
	at := time.Unix(1e9, 0).Add(4 * time.Second)
	if n := testing.AllocsPerRun(500, func() {
		p.Seq++
		p.Timestamp += 160
		if p.Seq%7 == 0 {
			p.Seq++
			p.Timestamp += 160
		}
		at = at.Add(20 * ms)
		s.Push(p, at)
		s.ReadFrame(f)
	}); n != 0 {
		t.Errorf("%v allocations a beat", n)
	}
}
