package sip

import (
	sipmsg "github.com/emiago/sipgo/sip"
)

// A call whose BYE was lost ends when its RTP stays away. Where no RTP is
// expected that could stay away, as from a caller who holds, we ask with OPTIONS
// inside the dialog whether the caller still knows it.

// watch begins to ask where nothing else tells, and ends it where RTP does.
func (d *dialog) watch() {
	if d.parted || d.state.phase != talking && d.state.phase != answered {
		return
	}
	if d.call.leg.Unwatched() {
		d.probe.Reset(d.server.timing.probe)
		return
	}
	d.probe.Stop()
}

// ask asks, and ends the call where nobody or the wrong one answers.
func (d *dialog) ask() {
	if d.parted || !d.call.leg.Unwatched() {
		return
	}
	req := d.request(sipmsg.OPTIONS)
	where := d.where
	d.server.running.Go(func() {
		res, err := d.server.exchange(where, req)
		switch {
		case err != nil:
			d.post(mute{})
		case isGone(res.StatusCode):
			d.post(ended{causeNoReply, ErrNoReply})
		default:
			d.post(alive{})
		}
	})
}

type (
	// alive: a caller who was asked has answered.
	alive struct{}
	// mute: one who was asked has not.
	mute struct{}
)

// miss ends the call of who has not answered, unless they have come back from
// hold meanwhile: from then on their sound tells.
func (d *dialog) miss() {
	if !d.parted && d.call.leg.Unwatched() {
		d.happen(ended{causeNoReply, ErrNoReply})
	}
}

// isGone reports the answers that end a dialog (RFC 3261 section 12.2.1.2, RFC
// 5057 section 5.1). Any other, be it 405, comes from a caller who is there.
func isGone(status int) bool {
	switch status {
	case sipmsg.StatusCallTransactionDoesNotExists, sipmsg.StatusRequestTimeout,
		sipmsg.StatusNotFound, sipmsg.StatusGone, sipmsg.StatusGlobalDoesNotExistAnywhere:
		return true
	}
	return false
}
