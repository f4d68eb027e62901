// Package sip is where telephone calls come in: it talks to the trunks of the
// operator's file and hands each call to the gateway as a [Call], which can be
// answered, listened to, spoken to and hung up without a word of SIP.
//
// It stands on sipgo's parser, messages and transaction state machines, and
// adds what those leave to their user: sockets that drop strangers before a
// byte is parsed, a dialog layer, limits, and a sentence of RFC 3261 for each
// thing that a caller may do wrong. The rooms are:
//
//   - gate, udp, tcp: who may talk to us at all, and how much
//   - receive, screen: what a request must be before it concerns a call
//   - dialog: the life of a call as a pure function of state and event
//   - leg, invite, ack, cancel, bye, reinvite, info: one verb each, in the one
//     goroutine that owns the dialog
//   - call: what the gateway sees of it
//
// A new way in (TLS, WebSocket) is one more listener beside udp and tcp that
// calls receive; a registration is one more owner of client transactions.
package sip
