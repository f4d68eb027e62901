package media

import (
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/pcm"
)

func TestReception(t *testing.T) {
	begin := time.Unix(1e9, 0)
	type packet struct {
		seq  uint16
		ts   uint32
		late time.Duration
	}
	steady := func(from, n int) (list []packet) {
		for i := from; i < from+n; i++ {
			list = append(list, packet{seq: uint16(i), ts: uint32(i * 160)})
		}
		return list
	}
	without := func(list []packet, seqs ...uint16) (rest []packet) {
	next:
		for _, p := range list {
			for _, s := range seqs {
				if p.seq == s {
					continue next
				}
			}
			rest = append(rest, p)
		}
		return rest
	}
	for _, tt := range []struct {
		name     string
		packets  []packet
		expected uint32
		lost     uint32
		fraction uint8
	}{
		{name: "nothing has come"},
		{name: "all have come", packets: steady(0, 100), expected: 100},
		{name: "one in four is lost", packets: without(steady(0, 8), 2, 5), expected: 8, lost: 2, fraction: 64},
		{name: "the numbers run over", packets: steady(65530, 20), expected: 20},
		{name: "a loss across the end of the numbers", packets: without(steady(65530, 20), 65535, 0), expected: 20, lost: 2, fraction: 25},
		{name: "exchanged packets are none lost", packets: []packet{{seq: 1}, {seq: 3}, {seq: 2}, {seq: 4}}, expected: 4},
		{name: "a packet twice does not count below nothing", packets: []packet{{seq: 1}, {seq: 1}, {seq: 2}}, expected: 2},
		{name: "who begins to count anew has lost nothing", packets: append(steady(20000, 10), steady(100, 10)...), expected: 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := reception{clock: 8000}
			for i, p := range tt.packets {
				r.take(p.seq, p.ts, begin.Add(time.Duration(i)*20*time.Millisecond+p.late))
			}
			if r.expected() != tt.expected || r.lost() != tt.lost {
				t.Errorf("expected %d lost %d, want %d and %d", r.expected(), r.lost(), tt.expected, tt.lost)
			}
			if got := r.fraction(); got != tt.fraction {
				t.Errorf("fraction %d, want %d", got, tt.fraction)
			}
			if got := r.fraction(); got != 0 {
				t.Errorf("fraction of nothing is %d", got)
			}
		})
	}
}

func TestJitter(t *testing.T) {
	begin := time.Unix(1e9, 0)
	play := func(late func(i int) time.Duration, jump uint32) time.Duration {
		r := reception{clock: 8000}
		for i := range 500 {
			ts := uint32(i * 160)
			if i > 250 {
				ts += jump
			}
			r.take(uint16(i), ts, begin.Add(time.Duration(i)*20*time.Millisecond+late(i)))
		}
		return r.spread()
	}
	even := func(int) time.Duration { return 0 }
	uneven := func(i int) time.Duration { return time.Duration(i%2) * 10 * time.Millisecond }
	if got := play(even, 0); got != 0 {
		t.Errorf("even packets: %v", got)
	}
	if got := play(uneven, 0); got < 8*time.Millisecond || got > 10*time.Millisecond {
		t.Errorf("every other packet 10 ms late: %v, want nearly 10 ms", got)
	}
	if got := play(even, 1<<31); got > time.Millisecond {
		t.Errorf("a jump of the timestamps is still in the figures five seconds later: %v", got)
	}
}

func TestJitterIsKeptAsTime(t *testing.T) {
	begin := time.Unix(1e9, 0)
	r := reception{clock: 8000}
	at, seq := begin, uint16(0)
	say := func(n int, ticks uint32, first uint32) {
		for i := range uint32(n) {
			r.take(seq, first+i*ticks, at.Add(time.Duration(i%2)*10*time.Millisecond))
			at, seq = at.Add(20*time.Millisecond), seq+1
		}
	}
	say(200, 160, 0)
	before := r.spread()
	r.turn(48000)
	say(2, 960, 77)
	if got := r.spread(); got < before-time.Millisecond || got > before+time.Millisecond {
		t.Errorf("%v becomes %v with another clock", before, got)
	}
	for range 50 { // of a long key press
		r.count(seq, at)
		at, seq = at.Add(20*time.Millisecond), seq+1
	}
	say(1, 960, 77+52*960)
	if got := r.spread(); got < before-2*time.Millisecond || got > before+time.Millisecond || r.lost() != 0 {
		t.Errorf("%v becomes %v by a key press, %d lost", before, got, r.lost())
	}
}

func TestStreamBegunAnewUnderItsSSRC(t *testing.T) {
	p := newBench(t, nil).dial(pcma)
	heard := &record{}
	p.leg.Connect(nil, heard)
	say := func(from uint16) {
		p.seq, p.ts = from, 17
		for range 20 {
			p.send(8, encoded(g711.ALaw, 160), 160)
			p.step(1)
		}
	}
	say(100)
	p.step(int(replayed/pcm.FrameDuration) + 2)
	say(100)
	if n := heard.full(); n < 35 {
		t.Errorf("%d of 40 frames heard", n)
	}
}
