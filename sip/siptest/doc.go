// Package siptest is a telephone for tests: it calls the gateway over UDP or
// TCP, says and hears sound, presses keys, and misbehaves where it is told to.
//
// It is made by hand on plain sockets, shares no code with the gateway but the
// standard library's, and so also tells when the gateway is wrong in a way
// that its own parser would not notice. A phone answers what the gateway sends
// by itself; a test that wants to see every message reads [Call.Trace], and
// one that wants to send a broken message has [Phone.Send].
//
//	phone := siptest.New(t, siptest.Config{Gateway: addr})
//	call := phone.Call("en")
//	call.Press("100000001#")
//	call.Play(siptest.Tone(440, time.Second))
//	level := siptest.Level(call.Heard(), 880)
//	call.Hangup()
package siptest
