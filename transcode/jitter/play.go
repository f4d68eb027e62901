package jitter

import (
	"slices"

	"github.com/einwahl/einwahl/transcode/waveform"
)

// more adds to the sound what comes next. It reports false while there never
// has been anything.
func (s *Stream) more() bool {
	p := s.shelf.first()
	switch {
	case s.wait > 0:
		n := min(s.wait, s.frame)
		if !s.soothe(n) {
			s.silence(n)
		}
		s.wait -= n
	case p == nil && !s.live:
		return false
	case p == nil:
		s.starve()
	case s.mute(p.payload):
		s.counters.lost.Add(uint64(p.seq - s.shelf.next))
		s.hush(p.noise)
		s.shelf.take(p) // the place stays: what follows will lie beyond it
		s.played(uint16(p.seq))
	case s.live && p.seq == s.shelf.next && p.ts == s.place:
		s.concealed(s.owed)
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
	return missing > 0 && missing <= int(p.seq-s.shelf.next)*s.long(longest)
}

// starve makes up sound because nothing has come.
func (s *Stream) starve() {
	n := len(s.scraps)
	if !s.soothe(n) {
		s.makeUp(n, nil)
	}
	s.owed += n
}

// conceal makes up for the packets that are missing before p, less what was
// made up already.
func (s *Stream) conceal(p *packet) {
	missing := s.samples(p.ts - s.place)
	covered := min(missing, s.owed)
	s.owed -= covered
	n := min(missing-covered, max(s.last, len(s.scraps)))
	s.concealed(covered + n)
	if covered+n < missing {
		s.makeUp(n, nil)
		s.place += s.ticks(covered + n)
		return
	}
	s.frail = wary
	s.makeUp(n, p.payload) // just before p: it may carry a copy
	s.counters.lost.Add(uint64(p.seq - s.shelf.next))
	s.shelf.next, s.place = p.seq, p.ts
	if s.made >= s.long(plausible) && s.isGuessing() {
		s.letIn() // in the midst of a word, behind silence
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

// decode adds the sound of p, or while the stream is skimmed as much silence.
func (s *Stream) decode(p *packet) {
	s.owed = 0
	s.shake()
	s.cross(p)
	s.shelf.take(p)
	s.played(uint16(p.seq))
	n, err := s.unpack(p)
	if err != nil || n <= 0 {
		s.counters.damaged.Add(1)
		s.concealed(s.last)
		s.makeUp(s.last, nil)
		s.place += s.ticks(s.last)
		return
	}
	s.last, s.made, s.comfort.level = n, 0, 0
	s.place = p.ts + s.ticks(n)
	s.fit(s.packet[:n])
	s.append(s.packet[:n])
}

// concealed counts sound that was made up for packets that were late or lost.
// What is made up while nothing comes may turn out to have been a pause.
func (s *Stream) concealed(n int) {
	if !s.skimming {
		s.counters.concealed.Add(s.nanos(n))
	}
}

// makeUp adds n samples that never came. next is the packet behind them, if it
// is known.
func (s *Stream) makeUp(n int, next []byte) {
	if n == 0 {
		return
	}
	if s.skimming {
		s.made += n
		s.silence(n)
		return
	}
	if s.recover(n, next) {
		s.made += n
		return
	}
	for n > 0 {
		if s.made >= s.long(plausible) {
			s.made += n
			s.silence(n)
			return
		}
		got := min(s.decoder.Conceal(s.scraps), n)
		if got <= 0 {
			got = min(len(s.scraps), n)
			clear(s.scraps)
		}
		s.fade(s.scraps[:got])
		s.append(s.scraps[:got])
		s.made += got
		n -= got
	}
}

// recover adds n samples from the copy that next may carry of them.
func (s *Stream) recover(n int, next []byte) bool {
	if s.forward == nil || len(next) == 0 || n > s.long(longest) || s.made >= s.long(plausible) {
		return false
	}
	s.shake()
	got, err := s.forward.DecodeFEC(s.packet[:n], next)
	if err != nil || got != n {
		return false
	}
	if s.isGuessing() {
		s.fade(s.packet[:n])
	}
	s.fit(s.packet[:n])
	s.append(s.packet[:n])
	return true
}

// shake notes that what is decoded next may not fit what was heard before it.
func (s *Stream) shake() {
	s.shaken = max(s.shaken-1, 0)
	if s.isGuessing() {
		s.shaken = shakenFor
	}
}

func (s *Stream) isGuessing() bool { return s.guessing != nil && s.guessing.Guessing() }

// fit makes sound that was decoded follow what was heard before it, or is about to be.
func (s *Stream) fit(sound []int16) {
	if s.shaken == 0 || s.skimming || s.rates == nil {
		return
	}
	waveform.Join(sound, s.seam)
	s.seam = s.seam[:0]
	var before [2 * past]int16
	copy(before[:past], s.rates.played[:])
	n := copy(before[past:], s.sound[max(len(s.sound)-past, 0):])
	last := before[n : past+n]
	for next := range slices.Chunk(sound, s.frame) {
		waveform.Fit(last, next)
		last = next
	}
}

// fade lets made-up sound die away over the second half of what is plausible.
// Not every decoder does so by itself: Opus holds a vowel for a second.
func (s *Stream) fade(sound []int16) {
	full := s.long(plausible) / 2
	for i := range sound {
		left := min(max(2*full-s.made-i, 0), full)
		sound[i] = int16(int(sound[i]) * left / full)
	}
}

// append adds sound, which goes on from the seam if there is one.
func (s *Stream) append(sound []int16) {
	waveform.Join(sound, s.seam)
	s.seam = s.seam[:0]
	s.sound = append(s.sound, sound...)
	s.heard = len(s.sound)
	s.bar()
}

func (s *Stream) silence(n int) {
	at := len(s.sound)
	s.sound = s.sound[:at+n]
	clear(s.sound[at:])
}
