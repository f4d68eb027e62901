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
// message and dials nobody to deliver an answer.
type transactions struct {
	log  *slog.Logger
	stop chan struct{} // closed by close

	mu     sync.Mutex
	closed bool
	server map[string]*served
	client map[string]*sipmsg.ClientTx
	// calls are the INVITEs being dealt with, by what two copies of one INVITE
	// that came by different ways have in common.
	calls map[string]string
}

// served is a transaction in which we answer.
type served struct {
	*sipmsg.ServerTx
	acked bool
}

func newTransactions(log *slog.Logger) *transactions {
	return &transactions{
		log:    log,
		stop:   make(chan struct{}),
		server: map[string]*served{},
		client: map[string]*sipmsg.ClientTx{},
		calls:  map[string]string{},
	}
}

// callKey is what RFC 3261 section 8.2.2.2 compares.
func callKey(req *sipmsg.Request) string {
	return fmt.Sprintf("%s\x00%s\x00%d", string(*req.CallID()), req.From().Params.GetOr("tag", ""), req.CSeq().SeqNo)
}

// repeated gives a retransmission to the transaction that knows its answer.
func (t *transactions) repeated(req *sipmsg.Request) bool {
	tx, ok := t.of(req)
	if ok {
		_ = tx.Receive(req)
	}
	return ok
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

// ofCancelled finds the transaction that a CANCEL is meant for: the one that
// would be its own, were it an INVITE.
func (t *transactions) ofCancelled(cancel *sipmsg.Request) (*served, bool) {
	seq := cancel.CSeq()
	seq.MethodName = sipmsg.INVITE
	defer func() { seq.MethodName = sipmsg.CANCEL }()
	return t.of(cancel)
}

// merged reports whether another copy of this INVITE is being dealt with.
func (t *transactions) merged(req *sipmsg.Request) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, ok := t.calls[callKey(req)]
	return ok
}

// open begins the transaction of a request that was not seen before.
func (t *transactions) open(in incoming) (*sipmsg.ServerTx, error) {
	key, err := sipmsg.ServerTxKeyMake(in.Request)
	if err != nil {
		return nil, fmt.Errorf("place request: %w", err)
	}
	tx := sipmsg.NewServerTx(key, in.Request, in.wire, t.log)
	call := ""
	if in.IsInvite() {
		call = callKey(in.Request)
	}
	tx.OnTerminate(func(string, error) {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.server, key)
		if t.calls[call] == key {
			delete(t.calls, call)
		}
		if len(t.server) == 0 { // a map keeps the size of its busiest hour
			t.server, t.calls = map[string]*served{}, map[string]string{}
		}
	})
	if err := t.enter(key, call, tx); err != nil {
		return nil, err
	}
	if err := tx.Init(); err != nil {
		tx.Terminate()
		return nil, fmt.Errorf("begin transaction: %w", err)
	}
	return tx, nil
}

// enter takes note of a transaction, unless there is one for this request.
func (t *transactions) enter(key, call string, tx *sipmsg.ServerTx) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return net.ErrClosed
	}
	if _, seen := t.server[key]; seen {
		return errRepeated
	}
	t.server[key] = &served{ServerTx: tx}
	if call != "" {
		t.calls[call] = key
	}
	return nil
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
	all := make([]*sipmsg.ServerTx, 0, len(t.server))
	for _, tx := range t.server {
		all = append(all, tx.ServerTx)
	}
	t.mu.Unlock()
	for _, tx := range all {
		tx.Terminate()
	}
}
