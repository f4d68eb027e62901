// Package sip is where telephone calls come in: it talks to the trunks of the
// operator's file and hands each call to the gateway as a [Call], which can be
// answered, listened to, spoken to and hung up without a word of SIP.
//
// It stands on sipgo's parser, messages and transaction state machines, and
// adds what those leave to their user: sockets that drop strangers before a
// byte is parsed, a dialog layer, limits, and a sentence of RFC 3261 for each
// thing that a caller may do wrong. The rooms are:
//
//   - gate, udp, door, streams, stream, framing, websocket, tls, certificate,
//     strangers: who may talk to us at all, and how much
//   - glance, dismiss: calls for which there is no room, turned away unread
//   - receive, screen, transactions: what a request must be, and whom it concerns
//   - next, asked, prelude, renew: the life of a dialog, as a pure function of
//     state and event; session: who refreshes its call, and when
//   - dialog, and one file for each verb (invite, ack, cancel, bye, reinvite,
//     refresh, provisional, info): the goroutine that owns a dialog and does what
//     next says
//   - wire, plain, headers, garbled, guard: the parser and what it leaves to be
//     done, and the way out, past which no foreign control character goes
//   - enrol: the life of an account of ours with a registrar, pure as next is;
//     member and registrar do what it says, accounts follows the file
//   - challenge, claim, found: which caller belongs to which trunk and account
//   - watch, ping: whether the peers are there
//   - call: what the gateway sees of it all
//
// A new way in is one more pipe under stream, and a door that makes it; a
// registration is one more owner of client transactions.
package sip
