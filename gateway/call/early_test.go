package call

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/gateway/admission"
	"github.com/einwahl/einwahl/gateway/lockout"
)

func early(t *terms)      { t.leadsTo, t.early = "100", true }
func secureOnly(t *terms) { t.policy.SecureLeg = true }
func encrypted(t *terms)  { t.secure = true }
func sealedOnly(t *terms) { t.policy.EndToEnd = true }

func TestWhatIsKnownBeforeTheAnswerIsToldBeforeIt(t *testing.T) {
	looked := func(change ...func(*terms)) state {
		s, _ := first(begin(append([]func(*terms){early}, change...)...))
		return s
	}
	excused := after(looked(), foreseen{met: true, meeting: openMeeting(sealed)})
	checkSteps(t, []step{
		{"an open meeting is answered", looked(), foreseen{met: true, meeting: openMeeting()}, answering, "answer"},
		{"one with a waiting room is answered", looked(), foreseen{met: true, meeting: openMeeting(lobby)}, answering, "answer"},
		{"one that only a PIN would show is answered", looked(), foreseen{}, answering, "answer"},
		{"an end-to-end encrypted one is not", looked(), foreseen{met: true, meeting: openMeeting(sealed)}, excusing, "note refuse e2ee; arm bound 10s; front"},
		{"nor a locked one", looked(), foreseen{met: true, meeting: openMeeting(locked)}, excusing, "note refuse locked; arm bound 10s; front"},
		{"nor one that is over", looked(), foreseen{met: true, meeting: openMeeting(ending)}, excusing, "note refuse ended; arm bound 10s; front"},
		{"nor one that is not there", looked(), foreseen{err: conference.ErrNoMeeting}, excusing, "arm bound 10s; front"},
		{"nor one whose service is down", looked(), foreseen{err: errDown}, excusing, "arm bound 10s; front"},
		{"a look that takes too long ends the call", looked(), expired{bound}, ended, "leave; hush; hangup fault"},
		{"a caller who hangs up meanwhile has gone", looked(), gone{}, ended, "leave; hush; hangup hung_up"},
		{"a gateway that closes does not speak", looked(), draining{}, ended, "leave; hush; hangup drain"},
		{"the reason is said", excused, fronted{}, leaving, "leave; say refuse.e2ee goodbye lead.out; arm bound 45s"},
		{"in each language of the number, since nobody could choose", after(looked(func(t *terms) { t.languages = []string{"de", "en"} }), foreseen{met: true, meeting: openMeeting(sealed)}), fronted{}, leaving, "leave; say refuse.e2ee goodbye refuse.e2ee goodbye lead.out; arm bound 1m30s"},
		{"where it cannot be said the status says it", excused, fronted{errDown}, ended, "leave; hush; hangup e2ee"},
		{"nor if it takes too long", excused, expired{bound}, ended, "leave; hush; hangup e2ee"},
		{"an answer that nobody asked for means nothing", excused, answered{}, excusing, ""},
		{"a late look means nothing", excused, foreseen{met: true, meeting: openMeeting()}, excusing, ""},
	})
}

func TestWhatACallBeginsWith(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change []func(*terms)
		phase  phase
		do     string
	}{
		{"a number that does not ask for it is answered", []func(*terms){secureOnly, func(t *terms) { t.leadsTo = "100" }}, answering, "answer"},
		{"one that leads to a meeting is looked at", []func(*terms){early}, foreseeing, "arm bound 10s; foresee"},
		{"one that leads to none is answered", []func(*terms){early, func(t *terms) { t.leadsTo = "" }}, answering, "answer"},
		{"a clear call where only encrypted ones are taken is not looked at", []func(*terms){early, secureOnly}, excusing, "note refuse insecure; arm bound 10s; front"},
		{"wherever it leads", []func(*terms){early, secureOnly, func(t *terms) { t.leadsTo = "" }}, excusing, "note refuse insecure; arm bound 10s; front"},
		{"a number for end-to-end encryption answers nobody, whether it asks for that or not", []func(*terms){sealedOnly, encrypted}, excusing, "note refuse e2ee_number; arm bound 10s; front"},
		{"nor looks at the meeting that it leads to", []func(*terms){early, sealedOnly}, excusing, "note refuse e2ee_number; arm bound 10s; front"},
		{"an encrypted one is", []func(*terms){early, secureOnly, encrypted}, foreseeing, "arm bound 10s; foresee"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, acts := first(begin(tt.change...))
			if got := describe(acts); s.phase != tt.phase || got != tt.do {
				t.Errorf("%v: %s\nwant %v: %s", s.phase, got, tt.phase, tt.do)
			}
		})
	}
}

func straightIn(s *Setup) { s.Meeting, s.Early = "100", true }

