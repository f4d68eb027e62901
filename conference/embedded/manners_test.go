package embedded

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/embedded/webtest"
)

// ownPINOf is a telephone whose caller has a PIN of their own.
func ownPINOf(s *state, name string) *person {
	return s.arrive(newcomer{Identity: conference.Identity{Registered: true, Name: name}, name: "Phone", phone: true})
}

func TestWhoWasRemovedWaitsForAWord(t *testing.T) {
	for _, tt := range []struct {
		name  string
		first func(s *state) *person
		same  func(s *state) *person // calls again
		other func(s *state) *person
	}{
		{
			"who shares a PIN: everybody with it", func(s *state) *person { return come(s, "Phone", true, false) },
			func(s *state) *person { return come(s, "Phone", true, false) }, func(s *state) *person { return ownPINOf(s, "Ada") },
		},
		{
			"who has one of their own: nobody else", func(s *state) *person { return ownPINOf(s, "Ada") },
			func(s *state) *person { return ownPINOf(s, "Ada") }, func(s *state) *person { return come(s, "Phone", true, false) },
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newState(basePolicy(func(p *policy) { p.hostPIN = "1" }))
			host := come(s, "host", false, true)
			p := tt.first(s)
			if err := s.seat(p); err != nil {
				t.Fatal(err)
			}
			s.remove(p)
			s.sweep()
			again := tt.same(s)
			if err := s.seat(again); !errors.Is(err, conference.ErrNotAdmitted) {
				t.Fatalf("back at once: %v", err)
			}
			if st := s.stateFor(again); !st.Lobby || st.You.Admitted || s.stateFor(host).You.Waiting != 1 {
				t.Errorf("state %+v, want that a host decides", st)
			}
			if other := tt.other(s); s.seat(other) != nil {
				t.Error("somebody else's PIN is barred")
			}
			if next := come(s, "co-host", true, true); s.seat(next) != nil {
				t.Error("a host's PIN is barred")
			}
			s.admit(again)
			if err := s.seat(again); err != nil {
				t.Errorf("admitted again: %v", err)
			}
		})
	}
}

func TestWhereNobodyHasAHostPINTheEldestIsBarredLikeOthers(t *testing.T) {
	s := newState(basePolicy(nil))
	first, second := come(s, "first", false, false), come(s, "second", false, false)
	s.remove(first)
	if again := come(s, "first", false, false); again.place != inLobby || !s.isHost(second) {
		t.Errorf("back at %v, and the next is host: %v", again.place, s.isHost(second))
	}
}

// TestWhoWasRemovedDoesNotOpenTheMeeting: where the first page is host, one that
// was removed is not it while telephones are left; one that has lost the
// connection is.
func TestWhoWasRemovedDoesNotOpenTheMeeting(t *testing.T) {
	s := newState(basePolicy(nil))
	page := func(name, was string) *person {
		return s.arrive(newcomer{name: name, was: was, pass: "pass of " + name})
	}
	ada, bob, phone := page("Ada", ""), page("Bob", ""), seated(t, s)
	s.remove(bob)
	again := page("Bob again", bob.pass)
	if again.place != inLobby {
		t.Fatalf("who was removed is at %v", again.place)
	}
	s.part(ada, partLeft) // has lost the connection
	s.sweep()
	if again.place != inLobby || s.hostPresent() {
		t.Errorf("who was removed is at %v, and host: %v", again.place, s.isHost(again))
	}
	back := page("Ada back", ada.pass)
	if back.place != inside || !s.isHost(back) {
		t.Errorf("who was cut off is at %v, and host: %v", back.place, s.isHost(back))
	}
	s.remove(back)
	if s.sweep(); page("Ada thrice", ada.pass).place != inLobby {
		t.Error("a removal does not end what a page is known by")
	}
	s.part(phone, partLeft)
	if again.place != inside {
		t.Errorf("when all have gone the next meeting begins: %v", again.place)
	}
}

