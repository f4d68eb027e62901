package lockout

import (
	"fmt"
	"testing"
	"time"
)

// TestTenThousandGuessesFindNoMoreThanTheLimit has a hundred lines guess at a
// meeting as fast as calls allow, a try each five seconds on each of them. Who
// knows the PIN of another meeting comes in all the while.
func TestTenThousandGuessesFindNoMoreThanTheLimit(t *testing.T) {
	limits := DefaultConfig()
	g, at := testGuard(limits)
	began, looked, missed := at.Time, 0, 0
	for i := range 10_000 {
		line := i % 100
		if line == 0 {
			at.sleep(5 * time.Second)
			if !try(g.Line("carrier", "other", "honest"), "200", Right) {
				missed++
			}
		}
		if try(g.Line("carrier", "number", fmt.Sprint("+4930", line)), "100", Wrong) {
			looked++
		}
	}
	rounds := 1 + int(at.Sub(began)/limits.Lock)
	if most := rounds * limits.PerMeeting; looked > most {
		t.Errorf("%d of 10,000 guesses in %v were looked at, want at most %d", looked, at.Sub(began), most)
	}
	if missed > 0 {
		t.Errorf("an honest caller of another meeting was turned away %d times", missed)
	}
	if len(g.Locked()) == 0 {
		t.Error("nobody is told that there was a lock")
	}
}
