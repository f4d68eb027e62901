package jitter

import "testing"

func TestUsualLateness(t *testing.T) {
	const rate = 8000 // 8 samples a millisecond
	for _, tt := range []struct {
		name  string
		late  func(i int) int // of packet i, in milliseconds
		least int             // of the result, in milliseconds
		most  int
	}{
		{"nothing is known", func(int) int { return -1 }, 0, 0},
		{"all in time", func(int) int { return 0 }, 0, 0},
		{"less than a grain is none", func(i int) int { return i % 5 }, 0, 0},
		{"one stall is no habit", func(i int) int { return 300 * at(i, 900) }, 0, 0},
		{"one in a hundred may be late", func(i int) int { return 60 * every(i, 100) }, 0, 0},
		{"one in twenty is waited for", func(i int) int { return 60 * every(i, 20) }, 60, 70},
		{"evenly spread", func(i int) int { return i * 7 % 40 }, 35, 45},
		{"what was rough is forgotten", func(i int) int { return 60 * before(i, 200) * every(i, 3) }, 0, 0},
		{"beyond the last step", func(i int) int { return 5000 * every(i, 2) }, 400, 400},
		{"late for good is no lateness", func(i int) int { return 250 * (1 - before(i, 300)) }, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newLateness(rate)
			for i := range int64(1000) {
				if ms := tt.late(int(i)); ms >= 0 {
					l.learn(l.arrive(i*160+int64(ms*8), i*160))
				}
			}
			if got := l.usual(); got < tt.least*8 || got > tt.most*8 {
				t.Errorf("usual lateness is %d ms, want %d to %d", got/8, tt.least, tt.most)
			}
		})
	}
}

func at(i, n int) int { return truth(i == n) }

func every(i, n int) int { return truth(i%n == 0) }

func before(i, n int) int { return truth(i < n) }

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestSequenceNumbersAreSorted(t *testing.T) {
	for _, tt := range []struct {
		name string
		seqs []uint16
		want verdict // of the last
	}{
		{"the first begins", []uint16{65535}, restart},
		{"the next is kept", []uint16{65534, 65535}, kept},
		{"numbers wrap round", []uint16{65535, 0}, kept},
		{"one is missing", []uint16{65535, 1}, kept},
		{"it comes after all", []uint16{65535, 1, 0}, kept},
		{"it comes again", []uint16{65535, 1, 0, 0}, duplicate},
		{"one before the first is too late", []uint16{0, 65535}, tooLate},
		{"one from far away is a stray", []uint16{0, 1, 30000}, astray},
		{"two from far away are a stream", []uint16{0, 1, 30000, 30001}, restart},
		{"two strays are none", []uint16{0, 1, 30000, 40000}, astray},
		{"a stray is forgotten", []uint16{0, 1, 30000, 2, 30001}, astray},
		{"more than the shelf holds begins anew", []uint16{0, 90, 180}, restart},
		{"far back is a stray too", []uint16{1000, 0}, astray},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var s shelf
			var got verdict
			for _, seq := range tt.seqs {
				var n int64
				n, got = s.sort(seq)
				if got == kept || got == restart {
					s.put(n, 0, &arrival{})
				}
			}
			if got != tt.want {
				t.Errorf("verdict %d, want %d", got, tt.want)
			}
		})
	}
}

// A share that shrinks for minutes ends among numbers that are slow to multiply:
// 2 us a packet instead of 0.1.
func TestWhatIsLongPastIsForgotten(t *testing.T) {
	l := newLateness(8000)
	for late := range 800 {
		l.learn(late)
	}
	for range 10 * 60 * 50 {
		l.learn(0)
	}
	var sum float32
	for i, share := range l.share {
		if sum += share; i > 0 && share != 0 {
			t.Errorf("%v of the packets are still thought %d grains late", share, i)
		}
	}
	if sum < 0.999 || sum > 1.001 {
		t.Errorf("the shares add up to %v", sum)
	}
}
