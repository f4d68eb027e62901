package embedded

import (
	"errors"
	"fmt"
	"maps"

	"github.com/einwahl/einwahl/conference"
)

var (
	errNoPerson      = errors.New("nobody here has this id")
	errSealed        = errors.New("an end-to-end encrypted meeting cannot be recorded by its server")
	errNoRecording   = errors.New("no recording runs")
	errRecordingRuns = errors.New("a recording runs already")
)

// state is everything that is true of a meeting, and the rules by which events
// change it. It knows no clock, no socket and no goroutine: its owner applies
// an event and then brings the world in line.
type state struct {
	policy     policy
	encryption conference.Encryption
	recording  conference.Recording
	run        uint64
	locked     bool
	lockedHere bool // by somebody who was in; such a lock goes when all have gone
	ended      bool // taken away by the operator, for good
	occupied   bool // somebody was inside when the dust last settled
	begun      bool // its start has come
	people     []*person
	next       int // number of the next person

	purpose    Texts // of the recording, as it was set last
	repurposed bool  // this run goes on with one that had another purpose
	message    Texts // for those who wait
	passages   passages
	barred     map[string]bool // PINs that let nobody in without a host's word
	passes     []string        // of pages that have been in and were not removed, the latest last
}

func newState(p policy) *state {
	s := &state{policy: p, recording: conference.NotRecording, next: 1, begun: p.start.IsZero()}
	s.reset()
	return s
}

// reset makes the meeting what the file says. Recordings keep being counted.
func (s *state) reset() {
	s.encryption, s.locked, s.lockedHere = s.policy.encryption, s.policy.locked, false
	s.recording, s.repurposed = conference.NotRecording, false
	s.purpose, s.message = s.policy.purpose, s.policy.message
	s.barred, s.passes = nil, nil
	s.arm()
}

// arm readies the recording of a meeting that is always recorded: it counts as
// running before anybody is in, so that whoever comes is told first.
func (s *state) arm() {
	if s.policy.record && !s.sealed() && !s.recording.Active() {
		s.recording, s.repurposed = conference.RecordingOn, false
		s.run++
	}
}

// sealed reports that no telephone may be here and nothing may be decoded.
func (s *state) sealed() bool { return seals(s.encryption) }

// seals reports whether the level keeps what is said from the gateway, or may.
func seals(level conference.Encryption) bool {
	return level == conference.EndToEnd || level == conference.Unknown || !level.Valid()
}

// configure takes on new settings. What hosts have set stays, unless the file
// now says something else about it than before.
func (s *state) configure(p policy) {
	old := s.policy
	s.policy = p
	if p.encryption != old.encryption {
		s.encrypt(p.encryption)
	}
	if p.locked != old.locked {
		s.locked, s.lockedHere = p.locked, false
	}
	if !maps.Equal(p.purpose, old.purpose) {
		s.setPurpose(p.purpose)
	}
	if !maps.Equal(p.message, old.message) {
		s.message = p.message
	}
	if !p.start.Equal(old.start) {
		s.begun = false // until the clock says so
	}
	s.unbar(old)
	if p.record != old.record {
		if p.record {
			s.arm()
		} else {
			s.recording = conference.NotRecording
		}
	}
	s.settle()
}

// arrive puts somebody at the door.
func (s *state) arrive(who newcomer) *person {
	p := &person{
		id: fmt.Sprintf("p%d", s.next), name: who.seen(), phone: who.phone, nickname: who.nickname, hostPIN: who.Host,
		language: who.language, secure: who.secure, held: who.held, looks: who.looks, muted: who.phone, pass: who.pass,
	}
	if who.Registered {
		p.own = who.Name
	}
	s.recognise(p, who.was)
	s.next++
	s.people = append(s.people, p)
	if !p.phone {
		s.knock(p)
	}
	s.settle()
	return p
}