func TestARefusalIsHeardBeforeTheAnswer(t *testing.T) {
	st := play(t, openMeeting(sealed), func(*stage) { time.Sleep(10 * time.Second) }, straightIn)
	st.order("visit", "left", "decided refuse e2ee", "early", "hears refuse.e2ee", "hears goodbye", "bye 403/57 Meeting is end-to-end encrypted", "call e2ee")
	st.never("answered", "open", "voice", "ear opens")
	if who := st.meeting.guest; !who.Looks || who.Label != "" {
		t.Errorf("the meeting learns of %+v", who)
	}
}

func TestWithoutEarlyMediaTheStatusSaysIt(t *testing.T) {
	st := play(t, openMeeting(sealed), func(st *stage) { time.Sleep(10 * time.Second) }, straightIn,
		func(s *Setup) { s.Phone.(*fakePhone).deaf = errors.New("no early media") })
	st.order("early", "bye 403/57 Meeting is end-to-end encrypted", "call e2ee")
	st.never("answered", "hears")
}

func TestANumberForEndToEndEncryptionIsNeverAnswered(t *testing.T) {
	st := play(t, openMeeting(), func(*stage) { time.Sleep(10 * time.Second) }, func(s *Setup) { s.Policy.EndToEnd = true })
	st.order("decided refuse e2ee_number", "early", "hears refuse.e2ee.number", "hears goodbye", "bye 403/57 Number is for end-to-end encryption only", "call e2ee_number")
	st.never("answered", "visit", "open")
}

func TestAMeetingThatTakesTheCallerIsAnswered(t *testing.T) {
	st := play(t, openMeeting(), func(*stage) { time.Sleep(30 * time.Second) }, straightIn)
	st.order("visit", "left", "answered", "hears welcome", "visit", "open", "voice opens")
	st.never("early")
}

// What the operator says of the meeting tells what it is like, as it does itself.
func TestWhatIsSaidOfAMeetingWaitsForItsPIN(t *testing.T) {
	no := false
	of := admission.DefaultConfig()
	of.Meetings = []admission.MeetingOverride{{Meeting: "100", Override: admission.Override{Phones: &no}}}
	closed := func(s *Setup) { s.Policy = admission.NewPolicy(of, admission.DefaultRecordingConfig()) }
	play(t, openMeeting(), func(*stage) { time.Sleep(10 * time.Second) }, straightIn, closed).
		order("visit", "decided refuse phone", "early", "bye 403/57", "call phone")
	st := play(t, openMeeting(), func(st *stage) {
		time.Sleep(10 * time.Second)
		st.press("4711#")
		time.Sleep(5 * time.Second)
	}, straightIn, closed, func(s *Setup) {
		s.Service.(*stage).meeting.pins = map[string]conference.Identity{"4711": {}}
	})
	st.order("answered", "hears ask.pin", "visit", "decided refuse phone", "call phone")
	st.never("early")
}

func TestAMeetingWithAPINTellsNothingBeforeIt(t *testing.T) {
	st := play(t, openMeeting(sealed), func(*stage) { time.Sleep(5 * time.Second) }, straightIn, func(s *Setup) {
		s.Service.(*stage).meeting.pins = map[string]conference.Identity{"4711": {}}
	})
	st.order("answered", "hears welcome")
	st.never("early", "visit", "decided")
}

// Whoever has guessed too often is answered as before: a status would tell them.
func TestALockedOutCallerIsAnswered(t *testing.T) {
	g := lockout.New(lockout.DefaultConfig(), zerolog.Nop())
	for range lockout.DefaultConfig().PerCaller {
		settle, _ := g.Line("loopback", "en", "4930111").Try("100")
		settle(lockout.Wrong)
	}
	st := play(t, openMeeting(), func(st *stage) {
		time.Sleep(8 * time.Second)
		st.press("4711#")
		time.Sleep(30 * time.Second)
	}, straightIn, guarded(g, "4930111"))
	st.order("answered", "hears welcome", "hears ask.pin", "hears wrong")
	st.never("early", "visit", "decided")
}

// guarded lets calls share what is counted of wrong tries.
func guarded(g *lockout.Guard, caller string) func(*Setup) {
	return func(s *Setup) { s.Guesses = g.Line("loopback", "en", caller) }
}

// wrongCall is a call that keys in a meeting and three PINs, and what happened
// in it, with times.
func wrongCall(t *testing.T, g *lockout.Guard, caller, meeting string, pins ...string) *stage {
	st := newStage(t, openMeeting(), guarded(g, caller))
	st.meeting.pins = map[string]conference.Identity{"4711": {}, "815815": {Host: true}}
	st.run(t.Context())
	for _, pin := range pins {
		time.Sleep(8 * time.Second)
		st.press(meeting + "#")
		time.Sleep(2 * time.Second)
		st.press(pin + "#")
	}
	time.Sleep(20 * time.Second)
	st.phone.goOnHook()
	<-st.ended
	return st
}

