// Package interop shows, against telephones, proxies and attackers that others
// have written, what docs/interop.md says of the telephone side. It holds tests
// only: a [sip.Server] with real media answers, and what happens is looked at
// from the other end.
package interop
