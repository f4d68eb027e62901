package records

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/einwahl/einwahl/gateway/lasting"
)

const (
	// leap is how far the machine's clock may be from when the gateway last ran
	// without being doubted: a long weekend.
	leap = 3 * 24 * time.Hour
	// proof is how long the gateway runs by a time that was doubted, until it
	// deletes by it.
	proof = 24 * time.Hour
)

// clock is what a gateway knows of the machine's. What is deleted by a wrong one
// is gone for good, so one that has leapt is not believed at once.
type clock struct {
	Believed time.Time     `json:"believed"`         // when the gateway last ran by it
	Doubted  time.Time     `json:"doubted,omitzero"` // what it has shown since, zero where that fits
	Ran      time.Duration `json:"ran_ns,omitzero"`  // for so long the gateway has run by what it shows
	Ahead    ahead         `json:"ahead,omitzero"`
}

// see takes what the clock shows, so long after the program last looked (0: it
// has not), and reports whether it is believed.
func (c *clock) see(now time.Time, after time.Duration) bool {
	now = now.Round(0) // what the clock shows, and not what has passed
	switch {
	case near(now, c.Believed):
		c.believe(now)
	case !near(now, c.Doubted):
		c.Doubted, c.Ran = now, 0
	case c.Ran+after < proof:
		c.Doubted, c.Ran = now, c.Ran+after
	default:
		c.believe(now)
	}
	return c.Doubted.IsZero()
}

func (c *clock) believe(now time.Time) { c.Believed, c.Doubted, c.Ran = now.Round(0), time.Time{}, 0 }

// date is as what a moment counts that the clock has shown, where it shows now.
// While it is behind when the gateway last ran that is the least that it may be,
// whether or not anybody has looked at it since: what is dated years ago would be
// deleted as soon as the clock is right.
func (c *clock) date(t, now time.Time) time.Time {
	if behind := now.Before(c.Believed) && !near(now, c.Believed); behind && t.Before(c.Believed) {
		return c.Believed
	}
	return t
}

func near(a, b time.Time) bool { return a.Sub(b).Abs() <= leap }

// doubt is why nothing is deleted.
func (c *clock) doubt() error {
	return fmt.Errorf("the clock says %s, and this gateway last ran at %s: nothing is deleted until it has run by that clock for %v (%v so far), or somebody says that the clock is right, with `einwahl records purge --yes`",
		stamp(c.Doubted.UTC().Truncate(time.Second)), stamp(c.Believed.UTC().Truncate(time.Second)), proof, c.Ran.Round(time.Minute))
}

// clockFile is the name of the file that keeps a clock.
const clockFile = "clock.json"

// timekeeper is a clock that outlasts the program. Its methods may be called
// from several goroutines. Who only asks never waits for the disk.
type timekeeper struct {
	path string

	changing sync.Mutex // held while the file is written
	looked   time.Time  // when the program last looked; zero: never yet

	mu    sync.Mutex
	clock clock
}

// openClock reads the clock of a folder. Without a file that can be read the
// gateway last ran when it last signed something.
func openClock(folder string, signed time.Time) *timekeeper {
	k := &timekeeper{path: filepath.Join(folder, clockFile)}
	content, err := os.ReadFile(k.path)
	if err != nil || json.Unmarshal(content, &k.clock) != nil {
		k.clock = clock{Believed: signed}
	}
	return k
}

// known is what is known of the clock.
func (k *timekeeper) known() clock {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.clock
}

// date is clock.date.
func (k *timekeeper) date(t time.Time) time.Time {
	c := k.known()
	return c.date(t, time.Now())
}

// change has the clock changed and kept.
func (k *timekeeper) change(with func(*clock)) error {
	k.changing.Lock()
	defer k.changing.Unlock()
	c := k.known()
	with(&c)
	k.set(c)
	content, err := json.Marshal(c)
	if err == nil {
		err = lasting.Replace(k.path, content)
	}
	if err != nil {
		return fmt.Errorf("keep what the clock has shown: %w", err)
	}
	return nil
}

func (k *timekeeper) set(c clock) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.clock = c
}

// look looks at the clock, and returns why it is doubted.
func (k *timekeeper) look(now time.Time) (doubt, err error) {
	err = k.change(func(c *clock) {
		var after time.Duration
		if !k.looked.IsZero() {
			after = max(0, now.Sub(k.looked))
		}
		if k.looked = now; !c.see(now, after) {
			doubt = c.doubt()
		}
	})
	return doubt, err
}

// Believe is an error where the machine's clock is doubted: it is further from
// when the gateway last ran, ahead or behind, than a standstill of three days
// explains, and the gateway has not run by it for a day. It is to be asked each
// hour, and before anything is deleted because it is old.
func (b *Book) Believe(now time.Time) error {
	doubt, err := b.clock.look(now)
	if err != nil { // a disk that is full is no reason to delete nothing
		b.log.Error().Err(err).Msg("the next start may doubt the clock")
	}
	return doubt
}

// Trust has the clock believed from now on: somebody has looked at it.
func (b *Book) Trust(now time.Time) error {
	return b.clock.change(func(c *clock) { c.believe(now) })
}
