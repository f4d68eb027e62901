package embedded

import (
	"time"

	"github.com/einwahl/einwahl/conference"
)

// Info is a meeting as an operator sees it. It is never changed: where something
// changes in the meeting there is another one.
type Info struct {
	ID         string
	Title      string
	Encryption string
	Recording  string
	Run        uint64
	Consent    string
	Locked     bool
	Lobby      bool
	Phones     bool // telephones may come in
	Capacity   int
	Speaking   []string // by ID
	People     []Person

	PhonesRefused  string    // why none can be here now: e2ee, unknown, closed; empty: one can
	Purpose        Texts     // of the recording
	AfterNo        string    // listen, leave, talk; empty: the operator's policy
	Message        Texts     // to those who wait
	Announce       string    // off, tones, names
	Region         string    // where its sound is processed
	Fingerprint    string    // of the certificate of all connections of its pages, as in SDP
	Start          time.Time // zero: at any time
	NotStarted     bool
	RegisteredOnly bool
	HostFirst      bool
	Made           bool // while the gateway ran, and not in the operator's file
}

// Meetings tells of all meetings: those of the operator's file in its order, and
// then those that were made. It asks none of them: each leaves word when something
// is done in it. Where it is the same Info as before nothing has changed.
func (b *Backend) Meetings() []*Info {
	b.mu.Lock()
	listed := b.inOrder
	b.mu.Unlock()
	now := time.Now()
	infos := make([]*Info, len(listed))
	for i, m := range listed {
		infos[i] = m.info(now)
	}
	return infos
}

// Meeting tells of one meeting. It returns conference.ErrNoMeeting.
func (b *Backend) Meeting(id string) (*Info, error) {
	m := b.meeting(id)
	if m == nil {
		return nil, conference.ErrNoMeeting
	}
	return m.info(time.Now()), nil
}

// info is the meeting as it is now.
func (m *meeting) info(now time.Time) *Info {
	is := m.view.Load()
	if !is.NotStarted || now.Before(is.Start) {
		return is
	}
	// Nobody was there when it began, and so it did not say so.
	begun := *is
	begun.NotStarted = false
	m.view.CompareAndSwap(is, &begun)
	return m.view.Load()
}

// sealed reports whether the meeting is end-to-end encrypted, for who only looks.
func (m *meeting) sealed() bool {
	level, err := conference.ParseEncryption(m.view.Load().Encryption)
	return err != nil || seals(level)
}

// publish leaves word of what hosts see. The meeting's owner calls it.
func (m *meeting) publish(host snapshot) {
	v := host.Meeting
	m.view.Store(&Info{
		ID: v.ID, Title: v.Title, Encryption: v.Encryption, Recording: v.Recording, Run: v.Run,
		Consent: v.Consent, Locked: v.Locked, Lobby: v.Lobby, People: host.People,
		Phones: v.Phones, PhonesRefused: v.PhonesRefused, Capacity: m.state.policy.capacity, Speaking: m.speaking,
		Purpose: m.state.purpose, AfterNo: v.AfterNo, Message: m.state.message, Announce: v.Announce, Region: v.Region,
		Start: m.state.policy.start, NotStarted: v.Start != nil, RegisteredOnly: v.RegisteredOnly, HostFirst: v.HostFirst,
		Made: m.made, Fingerprint: m.net.fingerprint,
	})
}

// publishSpeaking leaves word of who speaks.
func (m *meeting) publishSpeaking() {
	now := *m.view.Load()
	now.Speaking = m.speaking
	m.view.Store(&now)
}
