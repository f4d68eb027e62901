package app

import (
	"errors"
	"sync"
	"time"

	"github.com/einwahl/einwahl/gateway/admin"
)

// lastWords is how long callers hear that the gateway closes before their
// calls are cut.
const lastWords = 15 * time.Second

// drain is how far the gateway is from closing. Its zero value is open.
type drain struct {
	mu       sync.Mutex
	draining bool
	ending   bool // the process ends: there is no way back
	deadline time.Time
	timer    *time.Timer
	told     chan struct{} // closed when callers are told
}

// Drain turns new calls away. Those in progress go on for so long, then callers
// hear that the gateway closes and their calls end. A second time moves the
// deadline.
func (a *App) Drain(after time.Duration) { a.closeIn(after, false) }

// Hurry lets a gateway that ends tell its callers now.
func (a *App) Hurry() { a.closeIn(0, true) }

// closeIn moves the deadline; for an end only to an earlier time.
func (a *App) closeIn(after time.Duration, ending bool) {
	d := &a.drain
	d.mu.Lock()
	defer d.mu.Unlock()
	deadline := time.Now().Add(after)
	if d.draining && ending && deadline.After(d.deadline) {
		deadline = d.deadline
	}
	if !d.draining {
		d.told = make(chan struct{})
		a.phones.Drain()
	}
	d.draining, d.ending, d.deadline = true, d.ending || ending, deadline
	if d.timer != nil {
		d.timer.Stop()
	}
	told := d.told
	d.timer = time.AfterFunc(time.Until(deadline), func() { a.tell(told) })
	a.log.Info().Int("calls", a.calls.count()).Time("deadline", deadline).Bool("ending", d.ending).
		Msg("draining: new calls are turned away, callers are told at the deadline")
}

// tell says to every caller that the gateway closes, unless the operator has
// changed their mind or it was said.
func (a *App) tell(told chan struct{}) {
	d := &a.drain
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.draining || d.told != told || isClosed(told) {
		return
	}
	close(told)
	a.log.Info().Int("calls", a.calls.count()).Msg("draining: callers are told")
	a.calls.tell()
}

func isClosed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// Resume takes calls again. A gateway that ends cannot.
func (a *App) Resume() error {
	d := &a.drain
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ending {
		return errors.New("the gateway is ending: start it anew")
	}
	if !d.draining {
		return nil
	}
	d.draining, d.deadline = false, time.Time{}
	d.timer.Stop()
	a.phones.Resume()
	a.calls.untell()
	a.log.Info().Msg("draining is over: calls are taken again")
	return nil
}

// Draining is how the drain stands, for the operator.
func (a *App) Draining() admin.Drain {
	d := &a.drain
	d.mu.Lock()
	defer d.mu.Unlock()
	return admin.Drain{Draining: d.draining, Ending: d.ending, Deadline: d.deadline, Told: d.draining && isClosed(d.told), Calls: a.calls.count()}
}

// stopDrain leaves no timer behind.
func (a *App) stopDrain() {
	a.drain.mu.Lock()
	defer a.drain.mu.Unlock()
	a.drain.timer.Stop()
}

// end lets the calls run on to the deadline, has callers told, and returns when
// all have gone, or when those who are left have had the time to hear it.
func (a *App) end(failed <-chan struct{}) {
	a.closeIn(a.settings.Load().Limits.Drain, true)
	a.drain.mu.Lock()
	told := a.drain.told
	a.drain.mu.Unlock()
	defer a.stopDrain()
	gone := a.calls.gone()
	select {
	case <-gone:
		return
	case <-failed:
		return
	case <-told:
	}
	limit := time.NewTimer(lastWords)
	defer limit.Stop()
	select {
	case <-gone:
	case <-failed:
	case <-limit.C:
	}
}
