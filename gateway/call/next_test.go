package call

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/gateway/admission"
)

func testTerms() *terms {
	return &terms{
		limits:    DefaultConfig(),
		policy:    admission.NewPolicy(admission.DefaultConfig(), admission.DefaultRecordingConfig()),
		languages: []string{"en"},
	}
}

// openMeeting is a meeting that anybody may enter.
func openMeeting(change ...func(*conference.State)) conference.State {
	m := conference.State{
		Encryption:  conference.Transport,
		Recording:   conference.NotRecording,
		HostPresent: true,
		People:      2,
	}
	for _, c := range change {
		c(&m)
	}
	return m
}

func recorded(c conference.Consent) func(*conference.State) {
	return func(m *conference.State) {
		m.Recording, m.RecordingRun, m.Consent = conference.RecordingOn, 1, c
	}
}

func sealed(m *conference.State) { m.Encryption = conference.EndToEnd }
func ending(m *conference.State) { m.Ended = true }
func lobby(m *conference.State)  { m.Lobby = true }
func letIn(m *conference.State)  { m.You.Admitted = true }
func locked(m *conference.State) { m.Locked = true }
func noHost(m *conference.State) { m.HostPresent = false }
func muted(m *conference.State)  { m.You.Muted = true }
func asked(m *conference.State)  { m.You.SpeakRequests++ }
func paused(m *conference.State) { m.Recording = conference.RecordingPaused }
func prepared(m *conference.State) {
	m.Recording, m.RecordingRun = conference.RecordingPrepared, m.RecordingRun+1
}
func again(m *conference.State) {
	m.Recording, m.RecordingRun = conference.RecordingOn, m.RecordingRun+1
}
func off(m *conference.State) { m.Recording = conference.NotRecording }

// begin is a call that nothing has happened to.
func begin(change ...func(*terms)) state {
	t := testTerms()
	for _, c := range change {
		c(t)
	}
	return state{terms: t}
}

// after lets events happen and forgets what is done about them.
func after(s state, events ...event) state {
	for _, ev := range events {
		s, _ = next(s, ev)
	}
	return s
}

func keys(row string) []event {
	var events []event
	for _, key := range row {
		events = append(events, digit{key: key})
	}
	return events
}

// The stations of a call, each reached by what leads there.
func welcomed() state { return after(begin(), answered{}, spoken{}) }
func numbered() state { return after(welcomed(), keys("100#")...) }
func askedPIN() state { return after(numbered(), found{needsPIN: true}, spoken{}) }
func provedTo(id conference.Identity) state {
	return after(numbered(), found{}, proved{identity: id}, visited{})
}

func atDoor(m conference.State) state {
	return after(provedTo(conference.Identity{}), changed{m}, spoken{})
}

func inRoom(m conference.State) state { return enter(atDoor(m)) }

func hostInRoom(m conference.State) state {
	return enter(after(provedTo(conference.Identity{Host: true}), changed{m}, spoken{}))
}

func enter(s state) state { return after(s, opened{}, spoken{}) }

// agreedIn is in a recorded meeting and has agreed.
func agreedIn() state {
	return enter(after(atDoor(openMeeting(recorded(conference.ConsentRequired))), spoken{}, digit{key: '1'}, testified{}))
}

// declinedIn is in a recorded meeting and only listens.
func declinedIn() state {
	return enter(after(atDoor(openMeeting(recorded(conference.ConsentRequired))), digit{key: '2'}, testified{}))
}

// with changes the meeting that a state knows.
func with(s state, change ...func(*conference.State)) changed {
	m := s.meeting
	for _, c := range change {
		c(&m)
	}
	return changed{m}
}

