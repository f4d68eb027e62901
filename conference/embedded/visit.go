package embedded

import (
	"context"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/mixer"
)

var (
	_ conference.Visit = (*visit)(nil)
	_ conference.Seat  = (*seat)(nil)
)

// visit is a telephone's relation with the meeting.
type visit struct {
	meeting *meeting
	person  *person // belongs to the meeting's owner
	call    string
	states  chan conference.State // the newest only
	over    bool                  // nothing more is pushed; the owner's
}

// States delivers the newest state.
func (v *visit) States() <-chan conference.State { return v.states }

// push leaves the newest state for the reader. Only the meeting's owner calls
// it, so whoever takes the old one out makes room for the new one.
func (v *visit) push(st conference.State) {
	for !v.over {
		select {
		case v.states <- st:
			return
		default:
		}
		select {
		case <-v.states:
		default:
		}
	}
}

// finish says that there are no more states. It is safe to call twice.
func (v *visit) finish() {
	if !v.over {
		v.over = true
		close(v.states)
	}
}

// Open takes the seat, if the meeting's own rules allow it.
func (v *visit) Open(context.Context) (conference.Seat, error) {
	var s *seat
	err := conference.ErrGone
	v.meeting.do(func() {
		s, err = v.meeting.seat(v)
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Command does what a host has keyed.
func (v *visit) Command(_ context.Context, c conference.Command, who uint64) error {
	err := conference.ErrNotAdmitted
	v.meeting.do(func() { err = v.meeting.state.key(v.person, c, who) })
	return err
}

// Leave ends the visit. The state channel is closed when it returns.
func (v *visit) Leave() {
	v.meeting.do(func() { v.meeting.state.part(v.person, partLeft) })
}

// seat gives v a port in the room and a voice among the browsers.
func (m *meeting) seat(v *visit) (*seat, error) {
	mb := m.members[v.person.id]
	if mb == nil {
		return nil, conference.ErrGone
	}
	if mb.port != nil {
		return &seat{Port: mb.port, visit: v}, nil
	}
	voice := newVoice(v.person.id)
	if err := m.state.seat(v.person); err != nil {
		return nil, err
	}
	m.keepRoom()
	mb.voice = voice
	mb.encoder = newEncoder(m.pool, &voice.missed, voice.fromBeat)
	mb.port = m.room.Join(mb.encoder)
	mb.port.SetHears(true)
	m.log.Debug().Str("call", v.call).Str("person", v.person.id).Msg("telephone seated")
	return &seat{Port: mb.port, visit: v}, nil
}

// seat is a telephone's place: the port carries the sound, and what is said
// about it goes to the meeting's owner.
type seat struct {
	*mixer.Port
	visit *visit
}

// SetMicrophone opens or shuts the caller's microphone. The caller opening it
// takes off a host's mute.
func (s *seat) SetMicrophone(on bool) {
	s.visit.tell(func(st *state, p *person) { st.setMuted(p, !on) })
}

// SetHand raises or lowers the caller's hand.
func (s *seat) SetHand(up bool) {
	s.visit.tell(func(_ *state, p *person) { p.hand = up })
}

// Answer tells how the caller stands to a recording.
func (s *seat) Answer(run uint64, a conference.Answer) {
	s.visit.tell(func(st *state, p *person) { st.answered(p, run, a) })
}

func (v *visit) tell(f func(*state, *person)) {
	v.meeting.do(func() {
		if v.person.place == inside {
			f(v.meeting.state, v.person)
		}
	})
}
