package identity

// Request is what of a SIP request tells who calls whom: header values as they
// came, those of one name in their order.
type Request struct {
	URI         string
	From        string
	To          string
	Asserted    []string // P-Asserted-Identity, RFC 3325
	RemoteParty []string // Remote-Party-ID, draft-ietf-sip-privacy
	Privacy     []string // RFC 3323
	CalledParty []string // P-Called-Party-ID, RFC 7315
	Diversion   []string // RFC 5806
	History     []string // History-Info, RFC 7044
}
