package embedded

import "github.com/einwahl/einwahl/conference"

// stateFor is the meeting as the telephone p's visit sees it.
func (s *state) stateFor(p *person) conference.State {
	st := conference.State{
		Encryption:     s.encryption,
		Recording:      s.recording,
		RecordingRun:   s.run,
		Consent:        s.policy.consent,
		Locked:         s.locked,
		Lobby:          s.lobbyFor(p),
		HostPresent:    s.hostPresent(),
		HostPIN:        s.policy.hostPIN != "",
		JoinBeforeHost: s.policy.joinBeforeHost,
		PhonesRefused:  !s.policy.phones,
		Capacity:       s.policy.capacity,
		People:         s.inside(),
		Ended:          s.ended || p.parting == partEnded || p.parting == partGone,
		You: conference.You{
			Seated:        p.place == inside,
			Admitted:      p.admitted,
			Declined:      p.parting == partDeclined,
			Removed:       p.parting == partRemoved,
			Muted:         p.mutedByHost,
			SpeakRequests: p.requests,
		},
	}
	if p.parting == partSealed {
		st.Encryption = s.encryption
	}
	if s.isHost(p) {
		st.You.Waiting = s.waiting()
	}
	return st
}

// snapshot is the meeting as browsers see it.
type snapshot struct {
	Type    string      `json:"type"`
	Meeting meetingView `json:"meeting"`
	People  []Person    `json:"people"`
	You     youView     `json:"you"`
}

type meetingView struct {
	ID         string `json:"id"`
	Title      string `json:"title"`
	Encryption string `json:"encryption"`
	Recording  string `json:"recording"`
	Run        uint64 `json:"run"`
	Consent    string `json:"consent"`
	Locked     bool   `json:"locked"`
	Lobby      bool   `json:"lobby"`
	// Phones tells whether telephones may come in, and Numbers what they dial.
	Phones  bool     `json:"phones"`
	Numbers []string `json:"numbers,omitempty"`
}

type youView struct {
	MutedByHost bool `json:"muted_by_host"`
}

// Person is somebody at a meeting as others see them.
type Person struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Phone    bool   `json:"phone"`
	Host     bool   `json:"host"`
	Muted    bool   `json:"muted"`
	Hand     bool   `json:"hand"`
	Waiting  bool   `json:"waiting"`
	Recorded string `json:"recorded"` // unanswered, informed, agreed, declined
}

func (s *state) personView(p *person) Person {
	return Person{
		ID: p.id, Name: p.name, Phone: p.phone, Host: s.isHost(p),
		Muted: p.muted || p.mutedByHost, Hand: p.hand, Waiting: s.waits(p),
		Recorded: s.answerOf(p).String(),
	}
}

// peopleViews lists who is inside, and for hosts also who waits.
func (s *state) peopleViews(host bool) []Person {
	views := make([]Person, 0, len(s.people))
	for _, p := range s.people {
		if p.place == inside || (host && s.waits(p)) {
			views = append(views, s.personView(p))
		}
	}
	return views
}

func (s *state) meetingView() meetingView {
	v := meetingView{
		ID: s.policy.id, Title: s.policy.title, Encryption: s.encryption.String(),
		Recording: s.recording.String(), Run: s.run, Consent: s.policy.consent.String(),
		Locked: s.locked, Lobby: s.policy.lobby, Phones: s.policy.phones,
	}
	if v.Phones && !s.sealed() {
		v.Numbers = s.policy.numbers
	}
	return v
}

// snapshots makes what browsers are told; guests and hosts see other lists.
func (s *state) snapshots() (guest, host snapshot) {
	guest = snapshot{Type: "state", Meeting: s.meetingView(), People: s.peopleViews(false)}
	host = guest
	host.People = s.peopleViews(true)
	return guest, host
}
