package sip

import (
	"bytes"
	"errors"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// errSettled reports an answer that comes after the final one.
var errSettled = errors.New("request has its final answer")

// served is a transaction in which we answer.
//
// It has to be known for another half a minute when all is said, since a request
// may come again (RFC 3261 section 17.2, RFC 6026 section 7.1). sipgo keeps both
// messages in parsed form for it, some 30 KB a call, so that a gateway which is
// called often mostly looks after what is over. So only what has no final answer
// yet, and the refusal of an INVITE, which is repeated until its ACK, is led by
// sipgo's state machine. What has one needs none: its bytes are kept, or of an
// INVITE that was accepted, whose dialog repeats its answer, that it has been.
type served struct {
	*sipmsg.ServerTx
	all   *transactions
	wire  wire
	call  string // of an INVITE, see callKey
	acked bool
}

// Respond sends an answer. Behind a final one only the repetition of a 200 to an
// INVITE is sent, others are errSettled.
func (tx *served) Respond(res *sipmsg.Response) error {
	invite := tx.Origin().IsInvite()
	if res.IsProvisional() || invite && !res.IsSuccess() {
		if tx.all.isSettled(tx.Key()) {
			return errSettled
		}
		return tx.ServerTx.Respond(res)
	}
	data, err := marshal(res)
	last := finished{key: tx.Key(), call: tx.call, wire: tx.wire, to: res.Destination()}
	if !invite && !tx.reliable() {
		last.answer = bytes.Clone(data) // as long as it is
	}
	if !tx.all.settle(last) && !invite {
		return errSettled
	}
	tx.Terminate()
	if err != nil {
		return err
	}
	if err = tx.wire.transmit(data, last.to); err != nil && tx.reliable() {
		tx.all.drop(last) // the connection is gone: nobody asks again
	}
	return err
}

func (tx *served) reliable() bool { return sipmsg.IsReliable(tx.Origin().Transport()) }

// finished is what is kept of a request that has its final answer.
type finished struct {
	key, call string
	answer    []byte // to the request where it comes again; nil: it is dropped
	wire      wire
	to        string
	until     time.Time
}

// again answers a repeated request.
func (s finished) again() {
	if s.answer != nil {
		_ = s.wire.transmit(s.answer, s.to) // it may come once more
	}
}

// memory are the requests that have their final answer. Each is forgotten after
// the same time, so they leave in the order in which they have come.
type memory struct {
	of    map[string]finished
	queue []string // keys, the oldest first
	timer *time.Timer
}

// lookAfter is the least time between two looks at what can be forgotten.
const lookAfter = time.Second

func (m *memory) begin(expire func()) {
	m.of = map[string]finished{}
	m.timer = time.AfterFunc(time.Hour, expire)
	m.timer.Stop()
}

func (m *memory) end() { m.timer.Stop() }

func (m *memory) put(s finished) {
	s.until = time.Now().Add(sipmsg.Timer_L) // as long as Timer_J
	m.of[s.key] = s
	if m.queue = append(m.queue, s.key); len(m.queue) == 1 {
		m.timer.Reset(sipmsg.Timer_L)
	}
}

// take returns the oldest whose time is over by now.
func (m *memory) take(now time.Time) (s finished, ok bool) {
	if len(m.queue) == 0 {
		return s, false
	}
	key := m.queue[0]
	if s = m.of[key]; s.until.After(now) {
		return s, false
	}
	m.queue = m.queue[1:]
	delete(m.of, key)
	if len(m.of) == 0 {
		m.of, m.queue = map[string]finished{}, nil
	}
	return s, true
}

// settle takes note that a request has its final answer, and reports whether it
// had none before. Over a reliable transport none comes again.
func (t *transactions) settle(s finished) (first bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	tx := t.server[s.key]
	if tx == nil {
		return false
	}
	delete(t.server, s.key)
	if !t.closed && (s.call != "" || s.answer != nil) {
		t.settled.put(s)
	}
	return true
}

// drop forgets before its time what was settled.
func (t *transactions) drop(s finished) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.settled.of, s.key) // its place in the queue is taken for one whose time is over
	t.part(s.call, s.key)
}

func (t *transactions) isSettled(key string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, ok := t.settled.of[key]
	return ok
}

// expire forgets what nobody can ask for any more.
func (t *transactions) expire() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for now := time.Now(); ; {
		s, ok := t.settled.take(now)
		if ok {
			t.part(s.call, s.key)
			continue
		}
		if len(t.settled.queue) > 0 && !t.closed {
			t.settled.timer.Reset(max(s.until.Sub(now), lookAfter))
		}
		return
	}
}
