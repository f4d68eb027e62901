package conferencetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// PIN and HostPIN are those of the meetings that have one.
const (
	PIN     = "4711"
	HostPIN = "815815"
)

// Kind is a meeting that the suite asks a service for.
type Kind int

const (
	// Open has no PIN and lets everybody in.
	Open Kind = iota
	// Secret has PIN and HostPIN.
	Secret
	// Sealed is end-to-end encrypted.
	Sealed
	// Locked lets nobody in but who has HostPIN.
	Locked
	// Lobby has a waiting room, and HostPIN.
	Lobby
	// HostFirst lets nobody in before a host, who has HostPIN.
	HostFirst
	// Notice is being recorded, and wants that told.
	Notice
	// Consent is being recorded, and wants a yes.
	Consent
	// Small has room for one.
	Small
	// Closed takes no telephones.
	Closed
)

// Service is a conference service under test, and the hands of its hosts.
type Service struct {
	Backend conference.Backend
	// Number is the number of a meeting of a kind, which nobody has used yet.
	Number func(k Kind) string
	// Step moves the rooms by one beat.
	Step func()

	// What a host or an operator does from elsewhere. The person meant is the
	// telephone with this label.
	Encrypt func(number string, level conference.Encryption)
	Admit   func(number, label string)
	Decline func(number, label string)
	Remove  func(number, label string)
	Mute    func(number, label string)
	Ask     func(number, label string)
	Record  func(number string, on bool)
	End     func(number string)
}

// Run proves that a service keeps the promises of package conference. start is
// called for each proof.
func Run(t *testing.T, start func(t *testing.T) Service) {
	for _, proof := range []struct {
		name string
		run  func(t *testing.T, s suite)
	}{
		{"an unknown number is no meeting", unknownNumber},
		{"a PIN tells who is who", identifies},
		{"a visit begins with a state", visitBegins},
		{"a visit ends with Leave", visitEnds},
		{"a slow reader gets the newest state", newestState},
		{"two phones hear each other and not themselves", twoPhones},
		{"a seat begins with its microphone shut", shutAtFirst},
		{"an end-to-end encrypted meeting has no seat for a phone", sealed},
		{"a phone is cut off when the meeting turns end-to-end encrypted", turnsSealed},
		{"a locked meeting has seats for hosts only", locked},
		{"a lobby holds whoever is not admitted", lobby},
		{"a caller may be held where others come straight in", held},
		{"who is declined is told and out", declined},
		{"nobody is in before the host", hostFirst},
		{"a full meeting has no seat", full},
		{"a meeting without telephones has no seat for one", closed},
		{"a voice waits for the yes where one is asked", consent},
		{"a voice waits for the notice where that is asked", notice},
		{"a recording that begins silences who has not answered", recordingBegins},
		{"a host's mute holds until the caller takes it off", muted},
		{"a host can ask a caller to speak", asked},
		{"who is removed is told and out", removed},
		{"when the meeting ends all are told and out", ended},
		{"only hosts command", commands},
		{"a host removes who came last, and nobody else", removesLast},
		{"who only looks is seen by nobody and gets no seat", looks},
		{"a host ends the meeting by key", endsByKey},
		{"who comes and goes is told to the others", comesAndGoes},
	} {
		t.Run(proof.name, func(t *testing.T) { proof.run(t, suite{t, start(t)}) })
	}
}

// patience is how long a service may take to push a change.
const patience = 10 * time.Second

type suite struct {
	*testing.T
	Service
}

func (s suite) find(k Kind) conference.Meeting {
	s.Helper()
	m, err := s.Backend.Find(context.Background(), s.Number(k))
	if err != nil {
		s.Fatalf("find: %v", err)
	}
	return m
}

func (s suite) visit(m conference.Meeting, label string, host bool) conference.Visit {
	s.Helper()
	return s.visitAs(m, conference.Guest{Identity: conference.Identity{Host: host}, Call: label, Label: label, Language: "en"})
}

func (s suite) visitAs(m conference.Meeting, who conference.Guest) conference.Visit {
	s.Helper()
	v, err := m.Visit(context.Background(), who)
	if err != nil {
		s.Fatalf("visit: %v", err)
	}
	s.Cleanup(v.Leave)
	return v
}

func (s suite) open(v conference.Visit) conference.Seat {
	s.Helper()
	seat, err := v.Open(context.Background())
	if err != nil {
		s.Fatalf("open: %v", err)
	}
	return seat
}

// await reads states until one is as wanted.
func (s suite) await(v conference.Visit, what string, wanted func(conference.State) bool) conference.State {
	s.Helper()
	last := conference.State{}
	late := time.After(patience)
	for {
		select {
		case st, ok := <-v.States():
			if !ok {
				s.Fatalf("%s: the visit is over, last state %+v", what, last)
			}
			if last = st; wanted(st) {
				return st
			}
		case <-late:
			s.Fatalf("%s: not told, last state %+v", what, last)
		}
	}
}

// awaitEnd reads states until the channel is closed, and returns the last.
func (s suite) awaitEnd(v conference.Visit) conference.State {
	s.Helper()
	last := conference.State{}
	late := time.After(patience)
	for {
		select {
		case st, ok := <-v.States():
			if !ok {
				return last
			}
			last = st
		case <-late:
			s.Fatalf("the visit is not over, last state %+v", last)
		}
	}
}

func (s suite) refused(v conference.Visit) {
	s.Helper()
	if _, err := v.Open(context.Background()); !errors.Is(err, conference.ErrNotAdmitted) {
		s.Fatalf("open: %v, want %v", err, conference.ErrNotAdmitted)
	}
}

// phone is a caller on a seat: it says a steady note while it talks, and
// counts what it hears.
type phone struct {
	seat  conference.Seat
	talks bool
	heard int // loudest sample of the last frame
	frame pcm.Frame
	note  pcm.Frame
}

// sit puts a phone on a seat, and moves it with the seat's clock.
func (s suite) sit(seat conference.Seat) *phone {
	s.Helper()
	clocked, ok := seat.(pcm.Clocked)
	if !ok {
		s.Fatal("the seat has no clock")
	}
	p := &phone{seat: seat, talks: true, frame: make(pcm.Frame, pcm.NarrowbandSamples), note: make(pcm.Frame, pcm.NarrowbandSamples)}
	for i := range p.note {
		p.note[i] = []int16{0, 5657, 8000, 5657, 0, -5657, -8000, -5657}[i%8] // 1 kHz
	}
	clocked.Clock().Add(p)
	s.Cleanup(func() { clocked.Clock().Remove(p) })
	return p
}

// Beat says and hears.
func (p *phone) Beat(phase pcm.Phase) {
	switch phase {
	case pcm.TakeIn:
		if p.talks {
			p.seat.WriteFrame(p.note)
		} else {
			p.seat.WriteFrame(nil)
		}
	case pcm.GiveOut:
		p.heard = 0
		if !p.seat.ReadFrame(p.frame) {
			return
		}
		for _, v := range p.frame {
			p.heard = max(p.heard, int(v), -int(v))
		}
	}
}

// loud is above every trace of a note, and below the note.
const loud = 2000

// hears lets time pass and compares what p hears.
func (s suite) hears(p *phone, want bool, what string) {
	s.Helper()
	for range 25 {
		s.Step()
	}
	if got := p.heard > loud; got != want {
		s.Fatalf("%s: heard %v (peak %d), want %v", what, got, p.heard, want)
	}
	if !want && p.heard > loud/100 {
		s.Fatalf("%s: a peak of %d is heard", what, p.heard)
	}
}
