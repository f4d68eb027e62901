package media

import "time"

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

// retire begins the rest. Nobody reads the ports meanwhile: who disturbs it is
// seen at its end, and little of what they send is kept. mu is held.
func (l *Leg) retire() {
	l.pair.rtp.Room(0)
	l.pair.rtcp.Room(0)
	l.engine.discard(l.pair.rtp)
	l.rest.timer = time.AfterFunc(l.engine.config.PortRest, l.wake)
}

// wake looks, at the end of a rest, whether it was the last.
func (l *Leg) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.rest.ended {
		l.rest.disturbed = l.engine.discard(l.pair.rtp) > 0
		if !l.rest.over() {
			l.rest.timer.Reset(l.engine.config.PortRest)
			return
		}
		l.giveBack()
	}
	l.engine.alive.Done()
}

// disturb ends the rest of a closed leg at once.
func (l *Leg) disturb() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rest.ended {
		return
	}
	if l.rest.timer.Stop() { // else wake is about to come
		l.engine.alive.Done()
	}
	l.giveBack()
}

// giveBack lets the next call have the ports. mu is held.
func (l *Leg) giveBack() {
	l.rest.ended = true
	l.engine.forget(l)
}
