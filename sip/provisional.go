package sip

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// provisional is a provisional answer that is repeated until its PRACK comes
// (RFC 3262 section 3).
type provisional struct {
	number  uint32 // RSeq
	message *sipmsg.Response
	sent    time.Time
	wait    time.Duration
}

// reliabilityOf reads what the caller thinks of 100rel.
func reliabilityOf(req *sipmsg.Request) reliability {
	switch {
	case listed(req, "100rel", "require"):
		return required
	case listed(req, "100rel", "supported", "k"):
		return supported
	}
	return never
}

// firstNumber is where RSeq begins: anywhere in the lower half, so that it never
// runs over.
func firstNumber() uint32 { return 1 + rand.Uint32N(1<<30) }

// ring tells the caller that it rings: a provisional answer that makes an early
// dialog (RFC 3261 section 12.1.1).
func (d *dialog) ring(reliable bool) {
	d.tell(d.server.response(d.invite.incoming, sipmsg.StatusRinging, d.tag, d.where.contact()), reliable)
}

// progress lets the caller hear us before the answer. The header is for
// networks that open the way only where it says so (RFC 5009).
func (d *dialog) progress(a progress) {
	headers := append(abilities(), d.where.contact())
	if listed(d.invite.Request, "supported", "p-early-media") {
		headers = append(headers, sipmsg.NewHeader("P-Early-Media", "sendrecv"))
	}
	res := d.server.response(d.invite.incoming, sipmsg.StatusSessionInProgress, d.tag, headers...)
	if !a.bare {
		setBody(res, d.session)
	}
	d.tell(res, a.reliable)
}

// tell sends a provisional answer.
func (d *dialog) tell(res *sipmsg.Response, reliable bool) {
	if reliable {
		d.number++
		res.AppendHeader(sipmsg.NewHeader("Require", "100rel"))
		res.AppendHeader(sipmsg.NewHeader("RSeq", strconv.FormatUint(uint64(d.number), 10)))
		t1 := d.server.timing.t1
		d.unproven = &provisional{number: d.number, message: res, sent: time.Now(), wait: t1}
		d.prove.Reset(t1)
	}
	d.send(d.first, res)
	d.linger.Reset(d.server.timing.ring)
}

// tellMore tells a caller who has waited for long that it still rings.
func (d *dialog) tellMore() {
	d.happen(lingering{})
	if d.state.phase == ringing {
		d.linger.Reset(d.server.timing.ring)
	}
}

// tellAgain repeats it, ever more seldom, or gives up.
func (d *dialog) tellAgain() {
	p := d.unproven
	if p == nil {
		return
	}
	waited, patience := time.Since(p.sent), d.server.timing.patience()
	if waited >= patience {
		d.happen(unproved{})
		return
	}
	d.send(d.first, p.message)
	p.wait *= 2
	d.prove.Reset(min(p.wait, patience-waited))
}

// stopTelling ends the repeating.
func (d *dialog) stopTelling() {
	d.prove.Stop()
	d.unproven = nil
}

// proves reports whether a PRACK names the provisional answer that was sent
// last and the INVITE that it answers: RAck has RSeq, CSeq number and method.
func (d *dialog) proves(req *sipmsg.Request) bool {
	h := req.GetHeader("rack")
	if h == nil {
		return false
	}
	fields := strings.Fields(h.Value())
	if len(fields) != 3 || !strings.EqualFold(fields[2], string(sipmsg.INVITE)) {
		return false
	}
	number, err := strconv.ParseUint(fields[0], 10, 32)
	seq, errSeq := strconv.ParseUint(fields[1], 10, 32)
	return err == nil && errSeq == nil && uint32(number) == d.number && uint32(seq) == d.state.first
}
