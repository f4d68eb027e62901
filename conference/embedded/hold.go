package embedded

import (
	"slices"
	"time"
)

// held reports whether p comes in only at a host's word, and has not had it.
func (s *state) held(p *person) bool {
	return s.lobbyFor(p) && !p.admitted && !s.isHost(p)
}

// lobbyFor reports whether there is a waiting room for p: where there is one for
// everybody, where the gateway wants one for them, and where their PIN has been
// misused.
func (s *state) lobbyFor(p *person) bool {
	return s.policy.lobby || p.held || s.bars(p) || !p.hostPIN && s.carried(p)
}

// bars reports whether p comes with a PIN that somebody was removed with, and is
// not known to have been in and not removed.
func (s *state) bars(p *person) bool {
	return s.barred[p.own] && !p.hostPIN && !p.known
}

// knownPages is how many pages a meeting knows that have been in and are not there.
const knownPages = 512

// issue has a page be known if it comes back. Of too many those are forgotten that
// have been away for longest: they are like others then.
func (s *state) issue(p *person) {
	if p.pass == "" {
		return
	}
	s.forget(p.pass)
	s.passes = append(s.passes, p.pass)
	if len(s.passes) <= knownPages {
		return
	}
	away := func(pass string) bool {
		return !slices.ContainsFunc(s.people, func(q *person) bool { return q.pass == pass })
	}
	if i := slices.IndexFunc(s.passes, away); i >= 0 {
		s.forget(s.passes[i])
	}
}

func (s *state) forget(pass string) {
	s.passes = slices.DeleteFunc(s.passes, func(known string) bool { return known == pass })
}

// recognise looks at the pass of a page that says to have been in before. One that
// was removed has none any more.
func (s *state) recognise(p *person, pass string) {
	if slices.Contains(s.passes, pass) {
		p.pass, p.known = pass, true
	}
}

// carried reports whether p's own PIN has let somebody in already.
func (s *state) carried(p *person) bool {
	return p.own != "" && slices.ContainsFunc(s.people, func(q *person) bool {
		return q != p && q.own == p.own && q.place == inside
	})
}

// early reports whether the meeting has not begun: its start is to come, and no
// host is there.
func (s *state) early() bool { return !s.begun && !s.hostPresent() }

// clock tells what time it is. What has begun stays begun.
func (s *state) clock(now time.Time) {
	if s.begun || now.Before(s.policy.start) {
		return
	}
	s.begun = true
	s.settle()
}

// remove puts somebody out, and has whoever comes with the same PIN wait for a
// host's word until the meeting is over: who was removed cannot simply call
// again. A host's PIN stays as it is, since hosts are equals.
func (s *state) remove(p *person) {
	s.forget(p.pass)
	if !p.hostPIN {
		if s.barred == nil {
			s.barred = map[string]bool{}
		}
		s.barred[p.own] = true
	}
	s.part(p, partRemoved)
}

// last is the entry of who came in last, other than hosts and by; 0 is nobody.
func (s *state) last(by *person) (entry uint64) {
	for _, p := range s.people {
		if p.place == inside && p != by && p.entry > entry && !s.isHost(p) {
			entry = p.entry
		}
	}
	return entry
}

// entered is who is inside by that entry.
func (s *state) entered(entry uint64) *person {
	for _, p := range s.people {
		if p.place == inside && p.entry == entry {
			return p
		}
	}
	return nil
}

// unbar forgets what was done with PINs that are others now.
func (s *state) unbar(old policy) {
	if s.policy.pin != old.pin {
		delete(s.barred, "")
	}
	for _, r := range old.registrants {
		if !slices.Contains(s.policy.registrants, r) {
			delete(s.barred, r.Name)
		}
	}
}
