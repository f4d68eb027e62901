package call

import (
	"fmt"
	"strings"
	"testing"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/gateway/records"
)

func TestAtTheDoor(t *testing.T) {
	visiting1 := provedTo(conference.Identity{})
	informed := after(visiting1, changed{openMeeting()})
	held := atDoor(openMeeting(lobby))
	noticed := atDoor(openMeeting(recorded(conference.ConsentNotice)))
	checkSteps(t, []step{
		{"a service that does not take the visit is a fault", after(visiting1), visited{conference.ErrUnavailable}, leaving, "leave; say fault goodbye lead.out; arm bound 45s"},
		{"a meeting that is over by then is told", after(visiting1), visited{conference.ErrGone}, leaving, "leave; say refuse.ended goodbye lead.out; arm bound 45s"},
		{"a meeting that tells nothing is a fault", visiting1, expired{bound}, leaving, "leave; say fault goodbye lead.out; arm bound 45s"},
		{"a meeting that tells nothing and goes is over", visiting1, over{}, leaving, "note refuse ended; leave; say refuse.ended goodbye lead.out; arm bound 45s"},

		{"the privacy notice comes first", visiting1, changed{openMeeting()}, informing, "note admit open; say privacy.short; arm bound 5m0s"},
		{"who is refused is not kept with it", visiting1, changed{openMeeting(sealed)}, leaving, "note refuse e2ee; leave; say refuse.e2ee goodbye lead.out; arm bound 45s"},
		{"hash keyed ahead passes over it", after(numbered(), digit{key: '#'}, found{}, proved{}, visited{}), changed{openMeeting()}, opening, "note admit open; testify notice informed #; arm bound 10s; arm bound 10s; open"},
		{"also after a PIN keyed ahead", after(numbered(), append(keys("47##"), found{needsPIN: true}, proved{}, visited{})...), changed{openMeeting()}, opening, "note admit open; testify notice informed #; arm bound 10s; arm bound 10s; open"},
		{"also while the PIN is looked up", after(askedPIN(), append(keys("47##"), proved{}, visited{})...), changed{openMeeting()}, opening, "note admit open; testify notice informed #; arm bound 10s; arm bound 10s; open"},
		{"not after a wrong PIN", after(askedPIN(), append(keys("47##"), proved{err: conference.ErrWrongPIN}, expired{patience}, digit{key: '1'}, digit{key: '#'}, found{}, proved{}, visited{})...), changed{openMeeting()}, informing, "note admit open; say privacy.short; arm bound 5m0s"},
		{"not with the hash of a PIN that nobody asks for", after(numbered(), append(keys("47#"), found{}, proved{}, visited{})...), changed{openMeeting()}, informing, "note admit open; say privacy.short; arm bound 5m0s"},
		{"nor where it comes while the meeting is entered", after(numbered(), append(append([]event{found{}}, keys("47")...), proved{}, digit{key: '#'}, visited{})...), changed{openMeeting()}, informing, "note admit open; say privacy.short; arm bound 5m0s"},
		{"but with the hash behind it", after(numbered(), append(keys("47##"), found{}, proved{}, visited{})...), changed{openMeeting()}, opening, "note admit open; testify notice informed #; arm bound 10s; arm bound 10s; open"},
		{"and behind a star", after(numbered(), append(keys("47*#"), found{}, proved{}, visited{})...), changed{openMeeting()}, opening, "note admit open; testify notice informed #; arm bound 10s; arm bound 10s; open"},
		{"other keys ahead do not", after(numbered(), append(keys("11*0"), found{}, proved{}, visited{})...), changed{openMeeting()}, informing, "note admit open; say privacy.short; arm bound 5m0s"},
		{"hash passes over it", informed, digit{key: '#'}, opening, "testify notice informed #; hush; arm bound 10s; arm bound 10s; open"},
		{"star zero gives all of it", after(informed, digit{key: '*'}), digit{key: '0'}, informing, "say privacy.long"},
		{"zero alone does not", informed, digit{key: '0'}, informing, ""},
		{"after all of it things go on", after(informed, keys("*0")...), spoken{}, opening, "testify notice informed; arm bound 10s; arm bound 10s; open"},
		{"heard to the end it opens the seat", informed, spoken{}, opening, "testify notice informed; arm bound 10s; arm bound 10s; open"},
		{"a change during it only counts when it refuses", informed, with(informed, recorded(conference.ConsentRequired)), informing, "note ask_consent consent"},
		{"a meeting that turns end-to-end encrypted during it refuses", informed, with(informed, sealed), leaving, "note refuse e2ee; leave; hush; say refuse.e2ee goodbye lead.out; arm bound 45s"},

		{"callers wait for the host", after(visiting1, changed{openMeeting(noHost)}), spoken{}, holding, "testify notice informed; arm bound 10s; say wait.host; arm bound 9m30s; arm reminder 1m30s"},
		{"callers wait in the lobby", after(visiting1, changed{openMeeting(lobby)}), spoken{}, holding, "testify notice informed; arm bound 10s; say wait.room; arm bound 9m30s; arm reminder 1m30s"},
		{"who waits is told so again", after(held, spoken{}), expired{reminder}, holding, "say wait.still; arm reminder 1m30s"},
		{"not over other words", held, expired{reminder}, holding, "arm reminder 1m30s"},
		{"nobody waits for ever to be let in", after(held, expired{bound}, spoken{}), expired{bound}, leaving, "leave; say wait.end goodbye lead.out; arm bound 45s"},
		{"nobody waits for ever for the host", after(atDoor(openMeeting(noHost)), expired{bound}), expired{bound}, leaving, "leave; hush; say wait.host.end goodbye lead.out; arm bound 45s"},
		{"a change that means nothing to them changes nothing", held, with(held, func(m *conference.State) { m.People++ }), holding, ""},
		{"the host comes and there still is a lobby", atDoor(openMeeting(noHost, lobby)), changed{openMeeting(lobby)}, holding, "note wait lobby; hush; say wait.room; arm bound 9m30s; arm reminder 1m30s"},
		{"who is let in enters", held, with(held, letIn), opening, "note admit open; hush; arm bound 10s; open"},
		{"who is turned away hears so", held, with(held, func(m *conference.State) { m.You.Declined = true }), leaving, "note refuse declined; leave; hush; say refuse.declined goodbye lead.out; arm bound 45s"},
		{"a meeting that ends meanwhile is told", held, with(held, ending), leaving, "note refuse ended; leave; hush; say refuse.ended goodbye lead.out; arm bound 45s"},
		{"a lock meanwhile is told", held, with(held, locked), leaving, "note refuse locked; leave; hush; say refuse.locked goodbye lead.out; arm bound 45s"},
		{"the privacy notice can be heard while waiting", after(held, digit{key: '*'}), digit{key: '0'}, holding, "say privacy.long"},
		{"hash stops it", after(held, keys("*0")...), digit{key: '#'}, holding, "hush"},
		{"who is let into a recorded meeting is asked first", held, with(held, letIn, recorded(conference.ConsentRequired)), asking, "note ask_consent consent; hush; flush; say " + wholeQuestion + "; arm bound 5m0s"},

		{"where notice is enough it is given before the seat", after(visiting1, changed{openMeeting(recorded(conference.ConsentNotice))}), spoken{}, noticing, "testify notice informed; arm bound 10s; say recording.on; arm bound 5m0s"},
		{"no key stops a notice", noticed, digit{key: '#'}, noticing, ""},
		{"star two in it is a no", after(noticed, digit{key: '*'}), digit{key: '2'}, testifying, "testify declined 2; hush; arm bound 10s"},
		{"also while it is written that it was heard", after(noticed, append([]event{spoken{}}, keys("*2")...)...), testified{}, opening, "testify withdrawn 2; note admit listening; arm bound 10s; open"},
		{"also with the star before its end", after(noticed, digit{key: '*'}, spoken{}, digit{key: '2'}), testified{}, opening, "testify withdrawn 2; note admit listening; arm bound 10s; open"},
		{"a notice that was heard is written down", noticed, spoken{}, testifying, "testify informed; arm bound 10s"},
		{"then the seat opens", after(noticed, spoken{}), testified{}, opening, "note admit open; arm bound 10s; open"},
		{"a notice that cannot be written lets nobody in", after(noticed, spoken{}), testified{err: errDown}, leaving, "leave; say fault goodbye lead.out; arm bound 45s"},
		{"a recording that ends meanwhile opens the seat", noticed, with(noticed, off), opening, "note admit open; hush; arm bound 10s; open"},
		{"another recording is told anew", noticed, with(noticed, again), noticing, "hush; say recording.on; arm bound 5m0s"},
		{"a notice that was begun is not begun again", noticed, with(noticed, paused), noticing, ""},
		{"a notice on a line that is held is given up", noticed, expired{bound}, leaving, "leave; hush; say time.out goodbye lead.out; arm bound 45s"},

		{"a seat is not opened twice", after(informed, spoken{}), with(informed, recorded(conference.ConsentNotice)), opening, "note admit notice"},
		{"a meeting that turns end-to-end encrypted meanwhile refuses", after(informed, spoken{}), with(informed, sealed), leaving, "note refuse e2ee; leave; say refuse.e2ee goodbye lead.out; arm bound 45s"},
		{"a seat that comes after that means nothing", after(informed, spoken{}, with(informed, sealed)), opened{}, leaving, ""},
		{"a seat is entered", after(informed, spoken{}), opened{}, talking, "say enter"},
		{"who has been muted hears so on entering", after(atDoor(openMeeting(muted))), opened{}, talking, "say enter.muted"},
		{"a seat in a meeting that is recorded by now asks first", after(informed, spoken{}, with(informed, recorded(conference.ConsentRequired))), opened{}, asking, "flush; say recording.start consent.intro consent.agree consent.listen consent.leave consent.repeat; arm bound 5m0s"},
		{"a meeting that does not seat the caller may say why", after(informed, spoken{}), opened{conference.ErrNotAdmitted}, visiting, "arm bound 2s"},
		{"what it says is told", after(informed, spoken{}, opened{conference.ErrNotAdmitted}), with(informed, locked), leaving, "note refuse locked; leave; say refuse.locked goodbye lead.out; arm bound 45s"},
		{"if it says nothing the caller hears what there is to say", after(informed, spoken{}, opened{conference.ErrNotAdmitted}), expired{bound}, leaving, "leave; say refuse.seat goodbye lead.out; arm bound 45s"},
		{"a seat that cannot be had is a fault", after(informed, spoken{}), opened{conference.ErrUnavailable}, leaving, "leave; say fault goodbye lead.out; arm bound 45s"},
		{"a seat that takes too long is a fault", after(informed, spoken{}), expired{bound}, leaving, "leave; say fault goodbye lead.out; arm bound 45s"},
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

// TestKeysPressedWhileTheNoticeIsWrittenCount: the disk takes a moment, and nobody
// presses a key twice for its sake.
func TestKeysPressedWhileTheNoticeIsWrittenCount(t *testing.T) {
	hostless := openMeeting(noHost, func(m *conference.State) { m.HostPIN = true })
	for _, tt := range []struct {
		name    string
		meeting conference.State
		before  string // pressed before the notice is over
		keys    string // and while it is written
		phase   phase
		does    string // at the end
	}{
		{"a host's PIN", hostless, "", "815#", holding, "proveHost"},
		{"a wish for the whole notice", openMeeting(lobby), "", "*0", holding, "say privacy.long"},
		{"also where the star came before", openMeeting(lobby), "*", "0", holding, "say privacy.long"},
		{"no key answers a question that comes only then", openMeeting(recorded(conference.ConsentRequired)), "", "1213", asking, "arm bound 5m0s"},
		{"nor counts in the meeting what was pressed for nothing", openMeeting(), "", "47", opening, "open"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := after(provedTo(conference.Identity{}), changed{tt.meeting})
			for _, ev := range append(append(keys(tt.before), spoken{}), keys(tt.keys)...) {
				s, _ = next(s, ev)
			}
			s, acts := next(s, testified{about: records.KindNotice, answer: conference.Informed.String()})
			if got := describe(acts); s.phase != tt.phase || !strings.HasSuffix(got, tt.does) {
				t.Errorf("%v: %s\nwant %v: … %s", s.phase, got, tt.phase, tt.does)
			}
		})
	}
}
