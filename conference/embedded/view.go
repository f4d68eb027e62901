package embedded

import (
	"time"

	"github.com/einwahl/einwahl/conference"
)

// stateFor is the meeting as the telephone p's visit sees it.
func (s *state) stateFor(p *person) conference.State {
	st := conference.State{
		Encryption:     s.encryption,
		Recording:      s.recording,
		RecordingRun:   s.run,
		Consent:        s.policy.consent,
		Purpose:        s.purpose.In(p.language),
		Repurposed:     s.repurposed,
		AfterNo:        s.policy.afterNo,
		Locked:         s.locked,
		Lobby:          s.lobbyFor(p),
		HostPresent:    s.hostPresent(),
		HostPIN:        s.policy.hostPIN != "",
		JoinBeforeHost: s.policy.joinBeforeHost,
		PhonesRefused:  !s.policy.phones,
		RegisteredOnly: s.policy.registeredOnly,
		NotStarted:     s.early() && !s.isHost(p),
		Capacity:       s.policy.capacity,
		People:         s.inside(),
		Ended:          s.ended || p.parting == partEnded || p.parting == partGone,
		Region:         s.policy.region,
		Message:        s.message.In(p.language),
		Announce:       s.policy.announce,
		You: conference.You{
			Seated:        p.place == inside,
			Admitted:      p.admitted,
			Declined:      p.parting == partDeclined,
			Removed:       p.parting == partRemoved,
			Muted:         p.mutedByHost,
			SpeakRequests: p.requests,
		},
	}
	st.Joined, st.Left = s.passagesFor(p)
	if s.isHost(p) {
		st.You.Waiting, st.You.Last = s.waiting(), s.last(p)
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
	// PhonesRefused is why no telephone can be here now: e2ee, unknown or closed.
	PhonesRefused string `json:"phones_refused,omitempty"`
	// Purpose is what the recording is for, by language. Where PurposeSpoken is set
	// it can only be heard, by telephone.
	Purpose       Texts `json:"purpose,omitempty"`
	PurposeSpoken bool  `json:"purpose_spoken,omitempty"`

	AfterNo  string `json:"after_no,omitempty"` // of who says no: listen, leave, talk
	Announce string `json:"announce"`           // how telephones learn of who comes and goes
	Region   string `json:"region,omitempty"`
	// RegisteredOnly takes people only with a PIN of their own, and hosts.
	RegisteredOnly bool `json:"registered_only"`
	// Fingerprint of the certificate with which pages are connected, as in SDP, for
	// hosts to compare.
	Fingerprint string     `json:"fingerprint,omitempty"`
	HostFirst   bool       `json:"host_first"`      // nobody is in without a host
	Start       *time.Time `json:"start,omitempty"` // while the meeting has not begun
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
	// Secure tells of a telephone that its call is encrypted as far as the
	// gateway; never that it is to the end.
	Secure     bool `json:"secure"`
	Registered bool `json:"registered"` // known by a PIN of their own
}

func (s *state) personView(p *person) Person {
	return Person{
		ID: p.id, Name: p.name, Phone: p.phone, Host: s.isHost(p),
		Muted: p.muted || p.mutedByHost, Hand: p.hand, Waiting: s.waits(p),
		Recorded: s.answerOf(p).String(), Secure: p.secure, Registered: p.own != "",
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
		Locked: s.locked, Lobby: s.policy.lobby, Phones: s.policy.phones, PhonesRefused: s.phonesRefused(),
		Purpose: s.purpose.readable(), PurposeSpoken: s.purpose.Unreadable(), AfterNo: s.policy.afterNo.String(), Announce: s.policy.announce.String(), Region: s.policy.region,
		RegisteredOnly: s.policy.registeredOnly, HostFirst: !s.policy.joinBeforeHost,
	}
	if v.PhonesRefused == "" {
		v.Numbers = s.policy.numbers
	}
	if s.early() {
		v.Start = s.start()
	}
	return v
}

// start is when the meeting begins, for others to keep.
func (s *state) start() *time.Time {
	at := s.policy.start
	return &at
}

// phonesRefused is why no telephone can be in the meeting now, empty where one
// can.
func (s *state) phonesRefused() string {
	switch {
	case s.encryption == conference.EndToEnd:
		return s.encryption.String()
	case s.sealed():
		return conference.Unknown.String()
	case !s.policy.phones:
		return "closed"
	}
	return ""
}

// snapshots makes what browsers are told; guests and hosts see other lists.
func (s *state) snapshots() (guest, host snapshot) {
	host = s.hostView()
	guest = host
	guest.People = s.peopleViews(false)
	return guest, host
}

// hostView is what hosts see.
func (s *state) hostView() snapshot {
	return snapshot{Type: "state", Meeting: s.meetingView(), People: s.peopleViews(true)}
}
