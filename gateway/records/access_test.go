package records

import (
	"strings"
	"testing"
	"time"
)

// TestWhoTakesARecordingIsInTheLedger, encrypted, in each export, and not for good.
func TestWhoTakesARecordingIsInTheLedger(t *testing.T) {
	c := in(t.TempDir())
	b, end := open(t, c)
	for _, outcome := range []string{AccessExported, AccessRefused} {
		if err := b.AppendAccess(Access{Time: time.Now(), Recording: "1-20261122T090000Z", Meeting: "1", Outcome: outcome, Who: "ada of the office"}); err != nil {
			t.Fatal(err)
		}
	}
	if b.AppendAccess(Access{Recording: "1-20261122T090000Z", Outcome: AccessExported}) == nil {
		t.Error("nobody has taken it")
	}
	if err := b.AppendRecorded("1-20261122T080000Z", "1", "abc"); err != nil {
		t.Fatal(err)
	}
	look(t, c, func(r *Reader) {
		if all, err := r.Recorded(); err != nil || len(all) != 1 || all["1-20261122T080000Z"] != "abc" {
			t.Errorf("recorded: %v, %v", all, err)
		}
	})
	if b.AppendAccess(Access{Recording: "1-20261122T090000Z", Outcome: AccessRecorded, Who: "ada of the office"}) == nil {
		t.Error("somebody tells what was recorded")
	}
	list, table := exports(t, c)
	for _, text := range []string{list, table} {
		if strings.Count(text, "ada of the office") != 2 || strings.Count(text, "1-20261122T090000Z") != 2 || strings.Count(text, "refused") != 1 {
			t.Errorf("exported: %s", text)
		}
	}
	for _, tt := range []struct {
		days  int
		there bool
	}{{364, true}, {365, false}} {
		if _, err := b.PurgeDue(t.Context(), dayOf(time.Now()).AddDate(0, 0, tt.days)); err != nil {
			t.Fatal(err)
		}
		if list, _ := exports(t, c); strings.Contains(list, "ada of the office") != tt.there {
			t.Errorf("after %d days: %s", tt.days, list)
		}
	}
	whole(t, c)
	end()
	nowhere(t, c.Directory, "20261122T090000Z")
}
