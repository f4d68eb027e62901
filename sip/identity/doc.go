// Package identity reads who calls and who is called from what a request says
// about it: From, P-Asserted-Identity, Remote-Party-ID and Privacy on one side,
// the Request-URI, To, P-Called-Party-ID, Diversion and History-Info on the
// other, with SIP and tel addresses in all of them.
//
// It takes header values as they came and knows no SIP stack. What cannot be
// read is passed over, because a call must not fail for a header that somebody
// on its way has added. Nothing here proves anything: whether a trunk is
// believed is for the operator to say, and a signature is for package passport.
//
// A [Plan] turns the many forms of a telephone number into the one of E.164,
// so that numbers can be compared.
package identity

// Bounds on what is looked at. Real requests stay far below.
const (
	maxValue     = 8192 // bytes of one header value
	maxAddresses = 32   // of all headers of one name together
	maxParams    = 32   // of one address
)
