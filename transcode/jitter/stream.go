// Package jitter makes a steady stream of frames out of packets that come when
// the network lets them.
//
// A [Stream] is pushed to by a socket and read on the beat. It plays the first
// packet on the next beat and waits no longer than it must: it buffers one
// packet on a clean network and more as packets turn out to come unevenly, and
// it gives delay back by leaving out single pitch periods. What is lost is
// recovered from the next packet or concealed, what pauses is silent, and after
// a stall it skips to what is said now.
//
// How it keeps time: a packet's timestamp says where its sound belongs in the
// stream, and the stream's place is where the next sample to be decoded
// belongs. When packets fail to come, sound is made up and the place stays: it
// was time that passed, not the stream. The packet that comes next tells which
// of the two it was. If it goes on at the place, it was late and the delay has
// grown by what was made up; if it lies beyond, packets are lost, or the sender
// was silent, and what was made up counts for that.
package jitter

import (
	"time"

	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/waveform"
)

const (
	// longest is the most that one packet can hold: 120 ms of Opus (RFC 6716
	// section 3.4).
	longest = 120 * time.Millisecond
	// largest is the biggest payload that fits into a packet on a usual path.
	largest = 1500
	// stale is how much more than it should be the delay may be after a stall
	// before sound is skipped.
	stale = 40 * time.Millisecond
	// plausible is the longest made-up stretch that is asked of a decoder:
	// all of them have faded out by then.
	plausible = 80 * time.Millisecond
	// unit is what decoders are asked to make up at once.
	unit = 10 * time.Millisecond
)

// Packet is what a stream needs of an RTP packet. An empty payload says that
// the packet held no sound, such as a key press: it is missed by nobody.
type Packet struct {
	Seq       uint16
	Timestamp uint32
	Marker    bool
	Payload   []byte
}

// Decoder makes sound of payloads. It is used from the beat only.
type Decoder interface {
	// Decode writes the sound of payload to dst and returns its length in
	// samples. dst has room for 120 ms.
	Decode(dst []int16, payload []byte) (int, error)
	// Conceal fills dst, a multiple of 10 ms, with what might have been there.
	Conceal(dst []int16) int
}

// forwardDecoder is a Decoder whose packets carry a copy of what came before
// them.
type forwardDecoder interface {
	// DecodeFEC fills dst with the sound that was lost before payload.
	DecodeFEC(dst []int16, payload []byte) (int, error)
}

// Config is how a stream is set up.
type Config struct {
	ClockRate int // of the RTP timestamps; 48000 for Opus, 8000 for G.711
	Rate      int // of the frames
	// Min and Max bound how much is buffered. One frame is the least there
	// can be; 0 are 20 ms and 200 ms.
	Min, Max time.Duration
}

// Stream is a jitter buffer. Push belongs to one goroutine, the socket's;
// ReadFrame to another, the clock's. It implements [pcm.Source].
type Stream struct {
	clockRate, rate int
	floor, ceiling  int // of the target
	frame           int
	decoder         Decoder
	forward         forwardDecoder // nil if the decoder is none
	ring            ring
	counters        counters
	socket          socketSide
	shelf           shelf
	lateness        lateness
	delays          window
	adapt           adaptation
	live            bool  // place means something
	place           int64 // timestamp of the next sample to be decoded
	owed            int   // samples made up since the last packet
	made            int   // the same, but all in a row, losses too
	wait            int   // samples of silence before the next packet
	last            int   // length of the last packet in samples
	gap             bool  // sound was skipped: the next must be blended
	sound           []int16
	heard           int // samples of sound up to the last that is not silence
	packet, scraps  []int16
}

// socketSide belongs to the goroutine that pushes.
type socketSide struct {
	begun bool
	epoch time.Time
	fresh bool
}

// New makes a stream that is decoded by d.
func New(cfg Config, d Decoder) *Stream {
	in := func(t time.Duration) int { return int(t * time.Duration(cfg.Rate) / time.Second) }
	frame := cfg.Rate / 50
	if cfg.Min <= 0 {
		cfg.Min = pcm.FrameDuration
	}
	if cfg.Max <= 0 {
		cfg.Max = 200 * time.Millisecond
	}
	s := &Stream{
		clockRate: cfg.ClockRate,
		rate:      cfg.Rate,
		// The frame that is played now is part of what is buffered but not of
		// what waits.
		floor:    max(in(cfg.Min)-frame, 0),
		ceiling:  max(in(cfg.Max)-frame, 0),
		frame:    frame,
		decoder:  d,
		lateness: newLateness(cfg.Rate),
		last:     frame,
		sound:    make([]int16, 0, 3*in(longest)),
		packet:   make([]int16, in(longest)),
		scraps:   make([]int16, in(unit)),
	}
	s.forward, _ = d.(forwardDecoder)
	s.adapt.pause = shortPause
	return s
}

// Push takes a packet that came at a time. It copies the payload, and it
// neither blocks nor, once the stream has seen its largest packet, allocates.
func (s *Stream) Push(p Packet, at time.Time) {
	s.counters.received.Add(1)
	if !s.socket.begun {
		s.socket.begun, s.socket.epoch = true, at
	}
	a := s.ring.offer()
	if a == nil || len(p.Payload) > largest {
		s.counters.discarded.Add(1)
		return
	}
	a.seq, a.timestamp, a.fresh = p.Seq, p.Timestamp, s.socket.fresh
	a.at = at.Sub(s.socket.epoch).Microseconds() * int64(s.rate) / 1e6
	a.payload = append(a.payload[:0], p.Payload...)
	s.socket.fresh = false
	s.ring.commit()
}

