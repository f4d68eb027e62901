package embedded

import "github.com/einwahl/einwahl/conference"

// passages are those who came and went last.
type passages struct {
	joined, before conference.Passage // the last who came, and the one before
	left           conference.Passage
}

// enters counts somebody in.
func (s *state) enters(p *person) {
	was := s.passages.joined
	s.passages.before = was
	s.passages.joined = p.passage(was.Count + 1)
	p.entry = s.passages.joined.Count
	s.issue(p)
}

// leaves counts somebody out.
func (s *state) leaves(p *person) {
	s.passages.left = p.passage(s.passages.left.Count + 1)
}

// passage is how p is told of. The name of a telephone is its registrant's, else it
// has none: what others see of its number is not for the ear.
func (p *person) passage(count uint64) conference.Passage {
	if p.phone && p.own == "" {
		return conference.Passage{Count: count, Phone: true, Nickname: p.nickname}
	}
	return conference.Passage{Count: count, Name: p.name}
}

// passagesFor are the passages as p is told of them: their own coming is none,
// and who it was is told only where that is wanted.
func (s *state) passagesFor(p *person) (joined, left conference.Passage) {
	joined, left = s.passages.joined, s.passages.left
	switch p.entry {
	case 0:
	case joined.Count:
		joined = s.passages.before
	default:
		joined.Count--
	}
	if s.policy.announce != conference.AnnounceNames {
		joined, left = conference.Passage{Count: joined.Count}, conference.Passage{Count: left.Count}
	}
	return joined, left
}
