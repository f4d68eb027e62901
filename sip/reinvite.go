package sip

import sipmsg "github.com/emiago/sipgo/sip"

// agree answers an UPDATE or PRACK with what it has brought about; unlike a 200
// to an INVITE it is not acknowledged.
func (d *dialog) agree(bare bool) {
	d.server.counts.answered(sipmsg.StatusOK)
	headers := append(abilities(), d.where.contact())
	answered := d.state.phase != ringing
	if answered && d.hand.Method == sipmsg.UPDATE {
		headers = append(headers, d.agreeToKeep(d.hand)...)
	}
	res := d.server.response(d.hand.incoming, sipmsg.StatusOK, d.tag, headers...)
	if !bare {
		setBody(res, d.session)
	}
	d.send(d.hand.tx, res)
	if answered && d.hand.Method == sipmsg.UPDATE {
		d.watch()
		d.keep()
	}
}

// decline refuses the change that an INVITE or UPDATE asks for.
func (d *dialog) decline(cause Cause) {
	d.respond(d.hand, cause.status(), append(reasons(cause), readable(cause.status())...)...)
}
