package announcements

import "container/list"

// shelfRoom is how much of what was spoken is held in memory: eight minutes,
// which is 16 MB.
const shelfRoom = 8 * 60 * clipRate / clipFrame

// shelf holds what was spoken lately. Beyond its room, what was not asked for
// the longest goes; what is held never does.
type shelf struct {
	held   map[Phrase]*clip
	recent map[Phrase]*list.Element
	order  *list.List // of *placed, the latest first
	frames int
}

type placed struct {
	phrase Phrase
	clip   *clip
}

func newShelf() shelf {
	return shelf{recent: map[Phrase]*list.Element{}, order: list.New()}
}

func (s *shelf) take(p Phrase) *clip {
	if c := s.held[p]; c != nil {
		return c
	}
	e := s.recent[p]
	if e == nil {
		return nil
	}
	s.order.MoveToFront(e)
	return e.Value.(*placed).clip
}

func (s *shelf) put(p Phrase, c *clip) {
	if s.take(p) != nil {
		return
	}
	s.recent[p] = s.order.PushFront(&placed{p, c})
	s.frames += c.frames
	for s.frames > shelfRoom && s.order.Len() > 1 {
		last := s.order.Remove(s.order.Back()).(*placed)
		delete(s.recent, last.phrase)
		s.frames -= last.clip.frames
	}
}
