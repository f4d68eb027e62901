package embedded

import (
	"time"

	"github.com/einwahl/einwahl/conference"
)

// abandon lets go of everybody without asking the state, which cannot be
// relied on any more: nobody is heard, and the other meetings go on.
func (m *meeting) abandon() {
	m.fell = true
	if m.room != nil {
		m.guarded(m.room.Silence)
	}
	for _, mb := range m.members {
		m.guarded(func() { silence(mb) }) // all, before anybody is waited for
	}
	if m.recorder != nil {
		m.guarded(m.unplugMix)
		close(m.recorder.stopped)
	}
	if m.room != nil {
		m.guarded(m.closeRoom)
	}
	for _, mb := range m.members {
		m.guarded(func() { dismiss(mb) })
		m.guarded(func() { free(mb) })
	}
	m.members, m.room, m.recorder, m.speaking = map[string]*member{}, nil, nil, nil
	m.hurry(false)
	m.guarded(m.renew) // at the latest the next order does it
}

// guarded does one thing for those who are let go. What is broken must not keep
// the others.
func (m *meeting) guarded(f func()) {
	defer func() {
		if fault := recover(); fault != nil {
			m.log.Error().Interface("fault", fault).Msg("somebody in a meeting that fell was not let go in order")
		}
	}()
	f()
}

// silence takes a member's voice away from everybody.
func silence(mb *member) {
	if mb.voice != nil {
		mb.voice.shut()
		mb.stopDecoding()
	}
}

// dismiss tells a member that the meeting is over, as far as they can know.
func dismiss(mb *member) {
	mb.person.place, mb.person.parting = outside, partGone
	if mb.visit != nil {
		mb.visit.push(conference.State{Ended: true})
		mb.visit.finish()
	}
	if mb.browser != nil {
		mb.browser.cut()
		mb.browser.out.bye(partGone)
	}
}

// free gives back what a member has.
func free(mb *member) {
	if mb.port != nil {
		mb.port.Close()
	}
	if mb.encoder != nil {
		mb.encoder.close()
	}
	if mb.voice != nil {
		mb.voice.close()
	}
}

// renew begins a meeting anew that has fallen. People and recordings go on being
// counted: who is still on the way out is nobody of those who come.
func (m *meeting) renew() {
	s := newState(*m.settings.Load())
	s.next += m.state.next
	s.run += m.state.run
	s.clock(time.Now())
	m.state, m.fell = s, false
	m.publish(s.hostView())
}