// describe writes actions down so that a table can hold them.
func describe(actions []action) string {
	var all []string
	for _, a := range actions {
		switch a := a.(type) {
		case say:
			text := []string{"say"}
			for _, w := range a.words {
				text = append(text, string(w.prompt))
			}
			all = append(all, strings.Join(text, " "))
		case arm:
			all = append(all, fmt.Sprintf("arm %s %v", timerNames[a.timer], a.d))
		case disarm:
			continue // never wrong; a missing one shows in the rows on time
		case testify:
			all = append(all, strings.TrimRight(fmt.Sprintf("testify %s %c", a.answer, max(a.key, ' ')), " "))
		case hangup:
			all = append(all, "hangup "+string(a.why))
		case note:
			all = append(all, fmt.Sprintf("note %v %v", a.decision.Verdict, a.decision.Reason))
		case find:
			all = append(all, "find "+a.number)
		case prove:
			all = append(all, strings.TrimSpace("prove "+a.pin))
		case command:
			all = append(all, fmt.Sprintf("command %d", a.command))
		default:
			all = append(all, strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%T", a), "call."), "{}"))
		}
	}
	return strings.Join(all, "; ")
}

var timerNames = [timers]string{"patience", "bound", "reminder"}

var errDown = errors.New("down")

type step struct {
	name  string
	from  state
	event event
	phase phase
	does  string
}

func checkSteps(t *testing.T, steps []step) {
	t.Helper()
	for _, tt := range steps {
		t.Run(tt.name, func(t *testing.T) {
			s, actions := next(tt.from, tt.event)
			if s.phase != tt.phase {
				t.Errorf("phase = %v, want %v", s.phase, tt.phase)
			}
			if got := describe(actions); got != tt.does {
				t.Errorf("does\n\t%s\nwant\n\t%s", got, tt.does)
			}
		})
	}
}

const wholeQuestion = "recording.on consent.intro consent.agree consent.listen consent.leave consent.repeat"

func TestFindingTheMeeting(t *testing.T) {
	two := func(t *terms) { t.languages = []string{"de", "en"} }
	fixed := func(t *terms) { t.meeting = "100" }
	menu := after(begin(two), answered{})
	twice := after(askedPIN(), append(keys("1#"), proved{err: conference.ErrWrongPIN})...)
	thrice := after(twice, append(keys("100#"), found{needsPIN: true}, digit{key: '2'}, digit{key: '#'}, proved{err: conference.ErrWrongPIN})...)
	checkSteps(t, []step{
		{"an answered call hears the welcome and the question", begin(), answered{}, numbering, "say lead.in welcome ask.number; arm bound 1m30s"},
		{"a call that cannot be answered ends", begin(), answered{errDown}, ended, "leave; hush; hangup fault"},
		{"where there are languages, the caller chooses first", begin(two), answered{}, choosing, "say lead.in language language; arm bound 1m30s"},
		{"a language is chosen by its place", menu, digit{key: '2'}, numbering, "hush; say welcome ask.number"},
		{"a language that is not offered is asked again", menu, digit{key: '3'}, choosing, "say language language"},
		{"no choice of language is asked again", after(menu, spoken{}), expired{patience}, choosing, "say time.warn language language"},
		{"a number that leads to a meeting asks for none", begin(fixed), answered{}, greeting, "say lead.in welcome; arm bound 1m30s"},
		{"after the welcome that meeting is looked up", after(begin(fixed), answered{}), spoken{}, finding, "find 100"},
		{"a key passes over the welcome", after(begin(fixed), answered{}), digit{key: '1'}, finding, "hush; find 100"},
		{"a wrong PIN asks only for the PIN there", after(begin(fixed), answered{}, spoken{}, found{needsPIN: true}, digit{key: '1'}, digit{key: '#'}), proved{err: conference.ErrWrongPIN}, pinning, "say wrong ask.pin"},

		{"after the question ten seconds are left for the first key", after(begin(), answered{}), spoken{}, numbering, "arm patience 10s"},
		{"typing over a prompt stops it", after(begin(), answered{}), digit{key: '1'}, numbering, "hush; arm patience 5s"},
		{"between keys are five seconds", after(welcomed(), digit{key: '1'}), digit{key: '2'}, numbering, "arm patience 5s"},
		{"star begins anew", after(welcomed(), keys("12")...), digit{key: '*'}, numbering, "say ask.number"},
		{"what was typed before a star is forgotten", after(welcomed(), keys("12*34")...), digit{key: '#'}, finding, "find 34"},
		{"hash ends the number", after(welcomed(), keys("100")...), digit{key: '#'}, finding, "find 100"},
		{"hash alone repeats the question", welcomed(), digit{key: '#'}, numbering, "say ask.number"},
		{"a pause ends a number that was begun", after(welcomed(), keys("100")...), expired{patience}, finding, "find 100"},
		{"a number is not endless", after(welcomed(), keys(strings.Repeat("1", 40))...), digit{key: '#'}, finding, "find " + strings.Repeat("1", 20)},
		{"letters are no digits", welcomed(), digit{key: 'A'}, numbering, ""},
		{"silence is asked again", welcomed(), expired{patience}, numbering, "say time.warn ask.number"},
		{"silence is asked a third time", after(welcomed(), expired{patience}, spoken{}), expired{patience}, numbering, "say time.warn ask.number"},
		{"then it is goodbye", after(welcomed(), expired{patience}, spoken{}, expired{patience}, spoken{}), expired{patience}, leaving, "leave; say time.out goodbye; arm bound 45s"},
		{"a key gives three more rounds", after(welcomed(), expired{patience}, expired{patience}, digit{key: '1'}, digit{key: '#'}, found{needsPIN: true}), expired{patience}, pinning, "say time.warn ask.pin"},
		{"after ninety seconds without a meeting it is goodbye", welcomed(), expired{bound}, leaving, "leave; say time.out goodbye; arm bound 45s"},
		{"also while the meeting is looked up", numbered(), expired{bound}, leaving, "leave; say time.out goodbye; arm bound 45s"},

		{"a meeting without a PIN goes straight on", numbered(), found{}, proving, "prove"},
		{"a meeting with a PIN asks for it", numbered(), found{needsPIN: true}, pinning, "say ask.pin"},
		{"an unknown number asks for a PIN as well", numbered(), found{err: conference.ErrNoMeeting}, pinning, "say ask.pin"},
		{"a service that cannot be asked is a fault", numbered(), found{err: conference.ErrUnavailable}, leaving, "leave; say fault goodbye; arm bound 45s"},
		{"a PIN keyed ahead is the PIN", after(numbered(), keys("4711#")...), found{needsPIN: true}, proving, "say ask.pin; hush; arm patience 5s; arm patience 5s; arm patience 5s; arm patience 5s; prove 4711"},
		{"a PIN begun ahead goes on", after(numbered(), append(keys("47"), found{needsPIN: true})...), digit{key: '1'}, pinning, "arm patience 5s"},
		{"what was keyed ahead where no PIN is wanted is forgotten", after(numbered(), keys("1111")...), found{}, proving, "prove"},

		{"hash ends the PIN", after(askedPIN(), keys("4711")...), digit{key: '#'}, proving, "prove 4711"},
		{"keys while the PIN is looked up mean nothing", after(askedPIN(), keys("4711#")...), digit{key: '1'}, proving, ""},
		{"a wrong PIN is asked for number and PIN again", after(askedPIN(), keys("1#")...), proved{err: conference.ErrWrongPIN}, numbering, "say wrong ask.number"},
		{"a meeting that is gone sounds like a wrong PIN", after(askedPIN(), keys("1#")...), proved{err: conference.ErrNoMeeting}, numbering, "say wrong ask.number"},
		{"the third wrong pair is the last", after(thrice, append(keys("100#"), found{err: conference.ErrNoMeeting}, digit{key: '2'}, digit{key: '#'})...), proved{err: conference.ErrWrongPIN}, leaving, "leave; say wrong.last goodbye; arm bound 45s"},
		{"a service that fails on the PIN is a fault", after(askedPIN(), keys("1#")...), proved{err: conference.ErrUnavailable}, leaving, "leave; say fault goodbye; arm bound 45s"},
		{"the right PIN is told to the meeting", after(askedPIN(), keys("1#")...), proved{}, visiting, "arm bound 10s; visit"},

		{"a late answer to an earlier number means nothing", askedPIN(), found{}, pinning, ""},
		{"a PIN that nobody asked about means nothing", welcomed(), proved{}, numbering, ""},
		{"a change before the PIN means nothing", askedPIN(), changed{openMeeting()}, pinning, ""},
		{"a seat before the PIN means nothing", askedPIN(), opened{}, pinning, ""},
		{"being answered twice means nothing", welcomed(), answered{}, numbering, ""},
		{"a timer of another phase means nothing", numbered(), expired{patience}, finding, ""},
		{"a reminder outside the waiting room means nothing", welcomed(), expired{reminder}, numbering, ""},
	})
}

func TestAtTheDoor(t *testing.T) {
	visiting1 := provedTo(conference.Identity{})
	informed := after(visiting1, changed{openMeeting()})
	held := atDoor(openMeeting(lobby))
	noticed := atDoor(openMeeting(recorded(conference.ConsentNotice)))
	checkSteps(t, []step{
		{"a service that does not take the visit is a fault", after(visiting1), visited{conference.ErrUnavailable}, leaving, "leave; say fault goodbye; arm bound 45s"},
		{"a meeting that is over by then is told", after(visiting1), visited{conference.ErrGone}, leaving, "leave; say refuse.ended goodbye; arm bound 45s"},
		{"a meeting that tells nothing is a fault", visiting1, expired{bound}, leaving, "leave; say fault goodbye; arm bound 45s"},
		{"a meeting that tells nothing and goes is over", visiting1, over{}, leaving, "note refuse ended; leave; say refuse.ended goodbye; arm bound 45s"},

		{"the privacy notice comes first", visiting1, changed{openMeeting()}, informing, "note admit open; say privacy.short; arm bound 5m0s"},
		{"who is refused is not kept with it", visiting1, changed{openMeeting(sealed)}, leaving, "note refuse e2ee; leave; say refuse.e2ee goodbye; arm bound 45s"},
		{"hash passes over it", informed, digit{key: '#'}, opening, "hush; arm bound 10s; open"},
		{"star zero gives all of it", after(informed, digit{key: '*'}), digit{key: '0'}, informing, "say privacy.long"},
		{"zero alone does not", informed, digit{key: '0'}, informing, ""},
		{"after all of it things go on", after(informed, keys("*0")...), spoken{}, opening, "arm bound 10s; open"},
		{"heard to the end it opens the seat", informed, spoken{}, opening, "arm bound 10s; open"},
		{"a change during it only counts when it refuses", informed, with(informed, recorded(conference.ConsentRequired)), informing, "note ask_consent consent"},
		{"a meeting that turns end-to-end encrypted during it refuses", informed, with(informed, sealed), leaving, "note refuse e2ee; leave; hush; say refuse.e2ee goodbye; arm bound 45s"},

		{"callers wait for the host", after(visiting1, changed{openMeeting(noHost)}), spoken{}, holding, "say wait.host; arm bound 10m0s; arm reminder 1m30s"},
		{"callers wait in the lobby", after(visiting1, changed{openMeeting(lobby)}), spoken{}, holding, "say wait.room; arm bound 10m0s; arm reminder 1m30s"},
		{"who waits is told so again", after(held, spoken{}), expired{reminder}, holding, "say wait.still; arm reminder 1m30s"},
		{"not over other words", held, expired{reminder}, holding, "arm reminder 1m30s"},
		{"nobody waits for ever to be let in", held, expired{bound}, leaving, "leave; hush; say wait.end goodbye; arm bound 45s"},
		{"nobody waits for ever for the host", atDoor(openMeeting(noHost)), expired{bound}, leaving, "leave; hush; say wait.host.end goodbye; arm bound 45s"},
		{"a change that means nothing to them changes nothing", held, with(held, func(m *conference.State) { m.People++ }), holding, ""},
		{"the host comes and there still is a lobby", atDoor(openMeeting(noHost, lobby)), changed{openMeeting(lobby)}, holding, "note wait lobby; hush; say wait.room; arm bound 10m0s; arm reminder 1m30s"},
		{"who is let in enters", held, with(held, letIn), opening, "note admit open; hush; arm bound 10s; open"},
		{"who is turned away hears so", held, with(held, func(m *conference.State) { m.You.Declined = true }), leaving, "note refuse declined; leave; hush; say refuse.declined goodbye; arm bound 45s"},
		{"a meeting that ends meanwhile is told", held, with(held, ending), leaving, "note refuse ended; leave; hush; say refuse.ended goodbye; arm bound 45s"},
		{"a lock meanwhile is told", held, with(held, locked), leaving, "note refuse locked; leave; hush; say refuse.locked goodbye; arm bound 45s"},
		{"the privacy notice can be heard while waiting", after(held, digit{key: '*'}), digit{key: '0'}, holding, "say privacy.long"},
		{"hash stops it", after(held, keys("*0")...), digit{key: '#'}, holding, "hush"},
		{"who is let into a recorded meeting is asked first", held, with(held, letIn, recorded(conference.ConsentRequired)), asking, "note ask_consent consent; hush; flush; say " + wholeQuestion + "; arm bound 5m0s"},

		{"where notice is enough it is given before the seat", after(visiting1, changed{openMeeting(recorded(conference.ConsentNotice))}), spoken{}, noticing, "say recording.on; arm bound 5m0s"},
		{"no key stops a notice", noticed, digit{key: '#'}, noticing, ""},
		{"a notice that was heard is written down", noticed, spoken{}, testifying, "testify informed; arm bound 10s"},
		{"then the seat opens", after(noticed, spoken{}), testified{}, opening, "note admit open; arm bound 10s; open"},
		{"a notice that cannot be written lets nobody in", after(noticed, spoken{}), testified{errDown}, leaving, "leave; say fault goodbye; arm bound 45s"},
		{"a recording that ends meanwhile opens the seat", noticed, with(noticed, off), opening, "note admit open; hush; arm bound 10s; open"},
		{"another recording is told anew", noticed, with(noticed, again), noticing, "hush; say recording.on; arm bound 5m0s"},
		{"a notice that was begun is not begun again", noticed, with(noticed, paused), noticing, ""},
		{"a notice on a line that is held is given up", noticed, expired{bound}, leaving, "leave; hush; say time.out goodbye; arm bound 45s"},

		{"a seat is not opened twice", after(informed, spoken{}), with(informed, recorded(conference.ConsentNotice)), opening, "note admit notice"},
		{"a meeting that turns end-to-end encrypted meanwhile refuses", after(informed, spoken{}), with(informed, sealed), leaving, "note refuse e2ee; leave; say refuse.e2ee goodbye; arm bound 45s"},
		{"a seat that comes after that means nothing", after(informed, spoken{}, with(informed, sealed)), opened{}, leaving, ""},
		{"a seat is entered", after(informed, spoken{}), opened{}, talking, "say enter"},
		{"who has been muted hears so on entering", after(atDoor(openMeeting(muted))), opened{}, talking, "say enter.muted"},
		{"a seat in a meeting that is recorded by now asks first", after(informed, spoken{}, with(informed, recorded(conference.ConsentRequired))), opened{}, asking, "flush; say recording.start consent.intro consent.agree consent.listen consent.leave consent.repeat; arm bound 5m0s"},
		{"a meeting that does not seat the caller may say why", after(informed, spoken{}), opened{conference.ErrNotAdmitted}, visiting, "arm bound 2s"},
		{"what it says is told", after(informed, spoken{}, opened{conference.ErrNotAdmitted}), with(informed, locked), leaving, "note refuse locked; leave; say refuse.locked goodbye; arm bound 45s"},
		{"if it says nothing the caller hears what there is to say", after(informed, spoken{}, opened{conference.ErrNotAdmitted}), expired{bound}, leaving, "leave; say refuse.policy goodbye; arm bound 45s"},
		{"a seat that cannot be had is a fault", after(informed, spoken{}), opened{conference.ErrUnavailable}, leaving, "leave; say fault goodbye; arm bound 45s"},
		{"a seat that takes too long is a fault", after(informed, spoken{}), expired{bound}, leaving, "leave; say fault goodbye; arm bound 45s"},
	})
}

func TestEveryMeetingThatRefusesSaysWhy(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*conference.State)
		says   announcements.Prompt
	}{
		{"end-to-end encrypted", sealed, announcements.RefuseE2EE},
		{"unknown encryption", func(m *conference.State) { m.Encryption = conference.Unknown }, announcements.RefuseUnknown},
		{"a level the operator refuses", func(m *conference.State) { m.Encryption = conference.None }, announcements.RefusePolicy},
		{"no telephones", func(m *conference.State) { m.PhonesRefused = true }, announcements.RefusePhone},
		{"registered callers only", func(m *conference.State) { m.RegisteredOnly = true }, announcements.RefuseRegistered},
		{"locked", locked, announcements.RefuseLocked},
		{"full", func(m *conference.State) { m.Capacity = 2 }, announcements.RefuseFull},
		{"recording unknown", func(m *conference.State) { m.Recording = conference.RecordingUnknown }, announcements.RefuseRecording},
		{"over", ending, announcements.RefuseEnded},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, actions := next(provedTo(conference.Identity{}), changed{openMeeting(tt.change)})
			want := fmt.Sprintf("say %s goodbye", tt.says)
			if s.phase != leaving || !strings.Contains(describe(actions), want) {
				t.Errorf("%v: %s, want %s", s.phase, describe(actions), want)
			}
			if strings.Contains(describe(actions), "open") {
				t.Error("a seat was opened")
			}
		})
	}
}

