// Package offer is the arithmetic of offer and answer (RFC 3264) for the one
// audio stream of a telephone call: bytes of SDP in, bytes of SDP and an
// [Agreement] out. It knows no sockets, no clock and no call, so that every
// rule of the trade is a row in a table.
//
// A [Party] is our side of one call. It remembers what RFC 3264 wants
// remembered between exchanges: the order of the m= lines, the payload types
// once given, and the version of our own description, which grows only when
// that description changes. An exchange that fails leaves all of it as it was.
package offer
