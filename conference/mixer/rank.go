package mixer

import (
	"time"

	"github.com/einwahl/einwahl/transcode/level"
	"github.com/einwahl/einwahl/transcode/pcm"
)

const (
	// most is how many remote speakers are heard at once. More at a time
	// nobody understands, and each has to be decoded.
	most = 4
	// holdOn is how long a speaker counts as being as loud as their loudest
	// word, so that nobody loses their place between two words. They are read
	// for as long only as the end of a word may take.
	holdOn = int(400 * time.Millisecond / pcm.FrameDuration)
	// lead is how much louder somebody has to be to take another's place, in
	// dB.
	lead = 3
)

// ranked is what a source also is that can be left out. If it was, the next
// frame that is read from it comes in as if it never had been.
type ranked interface {
	// Loudness is how loud the frame of this beat will be, in dBov, or
	// [level.Silent].
	Loudness() int
	// Skim is for a beat on which the frame is not read.
	Skim()
}

// rank is a speaker's place among the others. Who begins to speak is ranked by
// it at once, who stops only after a while.
type rank struct {
	tells  ranked // nil for a source that is always read
	loud   int    // what the source says of this beat, in dBov
	held   int    // the loudest of the last beats
	left   int    // beats for which it is held
	hang   level.Hangover
	speaks bool // or a word of theirs is about to end
}

// place is somebody's place among those whom an audience hears. The phones are one,
// and who listens to the record is another: who is not on record takes no place there.
type place struct {
	chosen uint64 // beat on which they were last among the loudest
	heard  uint64 // beat on which they were last heard
}

func newRank(src pcm.Source) rank {
	r := rank{loud: level.Silent, held: level.Silent}
	r.tells, _ = src.(ranked)
	return r
}

// follow takes the loudness of a beat.
func (r *rank) follow() {
	if r.tells == nil {
		return
	}
	r.loud = r.tells.Loudness()
	if r.loud >= r.held || r.left == 0 {
		r.held, r.left = r.loud, holdOn
	}
	r.left--
	speech := r.loud > level.Inaudible // browsers go on sending what is not
	r.speaks = r.hang.Follow(speech, !speech)
}

// skip leaves the source out.
func (r *rank) skip() {
	if r.tells != nil {
		r.tells.Skim()
	}
}

// weight is what is compared: how loud they are to the listeners, who hear a
// soft microphone as loud as the others. Who is heard already has a lead.
func (s *Speaker) weight(p *place, beat uint64) int {
	weight := s.held + int(s.leveler.Gain())
	if p.chosen+1 == beat {
		weight += lead
	}
	return weight
}

// choose chooses the loudest for a beat, of those who have a place there.
func choose(all []*Speaker, there func(*Speaker) *place, beat uint64) {
	var loudest [most]*Speaker
	for _, s := range all {
		if s.tells == nil || there(s) == nil || s.held <= level.Inaudible {
			continue
		}
		for i, other := range loudest {
			if other == nil || s.weight(there(s), beat) > other.weight(there(other), beat) {
				loudest[i], s = s, other
			}
			if s == nil {
				break
			}
		}
	}
	for _, s := range loudest {
		if s != nil {
			there(s).chosen = beat
		}
	}
}

// degree is how a speaker is heard on a beat.
type degree int

const (
	unheard degree = iota
	heard
	leaving // what follows will not be heard
)

// at tells how the speaker is heard at a place on a beat, when all were chosen.
func (r *rank) at(p *place, beat uint64) degree {
	switch {
	case p == nil:
		return unheard
	case r.tells == nil:
		return heard
	case p.chosen == beat && r.speaks:
		p.heard = beat
		return heard
	case p.heard > 0 && p.heard+1 == beat:
		return leaving
	}
	return unheard
}