func TestAskingForConsent(t *testing.T) {
	asked := atDoor(openMeeting(recorded(conference.ConsentRequired)))
	quiet := after(asked, spoken{})
	agreeing := after(quiet, digit{key: '1'})
	checkSteps(t, []step{
		{"a recording that needs consent asks before the seat", after(provedTo(conference.Identity{}), changed{openMeeting(recorded(conference.ConsentRequired))}), spoken{}, asking, "flush; say " + wholeQuestion + "; arm bound 5m0s"},
		{"a yes before its sentence is none", asked, digit{key: '1', begun: 1}, asking, ""},
		{"a yes before the first word is none", asked, digit{key: '1', begun: -1}, asking, ""},
		{"a yes counts once its sentence has begun", asked, digit{key: '1', begun: 2}, testifying, "testify agreed 1; hush; arm bound 10s"},
		{"a yes counts after the question", quiet, digit{key: '1'}, testifying, "testify agreed 1; arm bound 10s"},
		{"only listening counts at once", asked, digit{key: '2', begun: -1}, testifying, "testify declined 2; hush; arm bound 10s"},
		{"leaving counts at once", asked, digit{key: '3', begun: -1}, leaving, "testify left 3; leave; hush; say goodbye; arm bound 45s"},
		{"zero repeats the question", quiet, digit{key: '0'}, asking, "say " + wholeQuestion},
		{"four is no answer", quiet, digit{key: '4'}, asking, ""},
		{"five is no answer", quiet, digit{key: '5'}, asking, ""},
		{"six is no answer", quiet, digit{key: '6'}, asking, ""},
		{"seven is no answer", quiet, digit{key: '7'}, asking, ""},
		{"eight is no answer", quiet, digit{key: '8'}, asking, ""},
		{"nine is no answer", quiet, digit{key: '9'}, asking, ""},
		{"star is no answer", quiet, digit{key: '*'}, asking, ""},
		{"hash is no answer and does not pass over", asked, digit{key: '#'}, asking, ""},
		{"after the question there is time for a key", asked, spoken{}, asking, "arm patience 10s"},
		{"silence is asked once more", quiet, expired{patience}, asking, "say " + wholeQuestion},
		{"silence after that is a no", after(quiet, expired{patience}, spoken{}), expired{patience}, testifying, "testify declined; arm bound 10s"},
		{"a question that nobody hears is a no", asked, expired{bound}, testifying, "testify declined; hush; arm bound 10s"},
		{"hanging up is no answer", quiet, gone{}, ended, "leave; hush; hangup hung_up"},

		{"a yes that is written opens the seat", agreeing, testified{}, opening, "note admit open; arm bound 10s; open"},
		{"a yes that cannot be written lets nobody in", agreeing, testified{errDown}, leaving, "leave; say fault goodbye; arm bound 45s"},
		{"a yes that takes too long to write lets nobody in", agreeing, expired{bound}, leaving, "leave; say fault goodbye; arm bound 45s"},
		{"keys while it is written mean nothing", agreeing, digit{key: '2'}, testifying, ""},
		{"who agreed hears so on entering", after(agreeing, testified{}), opened{}, talking, "say consent.yes enter"},
		{"who declined enters to listen", after(quiet, digit{key: '2'}, testified{}), opened{}, talking, "say consent.no enter.listening"},
		{"a no needs no record to be obeyed", after(quiet, digit{key: '2'}), testified{errDown}, opening, "note admit listening; arm bound 10s; open"},
		{"a yes to one recording is none to the next", agreeing, with(agreeing, again), testifying, ""},
		{"and is asked again", after(agreeing, with(agreeing, again)), testified{}, asking, "flush; say " + wholeQuestion + "; arm bound 5m0s"},
		{"another recording asks anew", quiet, with(quiet, again), asking, "flush; say " + wholeQuestion + "; arm bound 5m0s"},
		{"a recording that ends opens the seat", quiet, with(quiet, off), opening, "note admit open; arm bound 10s; open"},
		{"a pause leaves the question as it is", quiet, with(quiet, paused), asking, ""},
		{"a lock meanwhile is told", quiet, with(quiet, locked), leaving, "note refuse locked; leave; say refuse.locked goodbye; arm bound 45s"},
		{"a meeting that turns end-to-end encrypted meanwhile refuses", asked, with(asked, sealed), leaving, "note refuse e2ee; leave; hush; say refuse.e2ee goodbye; arm bound 45s"},
	})
}

