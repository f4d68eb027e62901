package call

import (
	"testing"
	"time"

	"github.com/einwahl/einwahl/conference"
)

// wanting is a call to an operator who asks for consent to the processing.
func wanting(m conference.State, events ...event) state {
	s := after(begin(func(t *terms) { t.processing = true }), answered{}, spoken{})
	s = after(s, append(keys("100#"), found{}, proved{}, visited{}, changed{m})...)
	return after(s, events...)
}

func TestAskingForConsentToTheProcessing(t *testing.T) {
	const question = "process.intro process.agree process.leave consent.repeat"
	heard := wanting(openMeeting())
	asked := after(heard, spoken{})
	quiet := after(asked, spoken{})
	agreeing := after(quiet, digit{key: '1'})
	agreed := after(agreeing, testified{}, visited{})
	const refused = "leave; say refuse.processing goodbye lead.out; arm bound 45s"
	checkSteps(t, []step{
		{"it is asked after the notice", heard, spoken{}, consenting, "testify notice informed; arm bound 10s; flush; say " + question + "; arm bound 5m0s"},
		{"who passes over the notice is asked too", heard, digit{key: '#'}, consenting, "testify notice informed #; hush; arm bound 10s; flush; say " + question + "; arm bound 5m0s"},
		{"a yes before its sentence is none", asked, digit{key: '1', begun: 0}, consenting, ""},
		{"a yes before the first word is none", asked, digit{key: '1', begun: -1}, consenting, ""},
		{"a yes counts once its sentence has begun", asked, digit{key: '1', begun: 1}, testifying, "testify processing agreed 1; hush; arm bound 10s"},
		{"a yes counts after the question", quiet, digit{key: '1'}, testifying, "testify processing agreed 1; arm bound 10s"},
		{"two leaves at once", asked, digit{key: '2', begun: -1}, leaving, "testify processing declined 2; leave; hush; say refuse.processing goodbye lead.out; arm bound 45s"},
		{"three leaves as well", quiet, digit{key: '3'}, leaving, "testify processing declined 3; " + refused},
		{"four is no answer", quiet, digit{key: '4'}, consenting, ""},
		{"nine is no answer", quiet, digit{key: '9'}, consenting, ""},
		{"hash is no answer", asked, digit{key: '#'}, consenting, ""},
		{"one behind star is no yes", after(quiet, digit{key: '*'}), digit{key: '1'}, consenting, ""},
		{"two behind star does not leave", after(quiet, digit{key: '*'}), digit{key: '2'}, consenting, ""},
		{"zero repeats the question", quiet, digit{key: '0'}, consenting, "say " + question},
		{"star zero reads the full notice", after(quiet, digit{key: '*'}), digit{key: '0'}, consenting, "say privacy.long"},
		{"after it the question comes again", after(quiet, keys("*0")...), spoken{}, consenting, "say " + question},
		{"after the question there is time for a key", asked, spoken{}, consenting, "arm patience 10s"},
		{"silence is asked once more", quiet, expired{patience}, consenting, "say " + question},
		{"silence after that is a no", after(quiet, expired{patience}, spoken{}), expired{patience}, leaving, "testify processing declined; " + refused},
		{"a question that nobody hears is a no", asked, expired{bound}, leaving, "testify processing declined; leave; hush; say refuse.processing goodbye lead.out; arm bound 45s"},
		{"hanging up is no answer", quiet, gone{}, ended, "leave; hush; hangup hung_up"},
		{"a change does not end the question", asked, with(asked, func(m *conference.State) { m.People++ }), consenting, ""},
		{"a refusal does", asked, with(asked, locked), leaving, "note refuse locked; leave; hush; say refuse.locked goodbye lead.out; arm bound 45s"},

		{"with a yes that is written the meeting learns of the caller", agreeing, testified{}, visiting, "arm bound 10s; depart; visit"},
		{"and then gives them a seat", agreed, changed{openMeeting()}, opening, "arm bound 10s; open"},
		{"unless it has changed since they looked", agreed, changed{openMeeting(locked)}, leaving, "note refuse locked; leave; say refuse.locked goodbye lead.out; arm bound 45s"},
		{"a yes that cannot be written lets nobody in", agreeing, testified{err: errDown}, leaving, "leave; say fault goodbye lead.out; arm bound 45s"},
		{"a yes that takes too long to write lets nobody in", agreeing, expired{bound}, leaving, "leave; say fault goodbye lead.out; arm bound 45s"},
		{"a yes to a recording that is written late is none to this", agreeing, testified{about: "recording"}, testifying, ""},
		{"who has consented hears so on entering", after(agreed, changed{openMeeting()}), opened{}, talking, "say process.yes enter"},
		{"who waits hears it before they wait", wanting(openMeeting(lobby), spoken{}, spoken{}, digit{key: '1'}, testified{}, visited{}), changed{openMeeting(lobby)}, holding, "say process.yes wait.room; arm bound 9m30s; arm reminder 1m30s"},
		{"a recording is another question", wanting(openMeeting(recorded(conference.ConsentRequired)), spoken{}, spoken{}, digit{key: '1'}, testified{}, visited{}), changed{openMeeting(recorded(conference.ConsentRequired))}, asking, "flush; say process.yes " + wholeQuestion + "; arm bound 5m0s"},
		{"nobody is asked twice", wanting(openMeeting(lobby), spoken{}, spoken{}, digit{key: '1'}, testified{}, visited{}, changed{openMeeting(lobby)}), with(heard, letIn), opening, "note admit open; hush; arm bound 10s; open"},
		{"who is refused is not asked", wanting(openMeeting(locked)), spoken{}, ended, "leave; hush; hangup locked"},
		{"where the operator does not want it nobody is asked", after(provedTo(conference.Identity{}), changed{openMeeting()}), spoken{}, opening, "testify notice informed; arm bound 10s; arm bound 10s; open"},
	})
}

func TestAYesToTheThanksIsNone(t *testing.T) {
	s := wanting(openMeeting(recorded(conference.ConsentRequired)), spoken{}, spoken{}, digit{key: '1'}, testified{}, visited{}, changed{openMeeting(recorded(conference.ConsentRequired))})
	if s, _ := next(s, digit{key: '1', begun: 2}); s.phase != asking {
		t.Error("a key pressed before the sentence, which the thanks move on by one, is a yes")
	}
	if s, _ := next(s, digit{key: '1', begun: 3}); s.phase != testifying {
		t.Error("a key pressed in the sentence is none")
	}
}

// Before the caller has consented nobody in the meeting learns of them, not even
// in a waiting room.
func TestNobodyInTheMeetingLearnsOfACallerBeforeTheyConsent(t *testing.T) {
	var before conference.Guest
	st := play(t, openMeeting(lobby), func(st *stage) {
		for st.count("hears process.leave") == 0 {
			time.Sleep(time.Second)
		}
		before = st.meeting.guest
		st.press("1")
		time.Sleep(10 * time.Second)
	}, func(s *Setup) { s.Meeting, s.Privacy.Consent = "100", true })
	st.order("visit ", "hears privacy.short", "hears process.agree", "processing agreed 1", "left", "visit Phone 1", "hears wait.room")
	if after := st.meeting.guest; !before.Looks || before.Label != "" || after.Looks || after.Label != "Phone 1" {
		t.Errorf("before %+v, after %+v", before, after)
	}
}