// TestWhoIsLetInAgainIsKnownAgain: a host's word counts for a page's pass as well.
func TestWhoIsLetInAgainIsKnownAgain(t *testing.T) {
	s := newState(basePolicy(func(p *policy) { p.hostPIN = "1" }))
	come(s, "host", false, true)
	bob := s.arrive(newcomer{name: "Bob", pass: "1"})
	s.remove(bob)
	again := s.arrive(newcomer{name: "Bob", was: "1", pass: "2"})
	s.admit(again)
	s.part(again, partLeft)
	if back := s.arrive(newcomer{name: "Bob", was: "2", pass: "3"}); again.place != outside || back.place != inside || back.pass != "2" {
		t.Errorf("let in by a host, and back at %v", back.place)
	}
}

func TestABarEndsWithTheMeetingAndWithThePIN(t *testing.T) {
	for name, over := range map[string]func(s *state, host *person){
		"all have gone":       func(s *state, host *person) { s.part(host, partLeft) },
		"the meeting is over": func(s *state, _ *person) { s.end(partEnded) },
		"another PIN":         func(s *state, _ *person) { s.configure(basePolicy(func(p *policy) { p.pin = "739204" })) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newState(basePolicy(func(p *policy) { p.pin = "482915" }))
			host, p := come(s, "host", false, false), seated(t, s)
			s.remove(p)
			over(s, host)
			if err := s.seat(come(s, "Phone", true, false)); err != nil {
				t.Errorf("still barred: %v", err)
			}
		})
	}
}

func TestAPINOfOnesOwnCarriesOne(t *testing.T) {
	s := newState(basePolicy(func(p *policy) { p.hostPIN = "1" }))
	host, first, second := come(s, "host", false, true), ownPINOf(s, "Ada"), ownPINOf(s, "Ada")
	if err := s.seat(first); err != nil {
		t.Fatal(err)
	}
	if err := s.seat(second); !errors.Is(err, conference.ErrNotAdmitted) {
		t.Errorf("a second with the same PIN: %v", err)
	}
	if st := s.stateFor(second); !st.Lobby || s.stateFor(host).You.Waiting != 1 {
		t.Errorf("state %+v, want that a host decides", st)
	}
	if bob := ownPINOf(s, "Bob"); s.seat(bob) != nil {
		t.Error("another's PIN is taken for theirs")
	}
	s.part(first, partLeft)
	if err := s.seat(second); err != nil {
		t.Errorf("the PIN is free again: %v", err)
	}
	if v := s.personView(second); v.Name != "Ada" || !v.Registered {
		t.Errorf("seen as %+v", v)
	}
}

func TestBeforeItsStartOnlyHostsComeIn(t *testing.T) {
	start := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	s := newState(basePolicy(func(p *policy) { p.hostPIN, p.start = "1", start }))
	phone, page := come(s, "Phone", true, false), come(s, "page", false, false)
	if st := s.stateFor(phone); !st.NotStarted || page.place != waitingForStart {
		t.Errorf("state %+v, page at %v", st, page.place)
	}
	if err := s.seat(phone); !errors.Is(err, conference.ErrNotAdmitted) {
		t.Errorf("seated before the start: %v", err)
	}
	s.clock(start.Add(-time.Second))
	if page.place == inside {
		t.Error("a second early")
	}
	if host := ownPINOf(s, ""); s.stateFor(host).NotStarted == false {
		t.Error("a guest is no host")
	}
	host := come(s, "host", true, true)
	if s.stateFor(host).NotStarted {
		t.Error("a host is kept out")
	}
	if err := s.seat(host); err != nil || page.place != inside || s.stateFor(phone).NotStarted {
		t.Errorf("a host opens: %v, page at %v", err, page.place)
	}
	s.part(host, partLeft)
	s.part(page, partLeft)
	late := come(s, "page", false, false)
	if s.clock(start); late.place != inside {
		t.Errorf("at the start: page at %v", late.place)
	}
}

func TestBeforeItsStartAMeetingWithoutAHostPINTakesNobody(t *testing.T) {
	s := newState(basePolicy(func(p *policy) { p.start = time.Now() }))
	if p := come(s, "page", false, false); p.place != waitingForStart {
		t.Errorf("page at %v", p.place)
	}
}

