package sip

import (
	"errors"

	sipmsg "github.com/emiago/sipgo/sip"

	"github.com/einwahl/einwahl/transcode/dtmf"
)

// press takes the key in an INFO. An empty one only asks whether we are there.
func (d *dialog) press() {
	m := d.hand
	if len(m.Body()) == 0 {
		d.respond(m, sipmsg.StatusOK)
		return
	}
	kind := ""
	if h := m.ContentType(); h != nil {
		kind = string(*h)
	}
	key, err := dtmf.ParseInfo(kind, m.Body())
	switch {
	case errors.Is(err, dtmf.ErrContentType):
		d.respond(m, sipmsg.StatusUnsupportedMediaType,
			sipmsg.NewHeader("Accept", "application/dtmf-relay, application/dtmf"))
	case err != nil:
		d.respond(m, sipmsg.StatusBadRequest)
	default:
		d.respond(m, sipmsg.StatusOK)
		if !d.parted {
			d.call.leg.PushDigit(key)
		}
	}
}
