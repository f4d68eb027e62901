// Package webtest is a browser without a browser, for tests: it opens a
// meeting's signalling as the page does, over a real WebSocket, and holds two
// real WebRTC connections, one for its microphone and one for what it hears.
//
// A [Peer] does by itself what a page does by itself: it offers its microphone
// once it is in, answers each offer of voices, and begins anew when it is told
// to. It keeps what it was told and what it heard, so a test waits for what it
// wants to see and never sleeps.
//
//	ada := webtest.Dial(t, server.URL, "100000001", webtest.Join{Name: "Ada"})
//	ada.Joined()
//	ada.Send(packet)
//	ada.Say(map[string]any{"type": "leave"})
//	ada.Told("goodbye", func(m webtest.Message) bool { return m.Type == "bye" })
//
// It shares no code with the server, so that both cannot be wrong in the same
// way.
package webtest
