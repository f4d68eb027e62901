package sip

import (
	"context"
	"fmt"

	sipmsg "github.com/emiago/sipgo/sip"
)

// bye hangs up and reports when that is settled, one way or the other.
func (d *dialog) bye(cause Cause) {
	req := d.request(sipmsg.BYE, reasons(cause)...)
	where := d.where
	d.server.running.Go(func() {
		res, err := d.server.exchange(where, req)
		if err != nil {
			d.log.Debug().Err(err).Msg("caller does not answer our BYE")
		}
		d.post(farewell{cause, res})
	})
}

// farewell is how our BYE has ended; res is nil where nobody answers.
type farewell struct {
	cause Cause
	res   *sipmsg.Response
}

// parting takes the answer to our BYE.
func (d *dialog) parting(f farewell) {
	if f.res != nil && d.state.phase == leaving && d.challenged(f.res) {
		d.bye(f.cause)
		return
	}
	d.happen(released{})
}

// request makes a new request of ours inside the dialog.
func (d *dialog) request(method sipmsg.RequestMethod, headers ...sipmsg.Header) *sipmsg.Request {
	d.seq++
	req := d.compose(method, d.seq, headers...)
	d.addProof(req)
	return req
}

// compose makes a request with this number.
func (d *dialog) compose(method sipmsg.RequestMethod, seq uint32, headers ...sipmsg.Header) *sipmsg.Request {
	first := d.invite
	recipient, routes := d.where.path()
	req := sipmsg.NewRequest(method, recipient)
	hops := sipmsg.MaxForwardsHeader(70)
	req.AppendHeader(&hops)
	for i := range routes {
		req.AppendHeader(&sipmsg.RouteHeader{Address: routes[i]})
	}
	from := first.To().AsFrom()
	from.Params = from.Params.Clone()
	from.Params.Add("tag", d.tag)
	to := first.From().AsTo()
	id := sipmsg.CallIDHeader(d.callID)
	req.AppendHeader(&from)
	req.AppendHeader(&to)
	req.AppendHeader(&id)
	req.AppendHeader(&sipmsg.CSeqHeader{SeqNo: seq, MethodName: method})
	for _, h := range headers {
		req.AppendHeader(h)
	}
	req.SetBody(nil)
	return req
}

// exchange sends a request along a route and waits for its final answer, no
// longer than a transaction lasts.
func (s *Server) exchange(r route, req *sipmsg.Request) (res *sipmsg.Response, err error) {
	defer s.survive(&err, "request of ours")
	ctx, cancel := context.WithTimeout(context.Background(), s.timing.patience())
	defer cancel()
	w, err := s.address(ctx, r, req)
	if err != nil {
		return nil, err
	}
	return s.transactions.exchange(ctx, req, w)
}

// post sends a request along a route that nobody answers: an ACK.
func (s *Server) post(r route, req *sipmsg.Request) (err error) {
	defer s.survive(&err, "request of ours")
	ctx, cancel := context.WithTimeout(context.Background(), s.timing.patience())
	defer cancel()
	w, err := s.address(ctx, r, req)
	if err != nil {
		return err
	}
	return w.WriteMsg(req)
}

// address finds the way of a request and writes it on the envelope. One that
// has a Via keeps it: it belongs to a transaction that is there.
func (s *Server) address(ctx context.Context, r route, req *sipmsg.Request) (wire, error) {
	w, to, err := r.wire(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("way to the caller: %w", err)
	}
	if req.Via() == nil {
		req.PrependHeader(s.via(w, r))
	}
	req.SetTransport(w.network())
	req.SetDestination(to.String())
	return w, nil
}