func TestKeysInTheMeeting(t *testing.T) {
	in := inRoom(openMeeting())
	star := func(s state) state { return after(s, digit{key: '*'}) }
	host := hostInRoom(openMeeting())
	many := hostInRoom(openMeeting(func(m *conference.State) { m.You.Waiting = 2 }))
	checkSteps(t, []step{
		{"star waits for the key after it", in, digit{key: '*'}, talking, "arm patience 5s"},
		{"star six shuts the microphone", star(in), digit{key: '6'}, talking, "say mute.self"},
		{"star six opens it again", star(after(in, keys("*6")...)), digit{key: '6'}, talking, "say unmute.self"},
		{"six alone does nothing", in, digit{key: '6'}, talking, ""},
		{"a star that is forgotten does nothing", after(star(in), expired{patience}), digit{key: '6'}, talking, ""},
		{"star nine raises the hand", star(in), digit{key: '9'}, talking, "say hand.up"},
		{"star nine lowers it", after(in, append(keys("*9"), spoken{}, digit{key: '*'})...), digit{key: '9'}, talking, "say hand.down"},
		{"star hash tells how things stand", star(in), digit{key: '#'}, talking, "say state.people state.not_recording state.transport state.leg state.unmuted"},
		{"it tells of a recording", star(agreedIn()), digit{key: '#'}, talking, "say state.people state.recording state.transport state.leg state.unmuted"},
		{"it tells that only listening is muted", star(declinedIn()), digit{key: '#'}, talking, "say state.people state.recording state.transport state.leg state.muted"},
		{"star two without a recording says so", star(in), digit{key: '2'}, talking, "say consent.nothing"},
		{"star zero reads the privacy notice", star(in), digit{key: '0'}, talking, "say privacy.long"},
		{"hash stops it", after(in, keys("*0")...), digit{key: '#'}, talking, "hush"},
		{"star one gives help", star(in), digit{key: '1'}, talking, "say help"},
		{"star one gives a host more help", star(host), digit{key: '1'}, talking, "say help help.host"},
		{"a key that is none says so", star(in), digit{key: '3'}, talking, "say key.unknown"},
		{"two stars are one", star(star(in)), digit{key: '6'}, talking, "say mute.self"},
		{"star five is for hosts", star(in), digit{key: '5'}, talking, "say not.host"},
		{"star eight is for hosts", star(in), digit{key: '8'}, talking, "say not.host"},
		{"star five locks", star(host), digit{key: '5'}, talking, fmt.Sprintf("command %d", conference.ToggleLock)},
		{"star four mutes all", star(host), digit{key: '4'}, talking, fmt.Sprintf("command %d", conference.MuteAll)},
		{"star seven records", star(host), digit{key: '7'}, talking, fmt.Sprintf("command %d", conference.ToggleRecording)},
		{"star eight admits who waits", star(many), digit{key: '8'}, talking, fmt.Sprintf("command %d", conference.AdmitNext)},
		{"star eight with nobody waiting says so", star(host), digit{key: '8'}, talking, "say admit.none"},
		{"all being muted is told", host, obeyed{command: conference.MuteAll}, talking, "say mute.all"},
		{"being admitted is told", many, obeyed{command: conference.AdmitNext}, talking, "say admitted.one"},
		{"a lock is told as a change, not twice", host, obeyed{command: conference.ToggleLock}, talking, ""},
		{"a meeting that knows better says so", host, obeyed{conference.ToggleLock, conference.ErrNotAdmitted}, talking, "say not.host"},
		{"a meeting that cannot says so", host, obeyed{conference.ToggleRecording, conference.ErrUnavailable}, talking, "say command.failed"},
		{"no key stops what has changed", after(in, with(in, locked)), digit{key: '#'}, talking, ""},
		{"a key's answer waits for it", star(after(in, with(in, locked))), digit{key: '6'}, talking, ""},
		{"and follows it", after(star(after(in, with(in, locked))), digit{key: '6'}), spoken{}, talking, "say mute.self"},
	})
}

