package sip

import (
	"errors"

	sipmsg "github.com/emiago/sipgo/sip"

	"github.com/einwahl/einwahl/sip/media"
)

// negotiate takes the offer of the first INVITE, or of the request at hand, or
// makes one where there is none.
func (d *dialog) negotiate(first bool) {
	m := d.hand
	if first {
		m = d.invite
	}
	offer, problem := session(m.Request)
	if problem != nil {
		d.happen(unsettled{m.Method, *problem})
		return
	}
	if m.Method == sipmsg.INVITE {
		d.invite = m
	}
	said, err := d.describe(offer)
	if err != nil {
		d.log.Info().Str("problem", text(err.Error())).Msg("offer refused")
		d.happen(unsettled{m.Method, causeOf(err)})
		return
	}
	d.session = said
	d.happen(settled{m.Method, m.CSeq().SeqNo, len(offer) == 0})
}

// describe is our answer to an offer, or our own offer where there is none.
func (d *dialog) describe(offer []byte) ([]byte, error) {
	if len(offer) == 0 {
		return d.call.leg.Offer()
	}
	return d.call.leg.Answer(offer)
}

// conclude takes the answer that an ACK or a PRACK brings to our offer.
func (d *dialog) conclude() {
	answer, problem := session(d.hand.Request)
	if problem == nil {
		err := d.call.leg.Accept(answer)
		if err == nil {
			d.happen(concluded{d.hand.Method})
			d.watch()
			return
		}
		d.log.Info().Str("problem", text(err.Error())).Msg("answer refused")
	}
	d.happen(unsettled{d.hand.Method, causeBadAnswer})
}

// causeOf makes the final answer of a failed negotiation.
func causeOf(err error) Cause {
	var bad *media.SDPError
	switch {
	case errors.Is(err, media.ErrClear): // it is an ErrNothingFits as well
		return causeInsecure
	case errors.Is(err, media.ErrNothingFits):
		return causeNoCodec
	case errors.As(err, &bad):
		return causeBadOffer
	}
	return causeFault
}
