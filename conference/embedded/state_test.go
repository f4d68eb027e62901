package embedded

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/einwahl/einwahl/conference"
)

// come puts somebody at the door.
func come(s *state, name string, phone, host bool) *person {
	return s.arrive(newcomer{Identity: conference.Identity{Host: host}, name: name, phone: phone})
}

func basePolicy(change func(*policy)) policy {
	p := policy{
		id: "1", encryption: conference.Transport, consent: conference.ConsentRequired,
		joinBeforeHost: true, phones: true,
	}
	if change != nil {
		change(&p)
	}
	return p
}

// seated is a telephone inside, its microphone open.
func seated(t *testing.T, s *state) *person {
	t.Helper()
	p := come(s, "Phone", true, false)
	if err := s.seat(p); err != nil {
		t.Fatal(err)
	}
	s.setMuted(p, false)
	return p
}

func TestDoorOfPages(t *testing.T) {
	for _, tt := range []struct {
		name   string
		policy func(*policy)
		before func(*state)
		host   bool
		place  place
		why    parting
	}{
		{name: "an open meeting lets in", place: inside},
		{name: "a lock keeps out", policy: func(p *policy) { p.locked = true }, place: outside, why: partLocked},
		{name: "a lock keeps the first page out where nobody has a host's PIN", policy: func(p *policy) { p.locked = true }, place: outside, why: partLocked},
		{name: "a lock does not keep the host out", policy: func(p *policy) { p.locked, p.hostPIN = true, "1" }, host: true, place: inside},
		{name: "a lobby holds", policy: func(p *policy) { p.lobby, p.hostPIN = true, "1" }, place: inLobby},
		{name: "a lobby does not hold the host", policy: func(p *policy) { p.lobby, p.hostPIN = true, "1" }, host: true, place: inside},
		{name: "without a host's PIN the first opens the lobby", policy: func(p *policy) { p.lobby = true }, place: inside},
		{name: "without a host's PIN the second waits in it", policy: func(p *policy) { p.lobby = true }, before: func(s *state) { come(s, "first", false, false) }, place: inLobby},
		{name: "before the host nobody is in", policy: func(p *policy) { p.joinBeforeHost, p.hostPIN = false, "1" }, place: waitingForHost},
		{name: "after the host others are", policy: func(p *policy) { p.joinBeforeHost, p.hostPIN = false, "1" }, before: func(s *state) { come(s, "host", false, true) }, place: inside},
		{name: "a full meeting has no room", policy: func(p *policy) { p.capacity = 1 }, before: func(s *state) { come(s, "first", false, false) }, place: outside, why: partFull},
		{name: "the host has no more room than others", policy: func(p *policy) { p.capacity, p.hostPIN = 1, "1" }, before: func(s *state) { come(s, "first", false, false) }, host: true, place: outside, why: partFull},
		{name: "an end-to-end encrypted meeting takes pages", policy: func(p *policy) { p.encryption = conference.EndToEnd }, place: inside},
		{name: "what is over is over", before: func(s *state) { s.close() }, place: outside, why: partEnded},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newState(basePolicy(tt.policy))
			if tt.before != nil {
				tt.before(s)
			}
			if p := come(s, "p", false, tt.host); p.place != tt.place || p.parting != tt.why {
				t.Errorf("place %v (%s), want %v (%s)", p.place, p.parting, tt.place, tt.why)
			}
		})
	}
}

func TestNoTelephoneWhereNoneMayBe(t *testing.T) {
	for _, level := range []conference.Encryption{conference.EndToEnd, conference.Unknown, 42, -1} {
		s := newState(basePolicy(func(p *policy) { p.encryption = level }))
		for _, host := range []bool{false, true} {
			p := come(s, "Phone", true, host)
			p.admitted = true
			if err := s.seat(p); !errors.Is(err, conference.ErrNotAdmitted) {
				t.Errorf("level %d, host %v: %v", level, host, err)
			}
		}
	}
}

func TestVoiceAndRecording(t *testing.T) {
	run := uint64(1)
	for _, tt := range []struct {
		name    string
		consent conference.Consent
		answer  conference.Answer
		run     uint64
		heard   bool
	}{
		{"off silences nobody", conference.ConsentOff, conference.Unanswered, run, true},
		{"notice waits until it was given", conference.ConsentNotice, conference.Unanswered, run, false},
		{"notice given", conference.ConsentNotice, conference.Informed, run, true},
		{"a yes is more than notice", conference.ConsentNotice, conference.Agreed, run, true},
		{"a no keeps the voice out where notice would do", conference.ConsentNotice, conference.Declined, run, false},
		{"required waits", conference.ConsentRequired, conference.Unanswered, run, false},
		{"informed is no yes", conference.ConsentRequired, conference.Informed, run, false},
		{"agreed", conference.ConsentRequired, conference.Agreed, run, true},
		{"declined", conference.ConsentRequired, conference.Declined, run, false},
		{"a yes to the recording before", conference.ConsentRequired, conference.Agreed, run - 1, false},
		{"a yes to the recording after", conference.ConsentRequired, conference.Agreed, run + 1, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, phase := range []conference.Recording{
				conference.RecordingPrepared, conference.RecordingOn, conference.RecordingPaused,
			} {
				s := newState(basePolicy(func(p *policy) { p.consent = tt.consent }))
				phone := seated(t, s)
				page := come(s, "page", false, false)
				if err := s.recordStart(); err != nil {
					t.Fatal(err)
				}
				s.recording = phase
				for _, p := range []*person{phone, page} {
					s.answered(p, tt.run, tt.answer)
					if got := s.audible(p); got != tt.heard {
						t.Errorf("%v, phone %v: heard %v, want %v", phase, p.phone, got, tt.heard)
					}
				}
			}
		})
	}
}