func TestANewPurposeIsAnotherRecording(t *testing.T) {
	minutes, training := Texts{"en": "the minutes"}, Texts{"en": "training"}
	s := newState(basePolicy(func(p *policy) { p.purpose = minutes }))
	p := seated(t, s)
	s.setPurpose(training)
	s.setPurpose(minutes)
	if s.run != 0 || s.recording.Active() {
		t.Fatal("a purpose alone is no recording")
	}
	if err := s.recordStart(); err != nil {
		t.Fatal(err)
	}
	s.recorderReady(s.run)
	s.answered(p, s.run, conference.Agreed)
	run := s.run
	if st := s.stateFor(p); st.Purpose != "the minutes" || st.Repurposed || !s.audible(p) {
		t.Fatalf("state %+v", st)
	}
	s.setPurpose(training)
	if st := s.stateFor(p); st.Purpose != "training" || !st.Repurposed || st.RecordingRun != run+1 || st.Recording != conference.RecordingPrepared || s.audible(p) {
		t.Fatalf("state %+v, heard %v", st, s.audible(p))
	}
	s.setPurpose(training)
	if s.run != run+1 {
		t.Error("the same purpose again is no news")
	}
	s.recorderReady(s.run)
	s.answered(p, s.run, conference.Agreed)
	_ = s.recordPause()
	s.setPurpose(minutes)
	if s.recording != conference.RecordingPaused || s.run != run+2 {
		t.Errorf("%v, run %d: a pause stays one", s.recording, s.run)
	}
	if _ = s.recordResume(); s.audible(p) {
		t.Error("heard without an answer to the new purpose")
	}
	_ = s.recordStop()
	if _ = s.recordStart(); s.stateFor(p).Repurposed {
		t.Error("a new recording has no purpose before it")
	}
}

func TestWordsThatWereSetGoWithTheLast(t *testing.T) {
	for _, always := range []bool{false, true} {
		s := newState(basePolicy(func(p *policy) { p.purpose, p.record = Texts{"en": "the minutes"}, always }))
		p := seated(t, s)
		training, patience := Texts{"en": "training"}, Texts{"en": "Patience"}
		if err := s.control(Control{Purpose: &training, Message: &patience}); err != nil {
			t.Fatal(err)
		}
		run := s.run
		if st := s.stateFor(p); st.Purpose != "training" || st.Message != "Patience" || st.Repurposed != always {
			t.Errorf("always %v: state %+v", always, st)
		}
		s.part(p, partLeft)
		if st := s.stateFor(come(s, "Phone", true, false)); st.Purpose != "the minutes" || st.Message != "" || st.Repurposed || always && st.RecordingRun == run {
			t.Errorf("always %v: state %+v", always, st)
		}
	}
}

