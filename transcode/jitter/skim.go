package jitter

import (
	"time"

	"github.com/einwahl/einwahl/transcode/level"
	"github.com/einwahl/einwahl/transcode/waveform"
)

const (
	// primers is how many packets a decoder is given before it is heard: with
	// fewer, the first 20 to 40 ms of Opus are garbled.
	primers = 3
	// entry is how long sound takes to come in that was not heard, or not there.
	entry = 5 * time.Millisecond
	// ordinary is the level of speech of which nothing is known, in dBov.
	ordinary = -30
	// faint is the level of what does not look like speech: it may be a note, or
	// music, and whoever is skimmed must find back. Rooms leave out what is at
	// most -60.
	faint = -59
)

// measuringDecoder is a Decoder that knows the length of a packet in samples
// without decoding it.
type measuringDecoder interface {
	Samples(payload []byte) int
}

// discerningDecoder is a Decoder that can tell by a packet's looks whether
// there is speech in it.
type discerningDecoder interface {
	Voice(payload []byte) bool
}

// Loudness is how loud the sound of this beat is, in dBov, as its sender tells
// it; [level.Silent] where nothing would be heard. Sound of which its sender
// says nothing is measured, or guessed at while the stream is skimmed.
//
// It belongs to the beat, before the ReadFrame or Skim of that.
func (s *Stream) Loudness() int {
	s.meet()
	s.loud = s.loudness()
	return s.loud
}

func (s *Stream) loudness() int {
	p := s.shelf.first()
	switch {
	case len(s.sound) >= s.frame:
		return s.measure()
	case s.wait+len(s.sound) >= s.frame:
		return level.Silent
	case p == nil && s.comfort.level != 0 && s.made < s.long(calm):
		return int(s.comfort.level)
	case p == nil && (!s.live || s.made >= s.long(plausible)):
		return level.Silent
	case p == nil:
		return s.loud
	case s.mute(p.payload):
		return level.Silent
	case p.level != 0 || s.skimming:
		return s.told(p)
	}
	for len(s.sound) < s.frame && s.more() {
	}
	return s.measure()
}

// measure is the level of the frame that is decoded.
func (s *Stream) measure() int {
	switch {
	case s.heard == 0 || len(s.sound) < s.frame:
		return level.Silent
	case s.level != 0:
		return s.level
	}
	return level.Of(s.sound[:s.frame])
}

// told is the level of a packet without decoding it.
func (s *Stream) told(p *packet) int {
	if p.level != 0 {
		return int(p.level)
	}
	if d, ok := s.decoder.(discerningDecoder); ok && !d.Voice(p.payload) {
		return faint
	}
	return ordinary
}

// Skim goes on by a beat without decoding: nobody listens now. The next
// ReadFrame comes in as if somebody always had.
func (s *Stream) Skim() {
	s.skimming = true
	if s.advance() {
		s.pass()
	}
	s.rates.play(nil)
}

// unpack writes the sound of p to s.packet and returns its length. While the
// stream is skimmed it is as long, and silent.
func (s *Stream) unpack(p *packet) (int, error) {
	copy(s.recent[:], s.recent[1:])
	s.recent[primers-1] = p.seq
	s.level = int(p.level)
	room := s.packet[:s.long(longest)]
	if !s.skimming {
		return s.decoder.Decode(room, p.payload)
	}
	s.level = s.told(p)
	n := s.last
	if d, ok := s.decoder.(measuringDecoder); ok {
		n = min(d.Samples(p.payload), len(room))
	}
	clear(room[:max(n, 0)])
	return n, nil
}

// prime brings the decoder to where it would be had it decoded all along, and
// lets the sound in gently.
func (s *Stream) prime() {
	n := s.replay()
	s.letIn()
	waiting := len(s.sound)
	if waiting == 0 || s.heard == 0 {
		return
	}
	// What waits is the end of the last packet.
	at := waiting - min(waiting, n)
	copy(s.sound[at:], s.packet[n-(waiting-at):n])
	waveform.Join(s.sound[at:], s.seam)
	s.seam = s.seam[:0]
}

// letIn lets what comes next in gently.
func (s *Stream) letIn() {
	s.seam = s.seam[:s.long(entry)]
	clear(s.seam)
}

// replay decodes the last packets again and returns the length of the sound of
// the last, which is in s.packet.
func (s *Stream) replay() (n int) {
	if d, ok := s.decoder.(interface{ Reset() }); ok {
		d.Reset()
	}
	for _, seq := range s.recent {
		p := s.shelf.at(seq)
		if p == nil || p.kept || s.mute(p.payload) {
			continue
		}
		if got, err := s.decoder.Decode(s.packet[:s.long(longest)], p.payload); err == nil {
			n = got
		}
	}
	return n
}
