package sip

import sipmsg "github.com/emiago/sipgo/sip"

// agree answers an UPDATE with what it has brought about; unlike a 200 to an
// INVITE it is not acknowledged.
func (d *dialog) agree() {
	d.server.counts.answered(sipmsg.StatusOK)
	res := d.server.response(d.hand.incoming, sipmsg.StatusOK, d.tag, append(abilities(), d.where.contact())...)
	d.setBody(res)
	d.send(d.hand.tx, res)
	d.watch()
}

// decline refuses the change that an INVITE or UPDATE asks for.
func (d *dialog) decline(cause Cause) {
	headers := reasons(cause)
	if cause.status() == causeBadType.Status {
		headers = append(headers, sipmsg.NewHeader("Accept", sessionType))
	}
	d.respond(d.hand, cause.status(), headers...)
}