func TestAMeetingThatChanges(t *testing.T) {
	in := inRoom(openMeeting())
	agreed := agreedIn()
	declined := declinedIn()
	needs := func(m *conference.State) { m.Consent = conference.ConsentRequired }
	tells := func(m *conference.State) { m.Consent = conference.ConsentNotice }
	nothing := func(m *conference.State) { m.Consent = conference.ConsentOff }
	start := "recording.start consent.intro consent.agree consent.listen consent.leave consent.repeat"
	checkSteps(t, []step{
		{"a recording that begins asks", in, with(in, prepared, needs), asking, "note ask_consent consent; flush; say " + start + "; arm bound 5m0s"},
		{"a recording that runs already asks", in, with(in, again, needs), asking, "note ask_consent consent; flush; say " + start + "; arm bound 5m0s"},
		{"where notice is enough it is given", in, with(in, again, tells), noticing, "note admit notice; say recording.start; arm bound 5m0s"},
		{"where nothing is told nothing is said", in, with(in, again, nothing), talking, ""},
		{"a yes goes back to the meeting", after(in, with(in, again, needs), spoken{}, digit{key: '1'}), testified{}, talking, "note admit open; say consent.yes"},
		{"a no goes back to the meeting", after(in, with(in, again, needs), digit{key: '2'}), testified{}, talking, "note admit listening; say consent.no"},
		{"silence goes back to the meeting", after(in, with(in, again, needs), spoken{}, expired{patience}, spoken{}, expired{patience}), testified{}, talking, "note admit listening; say consent.none"},
		{"three leaves", after(in, with(in, again, needs)), digit{key: '3'}, leaving, "testify left 3; leave; hush; say leave goodbye; arm bound 45s"},
		{"a notice in the meeting that nobody hears waits until somebody does", after(in, with(in, again, tells)), expired{bound}, noticing, "arm bound 5m0s"},
		{"a yes that cannot be written ends it", after(in, with(in, again, needs), spoken{}, digit{key: '1'}), testified{errDown}, leaving, "leave; say fault goodbye; arm bound 45s"},
		{"a prepared recording that runs is not told twice", after(in, with(in, prepared, needs)), with(in, prepared, needs, func(m *conference.State) { m.Recording = conference.RecordingOn }), asking, ""},
		{"a recording that ends during the question ends the question", after(in, with(in, again, needs)), with(in, needs, func(m *conference.State) { m.RecordingRun = 1 }), talking, "note admit open; hush; say recording.stop"},
		{"a pause is told", agreed, with(agreed, paused), talking, "say recording.pause"},
		{"going on is told", after(agreed, with(agreed, paused), spoken{}), with(agreed), talking, "say recording.resume"},
		{"the end of a recording is told", agreed, with(agreed, off), talking, "say recording.stop"},
		{"who only listened hears that their microphone is off then", declined, with(declined, off), talking, "note admit open; say recording.stop state.muted"},
		{"the next recording asks again", after(agreed, with(agreed, off), spoken{}), with(agreed, again), asking, "note ask_consent consent; flush; say " + start + "; arm bound 5m0s"},

		{"star two withdraws", after(agreed, digit{key: '*'}), digit{key: '2'}, talking, "testify withdrawn 2; note admit listening; say consent.withdrawn"},
		{"star two after a no asks anew", after(declined, digit{key: '*'}), digit{key: '2'}, asking, "flush; say " + wholeQuestion + "; arm bound 5m0s"},
		{"a change does not end that question", after(declined, keys("*2")...), with(declined, func(m *conference.State) { m.People++ }), asking, ""},
		{"star six after a no says why it cannot be", after(declined, digit{key: '*'}), digit{key: '6'}, talking, "say unmute.held"},

		{"being muted is told", in, with(in, muted), talking, "say mute.host"},
		{"being muted twice is not", after(in, keys("*6")...), with(in, muted), talking, ""},
		{"being asked to speak is told", after(in, keys("*6")...), with(in, asked), talking, ""},
		{"after the words before it", after(in, append(keys("*6"), with(in, asked))...), spoken{}, talking, "say unmute.ask"},
		{"who only listens is asked to speak", declined, with(declined, asked), talking, "say unmute.ask"},
		{"who is not muted is not asked", in, with(in, asked), talking, ""},
		{"a lock is told", in, with(in, locked), talking, "say lock.on"},
		{"an opened lock is told", after(in, with(in, locked), spoken{}), with(in), talking, "say lock.off"},
		{"another encryption is told", in, with(in, func(m *conference.State) { m.Encryption = conference.Enhanced }), talking, "say state.enhanced"},
		{"several changes are told in one breath", in, with(in, locked, muted), talking, "say mute.host lock.on"},
		{"a change during a question is told after it", after(in, with(in, again, needs), with(in, again, needs, locked), digit{key: '2'}), testified{}, talking, "note admit listening; say consent.no lock.on"},
		{"a host hears who waits", hostInRoom(openMeeting()), changed{openMeeting(func(m *conference.State) { m.You.Waiting = 1 })}, talking, "say waiting.count"},
		{"others do not", in, with(in, func(m *conference.State) { m.You.Waiting = 1 }), talking, ""},
		{"what changes nothing for the caller is not told", in, with(in, func(m *conference.State) { m.People++ }), talking, ""},

		{"a meeting that turns end-to-end encrypted lets the caller go", in, with(in, sealed), leaving, "note refuse e2ee; leave; say refuse.e2ee.now; arm bound 45s"},
		{"also during a question", after(in, with(in, again, needs)), with(in, sealed), leaving, "note refuse e2ee; leave; hush; say refuse.e2ee.now; arm bound 45s"},
		{"a recording nobody knows of lets the caller go", in, with(in, func(m *conference.State) { m.Recording = conference.RecordingUnknown }), leaving, "note refuse recording_unknown; leave; say refuse.recording goodbye; arm bound 45s"},
		{"who is removed hears so", in, with(in, func(m *conference.State) { m.You.Removed = true }), leaving, "note refuse removed; leave; say removed goodbye; arm bound 45s"},
		{"the end of the meeting is told", in, with(in, ending), leaving, "note refuse ended; leave; say ended goodbye; arm bound 45s"},
		{"a meeting that goes without a word has ended", in, over{}, leaving, "note refuse ended; leave; say ended goodbye; arm bound 45s"},
		{"a host who leaves does not end it", in, with(in, noHost), talking, ""},
	})
}

