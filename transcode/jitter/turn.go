package jitter

import (
	"github.com/einwahl/einwahl/transcode/halfband"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// turningDecoder is a Decoder that can go over to another rate in mid-stream.
// It may lose its state by that.
type turningDecoder interface {
	// SetRate takes 8000 or 16000 and does not allocate.
	SetRate(rate int) error
}

const (
	// past is how much of the sound that was played the filters look at: an
	// even number that covers them at 16 kHz.
	past = 64
	// ahead is how far they look into what follows, in samples at 8 kHz.
	ahead = 16
)

// rates is what a stream needs to go from one rate to another. A nil one is of
// a stream that cannot.
type rates struct {
	decoder turningDecoder
	played  [past]int16  // the newest sound that was heard
	up      *halfband.Up // nil before the first turn
	down    *halfband.Down
}

func newRates(d Decoder) *rates {
	t, ok := d.(turningDecoder)
	if !ok {
		return nil
	}
	return &rates{decoder: t}
}

func (r *rates) makeFilters() {
	if r.up == nil {
		r.up, r.down = halfband.NewUp(), halfband.NewDown()
	}
}

// play notes what was heard on a beat; nil was silence.
func (r *rates) play(f pcm.Frame) {
	switch {
	case r == nil:
	case f == nil:
		clear(r.played[:])
	default:
		copy(r.played[:], f[len(f)-past:])
	}
}

// turn goes over to another rate and reports whether that could be. The decoder
// begins anew, so it is primed, and what it says is blended with what it would
// have said before.
func (s *Stream) turn(rate int) bool {
	from := s.rate
	if s.rates == nil || rate != 2*from && 2*rate != from ||
		rate != pcm.Narrowband && rate != pcm.Wideband {
		return false
	}
	s.makeRoom(rate)
	s.rates.makeFilters()
	waiting := len(s.sound)
	s.bridge()
	s.sound = append(s.sound, s.seam...)
	if s.rates.decoder.SetRate(rate) != nil {
		s.sound, s.seam = s.sound[:waiting], s.seam[:0]
		return false
	}
	if rate > from {
		s.upwards()
	} else {
		s.downwards()
	}
	s.scale(from, rate)
	if !s.skimming {
		s.replay()
	}
	waiting = min(waiting*rate/from, len(s.sound))
	s.seam = append(s.seam[:0], s.sound[waiting:]...)
	s.sound = s.sound[:waiting]
	s.heard, s.barred = min(s.heard, waiting), min(s.barred, waiting)
	return true
}

// bridge lets the decoder make the seam: what it would go on with.
func (s *Stream) bridge() {
	s.seam = s.seam[:len(s.scraps)]
	if s.skimming || !s.live || s.wait > 0 || s.made >= s.long(plausible) {
		clear(s.seam)
		return
	}
	clear(s.seam[s.decoder.Conceal(s.seam):])
	s.fade(s.seam)
}

// upwards doubles the rate of the sound, less what the filter looks ahead.
func (s *Stream) upwards() {
	narrow := s.packet[:min(len(s.sound), len(s.packet))]
	copy(narrow, s.sound)
	up, wide := s.rates.up, s.sound[:cap(s.sound)]
	up.Filter(wide, s.rates.played[:])
	up.Filter(wide, narrow[:ahead]) // of which nothing is out yet
	n := 0
	for at := ahead; at < len(narrow); at += pcm.NarrowbandSamples {
		piece := narrow[at:min(at+pcm.NarrowbandSamples, len(narrow))]
		up.Filter(wide[n:], piece)
		n += 2 * len(piece)
	}
	s.sound = wide[:n]
}

// downwards halves the rate of the sound, less what the filter looks ahead.
func (s *Stream) downwards() {
	// The filter's delay is an odd number of samples; the sound's first has to
	// be the second of a pair.
	down, first := s.rates.down, s.rates.played
	copy(first[:], first[1:])
	first[past-1] = s.sound[0]
	var before [past / 2]int16
	down.Filter(before[:], first[:])
	wide := s.sound[1:]
	down.Filter(before[:ahead-1], wide[:2*ahead-2])
	n := 0
	for at := 2*ahead - 2; at+1 < len(wide); at += pcm.WidebandSamples {
		piece := wide[at:min(at+pcm.WidebandSamples, len(wide)&^1)]
		down.Filter(s.sound[n:n+len(piece)/2], piece)
		n += len(piece) / 2
	}
	s.sound = s.sound[:n]
}

// scale carries all that is counted in samples over to another rate.
func (s *Stream) scale(from, to int) {
	for _, n := range []*int{&s.frame, &s.floor, &s.ceiling, &s.owed, &s.made, &s.wait, &s.last, &s.heard, &s.barred} {
		*n = *n * to / from
	}
	for _, p := range s.shelf.packets {
		if p != nil {
			p.margin, p.late = p.margin*to/from, p.late*to/from
		}
	}
	s.rate = to
	s.scraps = s.scraps[:s.long(unit)]
	s.lastAt = s.lastAt * int64(to) / int64(from)
	s.lateness.turn(to)
	s.delays.turn(from, to)
}
