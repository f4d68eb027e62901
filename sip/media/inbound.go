package media

import (
	"encoding/binary"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"github.com/einwahl/einwahl/transcode/dtmf"
	"github.com/einwahl/einwahl/transcode/jitter"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// inbound is what a leg keeps about the packets that arrive.
type inbound struct {
	stream   *jitter.Stream
	decoders *tagged
	frame    [pcm.WidebandSamples]int16 // the beat's
	tones    atomic.Pointer[tones]      // nil until keys can come in no other way; what is in it is the beat's
	clamp    dtmf.Clamp                 // the beat's; for keys that come as messages
	twice    bool                       // the beat's: in this call they came as tones as well
	newest   codec                      // the beat's: of the sound that came last
	speak    pcm.Sink                   // the beat's: to whom the caller last spoke
	passing  atomic.Pointer[passing]    // nil until Opus is agreed
	denoise  bool                       // never changed
	cleaners cleaners
	figures  figures
	hush     atomic.Int32 // beats for which the caller's sound is still cut
	arrived  bool         // a packet has come since the beat last looked
	bad      int          // times in a row that a port could not be read
	missed   atomic.Int32 // of a hundred packets of ours, by their last report

	mu        sync.Mutex // held by the beat while it reads, and by others only for a moment
	latch     latch
	opened    opened
	reception reception
	events    events
	header    rtp.Header
	length    int    // of the header
	ticks     uint32 // of the stream's clock to one of the sound that came last
	gone      uint64 // packets lost from SSRCs that are no more
	theyLost  float64
	toldAt    time.Time // when they told that
	// theirRating is the R that they give our sound, 0 if they do not say.
	theirRating float64
	roundTrip   time.Duration
}

func (in *inbound) begin(l latch) {
	in.latch = l
	in.ticks, in.reception.clock = streamClock/pcm.Narrowband, pcm.Narrowband
	in.stream, in.decoders = newStream(in.figures.take)
}

// sampling is the rate at which the caller's sound is read: wideband from before
// the first such packet is decoded until after the last.
func (in *inbound) sampling() int {
	if in.newest.wideband() || in.decoders.last.wideband() {
		return pcm.Wideband
	}
	return pcm.Narrowband
}

// expect takes a new description of where packets come from.
func (in *inbound) expect(told netip.AddrPort, fresh bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.latch.expect(told, fresh)
}

// lost is how many packets never came.
func (in *inbound) lost() uint64 {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.gone + uint64(in.reception.lost())
}

func (in *inbound) fill(s *LegStats) {
	s.Late = in.stream.Stats().Late
	in.mu.Lock()
	defer in.mu.Unlock()
	s.Lost = in.gone + uint64(in.reception.lost())
	s.Jitter = in.reception.spread()
	s.TheyLost, s.RoundTrip, s.TheirRating = in.theyLost, in.roundTrip, in.theirRating
}

// packet judges what has come to the RTP port, and takes it in. in.mu is held.
func (l *Leg) packet(t *terms, p []byte, from netip.AddrPort, at time.Time) {
	if isSTUN(p) {
		return
	}
	if len(p) > 1 && isControl(p[1]) {
		l.controlPacket(t, p, from, at)
		return
	}
	kind := l.in.kindOf(t, p)
	if kind == unknown {
		l.count.broken.Add(1)
		return
	}
	payload, ok := l.open(p, from, at)
	switch {
	case !ok:
	case kind == digit && l.in.latch.owns(from, l.in.header.SSRC):
		// Some gateways send keys as a stream of its own beside the sound.
		l.count.in.Add(1)
		l.in.arrived = true
		l.event(payload[1:], at)
	case l.admit(t, from, at):
		l.takePacket(t, kind, payload, at)
	}
}

// kindOf reads the header, and what the agreement says of such a packet.
func (in *inbound) kindOf(t *terms, p []byte) kind {
	n, err := in.header.Unmarshal(p)
	if err != nil || in.header.Version != 2 {
		return unknown
	}
	in.length = n
	return t.kinds[in.header.PayloadType&0x7f]
}

// open returns the payload in the clear (see inbound.payload). It does no work
// for who cannot be the caller. in.mu is held.
func (l *Leg) open(p []byte, from netip.AddrPort, at time.Time) (payload []byte, ok bool) {
	in := &l.in
	if !in.latch.listens(from) {
		l.count.foreign.Add(1)
		return nil, false
	}
	if p, ok = in.opened.sound(p, &in.header, at); !ok {
		l.count.forged.Add(1)
		return nil, false
	}
	if payload, ok = in.payload(p); !ok {
		l.count.broken.Add(1)
	}
	return payload, ok
}

// admit reports whether a packet is the caller's, and turns to a new stream of
// theirs. in.mu is held.
func (l *Leg) admit(t *terms, from netip.AddrPort, at time.Time) bool {
	in := &l.in
	switch in.latch.admit(from, in.header.SSRC, in.header.SequenceNumber, at) {
	case stranger:
		l.count.foreign.Add(1)
		return false
	case unproven:
		l.count.unproven.Add(1)
		return false
	case turned:
		l.turnTo(t)
	case welcome:
		if in.reception.anew(in.header.SequenceNumber, at) {
			in.startOver(t)
		}
	}
	l.count.in.Add(1)
	in.arrived = true
	return true
}

// takePacket takes in a packet of the caller's. in.mu is held.
func (l *Leg) takePacket(t *terms, kind kind, payload []byte, at time.Time) {
	in := &l.in
	if kind == sound {
		in.ticks = t.ticks[in.header.PayloadType]
		in.reception.turn(streamClock / int(in.ticks))
		in.reception.take(in.header.SequenceNumber, in.header.Timestamp, at)
	} else {
		in.reception.count(in.header.SequenceNumber, at)
	}
	if kind == digit {
		l.event(payload[1:], at)
	}
	noise := int8(0)
	if kind == comfort && len(payload) > 1 {
		noise = -int8(payload[1] & 0x7f)
	}
	if kind != sound || len(payload) < 2 {
		payload = nil // the buffer knows then that no sound is missing
	} else {
		c := t.codecs[in.header.PayloadType]
		payload[0], in.newest = byte(c), c
		if p := in.passing.Load(); p != nil && c == opusSound {
			p.put(&in.header, payload[1:], at)
		}
	}
	in.stream.Push(jitter.Packet{
		Seq:       in.header.SequenceNumber,
		Timestamp: in.header.Timestamp * in.ticks,
		Marker:    in.header.Marker,
		Noise:     noise,
		Payload:   payload,
	}, at)
}

// isSTUN tells the packets by which telephones keep the way through their
// router open (RFC 7983). They want no answer and do no harm.
func isSTUN(p []byte) bool {
	const header, cookie = 20, 0x2112A442
	return len(p) >= header && p[0] < 4 && binary.BigEndian.Uint32(p[4:]) == cookie
}

// isControl tells RTCP from RTP on a shared port (RFC 5761).
func isControl(second byte) bool { return second >= 192 && second <= 223 }

// payload returns what follows the header, with one byte before it, the
// header's last, as room for the tag (see newStream).
func (in *inbound) payload(p []byte) (payload []byte, ok bool) {
	n := in.length
	if n > len(p) {
		return nil, false
	}
	if in.header.Padding {
		if n == len(p) {
			return nil, false
		}
		padding := int(p[len(p)-1])
		if padding == 0 || padding > len(p)-n {
			return nil, false
		}
		p = p[:len(p)-padding]
	}
	return p[n-1:], true
}

// turnTo begins anew with a source or SSRC that has just won the line. in.mu is
// held.
func (l *Leg) turnTo(t *terms) {
	l.in.startOver(t)
	l.aimLocked()
	l.log.Debug().Stringer("from", l.in.latch.source).Msg("media source found")
}

// startOver forgets the stream before. in.mu is held.
func (in *inbound) startOver(t *terms) {
	in.gone += uint64(in.reception.lost())
	in.reception = reception{clock: t.Send.Clock}
	in.figures.restart()
	in.stream.Reset()
}

// aim points what we send at the caller.
func (l *Leg) aim() {
	l.in.mu.Lock()
	defer l.in.mu.Unlock()
	l.aimLocked()
}

func (l *Leg) aimLocked() {
	to := l.in.latch.target(l.pair.rtp.Reaches)
	if before := l.target.Load(); before != nil && *before == to {
		return
	}
	if to.Port() == 0 || !l.pair.rtp.Reaches(to.Addr()) {
		l.target.Store(nil)
		return
	}
	l.target.Store(&to)
}
