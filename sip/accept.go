package sip

import (
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// response200 is the 200 of an INVITE while it is being repeated.
type response200 struct {
	tx      *served
	message *sipmsg.Response
	sent    time.Time
	times   int
}

// accept sends the 200 of the INVITE at hand and begins to repeat it. It is
// repeated over every transport: a proxy further on may lose it. bare leaves out
// our description, where the caller has a later one already.
func (d *dialog) accept(bare bool) {
	d.stopTelling()
	headers := append(abilities(), d.where.contact())
	headers = append(headers, d.agreeToKeep(d.invite)...)
	res := d.server.response(d.invite.incoming, sipmsg.StatusOK, d.tag, headers...)
	if !bare {
		setBody(res, d.session)
	}
	d.final = &response200{tx: d.invite.tx, message: res, sent: time.Now()}
	d.server.counts.answered(sipmsg.StatusOK)
	d.send(d.final.tx, res)
	d.repeat.Reset(d.server.timing.after(0))
	d.watch()
	d.keep()
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
