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
	s.passages.joined = conference.Passage{Count: was.Count + 1, Name: p.name}
	p.entry = s.passages.joined.Count
	s.issue(p)
}

// leaves counts somebody out.
func (s *state) leaves(p *person) {
	s.passages.left.Count++
	s.passages.left.Name = p.name
}

// passagesFor are the passages as p is told of them: their own coming is none,
// and names are told only where that is wanted.
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
		joined.Name, left.Name = "", ""
	}
	return joined, left
}
