package records

import (
	"testing"
	"time"
)

// By their dates they would stay for years; they go when they have been kept for
// long enough since the clock was right again.
func TestWhatIsDatedAheadGoesInTime(t *testing.T) {
	c := in(t.TempDir())
	b, _ := open(t, c)
	found := time.Now()
	ended(t, b, "ahead", telephone, found.AddDate(10, 0, 0))
	ended(t, b, "a little", telephone, found.AddDate(0, 0, 2))
	for _, step := range []struct {
		name string
		days int
		want []string
	}{
		{"found", 0, []string{"ahead", "a little"}},
		{"the last day", 6, []string{"ahead", "a little", "true"}},
		{"seven days later", 7, []string{"a little", "true"}},
		{"nine days later", 9, []string{"true"}},
	} {
		if step.days == 6 { // a call that is dated rightly, later than the other was found
			ended(t, b, "true", telephone, found.AddDate(0, 0, 6))
		}
		then := dayOf(found).AddDate(0, 0, step.days).Add(12 * time.Hour)
		if step.days == 0 {
			then = found
		}
		if _, err := b.PurgeDue(t.Context(), then); err != nil {
			t.Fatal(err)
		}
		var there []string
		for _, call := range calls(t, c) {
			there = append(there, call.Call)
		}
		if len(there) != len(step.want) {
			t.Errorf("%s: there are %q, want %q", step.name, there, step.want)
		}
	}
	if b.clock.known().Ahead != (ahead{}) {
		t.Error("it is remembered for good")
	}
	if n := b.vault.Days(); n != 1 {
		t.Errorf("keys of %d days are left, want those of one", n)
	}
	whole(t, c)
}

// So does each class of evidence, with its keys, and the ledger tells why. Here it
// is the clock of this machine that is ten years ahead.
func TestEvidenceThatIsDatedAheadGoesInTime(t *testing.T) { datedAhead(t, in(t.TempDir())) }

func datedAhead(t *testing.T, c Config) {
	t.Helper()
	b, _ := open(t, c)
	found := time.Now().AddDate(-10, 0, 0)
	ended(t, b, "c1", telephone, time.Now())
	for _, answer := range []string{"informed", "declined", "agreed"} {
		said(t, b, "c1", telephone, answer)
	}
	for _, step := range []struct{ days, calls, erased, keys int }{
		{0, 1, 0, 1}, {6, 1, 0, 1}, {7, 0, 1, 1}, {29, 0, 1, 1}, {30, 0, 2, 1}, {364, 0, 2, 1}, {365, 0, 3, 0}, {400, 0, 3, 0},
	} {
		then := found
		if step.days > 0 {
			then = dayOf(found).AddDate(0, 0, step.days)
		}
		purged, err := b.PurgeDue(t.Context(), then)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range purged {
			if p.Count != 1 || p.Keys != 1 {
				t.Errorf("after %d days: purged %+v", step.days, p)
			}
		}
		r := whole(t, c)
		if n := len(calls(t, c)); n != step.calls || r.Erased != uint64(step.erased) || b.vault.Days() != step.keys {
			t.Errorf("after %d days: %d calls, %d entries erased, keys of %d days; want %+v", step.days, n, r.Erased, b.vault.Days(), step)
		}
	}
	for _, x := range erasures(t, c) {
		if x.Why != whyAhead {
			t.Errorf("the ledger tells %+v", x)
		}
	}
}

// What a clock that is behind has dated does not go as soon as it is right again:
// not what a gateway has written that doubts it, nor what a command has while none
// ran, or a gateway whose next look is an hour away.
func TestWhatIsDatedBehindDoesNotGoAtOnce(t *testing.T) {
	for name, doubted := range map[string]bool{"by a clock that is doubted": true, "by a clock that nobody has looked at": false} {
		t.Run(name, func(t *testing.T) {
			c := in(t.TempDir())
			b, end := open(t, c)
			last := time.Now().AddDate(20, 0, 0) // so that this machine's clock is behind
			if err := b.Trust(last); err != nil {
				t.Fatal(err)
			}
			end()
			b, _ = open(t, c)
			if doubted && b.Believe(time.Now()) == nil {
				t.Fatal("twenty years back are believed")
			}
			said(t, b, "behind", telephone, "declined")
			ended(t, b, "behind", telephone, time.Now())
			for _, step := range []struct{ days, calls, erased int }{{1, 1, 0}, {7, 0, 0}, {30, 0, 1}} {
				then := dayOf(last).AddDate(0, 0, step.days)
				if _, err := b.PurgeDue(t.Context(), then); err != nil {
					t.Fatal(err)
				}
				if n, r := len(calls(t, c)), whole(t, c); n != step.calls || r.Erased != uint64(step.erased) {
					t.Errorf("after %d days: %d calls, %d entries erased", step.days, n, r.Erased)
				}
			}
			if n := b.vault.Days(); n != 0 {
				t.Errorf("keys of %d days are left", n)
			}
		})
	}
}

// A gateway's end spares nothing, whatever its clock has shown.
func TestPurgingAllDeletesWhatIsDatedAhead(t *testing.T) {
	c := in(t.TempDir())
	b, end := open(t, c)
	ended(t, b, "ahead", telephone, time.Now().AddDate(10, 0, 0))
	left := func() (told []string) {
		look(t, c, func(r *Reader) {
			var err error
			if told, err = r.Overdue(time.Now(), true); err != nil {
				t.Fatal(err)
			}
		})
		return told
	}
	if told := left(); len(told) == 0 || told[0] != "1 of call" {
		t.Errorf("before: %q", told)
	}
	if _, err := b.PurgeAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if told := left(); len(told) > 0 || len(calls(t, c)) > 0 {
		t.Errorf("left: %q", told)
	}
	whole(t, c)
	end()
	nowhere(t, c.Directory, "sealed:")
}
