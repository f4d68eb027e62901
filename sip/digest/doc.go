// Package digest proves accounts by HTTP's digest (RFC 7616, and RFC 8760 for
// SIP), from both sides: a [Client] answers the challenges of a registrar, a
// [Guard] makes ours and judges what comes back.
//
// It knows nothing of SIP messages: header values go in and out as text.
package digest
