package sip

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Whatever callers and gateway do in whatever order, each request is answered
// once, nothing is said after its time, and nothing is left of the call.
func TestAnyOrderOfThings(t *testing.T) {
	for seed := range uint64(400) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			dice := rand.New(rand.NewPCG(seed, 3261))
			gateway := rand.New(rand.NewPCG(seed, 3262)) // a goroutine of its own
			expires := time.Duration(dice.IntN(2)) * 10 * time.Minute
			bubble(t, expires, func(ctx context.Context, c *Call) { fumble(ctx, c, gateway) }, func(c *caller) {
				w := &walker{caller: c, dice: dice, sent: map[string]*exchanged{}, byes: map[string]bool{}}
				w.walk()
				w.wantNothing()
			})
		})
	}
}

// fumble is a gateway that does anything.
func fumble(ctx context.Context, c *Call, dice *rand.Rand) {
	for range dice.IntN(6) {
		select {
		case <-time.After(time.Duration(dice.IntN(20_000)) * time.Millisecond):
		case <-ctx.Done():
		}
		switch dice.IntN(6) {
		case 0:
			c.Ring()
		case 1:
			_ = c.Early(ctx)
		case 2, 3, 4:
			_ = c.Answer(ctx)
		case 5:
			c.Hangup(causeNormal)
		}
	}
	select {
	case <-time.After(time.Duration(dice.IntN(2)) * 20 * time.Minute): // and perhaps two refreshes
	case <-ctx.Done():
	}
}

// walker is a caller who does anything.
type walker struct {
	*caller
	dice  *rand.Rand
	sent  map[string]*exchanged // by branch and method
	first *exchanged
	last  *exchanged // the latest INVITE
	tag   string     // the gateway's
	rseq  string     // of the latest reliable provisional answer
	// proven: that one has its PRACK.
	proven bool
	byes   map[string]bool // by branch
}

// exchanged is a request of the caller and what has come of it.
type exchanged struct {
	method, branch, message string
	seq                     int
	body                    bool
	final, acked            bool
	status                  int
	sent, answered          time.Time
}

// walk does some twenty things and listens in between.
func (w *walker) walk() {
	reliable := []string{"", "Supported: 100rel\r\n", "Require: 100rel\r\n"}[w.dice.IntN(3)]
	w.first = w.say("INVITE", reliable, w.dice.IntN(4) > 0)
	w.last = w.first
	for range w.dice.IntN(20) {
		w.step()
		wait := 111 * time.Microsecond // never just when a timer goes off
		if w.dice.IntN(2) == 0 {
			wait += time.Duration(w.dice.IntN(40_000)) * time.Millisecond
		}
		w.listen(wait)
	}
	w.listen(time.Hour)
}

func (w *walker) step() {
	body := w.dice.IntN(2) == 0
	switch w.dice.IntN(11) {
	case 0:
		if time.Since(w.last.sent) < 5*time.Second { // the copies of one datagram are not further apart
			w.send(w.last.message)
		}
	case 1:
		w.say("CANCEL", "", false)
	case 2:
		w.say("BYE", "", false)
	case 3:
		w.say("OPTIONS", "", false)
	case 4:
		w.say("INFO", "", false)
	case 5:
		w.say("UPDATE", "", body)
	case 6:
		if w.tag != "" {
			w.last = w.say("INVITE", "", body)
		}
	case 7, 8:
		w.say("PRACK", fmt.Sprintf("RAck: %s %d INVITE\r\n", w.rseq, w.first.seq), body)
	default:
		w.acknowledge(w.last, body)
	}
}

// say sends a request. CANCEL and ACK take the number of the INVITE that they are
// for.
func (w *walker) say(method, headers string, body bool) *exchanged {
	w.t.Helper()
	x := &exchanged{method: method, branch: sipmsg.GenerateBranch(), body: body, sent: time.Now()}
	switch method {
	case "CANCEL":
		x.branch, x.seq = w.last.branch, w.last.seq
	case "ACK":
		x.seq = w.last.seq
	default:
		w.seq++
		x.seq = w.seq
	}
	session := ""
	if body {
		session, headers = "v=0", headers+"Content-Type: application/sdp\r\n"
		if w.dice.IntN(4) == 0 {
			session = unfit
		}
	}
	to := "<sip:en@10.0.0.1>"
	if w.tag != "" && method != "CANCEL" {
		to += ";tag=" + w.tag
	}
	x.message = fmt.Sprintf("%s sip:en@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=%s\r\nFrom: <sip:ua@10.0.0.9>;tag=ua\r\nTo: %s\r\nCall-ID: one\r\nCSeq: %d %s\r\nContact: <sip:ua@10.0.0.9>\r\n%sContent-Length: %d\r\n\r\n%s",
		method, x.branch, to, x.seq, method, headers, len(session), session)
	if method != "ACK" {
		w.sent[x.branch+method] = x
	}
	w.send(x.message)
	return x
}

