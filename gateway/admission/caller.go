package admission

// Caller is what is known of who calls, whatever they key in.
type Caller struct {
	// Anonymous callers do not show a number.
	Anonymous bool
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
	for a := FullyAttested; a > Unattested; a-- {
		if attestationNames[a] == s {
			return a
		}
	}
	return Unattested
}
