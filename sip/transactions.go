package sip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"

	sipmsg "github.com/emiago/sipgo/sip"
)

// errRepeated reports that a request was opened already.
var errRepeated = errors.New("request was seen before")

// transactions holds sipgo's transaction state machines and finds the one that
// a message belongs to. Unlike sipgo's own layer it starts no goroutine for a
// message and dials nobody to deliver an answer, and of what has its answer it
// keeps next to nothing (see served).
type transactions struct {
	log  *slog.Logger
	stop chan struct{} // closed by close

	mu     sync.Mutex
	closed bool
	server map[string]*served
	client map[string]*sipmsg.ClientTx
	// calls are the INVITEs being dealt with, by what two copies of one INVITE
	// that came by different ways have in common.
	calls   map[string]string
	settled memory
}

func newTransactions(log *slog.Logger) *transactions {
	t := &transactions{
		log:    log,
		stop:   make(chan struct{}),
		server: map[string]*served{},
		client: map[string]*sipmsg.ClientTx{},
		calls:  map[string]string{},
	}
	t.settled.begin(t.expire)
	return t
}

// callKey is what RFC 3261 section 8.2.2.2 compares.
func callKey(req *sipmsg.Request) string {
	return fmt.Sprintf("%s\x00%s\x00%d", string(*req.CallID()), req.From().Params.GetOr("tag", ""), req.CSeq().SeqNo)
}

// repeated deals with a request that has come before: the transaction that knows
// its answer gives it again.
func (t *transactions) repeated(req *sipmsg.Request) bool {
	key, err := sipmsg.ServerTxKeyMake(req)
	if err != nil {
		return false
	}
	t.mu.Lock()
	tx, open := t.server[key]
	old, over := t.settled.of[key]
	t.mu.Unlock()
	switch {
	case open:
		_ = tx.Receive(req)
	case over:
		old.again()
	}
	return open || over
}

// knows reports whether a request has come before, by its key.
func (t *transactions) knows(key string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, open := t.server[key]
	_, over := t.settled.of[key]
	return open || over
}

// acknowledged gives the ACK of a refusal to its transaction. Further ones are
// dropped, and so are those for a 200 that some phones send in the INVITE's
// transaction: sipgo keeps a goroutine for each until the transaction ends.
func (t *transactions) acknowledged(ack *sipmsg.Request) {
	tx, ok := t.of(ack)
	if !ok {
		return
	}
	t.mu.Lock()
	again := tx.acked
	tx.acked = true
	t.mu.Unlock()
	if !again {
		_ = tx.Receive(ack)
	}
}

func (t *transactions) of(req *sipmsg.Request) (*served, bool) {
	key, err := sipmsg.ServerTxKeyMake(req)
	if err != nil {
		return nil, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	tx, ok := t.server[key]
	return tx, ok
}

// cancelled is the key of the transaction that a CANCEL is meant for: the one
// that would be its own, were it an INVITE. It reports false where there is none.
func (t *transactions) cancelled(cancel *sipmsg.Request) (key string, ok bool) {
	seq := cancel.CSeq()
	seq.MethodName = sipmsg.INVITE
	defer func() { seq.MethodName = sipmsg.CANCEL }()
	key, err := sipmsg.ServerTxKeyMake(cancel)
	if err != nil {
		return "", false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	_, open := t.server[key]
	_, over := t.settled.of[key]
	return key, open || over
}

// merged reports whether another copy of this INVITE is being dealt with.
func (t *transactions) merged(req *sipmsg.Request) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, ok := t.calls[callKey(req)]
	return ok
}

// open begins the transaction of a request that was not seen before.
func (t *transactions) open(in incoming) (*served, error) {
	key, err := sipmsg.ServerTxKeyMake(in.Request)
	if err != nil {
		return nil, fmt.Errorf("place request: %w", err)
	}
	tx := &served{ServerTx: sipmsg.NewServerTx(key, in.Request, in.wire, t.log), all: t, wire: in.wire}
	if in.IsInvite() {
		tx.call = callKey(in.Request)
	}
	tx.OnTerminate(func(string, error) { t.leave(tx) })
	if err := t.enter(tx); err != nil {
		return nil, err
	}
	if err := tx.Init(); err != nil {
		tx.Terminate()
		return nil, fmt.Errorf("begin transaction: %w", err)
	}
	return tx, nil
}

// enter takes note of a transaction, unless there is one for this request.
func (t *transactions) enter(tx *served) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return net.ErrClosed
	}
	_, open := t.server[tx.Key()]
	_, over := t.settled.of[tx.Key()]
	if open || over {
		return errRepeated
	}
	t.server[tx.Key()] = tx
	if tx.call != "" {
		t.calls[tx.call] = tx.Key()
	}
	return nil
}

// leave takes note that a transaction is over.
func (t *transactions) leave(tx *served) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.server, tx.Key())
	if _, kept := t.settled.of[tx.Key()]; !kept {
		t.part(tx.call, tx.Key())
	}
}

// part forgets the call of an INVITE. mu is held.
func (t *transactions) part(call, key string) {
	if t.calls[call] == key {
		delete(t.calls, call)
	}
	if len(t.server)+len(t.settled.of) == 0 { // a map keeps the size of its busiest hour
		t.server, t.calls = map[string]*served{}, map[string]string{}
	}
}

// response gives an answer to the transaction that waits for it, and reports
// whether there is one.
func (t *transactions) response(res *sipmsg.Response) bool {
	key, err := sipmsg.ClientTxKeyMake(res)
	if err != nil {
		return false
	}
	t.mu.Lock()
	tx, ok := t.client[key]
	t.mu.Unlock()
	if ok {
		tx.Receive(res)
	}
	return ok
}

// exchange sends a request of ours and waits for its final answer.
func (t *transactions) exchange(ctx context.Context, req *sipmsg.Request, w wire) (*sipmsg.Response, error) {
	key, err := sipmsg.ClientTxKeyMake(req)
	if err != nil {
		return nil, fmt.Errorf("place request: %w", err)
	}
	tx := sipmsg.NewClientTx(key, req, w, t.log)
	t.mu.Lock()
	t.client[key] = tx
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		delete(t.client, key)
		t.mu.Unlock()
		tx.Terminate()
	}()
	if err := tx.Init(); err != nil {
		return nil, fmt.Errorf("send %s: %w", req.Method, err)
	}
	for {
		select {
		case res := <-tx.Responses():
			if !res.IsProvisional() {
				return res, nil
			}
		case <-tx.Done():
			return nil, fmt.Errorf("%s: %w", req.Method, tx.Err())
		case <-t.stop:
			return nil, fmt.Errorf("%s: %w", req.Method, net.ErrClosed)
		case <-ctx.Done():
			return nil, fmt.Errorf("%s: %w", req.Method, context.Cause(ctx))
		}
	}
}

// close ends all transactions and their timers. It is called once.
func (t *transactions) close() {
	close(t.stop)
	t.mu.Lock()
	t.closed = true
	t.settled.end()
	all := make([]*served, 0, len(t.server))
	for _, tx := range t.server {
		all = append(all, tx)
	}
	t.mu.Unlock()
	for _, tx := range all {
		tx.Terminate()
	}
}