// acknowledge sends the ACK of an answer, if there is one.
func (w *walker) acknowledge(x *exchanged, body bool) {
	if !x.final || x.status >= 300 {
		return
	}
	w.say("ACK", "", body)
	x.acked = true
}

// listen hears what the gateway says in so long a time.
func (w *walker) listen(d time.Duration) {
	w.t.Helper()
	end := time.After(d)
	for {
		select {
		case m := <-w.out:
			switch m := m.(type) {
			case *sipmsg.Response:
				w.hear(m)
			case *sipmsg.Request:
				w.reply(m)
			}
		case <-end:
			return
		}
	}
}

// hear checks an answer.
func (w *walker) hear(r *sipmsg.Response) {
	w.t.Helper()
	x := w.sent[r.Via().Params.GetOr("branch", "")+string(r.CSeq().MethodName)]
	if x == nil {
		w.t.Fatalf("answer to nothing: %.300s", r)
	}
	if r.StatusCode == sipmsg.StatusTrying {
		return
	}
	if tag := r.To().Params.GetOr("tag", ""); w.tag == "" && x == w.first && r.StatusCode < 300 {
		w.tag = tag
	} else if x == w.first && r.StatusCode < 300 && tag != w.tag {
		w.t.Errorf("tag %s, was %s", tag, w.tag)
	}
	switch {
	case r.IsProvisional():
		w.hearProvisional(x, r)
	case x.final && x.status != r.StatusCode:
		w.t.Errorf("%s %d: %d after %d", x.method, x.seq, r.StatusCode, x.status)
	case x.final && x.method != "INVITE":
		w.t.Errorf("%s %d: %d twice", x.method, x.seq, x.status)
	case x.final && x.acked && r.StatusCode < 300:
		w.t.Errorf("INVITE %d: 200 after its ACK", x.seq)
	case !x.final:
		x.final, x.status, x.answered = true, r.StatusCode, time.Now()
		w.wantSession(x, r)
	}
	if x.method == "INVITE" && r.StatusCode >= 300 && w.dice.IntN(4) > 0 {
		w.bows(r)
	}
	if x.method == "PRACK" && r.StatusCode != 481 && r.StatusCode != sipmsg.StatusInternalServerError { // its offer may be refused
		w.proven = true
	}
}

func (w *walker) hearProvisional(x *exchanged, r *sipmsg.Response) {
	w.t.Helper()
	if x != w.first || x.final {
		w.t.Errorf("%s %d: %d out of its time", x.method, x.seq, r.StatusCode)
	}
	rseq := header(r, "RSeq")
	if rseq == "" || rseq == w.rseq {
		return
	}
	if w.rseq != "" && !w.proven {
		w.t.Errorf("RSeq %s before the PRACK of %s", rseq, w.rseq)
	}
	w.rseq, w.proven = rseq, false
}

// wantSession checks that an offer has its answer, and that an empty INVITE in
// the call gets an offer.
func (w *walker) wantSession(x *exchanged, r *sipmsg.Response) {
	w.t.Helper()
	again := x.method == "INVITE" && x != w.first
	if r.StatusCode == sipmsg.StatusOK && (again || x.method == "UPDATE") && (again || x.body) != (len(r.Body()) > 0) {
		w.t.Errorf("%s %d with a session is %v: answered %q", x.method, x.seq, x.body, r.Body())
	}
}

// reply answers a request of the gateway's, or lets it wait in vain.
func (w *walker) reply(req *sipmsg.Request) {
	w.t.Helper()
	if req.Method == sipmsg.ACK {
		return
	}
	branch := req.Via().Params.GetOr("branch", "")
	if req.Method == sipmsg.BYE {
		w.byes[branch] = true
		since := time.Since(w.first.answered)
		if !w.first.final || w.first.status != 200 || !w.first.acked && since < 32*time.Second && w.last == w.first {
			w.t.Errorf("BYE %v after the %d that had no ACK", since, w.first.status)
		}
	}
	if w.dice.IntN(3) == 0 {
		return
	}
	w.answer(req, []int{200, 200, 200, 481, 491, 500}[w.dice.IntN(6)])
}

// wantNothing checks what is left when all is over.
func (w *walker) wantNothing() {
	w.t.Helper()
	for _, x := range w.sent {
		if !x.final {
			w.t.Errorf("%s %d is not answered", x.method, x.seq)
		}
	}
	if len(w.byes) > 1 {
		w.t.Errorf("%d BYEs", len(w.byes))
	}
	s := w.server
	s.transactions.mu.Lock()
	open, merged := len(s.transactions.server), len(s.transactions.calls)
	s.transactions.mu.Unlock()
	if n := len(s.dialogs.all()); n+open+merged+s.calls.count() > 0 {
		w.t.Errorf("left: %d dialogs, %d transactions, %d INVITEs, %d calls", n, open, merged, s.calls.count())
	}
	if use := s.Use()["carrier"]; use.Calls != 0 {
		w.t.Errorf("left: %+v", use)
	}
	w.wantPanics(0)
}