// Reset says that the next packet begins another stream: the sender has changed
// its SSRC. It belongs to the same goroutine as Push.
func (s *Stream) Reset() { s.socket.fresh = true }

// ReadFrame gives the next 20 ms. It reports false where there is nothing to
// hear, and if f is not at the stream's rate.
func (s *Stream) ReadFrame(f pcm.Frame) bool {
	if len(f) != s.frame {
		return false
	}
	s.receive()
	s.skip()
	for len(s.sound) < len(f) {
		if !s.more() {
			return false
		}
	}
	s.settle()
	copy(f, s.sound)
	audible := s.heard > 0
	s.sound = s.sound[:copy(s.sound, s.sound[len(f):])]
	s.heard = max(s.heard-len(f), 0)
	return audible
}

// more adds to the sound what comes next. It reports false while there never
// has been anything.
func (s *Stream) more() bool {
	p := s.shelf.first()
	switch {
	case s.wait > 0:
		n := min(s.wait, s.frame)
		s.silence(n)
		s.wait -= n
	case p == nil && !s.live:
		return false
	case p == nil:
		s.starve()
	case len(p.payload) == 0:
		s.shelf.take(p) // the place stays: what follows will lie beyond it
	case s.live && p.seq == s.shelf.next && p.ts == s.place:
		s.adapt.starved(s, s.owed)
		s.decode(p)
	case s.live && p.seq > s.shelf.next && s.fits(p):
		s.conceal(p)
	default:
		s.begin(p)
	}
	return true
}

// fits reports whether the packets that are missing before p can fill the time
// that is missing.
func (s *Stream) fits(p *packet) bool {
	missing := s.samples(p.ts - s.place)
	return missing > 0 && missing <= int(p.seq-s.shelf.next)*len(s.packet)
}

// starve makes up sound because nothing has come.
func (s *Stream) starve() {
	n := len(s.scraps)
	s.makeUp(n, nil)
	s.owed += n
}

// conceal makes up for the packets that are missing before p, less what was
// made up already.
func (s *Stream) conceal(p *packet) {
	missing := s.samples(p.ts - s.place)
	covered := min(missing, s.owed)
	if covered > 0 {
		s.owed -= covered
		s.place += s.ticks(covered)
		missing -= covered
	}
	if missing == 0 {
		s.counters.lost.Add(uint64(p.seq - s.shelf.next))
		s.shelf.next = p.seq
		s.place = p.ts
		return
	}
	n := min(missing, max(s.last, len(s.scraps)))
	if n == missing {
		s.makeUp(n, p.payload) // just before p: it may carry a copy
	} else {
		s.makeUp(n, nil)
	}
	s.place += s.ticks(n)
	if n == missing {
		s.place = p.ts
		s.counters.lost.Add(uint64(p.seq - s.shelf.next))
		s.shelf.next = p.seq
	}
}

// begin is for a packet whose sound does not follow what came before it: the
// first of all, the first after a pause of the sender, the first after a jump
// of its clock. Nobody hears if the pause becomes a little longer or shorter,
// so this is where the delay is set right.
func (s *Stream) begin(p *packet) {
	s.shelf.next = p.seq
	target := s.target()
	natural := s.samples(p.ts-s.place) - s.owed
	if s.live && natural >= -s.rate && natural <= s.rate {
		delay := min(max(p.margin, target), target+s.frame)
		s.delays.shift(delay - p.margin)
		s.wait = max(natural+delay-p.margin, 0)
	} else {
		s.wait = max(target-p.late, 0)
		s.delays.clear()
	}
	s.live, s.owed, s.place = true, 0, p.ts
}

// decode adds the sound of p.
func (s *Stream) decode(p *packet) {
	s.owed = 0
	before := s.scraps[:0]
	if s.gap {
		before = s.scraps[:s.decoder.Conceal(s.scraps)]
		s.gap = false
	}
	s.shelf.take(p)
	n, err := s.decoder.Decode(s.packet, p.payload)
	if err != nil || n <= 0 {
		s.counters.damaged.Add(1)
		s.makeUp(s.last, nil)
		s.place += s.ticks(s.last)
		return
	}
	s.last, s.made = n, 0
	s.place = p.ts + s.ticks(n)
	waveform.Join(s.packet[:n], before)
	s.append(s.packet[:n])
}

// makeUp adds n samples that never came. next is the packet behind them, if it
// is known.
func (s *Stream) makeUp(n int, next []byte) {
	s.counters.concealed.Add(int64(n))
	s.made += n
	if s.made-n >= s.long(plausible) {
		s.silence(n)
		return
	}
	if next != nil && s.forward != nil && n <= len(s.packet) {
		if got, err := s.forward.DecodeFEC(s.packet[:n], next); err == nil && got == n {
			s.append(s.packet[:n])
			return
		}
	}
	for n > 0 {
		got := s.decoder.Conceal(s.scraps)
		got = min(got, n)
		if got <= 0 {
			s.silence(n)
			return
		}
		s.append(s.scraps[:got])
		n -= got
	}
}

func (s *Stream) append(sound []int16) {
	s.sound = append(s.sound, sound...)
	s.heard = len(s.sound)
}

func (s *Stream) silence(n int) {
	at := len(s.sound)
	s.sound = s.sound[:at+n]
	clear(s.sound[at:])
}

// samples is a length in units of the RTP clock, in samples.
func (s *Stream) samples(ticks int64) int { return int(ticks * int64(s.rate) / int64(s.clockRate)) }

func (s *Stream) ticks(samples int) int64 { return int64(samples) * int64(s.clockRate) / int64(s.rate) }

func (s *Stream) long(d time.Duration) int { return int(d * time.Duration(s.rate) / time.Second) }
