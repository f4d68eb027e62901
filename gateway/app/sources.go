package app

import (
	"slices"
	"sync"
	"time"

	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/gateway/admin"
	"github.com/einwahl/einwahl/gateway/lockout"
)

// meetings shows the embedded meetings to the operator, and makes them.
type meetings struct {
	app     *App
	backend *embedded.Backend
	shown   *shown
}

// shown are the meetings as they were shown last. Each is written down anew only
// when something has changed in it.
type shown struct {
	mu    sync.Mutex
	infos []*embedded.Info
	all   []*admin.Meeting
}

// Meetings lists them.
func (m meetings) Meetings() []*admin.Meeting {
	s := m.shown
	s.mu.Lock()
	defer s.mu.Unlock()
	infos := m.backend.Meetings()
	if s.all != nil && slices.Equal(infos, s.infos) {
		return s.all
	}
	known := make(map[*embedded.Info]*admin.Meeting, len(s.infos))
	for i, info := range s.infos {
		known[info] = s.all[i]
	}
	all := make([]*admin.Meeting, len(infos))
	for i, info := range infos {
		if all[i] = known[info]; all[i] == nil {
			all[i] = shownAs(info)
		}
	}
	s.infos, s.all = infos, all
	return all
}

// Meeting is one of them, with what is the same for all.
func (m meetings) Meeting(id string) (*admin.Meeting, error) {
	info, err := m.backend.Meeting(id)
	if err != nil {
		return nil, err
	}
	one := shownAs(info)
	one.Fingerprint = info.Fingerprint
	return one, nil
}

// shownAs is a meeting as the operator's server has it.
func shownAs(info *embedded.Info) *admin.Meeting {
	people := make([]admin.Person, 0, len(info.People))
	for _, p := range info.People {
		people = append(people, admin.Person{
			ID: p.ID, Name: p.Name, Phone: p.Phone, Host: p.Host, Muted: p.Muted, Hand: p.Hand,
			Waiting: p.Waiting, Speaking: slices.Contains(info.Speaking, p.ID), Recorded: p.Recorded,
			Secure: p.Secure, Registered: p.Registered,
		})
	}
	meeting := admin.Meeting{
		ID: info.ID, Title: info.Title, Backend: "embedded", Encryption: info.Encryption, Recording: info.Recording,
		Consent: info.Consent, Locked: info.Locked, Lobby: info.Lobby, NoPhones: !info.Phones,
		Capacity: info.Capacity, People: people,
		PhonesRefused: info.PhonesRefused, RecordingRun: info.Run, Purpose: admin.Texts(info.Purpose), AfterNo: info.AfterNo,
		Message: admin.Texts(info.Message), Announce: info.Announce, Region: info.Region, NotStarted: info.NotStarted,
		RegisteredOnly: info.RegisteredOnly, HostFirst: info.HostFirst, Made: info.Made,
	}
	if !info.Start.IsZero() {
		meeting.Start = &info.Start
	}
	return &meeting
}

// Control does to a meeting what the operator says.
func (m meetings) Control(id string, c admin.Control) error {
	words := embedded.MeetingConfig{Phones: true}
	put(&words.Purpose, (*embedded.Texts)(c.Purpose))
	put(&words.Message, (*embedded.Texts)(c.Message))
	if err := m.spoken(words); err != nil {
		return err
	}
	return m.backend.Control(id, embedded.Control{
		Lock: c.Lock, Recording: c.Recording, Encryption: c.Encryption, Admit: c.Admit, Decline: c.Decline,
		Remove: c.Remove, Mute: c.Mute, AskToSpeak: c.AskToSpeak, MuteAll: c.MuteAll, End: c.End,
		Purpose: (*embedded.Texts)(c.Purpose), Message: (*embedded.Texts)(c.Message),
	})
}

// trunks shows the trunks to the operator.
type trunks struct{ app *App }

// Trunks lists them with the calls they carry now.
func (t trunks) Trunks() []admin.Trunk {
	use := t.app.phones.Use()
	configured := t.app.settings.Load().Trunks
	all := make([]admin.Trunk, 0, len(configured))
	for _, c := range configured {
		all = append(all, admin.Trunk{
			Name: c.Name, Peers: c.Peers, Codecs: c.Codecs, SRTP: c.SRTP, MaxCalls: c.MaxCalls,
			Calls: use[c.Name].Calls, Refused: use[c.Name].Refused,
			Registrations: t.registrations(c.Name), Reachable: t.reachable(c.Name),
		})
	}
	return all
}

// registrations are the accounts with one trunk.
func (t trunks) registrations(name string) []admin.Registration {
	var all []admin.Registration
	for _, r := range t.app.phones.Registrations() {
		if r.Trunk != name {
			continue
		}
		shown := admin.Registration{User: r.User, Server: r.Server, State: r.State, Since: r.Since, Error: r.Error}
		if !r.Expires.IsZero() {
			shown.Expires = &r.Expires
		}
		all = append(all, shown)
	}
	return all
}

// reachable are the peers of one trunk that are asked.
func (t trunks) reachable(name string) []admin.Peer {
	var all []admin.Peer
	for _, p := range t.app.phones.Peers() {
		if p.Trunk == name {
			all = append(all, admin.Peer{Address: p.Address, State: p.State, Since: p.Since, Error: p.Error})
		}
	}
	return all
}

// drains lets the operator drain the gateway.
type drains struct{ *App }

// Drain turns new calls away; nil takes the time from the operator's file.
func (d drains) Drain(after *time.Duration) {
	if after == nil {
		after = &d.settings.Load().Limits.Drain
	}
	d.App.Drain(*after)
}

// guesses shows the operator who is locked out.
type guesses struct{ *lockout.Guard }

// Guessing lists what is locked.
func (g guesses) Guessing() admin.Guessing {
	stats, locked := g.Stats(), g.Locked()
	all := admin.Guessing{Wrong: stats.Wrong, Locks: map[string]uint64{}}
	for scope, n := range stats.Locks {
		all.Locks[string(scope)] = n
	}
	for _, l := range locked {
		all.Locked = append(all.Locked, admin.Lock{Scope: string(l.Scope), Name: l.Name, Until: l.Until})
	}
	return all
}
