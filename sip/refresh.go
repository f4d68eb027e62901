package sip

import (
	"math/rand/v2"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// outcome is how a refresh of ours has ended; res is nil where nobody answers.
type outcome struct {
	req *sipmsg.Request
	res *sipmsg.Response
}

// repeated is a final answer to an INVITE of ours that came once more: its ACK
// was lost.
type repeated struct{ res *sipmsg.Response }

// keep sets the clocks by which the call is refreshed, or ends where it is not.
func (d *dialog) keep() {
	d.due.Stop()
	d.expiry.Stop()
	if d.parted || d.keeping.interval == 0 {
		return
	}
	if after := d.keeping.due(); after > 0 {
		d.due.Reset(after)
	}
	if after := d.keeping.end(); after > 0 {
		d.expiry.Reset(after)
	}
}

// agreeToKeep takes what a request says about refreshing, and returns what its
// 200 says.
func (d *dialog) agreeToKeep(m told) []sipmsg.Header {
	p, err := propose(m.Request)
	if err != nil {
		return nil // screen has let it pass: it is no INVITE or UPDATE
	}
	d.keeping = d.keeping.asked(p, d.trunk.SessionExpires)
	return d.keeping.answer()
}

// refreshBy is UPDATE where the caller takes it: it leaves the sound alone.
func (d *dialog) refreshBy() sipmsg.RequestMethod {
	if d.keeping.update {
		return sipmsg.UPDATE
	}
	return sipmsg.INVITE
}

// refresh sends an UPDATE without a session, or an INVITE that repeats the one
// we have described last, version and all (RFC 4028 section 7.4).
func (d *dialog) refresh(method sipmsg.RequestMethod) {
	headers := append(abilities(), d.where.contact())
	req := d.request(method, append(headers, d.keeping.request()...)...)
	if method == sipmsg.INVITE {
		if err := d.call.leg.Repeat(); err != nil {
			d.log.Warn().Err(err).Msg("call cannot be refreshed")
			d.happen(replied{method: method, status: causeFault.Status})
			return
		}
		setBody(req, d.session)
	}
	where := d.where
	d.server.running.Go(func() {
		res, err := d.server.exchange(where, req)
		if err != nil {
			d.log.Info().Err(err).Msg("caller does not answer our refresh")
		}
		d.post(outcome{req, res})
	})
}

// replied takes the outcome of a refresh.
func (d *dialog) replied(o outcome) {
	ev := replied{method: o.req.Method}
	if o.res == nil {
		d.happen(ev)
		return
	}
	d.result, ev.status = o, o.res.StatusCode
	p, err := propose(o.res)
	proved := d.challenged(o.res)
	d.log.Debug().Str("method", string(ev.method)).Int("status", ev.status).Msg("refresh answered")
	switch {
	case proved:
		ev.again = ev.method
	case o.res.IsSuccess():
		if c := o.res.Contact(); c != nil {
			d.where.target = c.Address
		}
		if ev.method == sipmsg.INVITE {
			d.acknowledge()
		}
		if err == nil {
			d.keeping = d.keeping.replied(p)
		}
		sdp, problem := session(o.res)
		ev.sdp = problem == nil && len(sdp) > 0
		d.keep()
	case ev.status == statusIntervalTooSmall && err == nil:
		var larger bool
		if d.keeping, larger = d.keeping.refused(p); larger {
			ev.again = ev.method
		}
	case ev.method == sipmsg.UPDATE && isUnknown(ev.status):
		d.keeping.update = false
		ev.again = sipmsg.INVITE
	}
	d.happen(ev)
}

// isUnknown reports the refusals of a method rather than of a call.
func isUnknown(status int) bool {
	switch status {
	case sipmsg.StatusMethodNotAllowed, sipmsg.StatusNotImplemented, sipmsg.StatusBadRequest,
		sipmsg.StatusForbidden, sipmsg.StatusBadExtension, sipmsg.StatusNotAcceptableHere:
		return true
	}
	return false
}

// adopt takes the answer to our INVITE. One that does not fit changes nothing:
// the call has sound.
func (d *dialog) adopt() {
	answer, _ := session(d.result.res)
	if err := d.call.leg.Accept(answer); err != nil {
		d.log.Debug().Str("problem", text(err.Error())).Msg("answer to a refresh refused")
	}
	d.watch()
}

// postpone tries again later. After glare it is we who wait for less: the
// Call-ID is the caller's (RFC 3261 section 14.1).
func (d *dialog) postpone(status int) {
	t := d.server.timing
	switch status {
	case sipmsg.StatusRequestPending:
		d.due.Reset(time.Duration(rand.Int64N(int64(t.glare/t.glareStep)+1)) * t.glareStep)
	case 0:
		d.due.Reset(t.t2)
	default:
		d.due.Reset(d.keeping.interval / 8)
	}
}

// acknowledge sends the ACK of the final answer to our INVITE. That of a
// refusal goes with the INVITE's own transaction, which is over when the refusal
// comes again.
func (d *dialog) acknowledge() {
	req, res := d.result.req, d.result.res
	if res.IsSuccess() {
		ack := d.compose(sipmsg.ACK, req.CSeq().SeqNo)
		for _, name := range []string{"Authorization", "Proxy-Authorization"} {
			if h := req.GetHeader(name); h != nil { // RFC 3261 section 13.2.2.4
				ack.AppendHeader(h)
			}
		}
		d.deliver(ack)
		return
	}
	ack := d.compose(sipmsg.ACK, req.CSeq().SeqNo)
	ack.Recipient = req.Recipient
	ack.ReplaceHeader(res.To())
	ack.PrependHeader(req.Via())
	d.deliver(ack)
}

// again acknowledges a final answer whose ACK was lost.
func (d *dialog) again(res *sipmsg.Response) {
	if d.result.res != nil && d.result.req.CSeq().SeqNo == res.CSeq().SeqNo {
		d.acknowledge()
	}
}

// deliver sends what nobody answers.
func (d *dialog) deliver(req *sipmsg.Request) {
	where := d.where
	d.server.running.Go(func() {
		if err := d.server.post(where, req); err != nil {
			d.log.Debug().Err(err).Msg("ACK lost")
		}
	})
}
