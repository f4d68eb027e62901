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

	"github.com/einwahl/einwahl/transcode/level"
	"github.com/einwahl/einwahl/transcode/pcm"
)

const (
	// Stale is how much more than it should be the delay may be after a stall
	// before sound is skipped.
	Stale = 60 * time.Millisecond
	// longest is the most that one packet can hold: 120 ms of Opus (RFC 6716
	// section 3.4).
	longest = 120 * time.Millisecond
	// largest is the biggest payload that fits into a packet on a usual path.
	largest = 1500
	// plausible is the longest made-up stretch that is asked of a decoder:
	// all of them have faded out by then.
	plausible = 80 * time.Millisecond
	// wary is for how many beats after a loss the next is expected: 10 s.
	wary = 500
	// shakenFor is for how many packets a decoder goes by what it has made up: in Opus
	// clicks were found up to six packets later.
	shakenFor = 10
	// unit is what decoders are asked to make up at once.
	unit = 10 * time.Millisecond
)

// Packet is what a stream needs of an RTP packet. An empty payload says that
// the packet held no sound, such as a key press: it is missed by nobody. The
// marker is not relied on: it gets lost, and many senders never set it.
type Packet struct {
	Seq       uint16
	Timestamp uint32
	Marker    bool
	// Level is how loud the sender says the sound to be, from -127 to -1 dBov
	// (RFC 6464); 0: it says nothing.
	Level int8
	// Noise is how loud the line is while its sender says nothing, as a packet
	// of comfort noise tells it (RFC 3389), in the same units; 0: it is none.
	// Such a packet has no payload.
	Noise   int8
	Payload []byte
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

// choosyDecoder is a forwardDecoder for several kinds of packets, which tells
// whether those of now may carry copies.
type choosyDecoder interface {
	Forward() bool
}

// guessingDecoder is a Decoder that does not lead over from what it has made up to
// what it decodes next.
type guessingDecoder interface {
	// Guessing reports whether the sound that it gave last was made up.
	Guessing() bool
}

// pausingDecoder is a Decoder that knows packets without sound. They are not
// played: a breath of comfort noise between two silences is worse than none.
type pausingDecoder interface {
	Pause(payload []byte) bool
}

// Config is how a stream is set up.
type Config struct {
	ClockRate int // of the RTP timestamps; 48000 for Opus, 8000 for G.711
	// Rate is that of the frames, until others are asked for.
	Rate int
	// Min and Max bound how much is buffered. One frame is the least there
	// can be; 0 are 20 ms and 200 ms. With 40 ms the packet after a lost one
	// is there in time to recover it, which suits Opus from browsers.
	Min, Max time.Duration
	// Played, where it is set, is told on the beat of each packet whose turn came,
	// in their order, a new stream's after those of the one before. What is missing
	// between two was lost, or came too late, or was thrown away.
	Played func(seq uint16)
}

// Stream is a jitter buffer. Push and Reset belong to one goroutine, the
// socket's; ReadFrame to another, the clock's. It implements [pcm.Source].
type Stream struct {
	clockRate, rate int
	frame           int // samples of a frame
	floor, ceiling  int // of the target, in samples
	decoder         Decoder
	forward         forwardDecoder  // nil if the decoder is none
	choosy          choosyDecoder   // nil if the decoder is none
	guessing        guessingDecoder // nil if the decoder is none
	pausing         pausingDecoder  // nil if the decoder is none
	rates           *rates          // nil if the decoder has but one
	played          func(seq uint16)

	socket   socketSide
	ring     ring // between the two goroutines
	counters counters

	// What follows belongs to the beat. Lengths are in samples.
	shelf    shelf
	lateness lateness
	delays   window
	adapt    adaptation
	comfort  comfort

	lastAt int64 // when the packet that came last did

	live  bool  // the stream has a place
	place int64 // timestamp of the next sample to be decoded
	owed  int   // made up since the last packet for nothing that is known lost
	made  int   // made up since the last packet, for whatever reason
	wait  int   // silence before the next packet
	last  int   // length of the last packet
	frail int   // beats for which packets are expected to be lost

	barrier int64 // the sequence number up to which nothing is for anybody
	barred  int   // how much of the sound, up to the last that is of those
	tainted bool  // the sound that was added last is
	between bool  // the sound that was read last was

	sound  []int16 // decoded, to be read
	heard  int     // how much of it, up to the last that is not silence
	packet []int16 // memory for one packet's sound
	scraps []int16 // memory for one unit that is made up
	seam   []int16 // what the sound would go on as: the next is blended with it
	shaken int     // packets that may yet not fit what was heard before them
	level  int     // of the packet that was decoded last, as its sender tells it
	loud   int     // of the last beat that was asked for

	met      bool           // what came before this beat has been taken in
	skimming bool           // packets are not decoded
	recent   [primers]int64 // sequence numbers of the last that were played
}

// socketSide belongs to the goroutine that pushes.
type socketSide struct {
	begun bool
	epoch time.Time // when the first packet came
	fresh bool      // the next packet is of another stream
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
		rates:    newRates(d),
		played:   cfg.Played,
		lateness: newLateness(cfg.Rate),
		last:     frame,
		loud:     level.Silent,
	}
	s.makeRoom(cfg.Rate)
	s.scraps = s.scraps[:in(unit)]
	if s.played == nil {
		s.played = func(uint16) {}
	}
	s.forward, _ = d.(forwardDecoder)
	s.choosy, _ = d.(choosyDecoder)
	s.guessing, _ = d.(guessingDecoder)
	s.pausing, _ = d.(pausingDecoder)
	s.adapt = adaptation{dry: longPause, pause: shortPause, reduced: tooEarly}
	return s
}

