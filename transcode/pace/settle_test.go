package pace

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/einwahl/einwahl/transcode/pcm"
)

const us = time.Microsecond

func TestSlotIsFilledBeforeTheNextIsOpened(t *testing.T) {
	for _, tt := range []struct {
		name   string
		groups int
		work   time.Duration
		opened int
		most   time.Duration // in any slot
	}{
		{"one call", 1, guess, 1, guess},
		{"a few fit into one", 5, guess, 1, fullSlot},
		{"more open the next", 6, guess, 2, fullSlot},
		{"many tiny ones are few", 100, 8 * us, 1, fullSlot},
		{"many calls take all slots", 100, guess, slots, fullSlot},
		{"too many are spread evenly", 400, guess, slots, 400 * guess / slots * 9 / 8},
		{"a huge one is alone", 2, 8 * time.Millisecond, 2, 8 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var f fill
			for range tt.groups {
				f[f.place(tt.work)] += tt.work
			}
			opened := 0
			for _, work := range f {
				if work > 0 {
					opened++
				}
			}
			if opened != tt.opened || slices.Max(f[:]) > tt.most {
				t.Errorf("%d slots with up to %v, want %d with %v: %v", opened, slices.Max(f[:]), tt.opened, tt.most, f)
			}
		})
	}
}

func TestGroupsSlideNextDoorOnly(t *testing.T) {
	for _, tt := range []struct {
		name string
		f    fill
		i    int
		work time.Duration
		want int
	}{
		{"the first stays", fill{100 * us}, 0, 100 * us, 0},
		{"down where there is room", fill{1: 100 * us}, 1, 100 * us, 0},
		{"down step by step", fill{9: 100 * us}, 9, 100 * us, 8},
		{"not where there is none", fill{750 * us, 100 * us}, 1, 100 * us, 1},
		{"a little too much is borne", fill{5: 900 * us, 4: 800 * us}, 5, 50 * us, 5},
		{"up from where there is too much", fill{3: 2000 * us, 2: 800 * us}, 3, 100 * us, 4},
		{"from the last to the first", fill{18: 800 * us, 19: 2000 * us}, 19, 100 * us, 0},
		{"from one that takes long the others go", fill{5100 * us}, 0, 100 * us, 1},
		{"it stays itself", fill{5100 * us}, 0, 5000 * us, 0},
		{"one that takes long has nowhere to go", fill{5000 * us}, 0, 5000 * us, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.f.slide(tt.i, tt.work); got != tt.want {
				t.Errorf("slides to %d, want %d", got, tt.want)
			}
		})
	}
}

func TestBeatAfterAMoveIsAboutAFrameLater(t *testing.T) {
	for last := int64(40); last < 60; last++ {
		at := last % slots
		for _, tt := range []struct{ by, want int64 }{{0, 20}, {1, 21}, {-1, 19}, {9, 29}, {-9, 11}} {
			if got := following(last, (at+tt.by+slots)%slots) - last; got != tt.want {
				t.Errorf("from slot %d by %d: %d slots later, want %d", at, tt.by, got, tt.want)
			}
		}
	}
}

// slotsOf is how many slots have groups.
func slotsOf(c *Clock) (n int) {
	for i := range c.slots {
		if len(c.slots[i].list()) > 0 {
			n++
		}
	}
	return n
}

// Calls that come while the machine is busy are spread out, and those that stay
// gather again. None of them notices but for a millisecond at a time.
func TestThoseWhoStayGatherAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(1)
		stop := run(t, c)
		defer stop()
		type call struct {
			*Group
			*member
		}
		var calls []call
		for range 60 {
			var last time.Time
			m := &member{func(p pcm.Phase) {
				if p != pcm.TakeIn {
					return
				}
				now := time.Now()
				if gap := now.Sub(last); !last.IsZero() && (gap < 18*time.Millisecond || gap > 22*time.Millisecond) {
					t.Errorf("a beat after %v", gap)
				}
				last = now
			}}
			g := c.Group()
			g.Add(m)
			calls = append(calls, call{g, m})
		}
		if n := slotsOf(c); n < 10 {
			t.Fatalf("60 calls in %d slots", n)
		}
		for i, k := range calls {
			if i%6 > 0 {
				k.Remove(k.member)
			}
		}
		time.Sleep(30 * time.Second)
		if n := slotsOf(c); n != 1 {
			t.Errorf("ten calls stay in %d slots", n)
		}
		if l := c.Lateness(); l.Skipped > 0 {
			t.Errorf("%d beats left out", l.Skipped)
		}
	})
}
