package embedded

import (
	"fmt"
	"testing"
)

// TestAMeetingKnowsOnlySoManyWhoAreNotThere: who is in is known however many come and
// go meanwhile, and of these the latest are.
func TestAMeetingKnowsOnlySoManyWhoAreNotThere(t *testing.T) {
	s := newState(basePolicy(nil))
	s.arrive(newcomer{name: "Ada", pass: "Ada's"})
	for n := range 2 * knownPages {
		s.part(s.arrive(newcomer{name: "Bob", pass: fmt.Sprint(n)}), partLeft)
		s.sweep()
	}
	if n := len(s.passes); n != knownPages {
		t.Errorf("%d passes are good, want %d", n, knownPages)
	}
	for pass, known := range map[string]bool{"Ada's": true, "0": false, fmt.Sprint(2*knownPages - 1): true, "": false} {
		if p := s.arrive(newcomer{name: "Bob", was: pass, pass: "another"}); p.known != known {
			t.Errorf("with the pass %q: known %v, want %v", pass, p.known, known)
		}
	}
}
