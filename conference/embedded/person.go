package embedded

import "github.com/einwahl/einwahl/conference"

// place is where somebody stands.
type place int

const (
	// atDoor is a telephone that has not taken its seat: known, not shown.
	atDoor place = iota
	// waitingForHost may come in as soon as a host is there.
	waitingForHost
	// inLobby waits until a host decides.
	inLobby
	// inside has a voice, or could have.
	inside
	// waitingForStart may come in when the meeting begins.
	waitingForStart
	// outside is over; parting says why.
	outside
)

// parting is why somebody is outside.
type parting string

const (
	partRemoved  parting = "removed"
	partEnded    parting = "ended"
	partDeclined parting = "declined"
	partLeft     parting = "left"
	partFull     parting = "full"
	partLocked   parting = "locked"
	partGone     parting = "gone"
	// partUnregistered is who has no PIN of their own where there must be one.
	partUnregistered parting = "registered"
	// partNoConsent is who said no to a recording that takes nobody else.
	partNoConsent parting = "no_consent"
	// partSealed is a telephone in a meeting that turned end-to-end encrypted.
	partSealed parting = "sealed"
)

// person is somebody at a meeting: a browser or a telephone.
type person struct {
	id       string
	name     string
	phone    bool
	nickname int    // of a telephone, see conference.Guest
	hostPIN  bool   // has given the host's PIN
	own      string // the name that goes with their own PIN; empty for who has none
	language string
	secure   bool   // a telephone whose call is encrypted as far as the gateway
	pass     string // by which its page is known if it comes back; telephones have none
	known    bool   // has come back
	held     bool   // waits in a lobby of their own, as the gateway wants
	looks    bool   // only: has no seat, and nobody sees them
	place    place
	parting  parting
	admitted bool // a host has let them through the lobby

	muted       bool // their own doing
	mutedByHost bool // until they unmute
	hand        bool
	requests    int // how often a host has asked them to speak

	answer    conference.Answer
	answerRun uint64

	entry uint64 // which of those who came in; 0: has not yet
}

// cleared reports whether p's voice may be heard as far as recordings go: as
// long as one runs or is about to, that is only who has answered it, and who has
// said no only where that means talking on outside the files.
func (s *state) cleared(p *person) bool {
	if s.recordable(p) || !s.recording.Active() {
		return true
	}
	return s.policy.afterNo == conference.AfterNoTalk && s.answerOf(p) == conference.Declined
}

// recordable reports whether p's voice may be in the files of a recording. After
// a no it never is, whatever is asked here.
func (s *state) recordable(p *person) bool {
	answer := s.answerOf(p)
	switch {
	case !s.recording.Active() || answer == conference.Declined:
		return false
	case s.policy.consent == conference.ConsentOff:
		return true
	case s.policy.consent == conference.ConsentNotice:
		return answer == conference.Informed || answer == conference.Agreed
	}
	return answer == conference.Agreed
}

// answerOf is p's answer to the recording that runs now; an answer to an
// earlier one is none.
func (s *state) answerOf(p *person) conference.Answer {
	if !s.recording.Active() || p.answerRun != s.run {
		return conference.Unanswered
	}
	return p.answer
}

// audible reports whether what p says reaches anybody.
func (s *state) audible(p *person) bool {
	if p.place != inside || p.muted || p.mutedByHost || !s.cleared(p) {
		return false
	}
	return !p.phone || !s.sealed()
}

// isHost reports whether p may command. In a meeting without a host's PIN
// that is the browser that has been inside longest.
func (s *state) isHost(p *person) bool {
	if s.policy.hostPIN != "" {
		return p.hostPIN
	}
	return s.eldest() == p
}

func (s *state) eldest() *person {
	for _, p := range s.people {
		if p.place == inside && !p.phone {
			return p
		}
	}
	return nil
}

func (s *state) hostPresent() bool {
	for _, p := range s.people {
		if p.place == inside && s.isHost(p) {
			return true
		}
	}
	return false
}

func (s *state) inside() int {
	n := 0
	for _, p := range s.people {
		if p.place == inside {
			n++
		}
	}
	return n
}

// waits reports whether hosts see p in the lobby. A telephone counts as
// waiting as long as it stands at the door and needs their word.
func (s *state) waits(p *person) bool {
	if p.place == inLobby {
		return true
	}
	return p.phone && p.place == atDoor && s.held(p) && !s.sealed() && !p.looks
}

func (s *state) waiting() int {
	n := 0
	for _, p := range s.people {
		if s.waits(p) {
			n++
		}
	}
	return n
}

func (s *state) find(id string) *person {
	for _, p := range s.people {
		if p.id == id {
			return p
		}
	}
	return nil
}
