package sip

import (
	"slices"

	sipmsg "github.com/emiago/sipgo/sip"

	"github.com/einwahl/einwahl/sip/digest"
)

// proof answers a trunk that wants our password inside a call too, as
// registrars do for a re-INVITE or BYE of ours.
type proof struct {
	digest.Client
	header string // Authorization or Proxy-Authorization
}

// challenged takes a 401 or 407, and reports whether the request is worth
// another try: with a password, and only once.
func (d *dialog) challenged(res *sipmsg.Response) bool {
	ask, answer := "www-authenticate", "Authorization"
	switch res.StatusCode {
	case sipmsg.StatusUnauthorized:
	case sipmsg.StatusProxyAuthRequired:
		ask, answer = "proxy-authenticate", "Proxy-Authorization"
	default:
		d.refused = false
		return false
	}
	account := slices.IndexFunc(d.trunk.Register, func(c RegisterConfig) bool { return c.User == d.call.account })
	if account < 0 || d.refused {
		return false
	}
	c := d.trunk.Register[account]
	var values []string
	for _, h := range res.GetHeaders(ask) {
		values = append(values, h.Value())
	}
	d.proof = proof{Client: digest.Client{User: c.authUser(), Password: string(c.Password)}, header: answer}
	if _, err := d.proof.Challenged(values); err != nil {
		d.log.Warn().Err(err).Msg("trunk wants a proof that we cannot give")
		return false
	}
	d.refused = true
	return true
}

// addProof puts our answer to the last challenge into a request.
func (d *dialog) addProof(req *sipmsg.Request) {
	if !d.proof.Ready() {
		return
	}
	if value, err := d.proof.Answer(string(req.Method), req.Recipient.String()); err == nil {
		req.AppendHeader(sipmsg.NewHeader(d.proof.header, value))
	}
}
