package records

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// Nothing is deleted by a clock that has leapt, until the gateway has run by it.
func TestAClockThatLeapsIsNotBelievedAtOnce(t *testing.T) {
	const day = 24 * time.Hour
	ran := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	wrong, early := time.Date(2036, 1, 1, 0, 0, 0, 0, time.UTC), time.Unix(0, 0)
	type look struct {
		now   time.Time
		after time.Duration // since the program last looked
		want  bool          // is it believed?
	}
	for name, looks := range map[string][]look{
		"an hour later":                      {{ran.Add(time.Hour), time.Hour, true}},
		"after a long weekend":               {{ran.Add(3 * day), 0, true}},
		"set back by a little":               {{ran.Add(-time.Hour), time.Hour, true}},
		"ten years ahead":                    {{wrong, 0, false}},
		"fifty years behind":                 {{early, 0, false}},
		"behind, and set right":              {{early, 0, false}, {early.Add(time.Hour), time.Hour, false}, {ran.Add(2 * time.Hour), time.Hour, true}},
		"ahead, and set right":               {{wrong, 0, false}, {ran.Add(time.Hour), time.Hour, true}, {ran.Add(2 * time.Hour), time.Hour, true}},
		"ahead, right, ahead again":          {{wrong, 0, false}, {ran.Add(time.Hour), time.Hour, true}, {wrong, 30 * time.Hour, false}},
		"after four days, and a day by it":   {{ran.Add(4 * day), 0, false}, {ran.Add(5*day - 1), day - 1, false}, {ran.Add(5 * day), 1, true}},
		"a day by it, over restarts":         {{wrong, 0, false}, {wrong.Add(13 * time.Hour), 13 * time.Hour, false}, {wrong.Add(14 * time.Hour), 0, false}, {wrong.Add(25 * time.Hour), 11 * time.Hour, true}},
		"a day that the machine stood still": {{wrong, 0, false}, {wrong.Add(day), 0, false}, {wrong.Add(2 * day), 0, false}},
		"from one wrong time to another":     {{wrong, 0, false}, {early, 23 * time.Hour, false}, {early.Add(23 * time.Hour), 23 * time.Hour, false}, {early.Add(day), time.Hour, true}},
		"in the middle of a run":             {{ran.Add(time.Hour), time.Hour, true}, {wrong, time.Hour, false}},
	} {
		t.Run(name, func(t *testing.T) {
			c := clock{Believed: ran}
			for i, l := range looks {
				if got := c.see(l.now, l.after); got != l.want {
					t.Fatalf("look %d, at %v: believed %v, want %v", i+1, l.now, got, l.want)
				}
			}
		})
	}
}

// What is believed lasts from one run of the program to the next, and so does
// what is doubted.
func TestWhatTheClockHasShownIsKept(t *testing.T) {
	c := in(t.TempDir())
	b, end := open(t, c)
	now := time.Now()
	if err := b.Believe(now); err != nil {
		t.Fatal(err)
	}
	end()
	b, end = open(t, c)
	err := b.Believe(now.AddDate(10, 0, 0))
	if err == nil {
		t.Fatal("ten years at once are believed")
	}
	for _, want := range []string{stamp(now.UTC().Truncate(time.Second)), stamp(now.UTC().Truncate(time.Second).AddDate(10, 0, 0)), "24h", "purge --yes"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v: it does not say %q", err, want)
		}
	}
	end()
	b, end = open(t, c)
	if b.clock.known().Doubted.IsZero() {
		t.Error("the doubt is forgotten")
	}
	if err := b.Trust(now.AddDate(10, 0, 0)); err != nil {
		t.Error(err)
	}
	end()
	b, _ = open(t, c)
	if err := b.Believe(now.AddDate(10, 0, 0).Add(time.Hour)); err != nil {
		t.Errorf("somebody has said that it is right: %v", err)
	}
	if err := b.Believe(now); err == nil {
		t.Error("ten years back are believed")
	}
}

// Without its file a gateway last ran when it last signed something.
func TestWithoutItsFileTheClockIsThatOfTheLastSignature(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		"there is none":       func(string) error { return nil },
		"it cannot be read":   func(path string) error { return os.WriteFile(path, []byte(`{"believed":`), 0o600) },
		"it is a file of its": func(path string) error { return os.WriteFile(path, []byte(`{"believed":7}`), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			c := in(t.TempDir())
			b, end := open(t, c)
			answered(t, b, "agreed")
			end()
			if err := damage(filepath.Join(c.Directory, clockFile)); err != nil {
				t.Fatal(err)
			}
			b, _ = open(t, c)
			if err := b.Believe(time.Now().AddDate(0, 1, 0)); err == nil {
				t.Error("a month later is believed")
			}
			if err := b.Believe(time.Now().Add(time.Hour)); err != nil {
				t.Error(err)
			}
		})
	}
}

// What has passed is told by another clock than the one that is looked at, which
// leaps while that does not.
func TestWhatIsBelievedIsWhatTheClockShows(t *testing.T) {
	c := clock{}
	c.believe(time.Now())
	if c.Believed != c.Believed.Round(0) {
		t.Errorf("%v has what has passed beside it", c.Believed)
	}
	c.see(time.Now().Add(time.Hour), time.Hour)
	if c.see(time.Now().Add(100*24*time.Hour), time.Hour); c.Believed != c.Believed.Round(0) || c.Doubted != c.Doubted.Round(0) {
		t.Errorf("%v and %v have what has passed beside them", c.Believed, c.Doubted)
	}
}

// A disk that hangs while the clock is kept holds no call up: a pipe that nobody
// reads stands where the file is written.
func TestAClockThatIsBeingKeptHoldsNobodyUp(t *testing.T) {
	k := openClock(t.TempDir(), time.Now())
	if err := syscall.Mkfifo(k.path+".new", 0o600); err != nil {
		t.Fatal(err)
	}
	kept := make(chan error)
	go func() {
		_, err := k.look(time.Now())
		kept <- err
	}()
	for k.changing.TryLock() { // until it is at it
		k.changing.Unlock()
		runtime.Gosched()
	}
	if now := time.Now(); !k.date(now).Equal(now) {
		t.Error("a record of now has another date")
	}
	pipe, err := os.Open(k.path + ".new")
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	if err := <-kept; err == nil {
		t.Error("a pipe counts as a disk")
	}
}

// A disk that is full keeps nothing that is to be deleted.
func TestAClockThatCannotBeKeptIsBelieved(t *testing.T) {
	var log strings.Builder
	b := &Book{log: zerolog.New(&log), clock: openClock(filepath.Join(t.TempDir(), "no such folder"), time.Now())}
	if err := b.Believe(time.Now()); err != nil || !strings.Contains(log.String(), "keep what the clock has shown") {
		t.Errorf("%v; logged %s", err, &log)
	}
}