// makeRoom sees to it that there is memory for sound at a rate. Most streams
// never leave the one that they begin with.
func (s *Stream) makeRoom(rate int) {
	room := func(t time.Duration) int { return int(t * time.Duration(rate) / time.Second) }
	if len(s.packet) >= room(longest) {
		return
	}
	s.sound = append(make([]int16, 0, room(longest+4*pcm.FrameDuration)), s.sound...)
	s.packet = make([]int16, room(longest))
	s.scraps = make([]int16, len(s.scraps), room(unit))
	s.seam = append(make([]int16, 0, room(unit)), s.seam...)
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
	a.at = at.Sub(s.socket.epoch).Microseconds()
	a.level, a.noise = p.Level, p.Noise
	a.payload = append(a.payload[:0], p.Payload...)
	s.socket.fresh = false
	s.ring.commit()
}

// Reset says that the next packet begins another stream: the sender has changed
// its SSRC. It belongs to the same goroutine as Push.
func (s *Stream) Reset() { s.socket.fresh = true }

// ReadFrame gives the next 20 ms. It reports false where there is nothing to
// hear. The stream goes over to the rate of f where its decoder has a SetRate
// that does; where it has none it reports false.
func (s *Stream) ReadFrame(f pcm.Frame) bool {
	if len(f) != s.frame && !s.turn(f.Rate()) {
		return false
	}
	if s.skimming {
		s.skimming = false
		s.prime()
	}
	if !s.advance() {
		s.rates.play(nil)
		return false
	}
	copy(f, s.sound)
	s.rates.play(f)
	return s.pass()
}

// meet takes in what has come, once a beat.
func (s *Stream) meet() {
	if s.met {
		return
	}
	s.met = true
	s.frail = max(s.frail-1, 0)
	s.receive()
	s.skip()
}

// advance sees to it that there is a frame of sound. It reports false while
// there never has been anything.
func (s *Stream) advance() bool {
	s.meet()
	s.met = false
	for len(s.sound) < s.frame {
		if !s.more() {
			return false
		}
	}
	s.settle()
	return true
}

// pass gives up the sound of a beat and reports whether it was to be heard.
func (s *Stream) pass() bool {
	audible := s.heard > 0
	s.between = s.barred > 0
	s.barred = max(s.barred-s.frame, 0)
	s.sound = s.sound[:copy(s.sound, s.sound[s.frame:])]
	s.heard = max(s.heard-s.frame, 0)
	return audible
}

// samples is a length in units of the RTP clock, in samples.
func (s *Stream) samples(ticks int64) int { return int(ticks * int64(s.rate) / int64(s.clockRate)) }

func (s *Stream) ticks(samples int) int64 { return int64(samples) * int64(s.clockRate) / int64(s.rate) }

func (s *Stream) long(d time.Duration) int { return int(d * time.Duration(s.rate) / time.Second) }

// nanos is a length in samples, in nanoseconds.
func (s *Stream) nanos(samples int) int64 { return int64(samples) * int64(time.Second) / int64(s.rate) }

// mute reports whether a payload holds no sound.
func (s *Stream) mute(payload []byte) bool {
	return len(payload) == 0 || s.pausing != nil && s.pausing.Pause(payload)
}

var _ pcm.Source = (*Stream)(nil)
