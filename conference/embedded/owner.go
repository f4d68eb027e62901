package embedded

import (
	"runtime/debug"
	"sync"
	"time"
)

// desk is where a meeting takes orders. There is an owner to carry them out as
// long as somebody is at the meeting or an order is on its way; a meeting at rest
// costs no goroutine.
type desk struct {
	orders chan order

	mu      sync.Mutex
	pending int  // orders that were accepted and are not in the owner's hands
	owned   bool // there is an owner
	closed  bool // no order is accepted any more
}

// order is something for the meeting's owner to do. finished, where it is not
// nil, is told whether the world is in line with it.
type order struct {
	do       func()
	finished chan<- bool
}

func (o order) tell(done bool) {
	if o.finished != nil {
		o.finished <- done
	}
}

// do has the owner run f and bring the world in line with what it has done. It
// reports false when the meeting is over, and f was not run, or has fallen.
func (m *meeting) do(f func()) bool {
	finished := make(chan bool, 1)
	return m.hand(order{f, finished}) && <-finished
}

// post is do for who is not to wait until it is done.
func (m *meeting) post(f func()) { m.hand(order{do: f}) }

// hand gives an order to the owner, and has there be one. It reports false when
// the meeting is over. The owner itself must not call it.
func (m *meeting) hand(o order) bool {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return false
	}
	m.pending++
	if !m.owned {
		m.owned = true
		m.service.wg.Go(m.own)
	}
	m.mu.Unlock()
	m.orders <- o
	return true
}

// close has no order be accepted any more. Those that were still are carried out.
func (m *meeting) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
}

// own leads the meeting while there is anything to lead.
func (m *meeting) own() {
	for !m.rests() {
		m.lead()
	}
}

// rests reports that the owner may go: nobody is there, and nothing is asked.
func (m *meeting) rests() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.owned = len(m.members) > 0 || m.pending > 0
	return !m.owned
}

// lead carries out orders until the meeting may rest. After a fault it lets go of
// everybody, and the meeting begins anew with the next order.
func (m *meeting) lead() {
	var inHand order
	defer func() {
		if fault := recover(); fault != nil {
			m.log.Error().Interface("fault", fault).Bytes("stack", debug.Stack()).Msg("meeting fell by a fault: everybody was let go, and it begins anew")
			m.abandon()
			m.service.fallen.Add(1)
			inHand.tell(false)
		}
	}()
	step := time.NewTimer(nextStep(time.Now()))
	defer step.Stop()
	start := time.NewTimer(0)
	defer start.Stop()
	for again := true; again; again = len(m.members) > 0 {
		var stop <-chan struct{}
		var tick, starts <-chan time.Time
		if !m.state.ended {
			stop = m.service.ctx.Done()
		}
		if len(m.members) > 0 {
			tick = step.C
		}
		if !m.state.begun {
			start.Reset(time.Until(m.state.policy.start))
			starts = start.C
		}
		select {
		case <-stop:
			m.carryOut(func() { m.state.close() }) // also of one that begins anew
		case inHand = <-m.orders:
			m.taken()
			inHand.tell(m.carryOut(inHand.do))
			inHand = order{}
		case <-starts:
			m.carryOut(func() {}) // which looks at the clock
		case now := <-tick:
			m.tellSpeaking(now)
			step.Reset(nextStep(time.Now()))
		}
	}
}

// taken notes that the owner has an order in hand.
func (m *meeting) taken() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.pending--
}

// carryOut does what is ordered and brings the world in line with it. It reports
// false when the meeting is over, and nothing was done.
func (m *meeting) carryOut(do func()) bool {
	if m.fell {
		m.renew()
	}
	if m.state.ended {
		return false
	}
	m.state.clock(time.Now()) // its start may have come while nobody was there
	do()
	m.bringInLine()
	if m.state.ended {
		m.close()
	}
	return true
}