func TestWordsThatCannotBeSaidAreRefused(t *testing.T) {
	s := newState(basePolicy(nil))
	for key, c := range map[string]Control{"purpose": {Purpose: &Texts{"x y": "training"}}, "message": {Message: &Texts{"en": "\x00"}}} {
		if err := s.control(c); err == nil || !strings.HasPrefix(err.Error(), key) {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func TestAGuestListTakesNobodyBesides(t *testing.T) {
	s := newState(basePolicy(func(p *policy) { p.registeredOnly, p.hostPIN = true, "1" }))
	guest, host := come(s, "Phone", true, false), come(s, "host", true, true)
	if err := s.seat(guest); !errors.Is(err, conference.ErrNotAdmitted) || !s.stateFor(guest).RegisteredOnly {
		t.Errorf("a guest without a PIN of their own: %v", err)
	}
	if s.seat(host) != nil || s.seat(ownPINOf(s, "Ada")) != nil {
		t.Error("the host or who is registered is kept out")
	}
	if page := come(s, "page", false, false); page.place != outside || page.parting != partUnregistered {
		t.Errorf("a page without a PIN of its own is at %v, %q", page.place, page.parting)
	}
	listed := s.arrive(newcomer{Identity: conference.Identity{Registered: true, Name: "Eve"}})
	if opener := come(s, "page of the host", false, true); listed.place != inside || opener.place != inside {
		t.Error("a page of who is registered, or of the host, is kept out")
	}
	if !newPINs(policy{registeredOnly: true}).asked || newPINs(policy{}).asked {
		t.Error("a PIN is asked where there is a guest list, and not where there is nothing")
	}
	if _, err := newPINs(policy{registeredOnly: true}).identify(""); !errors.Is(err, conference.ErrWrongPIN) {
		t.Errorf("no PIN at all, where each has one: %v", err)
	}
}

func TestANoThatMeansLeavingPutsPagesOut(t *testing.T) {
	for _, after := range []conference.AfterNo{conference.AfterNoListen, conference.AfterNoLeave} {
		s := newState(basePolicy(func(p *policy) { p.afterNo = after }))
		host, page, phone := come(s, "host", false, false), come(s, "page", false, false), seated(t, s)
		_ = s.recordStart()
		s.answered(page, s.run, conference.Declined)
		s.answered(phone, s.run, conference.Declined)
		if (page.place == outside) != (after == conference.AfterNoLeave) || phone.place != inside || host.place != inside {
			t.Errorf("%v: page at %v, phone at %v", after, page.place, phone.place)
		}
	}
}

// TestAPageCanSayNoToANotice and take that back: as telephones can, by key.
func TestAPageCanSayNoToANotice(t *testing.T) {
	for after, heard := range map[conference.AfterNo]bool{conference.AfterNoListen: false, conference.AfterNoTalk: true} {
		s := newState(basePolicy(func(p *policy) { p.consent, p.afterNo = conference.ConsentNotice, after }))
		page := come(s, "page", false, false)
		_ = s.recordStart()
		for _, step := range []struct {
			answer          string
			recorded, heard bool
		}{{"agree", true, true}, {"listen", false, heard}, {"agree", true, true}} {
			s.answeredByPage(page, s.run, answerOf(step.answer, s.policy.consent))
			if s.recordable(page) != step.recorded || s.audible(page) != step.heard {
				t.Errorf("%v, after %s: recorded %v, heard %v", after, step.answer, s.recordable(page), s.audible(page))
			}
		}
	}
}

// TestAPageAgreesOnlyToWhatItCanShow: pages do not play recordings of the
// operator's. Telephones do.
func TestAPageAgreesOnlyToWhatItCanShow(t *testing.T) {
	for _, tt := range []struct {
		name    string
		purpose Texts
		agrees  bool
	}{
		{"no purpose", nil, true},
		{"words", Texts{"": "the minutes"}, true},
		{"words in one language", Texts{"de": "own.minutes", "en": "the minutes"}, true},
		{"a recording only", Texts{"de": "own.minutes"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newState(basePolicy(func(p *policy) { p.purpose = tt.purpose }))
			page, phone := come(s, "page", false, false), seated(t, s)
			_ = s.recordStart()
			if spoken := s.meetingView().PurposeSpoken; spoken == tt.agrees {
				t.Errorf("pages are told that it can only be heard: %v", spoken)
			}
			s.answeredByPage(page, s.run, conference.Agreed)
			s.answered(phone, s.run, conference.Agreed)
			if s.recordable(page) != tt.agrees || !s.recordable(phone) {
				t.Errorf("recorded: page %v, phone %v", s.recordable(page), s.recordable(phone))
			}
			s.answeredByPage(page, s.run, conference.Declined)
			if s.answerOf(page) != conference.Declined {
				t.Error("a no does not count")
			}
		})
	}
}

func TestNamesAreToldWhereTheyAreWanted(t *testing.T) {
	for announce, want := range map[conference.Announce]string{conference.AnnounceTones: "", conference.AnnounceNames: "Ada"} {
		s := newState(basePolicy(func(p *policy) { p.announce = announce }))
		p := seated(t, s)
		ada := ownPINOf(s, "Ada")
		_ = s.seat(ada)
		if st := s.stateFor(p); st.Joined != (conference.Passage{Count: 1, Name: want}) || st.Announce != announce {
			t.Errorf("%v: joined %+v", announce, st.Joined)
		}
		s.part(ada, partLeft)
		if st := s.stateFor(p); st.Left != (conference.Passage{Count: 1, Name: want}) {
			t.Errorf("%v: left %+v", announce, st.Left)
		}
	}
}

// TestATelephoneHasNoNameToSpeak: what others see of it may have its number in it.
func TestATelephoneHasNoNameToSpeak(t *testing.T) {
	for _, tt := range []struct {
		name     string
		announce conference.Announce
		nickname int
		want     conference.Passage
	}{
		{"it is told by its nickname", conference.AnnounceNames, 2, conference.Passage{Phone: true, Nickname: 2}},
		{"or as a telephone, where its label has none", conference.AnnounceNames, 0, conference.Passage{Phone: true}},
		{"or by nothing, where names are not wanted", conference.AnnounceTones, 2, conference.Passage{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newState(basePolicy(func(p *policy) { p.announce = tt.announce }))
			host := s.arrive(newcomer{Identity: conference.Identity{Host: true}, name: "Phone +49301... (1)", phone: true, nickname: 1})
			_ = s.seat(host)
			phone := s.arrive(newcomer{name: "Phone +493012345678", phone: true, nickname: tt.nickname})
			_ = s.seat(phone)
			tt.want.Count = 1
			if got := s.stateFor(host).Joined; got != tt.want {
				t.Errorf("joined %+v, want %+v", got, tt.want)
			}
			s.part(phone, partLeft)
			if got := s.stateFor(host).Left; got != tt.want {
				t.Errorf("left %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestTextsAreInTheVisitorsLanguage(t *testing.T) {
	all := Texts{"de": "das Protokoll", "en": "the minutes", "pt-BR": "a ata"}
	for language, want := range map[string]string{
		"de": "das Protokoll", "de-AT": "das Protokoll", "pt-BR": "a ata", "fr": "the minutes", "": "the minutes",
	} {
		if got := all.In(language); got != want {
			t.Errorf("%q: %q", language, got)
		}
	}
	if got := (Texts{"pl": "protokół"}).In("de"); got != "protokół" {
		t.Errorf("the only text there is: %q", got)
	}
	if got := (Texts{"": "a meeting", "en": "the minutes"}).In("de"); got != "a meeting" {
		t.Errorf("what is for all: %q", got)
	}
	s := newState(basePolicy(func(p *policy) { p.message = all }))
	p := s.arrive(newcomer{name: "Phone", phone: true, language: "de-CH", secure: true})
	if st := s.stateFor(p); st.Message != "das Protokoll" || !s.personView(p).Secure {
		t.Errorf("state %+v", st)
	}
}

func TestPagesAreToldWhyNoTelephoneCanBeHere(t *testing.T) {
	for want, change := range map[string]func(*policy){
		"":        nil,
		"e2ee":    func(p *policy) { p.encryption, p.phones = conference.EndToEnd, false },
		"unknown": func(p *policy) { p.encryption = 42 },
		"closed":  func(p *policy) { p.phones = false },
	} {
		if got := newState(basePolicy(change)).meetingView().PhonesRefused; got != want {
			t.Errorf("refused %q, want %q", got, want)
		}
	}
}

func TestAPINTellsWho(t *testing.T) {
	p := newPINs(policy{pin: "482915", hostPIN: "739204", registrants: []Registrant{{"Ada", "60318527"}, {"Bob", "91746035"}}})
	for pin, want := range map[string]conference.Identity{
		"482915": {}, "739204": {Host: true}, "60318527": {Registered: true, Name: "Ada"}, "91746035": {Registered: true, Name: "Bob"},
	} {
		if got, err := p.identify(pin); err != nil || got != want {
			t.Errorf("%s: %+v, %v", pin, got, err)
		}
	}
	for _, pin := range []string{"", "0", "6031852", "603185270"} {
		if _, err := p.identify(pin); !errors.Is(err, conference.ErrWrongPIN) {
			t.Errorf("%q: %v", pin, err)
		}
	}
	if who, err := newPINs(policy{}).identify(""); err != nil || who.Host {
		t.Errorf("no PIN at all: %+v, %v", who, err)
	}
}

func TestRegistrantsCanBeToldApart(t *testing.T) {
	m := meetingOf("1", func(m *MeetingConfig) {
		m.PIN, m.HostPIN = "482915", "739204"
		m.Registrants = []Registrant{{"Ada", "60318527"}, {"Ada", "1"}, {"", "2"}, {"Eve", "482915"}, {"Joe", ""}, {"Kim", "12a"}}
	})
	wantMistakes(t, m.Validate(), "registrants[1].name:", "registrants[2].name:", "registrants[3].pin:", "registrants[4].pin:", "registrants[5].pin:")
	wantMistakes(t, meetingOf("1", func(m *MeetingConfig) {
		m.RegisteredOnly, m.AfterNo, m.Announce, m.Region = true, "stay", "loudly", "Deutschland"
		m.Purpose, m.Message = Texts{"german": "x"}, Texts{"de": " ", "en": "a\nb"}
	}).Validate(), "registered_only:", "after_no:", "announce:", "region:", "purpose:", "message.de:", "message.en:")
}

func TestWeaknessesOfMeetingsInAFile(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*MeetingConfig)
		want   string // the key of the only one
	}{
		{"a good one has none", func(m *MeetingConfig) { m.PIN, m.HostPIN = "739204", "260417" }, ""},
		{"a waiting room does for a short PIN", func(m *MeetingConfig) { m.PIN, m.Lobby = "4711", true }, ""},
		{"a short PIN needs one", func(m *MeetingConfig) { m.PIN = "4711" }, "pin"},
		{"no PIN at all", nil, "pin"},
		{"a PIN that everybody tries", func(m *MeetingConfig) { m.PIN = "123456" }, "pin"},
		{"a host's PIN that stands in the number", func(m *MeetingConfig) { m.PIN, m.HostPIN = "739204", "915773" }, "host_pin"},
		{"a short number without a PIN", func(m *MeetingConfig) { m.ID, m.Lobby = "482", true }, "id"},
		{"a registrant's PIN", func(m *MeetingConfig) { m.PIN, m.Registrants = "739204", []Registrant{{"Ada", "111111"}} }, "registrants[0].pin"},
	} {
		weak := meetingOf("4829157730", tt.change).Weaknesses()
		if tt.want == "" && len(weak) > 0 || tt.want != "" && (len(weak) != 1 || !strings.HasPrefix(weak[0], tt.want+": ")) {
			t.Errorf("%s: %q, want %s", tt.name, weak, tt.want)
		}
		if text := strings.Join(weak, " "); strings.Contains(text, "123456") || strings.Contains(text, "915773") || strings.Contains(text, "111111") {
			t.Errorf("%s: a PIN is shown: %s", tt.name, text)
		}
	}
}

// TestWhoIsCutOffComesBackAndWhoWasRemovedDoesNot is the same by real pages.
func TestWhoIsCutOffComesBackAndWhoWasRemovedDoesNot(t *testing.T) {
	b := start(t, testConfig(t), beating(t), meetingOf("1", nil))
	url := serve(t, b).URL
	pass := func(p *webtest.Peer) (own string) {
		return p.Told("a pass", func(m webtest.Message) bool { return m.Type == "joined" && m.Pass != "" }).Pass
	}
	ada := webtest.Dial(t, url, "1", webtest.Join{Name: "Ada"})
	host := pass(ada)
	bob := webtest.Dial(t, url, "1", webtest.Join{Name: "Bob"})
	guest := pass(bob)
	call(t, b, "1")
	if host == guest {
		t.Fatal("two pages with one pass")
	}
	ada.Say(request{Type: "host", Action: "remove", Person: personID(t, b, "1", "Bob")})
	bob.Told("the removal", func(m webtest.Message) bool { return m.Reason == "removed" })
	ada.Close()
	eventually(t, "only the telephone is left", webtest.Patience, func() bool { return len(b.Meetings()[0].People) == 1 })
	again := webtest.Dial(t, url, "1", webtest.Join{Name: "Bob", Pass: guest})
	again.Told("that a host decides", func(m webtest.Message) bool { return m.Type == "waiting" && m.Why == "lobby" })
	back := webtest.Dial(t, url, "1", webtest.Join{Name: "Ada", Pass: host})
	if m := back.Told("the way in", func(m webtest.Message) bool { return m.Type == "joined" }); !m.Host || m.Pass != host {
		t.Errorf("back as %+v", m)
	}
}
