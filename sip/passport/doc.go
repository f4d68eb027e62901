// Package passport says what a caller's carrier has signed about the caller's
// number: it verifies the PASSporT (RFC 8225) in a SIP Identity header (RFC
// 8224) of the kind that carriers use among each other (SHAKEN, RFC 8588).
//
// The signature is checked with a certificate that the signer names by its
// address. An address of a stranger is no place to go to, so certificates are
// fetched only from hosts that the operator has named, by HTTPS, and within
// bounds of time and size; and they count only where they lead to a root that
// the operator believes and carry the right to speak about numbers (RFC 8226).
//
// What cannot be checked says nothing about the caller. What was checked and is
// wrong says that somebody has forged, changed or replayed it.
package passport

import "time"

// Bounds.
const (
	// Fresh is how old a signature may be, and how far ahead of our clock (RFC
	// 8224 section 6.2.2): enough for a slow network, and all the time that
	// there is for using somebody else's signature again.
	Fresh = time.Minute

	maxValue        = 16 << 10 // bytes of one Identity header
	maxTokens       = 4        // that are looked at
	maxParams       = 16       // behind each
	maxNumbers      = 32       // called, in one PASSporT
	maxFetch        = 2 * time.Second
	maxFile         = 64 << 10 // bytes of certificates at one address
	maxCertificates = 8
	maxKept         = 256 // addresses whose certificates are remembered
)

// How long certificates are remembered: what their server says within these,
// and leastKept where it cannot be reached.
const (
	usualKept = time.Hour
	leastKept = time.Minute
	mostKept  = 24 * time.Hour
)

// What is said about a caller.
const (
	Full    = "A" // the carrier knows the caller, and that the number is theirs
	Partial = "B" // the carrier knows the caller
	Gateway = "C" // the carrier knows where the call has come in
	Failed  = "failed"
)