func TestTheEnd(t *testing.T) {
	in := inRoom(openMeeting())
	going := after(in, with(in, ending))
	checkSteps(t, []step{
		{"after the last word we hang up", going, spoken{}, ended, "leave; hush; hangup ended"},
		{"also when nobody hears it", going, expired{bound}, ended, "leave; hush; hangup ended"},
		{"not when another timer ends", going, expired{patience}, leaving, ""},
		{"keys mean nothing any more", going, digit{key: '6'}, leaving, ""},
		{"changes mean nothing any more", going, changed{openMeeting()}, leaving, ""},
		{"a first reason stays", going, draining{}, leaving, ""},
		{"who hangs up meanwhile has ended for the first reason", going, gone{}, ended, "leave; hush; hangup ended"},
		{"who hangs up in the meeting is gone", in, gone{}, ended, "leave; hush; hangup hung_up"},
		{"who hangs up before the answer is gone", begin(), gone{}, ended, "leave; hush; hangup hung_up"},
		{"a gateway that closes says so", in, draining{}, leaving, "leave; say drain goodbye; arm bound 45s"},
		{"a gateway that closes says so at the door", welcomed(), draining{}, leaving, "leave; say drain goodbye; arm bound 45s"},
		{"a call that is not answered yet is ended", begin(), draining{}, ended, "leave; hush; hangup drain"},
		{"nothing happens after the end", after(in, gone{}), changed{openMeeting()}, ended, ""},
		{"nobody hangs up twice", after(in, gone{}), gone{}, ended, ""},
	})
}

