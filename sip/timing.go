package sip

import "time"

// timing are the timers that we keep ourselves, t1 and t2 those of RFC 3261
// section 17. They are a value and not constants so that tests need not wait.
type timing struct {
	t1, t2 time.Duration
	// ring is how long a caller who waits for the answer hears nothing new.
	ring time.Duration
	// glare is how long we wait at most before we repeat a request that met one of
	// the caller's, in steps of glareStep (RFC 3261 section 14.1).
	glare, glareStep time.Duration
	// probe is how long a caller from whom no RTP is expected may be silent
	// before we ask whether they are still there.
	probe time.Duration
	// message is how long one message may take on a stream from its first byte
	// to its last, however steadily its bytes trickle in.
	message time.Duration
	// idle is how long a stream may say nothing at all.
	idle time.Duration
	// handshake is how long TLS and the upgrade to WebSocket may take.
	handshake time.Duration
	// ping is how often a WebSocket client is asked whether it is there, pong how
	// long it has for an answer.
	ping, pong time.Duration
	// keepOpen is how often the way to a registrar is used, lest a NAT forget it.
	keepOpen time.Duration
	// attempt is how long a registrar or a peer may take to answer where there is
	// another to ask, or where we only ask whether it is there.
	attempt time.Duration
	// farewell is how long Run waits, at its end, for callers to answer BYE.
	farewell time.Duration
}

func standardTiming() timing {
	return timing{
		t1:        500 * time.Millisecond,
		t2:        4 * time.Second,
		ring:      time.Minute,
		glare:     2 * time.Second,
		glareStep: 10 * time.Millisecond,
		probe:     2 * time.Minute,
		message:   10 * time.Second,
		idle:      2 * time.Hour,
		handshake: 5 * time.Second,
		ping:      30 * time.Second,
		pong:      10 * time.Second,
		keepOpen:  30 * time.Second,
		attempt:   8 * time.Second,
		farewell:  2 * time.Second,
	}
}

// patience is how long an answer or a request of ours is repeated.
func (t timing) patience() time.Duration { return 64 * t.t1 }

// after is how long to wait before the n-th repetition, counted from 0:
// 0.5, 1, 2, 4, 4 ... seconds (RFC 3261 section 13.3.1.4).
func (t timing) after(n int) time.Duration {
	d := t.t1
	for range n {
		if d *= 2; d >= t.t2 {
			return t.t2
		}
	}
	return min(d, t.t2)
}
