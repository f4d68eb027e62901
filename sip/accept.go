package sip

import (
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// response200 is the 200 of an INVITE while it is being repeated.
type response200 struct {
	tx      *sipmsg.ServerTx
	message *sipmsg.Response
	sent    time.Time
	times   int
}

// accept sends the 200 of the INVITE at hand and begins to repeat it. It is
// repeated over every transport: a proxy further on may lose it.
func (d *dialog) accept() {
	headers := append(abilities(), d.where.contact())
	res := d.server.response(d.invite.incoming, sipmsg.StatusOK, d.tag, headers...)
	d.setBody(res)
	d.final = &response200{tx: d.invite.tx, message: res, sent: time.Now()}
	d.server.counts.answered(sipmsg.StatusOK)
	if !d.send(d.final.tx, res) {
		// sipgo forgets to end a transaction whose first 200 could not be sent.
		time.AfterFunc(d.server.timing.patience(), d.final.tx.Terminate)
	}
	d.repeat.Reset(d.server.timing.after(0))
	d.watch()
}

// ring tells the caller that it rings: a provisional answer that makes an early
// dialog (RFC 3261 section 12.1.1).
func (d *dialog) ring() {
	res := d.server.response(d.invite.incoming, sipmsg.StatusRinging, d.tag, d.where.contact())
	d.send(d.invite.tx, res)
}

// setBody puts our session description into an answer.
func (d *dialog) setBody(res *sipmsg.Response) {
	if len(d.session) == 0 {
		return
	}
	res.AppendHeader(sipmsg.NewHeader("Content-Type", "application/sdp"))
	res.SetBody(d.session)
}

// repeat200 sends the 200 again, or gives up.
func (d *dialog) repeat200() {
	f := d.final
	if f == nil {
		return
	}
	waited := time.Since(f.sent)
	patience := d.server.timing.patience()
	if waited >= patience {
		d.happen(unheard{})
		return
	}
	f.times++
	d.send(f.tx, f.message)
	d.repeat.Reset(min(d.server.timing.after(f.times), patience-waited))
}

func (d *dialog) stopRepeating() {
	d.repeat.Stop()
	d.final = nil
}