// TestWhoIsHeard looks at the only thing that opens a voice.
func TestWhoIsHeard(t *testing.T) {
	in := inRoom(openMeeting())
	tells := func(m *conference.State) { m.Consent = conference.ConsentNotice }
	needs := func(m *conference.State) { m.Consent = conference.ConsentRequired }
	entering := after(atDoor(openMeeting()), opened{})
	for _, tt := range []struct {
		name string
		call state
		ear  ear
		want bool
	}{
		{"nobody is heard at the door", atDoor(openMeeting()), hearsNothing, false},
		{"nobody is heard while they hear that they are in", entering, hearsWords, false},
		{"then they are", after(entering, spoken{}), hearsMeeting, true},
		{"a key passes over those words", after(entering, digit{key: '#'}), hearsMeeting, true},
		{"a caller is heard while a change is told", after(in, with(in, locked)), hearsWords, true},
		{"a caller is heard while a key is answered", after(in, keys("*9")...), hearsWords, true},
		{"nobody is heard who has shut the microphone", after(in, keys("*6")...), hearsWords, false},
		{"nobody is heard whom a host has muted", after(in, with(in, muted)), hearsWords, false},
		{"who is muted may open again", after(after(in, with(in, muted)), append(keys("*6"), spoken{}, spoken{})...), hearsMeeting, true},
		{"the end of a host's mute opens nothing", after(in, with(in, muted), spoken{}, with(in)), hearsMeeting, false},
		{"nobody is heard during a notice", after(in, with(in, again, tells)), hearsWords, false},
		{"nobody is heard while a notice is written down", after(in, with(in, again, tells), spoken{}), hearsNothing, false},
		{"after it they are", after(in, with(in, again, tells), spoken{}, testified{}), hearsMeeting, true},
		{"words on entering that were cut short are said again", after(entering, with(in, again, tells), spoken{}, testified{}), hearsWords, false},
		{"and then they are heard", after(entering, with(in, again, tells), spoken{}, testified{}, spoken{}), hearsMeeting, true},
		{"nobody is heard during the question", after(in, with(in, again, needs)), hearsWords, false},
		{"nobody is heard after it without an answer", after(in, with(in, again, needs), spoken{}), hearsNothing, false},
		{"nobody is heard while a yes is written down", after(in, with(in, again, needs), spoken{}, digit{key: '1'}), hearsNothing, false},
		{"a yes that is written is heard", after(in, with(in, again, needs), spoken{}, digit{key: '1'}, testified{}, spoken{}), hearsMeeting, true},
		{"who was muted stays so after a yes", after(in, append(keys("*6"), with(in, again, needs), digit{key: '1', begun: 5}, testified{}, spoken{})...), hearsMeeting, false},
		{"who declined listens", declinedIn(), hearsMeeting, false},
		{"who declined stays shut when the recording ends", after(declinedIn(), with(declinedIn(), off), spoken{}), hearsMeeting, false},
		{"and opens by their own key", after(after(declinedIn(), with(declinedIn(), off), spoken{}), append(keys("*6"), spoken{})...), hearsMeeting, true},
		{"who withdraws is not heard", after(agreedIn(), keys("*2")...), hearsWords, false},
		{"who agrees after all is heard", after(declinedIn(), append(keys("*2"), spoken{}, digit{key: '1'}, testified{}, spoken{})...), hearsMeeting, true},
		{"a pause asks nobody again", after(agreedIn(), with(agreedIn(), paused), spoken{}, with(agreedIn()), spoken{}), hearsMeeting, true},
		{"nobody is heard after the meeting turns end-to-end encrypted", after(in, with(in, sealed)), hearsWords, false},
		{"nor hears anything of it", after(in, with(in, sealed), spoken{}), hearsNothing, false},
		{"who waits hears music", after(atDoor(openMeeting(lobby)), spoken{}), hearsMusic, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := outline(tt.call); got.voice != tt.want || got.ear != tt.ear {
				t.Errorf("voice %v, ear %v; want %v, %v", got.voice, got.ear, tt.want, tt.ear)
			}
		})
	}
}