func TestRecordingHasTwoPhases(t *testing.T) {
	s := newState(basePolicy(nil))
	p := seated(t, s)
	if err := s.recordStart(); err != nil || s.recording != conference.RecordingPrepared || s.audible(p) {
		t.Fatalf("prepared: %v, %v, heard %v", err, s.recording, s.audible(p))
	}
	s.recorderReady(s.run - 1)
	if s.recording != conference.RecordingPrepared {
		t.Error("another recording's files are not this one's")
	}
	s.recorderReady(s.run)
	if s.recording != conference.RecordingOn {
		t.Errorf("recording %v", s.recording)
	}
	run := s.run
	if s.recordPause() != nil || s.recordResume() != nil || s.run != run {
		t.Error("pause and resume are one recording")
	}
	if s.recordStart() == nil {
		t.Error("started twice")
	}
	s.part(p, partLeft)
	if s.recording != conference.NotRecording || s.files() {
		t.Error("a recording ends when the last has left")
	}
}

func TestRecordingOfNobodyRunsWhenSomebodyComes(t *testing.T) {
	s := newState(basePolicy(nil))
	if err := s.recordStart(); err != nil || s.recording != conference.RecordingOn || s.files() {
		t.Fatalf("%v, %v, files %v", err, s.recording, s.files())
	}
	seated(t, s)
	if !s.files() {
		t.Error("nothing is written")
	}
}

func TestAlwaysRecordedIsArmedAgain(t *testing.T) {
	s := newState(basePolicy(func(p *policy) { p.record = true }))
	if s.recording != conference.RecordingOn || s.run != 1 || s.files() {
		t.Fatalf("%v, run %d, files %v", s.recording, s.run, s.files())
	}
	p := seated(t, s)
	if err := s.recordStop(); err != nil {
		t.Fatal(err)
	}
	s.part(p, partLeft)
	if s.recording != conference.RecordingOn || s.run != 2 {
		t.Errorf("%v, run %d", s.recording, s.run)
	}
}

func TestEncryptionNeverGoesDownByItself(t *testing.T) {
	s := newState(basePolicy(nil))
	page, phone := come(s, "page", false, false), seated(t, s)
	if err := s.recordStart(); err != nil {
		t.Fatal(err)
	}
	s.encrypt(conference.EndToEnd)
	if phone.place != outside || phone.parting != partSealed || s.recording != conference.NotRecording {
		t.Errorf("phone %v, recording %v", phone.place, s.recording)
	}
	if !errors.Is(s.recordStart(), errSealed) {
		t.Error("an end-to-end encrypted meeting is recorded")
	}
	s.part(page, partLeft)
	if s.encryption != conference.EndToEnd {
		t.Errorf("encryption %v after the last has left", s.encryption)
	}
	s.end(partEnded)
	if s.encryption != conference.Transport {
		t.Errorf("encryption %v after the end", s.encryption)
	}
}

func TestLockOfAHostGoesWithTheLast(t *testing.T) {
	for _, byHost := range []bool{true, false} {
		s := newState(basePolicy(nil))
		p := come(s, "page", false, false)
		s.lock(true, byHost)
		s.part(p, partLeft)
		if s.locked == byHost {
			t.Errorf("by a host %v: locked %v", byHost, s.locked)
		}
	}
}

func TestHostsMuteAndCallersUnmute(t *testing.T) {
	s := newState(basePolicy(func(p *policy) { p.hostPIN = "1" }))
	host := come(s, "host", false, true)
	p := seated(t, s)
	s.muteAll()
	if s.audible(p) || !s.stateFor(p).You.Muted || !s.audible(host) {
		t.Error("mute all mutes all but hosts")
	}
	s.orderPerson("ask_to_speak", p)
	if s.audible(p) || s.stateFor(p).You.SpeakRequests != 1 {
		t.Error("asking opens no microphone")
	}
	s.setMuted(p, false)
	if !s.audible(p) || s.stateFor(p).You.Muted {
		t.Error("who unmutes is heard")
	}
}

