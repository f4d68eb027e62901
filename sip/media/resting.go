package media

import (
	"sync"
	"time"
)

// maxRests bounds how long somebody can keep a pair from the next call by
// sending to it.
const maxRests = 12

// rest is how the port of an ended call comes to rest. A caller who has not
// noticed the end, as when our BYE is lost, sends on, and must not be heard in
// the next call: the rest begins anew for as long as somebody disturbs it.
type rest struct {
	timer *time.Timer
	ended bool // the pair is given back

	disturbed bool
	times     int
}

// over tells, at the end of a rest, whether it was the last.
func (r *rest) over() bool {
	if !r.disturbed || r.times == maxRests {
		return true
	}
	r.disturbed = false
	r.times++
	return false
}

// resting is the pair of an ended call. Of the call itself nothing is kept.
type resting struct {
	engine *Engine
	pair   *pair

	mu sync.Mutex
	rest
}

// retire begins the rest of a leg's ports. Nobody reads them meanwhile: who
// disturbs it is seen at its end, and little of what they send is kept. The leg's
// mu is held.
func (l *Leg) retire() {
	l.pair.rtp.Room(0)
	l.pair.rtcp.Room(0)
	l.engine.discard(l.pair.rtp)
	r := &resting{engine: l.engine, pair: l.pair}
	r.mu.Lock()
	defer r.mu.Unlock()
	l.engine.lay(l, r)
	r.timer = time.AfterFunc(l.engine.config.PortRest, r.wake)
}

// wake looks, at the end of a rest, whether it was the last.
func (r *resting) wake() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.ended {
		r.disturbed = r.engine.discard(r.pair.rtp) > 0
		if !r.over() {
			r.timer.Reset(r.engine.config.PortRest)
			return
		}
		r.giveBack()
	}
	r.engine.alive.Done()
}

// disturb ends the rest at once.
func (r *resting) disturb() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return
	}
	if r.timer.Stop() { // else wake is about to come
		r.engine.alive.Done()
	}
	r.giveBack()
}

// giveBack lets the next call have the ports. mu is held.
func (r *resting) giveBack() {
	r.ended = true
	r.engine.forget(r)
}
