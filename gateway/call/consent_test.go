package call

import (
	"testing"

	"github.com/einwahl/einwahl/conference"
)

func TestAskingForConsent(t *testing.T) {
	asked := atDoor(openMeeting(recorded(conference.ConsentRequired)))
	quiet := after(asked, spoken{})
	agreeing := after(quiet, digit{key: '1'})
	required := recorded(conference.ConsentRequired)
	minutes := func(m *conference.State) { m.Purpose = "For the minutes." }
	training := func(m *conference.State) { m.Purpose, m.Repurposed, m.RecordingRun = "For training.", true, 2 }
	leavers := func(m *conference.State) { m.AfterNo = conference.AfterNoLeave }
	told := "recording.on consent.purpose text consent.intro consent.agree consent.listen consent.leave consent.repeat"
	asking1 := atDoor(openMeeting(required, minutes))
	purposed := after(asking1, rendered{text: "For the minutes."})
	checkSteps(t, []step{
		{"a recording that needs consent asks before the seat", after(provedTo(conference.Identity{}), changed{openMeeting(recorded(conference.ConsentRequired))}), spoken{}, asking, "testify notice informed; arm bound 10s; flush; say " + wholeQuestion + "; arm bound 5m0s"},
		{"a yes before its sentence is none", asked, digit{key: '1', begun: 1}, asking, ""},
		{"a yes before the first word is none", asked, digit{key: '1', begun: -1}, asking, ""},
		{"a yes counts once its sentence has begun", asked, digit{key: '1', begun: 2}, testifying, "testify agreed 1; hush; arm bound 10s"},
		{"a yes counts after the question", quiet, digit{key: '1'}, testifying, "testify agreed 1; arm bound 10s"},
		{"only listening counts at once", asked, digit{key: '2', begun: -1}, testifying, "testify declined 2; hush; arm bound 10s"},
		{"leaving counts at once", asked, digit{key: '3', begun: -1}, leaving, "testify left 3; leave; hush; say goodbye lead.out; arm bound 45s"},
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
		{"a yes that cannot be written lets nobody in", agreeing, testified{err: errDown}, leaving, "leave; say fault goodbye lead.out; arm bound 45s"},
		{"a yes that takes too long to write lets nobody in", agreeing, expired{bound}, leaving, "leave; say fault goodbye lead.out; arm bound 45s"},
		{"an earlier no that is written late is no yes", agreeing, testified{answer: "declined"}, testifying, ""},
		{"a withdrawal that is written late is no yes", agreeing, testified{answer: "withdrawn"}, testifying, ""},
		{"keys while it is written mean nothing", agreeing, digit{key: '2'}, testifying, ""},
		{"but star two does: the yes is written, and then taken back", after(agreeing, keys("*2")...), testified{}, opening, "testify withdrawn 2; note admit listening; arm bound 10s; open"},
		{"who has taken it back hears so on entering", after(agreeing, append(keys("*2"), testified{})...), opened{}, talking, "say consent.withdrawn enter.listening"},
		{"where a no means leaving they leave", after(agreeing, append([]event{with(agreeing, leavers)}, keys("*2")...)...), testified{}, leaving, "testify withdrawn 2; note refuse recording_declined; leave; say refuse.no_consent goodbye lead.out; arm bound 45s"},
		{"it is taken back while the seat opens too", after(agreeing, testified{}, digit{key: '*'}), digit{key: '2'}, opening, "testify withdrawn 2; note admit listening"},
		{"a star that comes before the seat opens counts behind it", after(agreeing, digit{key: '*'}, testified{}, opened{}), digit{key: '2'}, talking, "testify withdrawn 2; note admit listening; say consent.withdrawn"},
		{"who agreed hears so on entering", after(agreeing, testified{}), opened{}, talking, "say consent.yes enter"},
		{"who declined enters to listen", after(quiet, digit{key: '2'}, testified{}), opened{}, talking, "say consent.no enter.listening"},
		{"a no needs no record to be obeyed", after(quiet, digit{key: '2'}), testified{err: errDown}, opening, "note admit listening; arm bound 10s; open"},
		{"who declined a recording that is over by then enters muted", after(quiet, digit{key: '2'}, testified{}, with(quiet, off)), opened{}, talking, "say consent.no enter.muted"},
		{"a yes to one recording is none to the next", agreeing, with(agreeing, again), testifying, ""},
		{"and is asked again", after(agreeing, with(agreeing, again)), testified{}, asking, "flush; say " + wholeQuestion + "; arm bound 5m0s"},
		{"the purpose is spoken before it is told", after(provedTo(conference.Identity{}), changed{openMeeting(required, minutes)}), spoken{}, asking, "testify notice informed; arm bound 10s; flush; render For the minutes.; arm bound 5m0s"},
		{"the purpose comes before the question", asking1, rendered{text: "For the minutes."}, asking, "say " + told},
		{"a yes while it is spoken is none", asking1, digit{key: '1'}, asking, ""},
		{"a no while it is spoken counts", asking1, digit{key: '2'}, testifying, "testify declined 2; arm bound 10s"},
		{"a yes before its sentence is none behind a purpose either", purposed, digit{key: '1', begun: 3}, asking, ""},
		{"a yes to a purpose counts once its sentence has begun", purposed, digit{key: '1', begun: 4}, testifying, "testify agreed 1; hush; arm bound 10s"},
		{"zero has it told again", after(purposed, spoken{}), digit{key: '0'}, asking, "render For the minutes."},
		{"a purpose that nobody can speak takes the yes away", asking1, rendered{"For the minutes.", errDown}, asking, "say recording.on consent.intro consent.untold consent.listen consent.leave consent.repeat"},
		{"a yes to that is none", after(asking1, rendered{"For the minutes.", errDown}, spoken{}), digit{key: '1'}, asking, ""},
		{"a no to that counts", after(asking1, rendered{"For the minutes.", errDown}, spoken{}), digit{key: '2'}, testifying, "testify declined 2; arm bound 10s"},
		{"zero tries again", after(asking1, rendered{"For the minutes.", errDown}, spoken{}), digit{key: '0'}, asking, "render For the minutes."},
		{"what was spoken for something else is not told", asking1, rendered{text: "Something else."}, asking, ""},
		{"another purpose asks anew", after(purposed, spoken{}), with(purposed, training), asking, "flush; render For training.; arm bound 5m0s"},
		{"and says that it is another", after(purposed, spoken{}, with(purposed, training)), rendered{text: "For training."}, asking, "say consent.changed consent.purpose text consent.intro consent.agree consent.listen consent.leave consent.repeat"},
		{"who joins a recording that is paused hears so", after(provedTo(conference.Identity{}), changed{openMeeting(required, paused)}), spoken{}, asking, "testify notice informed; arm bound 10s; flush; say state.paused consent.intro consent.agree consent.listen consent.leave consent.repeat; arm bound 5m0s"},

		{"where a no means leaving there is no listening", after(provedTo(conference.Identity{}), changed{openMeeting(required, leavers)}), spoken{}, asking, "testify notice informed; arm bound 10s; flush; say recording.on consent.intro consent.agree consent.refuse consent.repeat; arm bound 5m0s"},
		{"there a no is written and is a goodbye", after(asked, with(asked, leavers), digit{key: '2'}), testified{}, leaving, "note refuse recording_declined; leave; say refuse.no_consent goodbye lead.out; arm bound 45s"},

		{"one behind star is a command of the meeting and no yes", after(quiet, digit{key: '*'}), digit{key: '1'}, asking, ""},
		{"one after that is a yes", after(quiet, keys("*1")...), digit{key: '1'}, testifying, "testify agreed 1; arm bound 10s"},
		{"two behind star is a no", after(quiet, digit{key: '*'}), digit{key: '2'}, testifying, "testify declined 2; arm bound 10s"},
		{"three behind star does not leave", after(quiet, digit{key: '*'}), digit{key: '3'}, asking, ""},
		{"star zero reads the full notice", after(asked, digit{key: '*'}), digit{key: '0'}, asking, "say privacy.long"},
		{"a yes in it is none", after(asked, keys("*0")...), digit{key: '1', begun: 2}, asking, ""},
		{"zero reads it again", after(asked, keys("*0")...), digit{key: '0'}, asking, "say privacy.long"},
		{"a purpose that is spoken meanwhile waits for its end", after(asking1, keys("*0")...), rendered{text: "For the minutes."}, asking, ""},
		{"and comes then", after(asking1, append(keys("*0"), rendered{text: "For the minutes."}, spoken{})...), rendered{text: "For the minutes."}, asking, "say " + told},
		{"hash goes back to the question", after(asked, keys("*0")...), digit{key: '#'}, asking, "say " + wholeQuestion},
		{"and so does its end", after(asked, keys("*0")...), spoken{}, asking, "say " + wholeQuestion},
		{"another recording asks anew", quiet, with(quiet, again), asking, "flush; say " + wholeQuestion + "; arm bound 5m0s"},
		{"a recording that ends opens the seat", quiet, with(quiet, off), opening, "note admit open; arm bound 10s; open"},
		{"a pause leaves the question as it is", quiet, with(quiet, paused), asking, ""},
		{"a lock meanwhile is told", quiet, with(quiet, locked), leaving, "note refuse locked; leave; say refuse.locked goodbye lead.out; arm bound 45s"},
		{"a meeting that turns end-to-end encrypted meanwhile refuses", asked, with(asked, sealed), leaving, "note refuse e2ee; leave; hush; say refuse.e2ee goodbye lead.out; arm bound 45s"},
	})
}