func TestWhoWaitedLongestIsAdmittedFirst(t *testing.T) {
	s := newState(basePolicy(func(p *policy) { p.lobby, p.hostPIN = true, "1" }))
	first, second := come(s, "first", true, false), come(s, "second", false, false)
	host := come(s, "host", true, true)
	if err := s.key(host, conference.AdmitNext, 0); !errors.Is(err, conference.ErrNotAdmitted) {
		t.Errorf("a host at the door commands: %v", err)
	}
	if err := s.seat(host); err != nil {
		t.Fatal(err)
	}
	if n := s.stateFor(host).You.Waiting; n != 2 {
		t.Errorf("%d wait", n)
	}
	if err := s.key(host, conference.AdmitNext, 0); err != nil || !first.admitted || second.admitted {
		t.Errorf("%v: first %v, second %v", err, first.admitted, second.admitted)
	}
	if err := s.seat(first); err != nil {
		t.Errorf("admitted and not seated: %v", err)
	}
	if err := s.key(host, conference.AdmitNext, 0); err != nil || second.place != inside {
		t.Errorf("%v: second at %v", err, second.place)
	}
}

func TestNewSettingsKeepWhatHostsHaveSet(t *testing.T) {
	s := newState(basePolicy(nil))
	come(s, "page", false, false)
	s.lock(true, true)
	s.encrypt(conference.Enhanced)
	s.configure(basePolicy(func(p *policy) { p.title = "new" }))
	if !s.locked || s.encryption != conference.Enhanced || s.policy.title != "new" {
		t.Errorf("locked %v, encryption %v", s.locked, s.encryption)
	}
	s.configure(basePolicy(func(p *policy) { p.encryption, p.locked = conference.EndToEnd, false }))
	if s.encryption != conference.EndToEnd {
		t.Errorf("encryption %v, want what the file now says", s.encryption)
	}
}

// TestRulesHoldWhateverHappens walks through meetings at random.
func TestRulesHoldWhateverHappens(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		s := newState(basePolicy(func(p *policy) {
			p.capacity, p.lobby, p.record = random.IntN(4), random.IntN(2) == 0, random.IntN(2) == 0
			p.consent = conference.ConsentOff + conference.Consent(random.IntN(3))
			p.afterNo = conference.AfterNoListen + conference.AfterNo(random.IntN(3))
		}))
		for range 200 {
			step(s, random)
			s.sweep()
			check(t, s, seed)
		}
	}
}

// step does one thing that may happen to a meeting.
func step(s *state, random *rand.Rand) {
	var p *person
	if len(s.people) > 0 {
		p = s.people[random.IntN(len(s.people))]
	}
	n := random.IntN(16)
	switch {
	case n < 2 || p == nil:
		come(s, "page", false, false)
	case n == 2:
		come(s, "phone", true, false)
	case n < 5 && p.phone:
		_ = s.seat(p) // being refused is part of it
	case n < 7:
		s.setMuted(p, random.IntN(3) == 0)
	case n == 7:
		s.part(p, partLeft)
	case n == 8:
		s.encrypt(conference.Encryption(random.IntN(6)))
	case n == 9:
		s.answered(p, s.run, conference.Answer(random.IntN(4)))
	case n == 10:
		_ = s.recordStart()
	case n == 11:
		s.recorderReady(s.run)
	case n == 12:
		_ = s.recordStop()
	case n == 13:
		s.admitNext()
	case n == 14:
		s.lock(random.IntN(2) == 0, true)
	default:
		s.muteAll()
	}
}

func check(t *testing.T, s *state, seed uint64) {
	t.Helper()
	if s.policy.capacity > 0 && s.inside() > s.policy.capacity {
		t.Fatalf("seed %d: %d people where %d may be", seed, s.inside(), s.policy.capacity)
	}
	if s.sealed() && s.recording.Active() {
		t.Fatalf("seed %d: an end-to-end encrypted meeting is recorded", seed)
	}
	listed(t, s)
	for _, p := range s.people {
		if p.phone && p.place == inside && s.sealed() {
			t.Fatalf("seed %d: a telephone in an end-to-end encrypted meeting", seed)
		}
		if !s.audible(p) {
			continue
		}
		if p.place != inside || p.muted || p.mutedByHost {
			t.Fatalf("seed %d: heard: %+v", seed, p)
		}
		saidNo := p.answer == conference.Declined && p.answerRun == s.run
		talksOn := saidNo && s.policy.afterNo == conference.AfterNoTalk && !s.recordable(p)
		if s.recording.Active() && s.policy.consent == conference.ConsentRequired && (p.answer != conference.Agreed || p.answerRun != s.run) && !talksOn {
			t.Fatalf("seed %d: heard and recorded without a yes: %+v", seed, p)
		}
		if s.recordable(p) && saidNo {
			t.Fatalf("seed %d: recorded after a no: %+v", seed, p)
		}
	}
}
