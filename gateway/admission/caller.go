package admission

import "slices"

// Caller is what is known of who calls, whatever they key in.
type Caller struct {
	// Anonymous callers do not show a number.
	Anonymous bool
	// Number is what they call from, in E.164 where that is known; empty where it
	// is withheld.
	Number string
	// Asserted tells that a trunk that is trusted for it has named the number.
	Asserted bool
	// Attested is how much of the number somebody answers for.
	Attested Attestation
}

// Attestation is how far a carrier vouches for a caller's number (RFC 8588).
// More is greater.
type Attestation int

const (
	// Unattested: nobody does, or the signature is wrong. It is the zero value.
	Unattested Attestation = iota
	// GatewayAttested (C): the carrier knows where the call has come in.
	GatewayAttested
	// PartlyAttested (B): the carrier knows the caller, and not whether the
	// number is theirs.
	PartlyAttested
	// FullyAttested (A): the carrier knows the caller, and that the number is
	// theirs.
	FullyAttested
)

var attestationNames = [...]string{"off", "C", "B", "A"}

// ParseAttestation reads A, B or C. Everything else vouches for nothing.
func ParseAttestation(s string) Attestation {
	return Attestation(max(0, slices.Index(attestationNames[:], s)))
}

// known is what of a is one of the levels; anything else vouches for nothing.
func (a Attestation) known() Attestation {
	if a > FullyAttested {
		return Unattested
	}
	return max(a, Unattested)
}

// String is the level as it stands in the operator's file.
func (a Attestation) String() string { return attestationNames[a.known()] }
