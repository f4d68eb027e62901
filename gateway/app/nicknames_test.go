package app

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

const (
	ada   = "+49305550101"
	grace = "+49305550102"
	mary  = "+49305550103"
)

// step is a call to a meeting, or the end of one, after some time.
type step struct {
	after   time.Duration
	meeting string
	number  string // empty: withheld
	call    int    // which one ends; 0: one begins
	want    int    // what the caller is called
}

func TestNicknames(t *testing.T) {
	comes := func(meeting, number string, want int) step { return step{meeting: meeting, number: number, want: want} }
	goes := func(call int) step { return step{call: call} }
	later := func(d time.Duration, s step) step { s.after = d; return s }
	for _, tt := range []struct {
		name  string
		steps []step
	}{
		{"who calls again is the same, and nobody else is", []step{
			comes("1", ada, 1), goes(1), comes("1", grace, 2), goes(2), comes("1", ada, 1), comes("1", grace, 2), comes("1", mary, 3),
		}},
		{"also when nobody was there for a while", []step{
			comes("1", ada, 1), goes(1), later(8*time.Hour, comes("1", grace, 2)), comes("1", ada, 1),
		}},
		{"each meeting counts for itself", []step{
			comes("1", ada, 1), comes("2", grace, 1), comes("2", ada, 2), comes("1", grace, 2), goes(1), goes(2), comes("2", grace, 1), comes("1", ada, 1),
		}},
		{"who withholds their number is never known again", []step{
			comes("1", "", 1), goes(1), comes("1", "", 2), comes("1", "", 3), comes("1", ada, 4), goes(2), comes("1", "", 5),
		}},
		{"two who call from one number are two, and neither is taken for the other", []step{
			comes("1", ada, 1), comes("1", ada, 2), goes(1), comes("1", ada, 3), goes(2), goes(3), comes("1", ada, 4),
		}},
		{"who calls on another day is not known, and yet nobody else", []step{
			comes("1", ada, 1), comes("1", grace, 2), later(15*time.Hour, goes(1)), comes("1", ada, 3), goes(3), comes("1", ada, 3), comes("1", mary, 4),
		}},
		{"who was there yesterday leaves nothing behind", []step{
			comes("1", ada, 1), later(15*time.Hour, comes("1", grace, 2)), goes(1), comes("1", mary, 3), comes("1", ada, 4),
		}},
		{"the next day begins with one", []step{
			comes("1", ada, 1), comes("1", grace, 2), goes(1), goes(2), later(23*time.Hour, comes("1", grace, 1)), comes("1", ada, 2),
		}},
		{"midnight alone is no end of a meeting", []step{
			later(14*time.Hour, comes("1", ada, 1)), goes(1), later(2*time.Hour, comes("1", grace, 2)),
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var names nicknames
			var free []func(time.Time)
			now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
			for i, s := range tt.steps {
				if now = now.Add(s.after); s.call > 0 {
					free[s.call-1](now)
					continue
				}
				nth, leave := names.take(s.meeting, s.number, now)
				free = append(free, leave)
				if nth != s.want {
					t.Errorf("step %d: %q is Phone %d in meeting %s, want Phone %d", i, s.number, nth, s.meeting, s.want)
				}
			}
		})
	}
}

// TestNobodyTakesOverANickname has many call one meeting for a day, in no order.
func TestNobodyTakesOverANickname(t *testing.T) {
	var names nicknames
	random := rand.New(rand.NewPCG(1, 2))
	now := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	bearers, called, there := map[int]string{}, map[string]int{}, map[string]func(time.Time){}
	for range 2000 {
		now = now.Add(time.Duration(random.IntN(40)) * time.Second)
		number := fmt.Sprintf("+4930555%04d", random.IntN(50))
		if leave := there[number]; leave != nil {
			leave(now)
			delete(there, number)
			continue
		}
		nth, leave := names.take("1", number, now)
		there[number] = leave
		if other, ok := bearers[nth]; ok && other != number {
			t.Fatalf("%s is Phone %d, as %s was", number, nth, other)
		}
		if before, ok := called[number]; ok && before != nth {
			t.Fatalf("%s is Phone %d, and was Phone %d", number, nth, before)
		}
		bearers[nth], called[number] = number, nth
	}
}

// TestNicknamesTakeLittleMemory whoever calls, and hold no number.
func TestNicknamesTakeLittleMemory(t *testing.T) {
	var names nicknames
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for i := range 2 * mostKnown {
		nth, leave := names.take("1", fmt.Sprintf("+49305%06d", i), now)
		if leave(now); nth != i+1 {
			t.Fatalf("caller %d is Phone %d", i+1, nth)
		}
	}
	r := names.meetings["1"]
	if n := len(r.known); n != mostKnown {
		t.Errorf("%d callers are remembered, want %d", n, mostKnown)
	}
	if held := fmt.Sprintf("%+v", *r); strings.Contains(held, "49305") {
		t.Error("numbers are remembered")
	}
	names.take("2", ada, now.Add(24*time.Hour))
	if n := len(names.meetings); n != 1 {
		t.Errorf("%d meetings are remembered on the next day, want 1", n)
	}
}
