package embedded

import (
	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/mixer"
)

// bringInLine makes the world what the state says. The order is the point of
// it: first everybody is silent who must be, and off the record, then those are out who are out,
// then all are told, and only then is a voice opened or a file begun.
func (m *meeting) bringInLine() {
	if m.state.sealed() && m.room != nil {
		m.room.Silence() // every telephone in one step, before anything else
	}
	m.shutVoices()
	if m.recorder != nil {
		m.recorder.pause(m.state.recording != conference.RecordingOn)
	}
	for _, p := range m.state.sweep() {
		m.sendOut(p)
	}
	if m.strict() {
		m.cutWeak()
	}
	m.runRecorder()
	m.keepRoom()
	m.tellAll()
	m.openVoices()
	m.spreadVoices()
}

func (m *meeting) shutVoices() {
	for _, mb := range m.members {
		switch {
		case mb.voice == nil:
		case !m.state.audible(mb.person):
			m.shut(mb)
		case !m.state.recordable(mb.person):
			mb.unrecord()
		}
	}
}

// shut takes a member's voice away from everybody. When it returns no packet
// and no later beat carries it.
func (m *meeting) shut(mb *member) {
	if mb.port != nil {
		mb.port.SetVoice(false)
	}
	mb.unrecord()
	mb.voice.shut()
	mb.stopDecoding()
}

// openVoices opens who may be heard, and brings them where they are listened
// to: to the room, and to the files.
func (m *meeting) openVoices() {
	for _, mb := range m.members {
		if mb.voice == nil || !m.state.audible(mb.person) {
			continue
		}
		recorded := m.state.recordable(mb.person)
		if recorded && !mb.recorded && m.mixes() {
			mb.stopDecoding() // it holds what was said before
		}
		if mb.browser != nil && m.room != nil && mb.decoding == nil {
			m.startDecoding(mb)
		}
		mb.setRecorded(recorded)
		mb.voice.open(mb.stream(), m.fileOf(mb))
		if mb.port != nil {
			mb.port.SetVoice(true)
		}
	}
}

// startDecoding brings a browser's voice to the room.
func (m *meeting) startDecoding(mb *member) {
	d, err := startDecoding(m.room)
	if err != nil {
		m.log.Error().Err(err).Msg("no decoder for a browser's voice")
		return
	}
	mb.decoding = d
}

// sendOut ends what a person has here. A telephone's last state, and a page's
// last word, tell why.
func (m *meeting) sendOut(p *person) {
	mb := m.members[p.id]
	if mb == nil {
		return
	}
	if mb.voice != nil {
		m.shut(mb)
	}
	if mb.visit != nil {
		mb.visit.push(m.state.stateFor(p))
		mb.visit.finish()
	}
	free(mb)
	if mb.browser != nil {
		mb.browser.cut()
		mb.browser.out.bye(p.parting)
	}
	delete(m.members, p.id) // at last: after a fault it is still known who is there
}

// keepRoom has a room exactly while a telephone or a recording listens.
func (m *meeting) keepRoom() {
	phones := 0
	for _, p := range m.state.people {
		if p.phone && p.place == inside {
			phones++
		}
	}
	needed := !m.state.sealed() && (phones > 0 || m.recorder != nil)
	switch {
	case needed && m.room == nil:
		m.room = mixer.NewRoom(m.group())
		m.net.onBeat(m.room.Clock())
	case !needed && m.room != nil:
		for _, mb := range m.members {
			mb.stopDecoding()
		}
		m.unplugMix()
		m.closeRoom()
	}
	if m.room != nil {
		m.plugMix()
	}
}

func (m *meeting) closeRoom() {
	m.net.offBeat(m.room.Clock())
	m.room.Close()
	m.room = nil
}

// tellAll tells telephones and pages what has changed for them.
func (m *meeting) tellAll() {
	guest, host := m.state.snapshots()
	host.Meeting.Fingerprint = m.net.fingerprint
	m.publish(host)
	for _, mb := range m.members {
		if mb.visit != nil {
			if st := m.state.stateFor(mb.person); !mb.toldOnce || st != mb.told {
				mb.told, mb.toldOnce = st, true
				mb.visit.push(st)
			}
			continue
		}
		m.tellPage(mb, guest, host)
	}
}

func (m *meeting) tellPage(mb *member, guest, host snapshot) {
	out, p := mb.browser.out, mb.person
	switch p.place {
	case inLobby:
		out.waiting(waitingMessage{Why: "lobby", Message: m.state.message.readable()})
	case waitingForHost:
		out.waiting(waitingMessage{Why: "host", Message: m.state.message.readable()})
	case waitingForStart:
		out.waiting(waitingMessage{Why: "start", Message: m.state.message.readable(), Start: m.state.start()})
	case inside:
		if mb.voice == nil {
			mb.voice = newVoice(p.id)
			mb.browser.enter(mb.voice, m.state.isHost(p), m.strict())
		}
		mb.browser.secure(m.state.isHost(p), m.strict())
		view := guest
		if m.state.isHost(p) {
			view = host
		}
		view.You = youView{MutedByHost: p.mutedByHost}
		out.state(view)
		if p.requests > mb.requests {
			mb.requests = p.requests
			out.send(plain{Type: "speak_request"})
		}
	}
}

// strict reports whether every leg must speak AEAD ciphers.
func (m *meeting) strict() bool { return m.state.encryption == conference.Enhanced }

// spreadVoices gives every page the voices of all the others.
func (m *meeting) spreadVoices() {
	listeners := 0
	var voices []*voice
	for _, p := range m.state.people {
		mb := m.members[p.id]
		if mb == nil || mb.voice == nil {
			continue
		}
		voices = append(voices, mb.voice)
		if mb.browser != nil {
			listeners++
		}
	}
	m.hurry(listeners > 1)
	// A socket of its own that a page has may make who sends wait; the one that
	// all pages share does not.
	apart := listeners > few || listeners > 0 && m.net.mux == nil
	for _, mb := range m.members {
		if mb.encoder != nil {
			mb.encoder.wanted(listeners > 0 || m.recorder != nil)
		}
		if mb.voice != nil {
			// A page's voice comes where all pages' do, unless each has its socket.
			mb.voice.sendApart(apart && (mb.encoder != nil || m.net.mux != nil))
			if listeners == 0 { // nor does a recording miss anything
				mb.voice.missed.Store(0)
			}
		}
		if mb.browser != nil && mb.voice != nil {
			mb.browser.hear(voices)
		}
	}
}

// hurry has the packets of pages taken as soon as other pages wait for them.
// Telephones wait for their beat anyway.
func (m *meeting) hurry(yes bool) {
	if yes != m.hurries {
		m.hurries = yes
		m.net.hurry(yes)
	}
}
