package sip

import (
	sipmsg "github.com/emiago/sipgo/sip"
)

// A call whose BYE was lost ends when its RTP stays away. A held one has no
// RTP that could stay away, so we ask, with OPTIONS inside the dialog, whether
// the caller still knows it.

// watchHold begins to ask when the caller holds, and ends it when they return.
func (d *dialog) watchHold() {
	if d.parted || d.state.phase != talking && d.state.phase != answered {
		return
	}
	if d.call.leg.Held() {
		d.probe.Reset(d.server.timing.probe)
		return
	}
	d.probe.Stop()
}

// probeHeld asks, and ends the call where nobody or the wrong one answers.
func (d *dialog) probeHeld() {
	if d.parted || !d.call.leg.Held() {
		return
	}
	req := d.request(sipmsg.OPTIONS)
	where := d.where
	d.server.running.Go(func() {
		res, err := d.server.exchange(where, req)
		if err != nil || isGone(res.StatusCode) {
			d.post(ended{causeNoReply, ErrNoReply})
			return
		}
		d.post(alive{})
	})
}

// alive: a held caller has answered.
type alive struct{}

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