// A caller who has guessed too often hears for the right PIN what anybody hears
// for a wrong one, at the same moments.
func TestALockedOutCallerHearsWhatAWrongNumberHears(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := lockout.New(lockout.DefaultConfig(), zerolog.Nop())
		unknown := wrongCall(t, g, "4930111", "999", "4711", "4711", "4711")
		for range 3 {
			wrongCall(t, g, "4930222", "100", "0000", "0001", "0002")
		}
		locked := wrongCall(t, g, "4930222", "100", "4711", "4711", "4711")
		if got, want := fmt.Sprint(locked.log), fmt.Sprint(unknown.log); got != want {
			t.Errorf("locked out:\n%s\nunknown number:\n%s", got, want)
		}
		locked.never("visit", "decided")
		free := wrongCall(t, g, "4930333", "100", "4711")
		free.order("visit", "hears privacy.short", "open")
		time.Sleep(30 * time.Minute)
		wrongCall(t, g, "4930222", "100", "4711").order("visit", "open")
	})
}

// Twenty wrong tries hide the meeting from every telephone, whoever calls.
func TestAMeetingHidesFromTelephones(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := lockout.New(lockout.DefaultConfig(), zerolog.Nop())
		for i := range 7 {
			wrongCall(t, g, fmt.Sprint("49301", i), "100", "0000", "0001", "0002")
			time.Sleep(10 * time.Second)
		}
		unknown := wrongCall(t, g, "4930222", "999", "4711", "4711", "4711")
		hidden := wrongCall(t, g, "4930333", "100", "4711", "4711", "4711")
		if got, want := fmt.Sprint(hidden.log), fmt.Sprint(unknown.log); got != want {
			t.Errorf("hidden:\n%s\nunknown number:\n%s", got, want)
		}
	})
}

// A meeting without a PIN that is hidden asks for one, as for any number.
func TestAHiddenMeetingWithoutAPINAsksForOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := lockout.DefaultConfig()
		c.PerMeeting = 1
		g := lockout.New(c, zerolog.Nop())
		settle, _ := g.Line("loopback", "en", "4930111").Try("100")
		settle(lockout.Wrong)
		st := newStage(t, openMeeting(), guarded(g, "4930222"))
		st.run(t.Context())
		time.Sleep(4 * time.Second)
		st.press("100#")
		time.Sleep(3 * time.Second)
		st.press("1#")
		time.Sleep(5 * time.Second)
		st.phone.goOnHook()
		<-st.ended
		st.order("hears ask.pin", "hears wrong")
		st.never("visit")
	})
}

// Where no PIN is asked for there is nothing to try, and no place to wait for:
// a meeting may begin with everybody calling at once.
func TestAMeetingWithoutAPINIsNoTry(t *testing.T) {
	c := lockout.DefaultConfig()
	c.PerMeeting, c.PerCaller = 1, 1
	g := lockout.New(c, zerolog.Nop())
	settle, _ := g.Line("loopback", "en", "").Try("100")
	defer settle(lockout.Void)
	play(t, openMeeting(), func(*stage) { time.Sleep(30 * time.Second) },
		func(s *Setup) { s.Meeting = "100" }, guarded(g, "")).order("answered", "visit", "open")
}

func TestAWrongHostPINCounts(t *testing.T) {
	g := lockout.New(lockout.DefaultConfig(), zerolog.Nop())
	st := play(t, openMeeting(noHost, func(m *conference.State) { m.HostPIN = true }), func(st *stage) {
		st.meeting.pins["815815"] = conference.Identity{Host: true}
		time.Sleep(time.Second)
		st.press("100#")
		time.Sleep(15 * time.Second)
		for range 3 {
			st.press("000000#")
			time.Sleep(10 * time.Second)
		}
	}, guarded(g, "4930111"))
	st.order("hears wrong", "call wrong")
	if n := g.Stats().Wrong; n != 3 {
		t.Errorf("%d wrong tries were counted, want 3", n)
	}
}

// Whose caller leaves the offer to us is known to be encrypted only when they
// have answered it.
func TestEncryptionThatOnlyTheAnswerShowsCounts(t *testing.T) {
	for _, secure := range []bool{true, false} {
		st := play(t, openMeeting(), func(*stage) { time.Sleep(30 * time.Second) }, func(s *Setup) {
			s.Meeting, s.Policy.SecureLeg, s.Phone.(*fakePhone).secure = "100", true, secure
		})
		decision := "decided refuse insecure"
		if secure {
			decision = "decided admit"
		}
		st.order("answered", "visit", decision)
		if st.kept.SecureLeg != secure {
			t.Errorf("recorded as secure: %v, want %v", st.kept.SecureLeg, secure)
		}
	}
}
