package sip

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// lineParam is the parameter of our Contact by which an account is known, as
// several phones and PBXs name it.
const lineParam = "line"

// claim finds the trunk that a request belongs to among those that share its
// address, by the account it was sent to, and that account. The Contact's own
// parameter counts first: nobody else knows it, and two carriers may have given
// us the same name. Then its user, for registrars that keep no parameters.
func (s *Server) claim(in incoming) (t *trunk, account string) {
	trunks := s.gate.sharing(in.source.Addr(), in.wire.network())
	line, user := in.Recipient.UriParams.GetOr(lineParam, ""), userOf(&in.Recipient)
	for _, same := range []func(*trunk, RegisterConfig) bool{
		func(t *trunk, a RegisterConfig) bool {
			return line != "" && hmac.Equal([]byte(line), []byte(s.line(t.Name, a)))
		},
		func(t *trunk, a RegisterConfig) bool { return t.use == in.trunk.use && user != "" && user == a.User },
		func(_ *trunk, a RegisterConfig) bool { return user != "" && user == a.User },
	} {
		for _, t := range trunks {
			for _, a := range t.Register {
				if same(t, a) && s.mayBe(t, in) {
					return t, a.User
				}
			}
		}
	}
	return in.trunk, ""
}

// mayBe reports whether what was shown on the way to in.trunk will do for t.
func (s *Server) mayBe(t *trunk, in incoming) bool {
	if t.use == in.trunk.use || len(t.Clients) == 0 {
		return true
	}
	st, ok := in.wire.(*stream)
	return ok && s.keys.vouch(t, st.certificates, st.meant) == nil
}

// line is the unguessable mark of an account in its Contact. It is the same as
// long as we run, so that bindings outlive a change of the file.
func (s *Server) line(trunk string, a RegisterConfig) string {
	mac := hmac.New(sha256.New, s.secret[:])
	mac.Write([]byte("line\x00" + trunk + "\x00" + a.key()))
	return hex.EncodeToString(mac.Sum(nil)[:8])
}
