package media

import (
	"net/netip"
	"slices"
	"time"
)

const (
	// enough is how many packets in a row make a source the caller's.
	enough = 5
	// learning is how much time they have for it.
	learning = 3 * time.Second
	// enoughAgain is how many packets in a row make a new SSRC from the
	// caller's own source believed (RFC 3550, MIN_SEQUENTIAL).
	enoughAgain = 2
)

// run counts packets that follow each other.
type run struct {
	source netip.AddrPort
	ssrc   uint32
	next   uint16
	length int
	since  time.Time
}

// add counts one packet and returns how many have followed each other.
func (r *run) add(source netip.AddrPort, ssrc uint32, seq uint16, at time.Time) int {
	if r.length == 0 || r.source != source || r.ssrc != ssrc || r.next != seq || at.Sub(r.since) > learning {
		*r = run{source: source, ssrc: ssrc, since: at}
	}
	r.length++
	r.next = seq + 1
	return r.length
}

// latch decides whose packets are the caller's (symmetric RTP, RFC 4961),
// so that nobody else can speak in the call or draw its sound to themselves.
//
// It learns only from the address in the SDP, from where the signalling comes,
// and from ranges that the operator trusts. The first source there that sends
// several packets in a row, of one SSRC and an agreed payload type, is the
// caller; from then on everything else is thrown away, until a new description
// lets it learn again. Only the very address and port of the SDP may still take
// the line: what came there first may be the rest of an earlier call, from the
// same machine to a port of ours that it knew.
type latch struct {
	told       netip.AddrPort // what the SDP says; the address may be invalid
	signalling netip.Addr
	trusted    []netip.Prefix

	source netip.AddrPort // who has the line; valid also while it learns again
	ssrc   uint32
	locked bool
	spoke  time.Time // while learning: when the source we were told of last spoke itself
	try    run
	claim  run // of the source we were told of, when another has the line
}

// expect takes a new description. With fresh, somebody else may turn out to be
// the caller; without, who has the line keeps it.
func (l *latch) expect(told netip.AddrPort, fresh bool) {
	if told != l.told {
		l.source, fresh = netip.AddrPort{}, true
	}
	l.told = told
	if fresh {
		l.locked, l.spoke, l.try, l.claim = false, time.Time{}, run{}, run{}
	}
}

// verdict is what is to be done with a packet.
type verdict int

const (
	stranger verdict = iota // it is none of ours
	unproven                // its source may be the caller, but must show more
	welcome                 // the caller's
	turned                  // the caller's, and the first of a new source or SSRC
)

// admit judges a packet with an agreed payload type.
func (l *latch) admit(from netip.AddrPort, ssrc uint32, seq uint16, at time.Time) verdict {
	if l.locked {
		return l.follow(from, ssrc, seq, at)
	}
	known := from == l.told || from == l.source
	if known {
		l.spoke = at
	} else if at.Sub(l.spoke) <= learning || !l.allowed(from.Addr()) {
		return stranger
	}
	if l.try.add(from, ssrc, seq, at) >= enough {
		changed := l.source != from || l.ssrc != ssrc
		l.source, l.ssrc, l.locked, l.try = from, ssrc, true, run{}
		if changed {
			return turned
		}
		return welcome
	}
	switch {
	case from == l.source && ssrc == l.ssrc:
		return welcome
	case from == l.told && !l.source.IsValid():
		// The source that the description names is heard at once: the first
		// words of a call are not thrown away.
		l.source, l.ssrc = from, ssrc
		return turned
	}
	return unproven
}

// follow judges a packet when the line is taken.
func (l *latch) follow(from netip.AddrPort, ssrc uint32, seq uint16, at time.Time) verdict {
	if from != l.source {
		return l.reclaim(from, ssrc, seq, at)
	}
	if ssrc == l.ssrc {
		l.try.length = 0
		return welcome
	}
	if l.try.add(from, ssrc, seq, at) < enoughAgain {
		return unproven
	}
	l.ssrc, l.try = ssrc, run{}
	return turned
}

// reclaim judges a packet from somebody else than who has the line.
func (l *latch) reclaim(from netip.AddrPort, ssrc uint32, seq uint16, at time.Time) verdict {
	if from != l.told {
		return stranger
	}
	if l.claim.add(from, ssrc, seq, at) < enough {
		return unproven
	}
	l.source, l.ssrc, l.try, l.claim = from, ssrc, run{}, run{}
	return turned
}

// listens reports whether a packet from there could be the caller's at all.
func (l *latch) listens(from netip.AddrPort) bool {
	return from == l.source || from == l.told || !l.locked && l.allowed(from.Addr())
}

// owns reports whether another stream comes from who has the line.
func (l *latch) owns(from netip.AddrPort, ssrc uint32) bool {
	return from == l.source && ssrc != l.ssrc
}

// allowed reports whether an address may be learned from.
func (l *latch) allowed(a netip.Addr) bool {
	return a == l.told.Addr() || a == l.signalling ||
		slices.ContainsFunc(l.trusted, func(p netip.Prefix) bool { return p.Contains(a) })
}

// target is where to send: to who has the line, else where the description
// says, else to the port it names at the address the signalling comes from.
func (l *latch) target(reachable func(netip.Addr) bool) netip.AddrPort {
	switch {
	case l.source.IsValid():
		return l.source
	case l.told.Addr().IsValid() && reachable(l.told.Addr()):
		return l.told
	}
	return netip.AddrPortFrom(l.signalling, l.told.Port())
}