// door is what the meeting's rules say to somebody who wants to come in.
func (s *state) door(p *person) (place, parting) {
	host := p.hostPIN && s.policy.hostPIN != ""
	// Where there is no host's PIN, the first browser opens the meeting; but while
	// telephones are left in it, not one that a host may have removed.
	first := s.policy.hostPIN == "" && !p.phone && s.eldest() == nil
	opens := host || first && (!s.bars(p) || s.inside() == 0)
	switch {
	case s.ended:
		return outside, partEnded
	case p.phone && s.sealed():
		return outside, partSealed
	case p.phone && !s.policy.phones:
		return outside, partDeclined
	case s.policy.registeredOnly && !host && p.own == "":
		return outside, partUnregistered
	case s.locked && !host && !p.admitted && p.place == atDoor:
		return outside, partLocked
	case s.early() && !host:
		return waitingForStart, ""
	case s.held(p) && !opens:
		return inLobby, ""
	case !s.policy.joinBeforeHost && !opens && !s.hostPresent():
		return waitingForHost, ""
	case s.policy.capacity > 0 && s.inside() >= s.policy.capacity:
		return outside, partFull
	}
	return inside, ""
}

// knock lets a browser in, or has it wait, or turns it away.
func (s *state) knock(p *person) {
	if p.place == inside || p.place == outside {
		return
	}
	if p.place, p.parting = s.door(p); p.place == inside {
		s.enters(p)
	}
}

// seat takes a telephone's seat. Unlike a browser it does not wait inside the
// meeting: the gateway waits, and asks again.
func (s *state) seat(p *person) error {
	switch p.place {
	case inside:
		return nil
	case outside:
		return conference.ErrGone
	}
	if p.looks {
		return conference.ErrNotAdmitted
	}
	if to, why := s.door(p); to != inside {
		if why == partEnded {
			return conference.ErrGone
		}
		return conference.ErrNotAdmitted
	}
	p.place, p.muted = inside, true
	s.enters(p)
	s.settle()
	return nil
}

// part sends somebody out.
func (s *state) part(p *person, why parting) {
	s.goes(p, why)
	s.settle()
}

// goes has somebody be outside, once.
func (s *state) goes(p *person, why parting) {
	if p.place == inside {
		s.leaves(p)
	}
	if p.place != outside {
		p.place, p.parting = outside, why
	}
}

// settle lets in who waited for what has just happened, and puts right what
// the last to leave has left behind.
func (s *state) settle() {
	for again := true; again; {
		again = false
		for _, p := range s.people {
			if p.phone || (p.place != inLobby && p.place != waitingForHost && p.place != waitingForStart) {
				continue
			}
			if s.knock(p); p.place == inside {
				again = true // perhaps the host somebody else waits for
			}
		}
	}
	if s.inside() > 0 {
		s.occupied = true
		return
	}
	if s.occupied {
		s.emptied()
	}
}

// emptied is when the last has left.
func (s *state) emptied() {
	s.occupied, s.barred, s.passes = false, nil, nil
	if s.lockedHere {
		s.locked, s.lockedHere = s.policy.locked, false
	}
	if !s.policy.record {
		s.recording = conference.NotRecording
	}
	s.setPurpose(s.policy.purpose)
	s.repurposed, s.message = false, s.policy.message // nobody is left who knew another
	s.arm()
}

// sweep forgets who is outside, and returns them.
func (s *state) sweep() []*person {
	var gone []*person
	kept := s.people[:0]
	for _, p := range s.people {
		if p.place == outside {
			gone = append(gone, p)
		} else {
			kept = append(kept, p)
		}
	}
	clear(s.people[len(kept):])
	s.people = kept
	return gone
}

// encrypt changes the level. End-to-end encryption ends a recording and sends
// every telephone out that has a seat.
func (s *state) encrypt(level conference.Encryption) {
	s.encryption = level
	if !s.sealed() {
		s.arm()
		return
	}
	s.recording = conference.NotRecording
	for _, p := range s.people {
		if p.phone && p.place == inside {
			s.goes(p, partSealed)
		}
	}
	s.settle()
}

// end sends everybody out and leaves the meeting as the file has it.
func (s *state) end(why parting) {
	for _, p := range s.people {
		s.goes(p, why)
	}
	s.occupied = false
	s.recording = conference.NotRecording
	s.reset()
}

// close takes the meeting away for good.
func (s *state) close() {
	s.end(partGone)
	s.ended = true
}
