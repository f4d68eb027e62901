package call

import (
	"strings"
	"testing"

	"github.com/einwahl/einwahl/conference"
)

func TestFindingTheMeeting(t *testing.T) {
	two := func(t *terms) { t.languages = []string{"de", "en"} }
	fixed := func(t *terms) { t.leadsTo = "100" }
	menu := after(begin(two), answered{})
	wrong := proved{err: conference.ErrWrongPIN}
	once := after(askedPIN(), append(keys("1#"), wrong)...)
	again := append(keys("100#"), found{needsPIN: true}, digit{key: '2'}, digit{key: '#'}, wrong)
	twice := after(after(once, expired{patience}), again...)
	unknown := append(keys("999#"), found{err: conference.ErrNoMeeting}, digit{key: '2'}, digit{key: '#'})
	thrice := after(after(twice, expired{patience}), append(unknown, wrong)...)
	checkSteps(t, []step{
		{"an answered call hears the welcome and the question", begin(), answered{}, numbering, "say lead.in welcome ask.number; arm bound 1m30s; arm length 3h55m0s"},
		{"keys that are pressed before the answer is known count", after(begin(), keys("100")...), answered{}, numbering, "say lead.in welcome ask.number; arm bound 1m30s; arm length 3h55m0s; hush; arm patience 5s; arm patience 5s; arm patience 5s"},
		{"and lead as far as they go", after(begin(two), keys("2100#47")...), answered{}, finding, "say lead.in language language; arm bound 1m30s; arm length 3h55m0s; hush; say welcome ask.number; hush; arm patience 5s; arm patience 5s; arm patience 5s; find 100"},
		{"also behind the number", after(after(begin(two), append(keys("2100#47"), answered{})...), found{needsPIN: true}), digit{key: '1'}, pinning, "arm patience 5s"},
		{"a call that cannot be answered ends", begin(), answered{errDown}, ended, "leave; hush; hangup fault"},
		{"where there are languages, the caller chooses first", begin(two), answered{}, choosing, "say lead.in language language; arm bound 1m30s; arm length 3h55m0s"},
		{"a language is chosen by its place", menu, digit{key: '2'}, numbering, "hush; say welcome ask.number"},
		{"a language that is not offered is asked again", menu, digit{key: '3'}, choosing, "say language language"},
		{"no choice of language is asked again", after(menu, spoken{}), expired{patience}, choosing, "say time.warn language language"},
		{"a number that leads to a meeting asks for none", begin(fixed), answered{}, greeting, "say lead.in welcome; arm bound 1m30s; arm length 3h55m0s"},
		{"after the welcome that meeting is looked up", after(begin(fixed), answered{}), spoken{}, finding, "find 100"},
		{"a key passes over the welcome", after(begin(fixed), answered{}), digit{key: '1'}, finding, "hush; find 100"},
		{"and is the first of the PIN", after(begin(fixed), append([]event{answered{}}, keys("4711#")...)...), found{needsPIN: true}, proving, "say ask.pin; hush; arm patience 5s; arm patience 5s; arm patience 5s; arm patience 5s; prove 4711"},
		{"also before our answer", after(begin(fixed), append(keys("4711#"), answered{})...), found{needsPIN: true}, proving, "say ask.pin; hush; arm patience 5s; arm patience 5s; arm patience 5s; arm patience 5s; prove 4711"},
		{"hash only passes over the welcome", after(begin(fixed), answered{}, digit{key: '#'}), found{needsPIN: true}, pinning, "say ask.pin"},
		{"a long number and a long PIN are both kept", after(begin(two), append(keys("2"+strings.Repeat("1", 20)+"#"+strings.Repeat("2", 20)+"##"), answered{})...), found{needsPIN: true}, proving, "say ask.pin; hush; " + strings.Repeat("arm patience 5s; ", 20) + "prove " + strings.Repeat("2", 20)},
		{"a wrong PIN asks only for the PIN there", after(begin(fixed), answered{}, spoken{}, found{needsPIN: true}, digit{key: '1'}, digit{key: '#'}, wrong), expired{patience}, pinning, "say wrong ask.pin"},

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
		{"then it is goodbye", after(welcomed(), expired{patience}, spoken{}, expired{patience}, spoken{}), expired{patience}, leaving, "leave; say time.out goodbye lead.out; arm bound 45s"},
		{"a key gives three more rounds", after(welcomed(), expired{patience}, expired{patience}, digit{key: '1'}, digit{key: '#'}, found{needsPIN: true}), expired{patience}, pinning, "say time.warn ask.pin"},
		{"after ninety seconds without a meeting it is goodbye", welcomed(), expired{bound}, leaving, "leave; say time.out goodbye lead.out; arm bound 45s"},
		{"also while the meeting is looked up", numbered(), expired{bound}, leaving, "leave; say time.out goodbye lead.out; arm bound 45s"},

		{"a meeting without a PIN goes straight on", numbered(), found{}, proving, "prove"},
		{"a meeting with a PIN asks for it", numbered(), found{needsPIN: true}, pinning, "say ask.pin"},
		{"an unknown number asks for a PIN as well", numbered(), found{err: conference.ErrNoMeeting}, pinning, "say ask.pin"},
		{"a service that cannot be asked is a fault", numbered(), found{err: conference.ErrUnavailable}, leaving, "leave; say fault goodbye lead.out; arm bound 45s"},
		{"a PIN keyed ahead is the PIN", after(numbered(), keys("4711#")...), found{needsPIN: true}, proving, "say ask.pin; hush; arm patience 5s; arm patience 5s; arm patience 5s; arm patience 5s; prove 4711"},
		{"a PIN begun ahead goes on", after(numbered(), append(keys("47"), found{needsPIN: true})...), digit{key: '1'}, pinning, "arm patience 5s"},
		{"what was keyed ahead where no PIN is wanted is forgotten", after(numbered(), keys("1111")...), found{}, proving, "prove"},

		{"hash ends the PIN", after(askedPIN(), keys("4711")...), digit{key: '#'}, proving, "prove 4711"},
		{"keys while the PIN is looked up mean nothing", after(askedPIN(), keys("4711#")...), digit{key: '1'}, proving, ""},
		{"a wrong PIN costs time", after(askedPIN(), keys("1#")...), wrong, delaying, "arm patience 1s"},
		{"a meeting that is gone costs the same", after(askedPIN(), keys("1#")...), proved{err: conference.ErrNoMeeting}, delaying, "arm patience 1s"},
		{"the second wrong pair costs twice as much", after(after(once, expired{patience}), again[:len(again)-1]...), wrong, delaying, "arm patience 2s"},
		{"an unknown number costs the same", after(after(once, expired{patience}), unknown...), wrong, delaying, "arm patience 2s"},
		{"the third costs twice as much again", after(after(twice, expired{patience}), unknown...), wrong, delaying, "arm patience 4s"},
		{"keys meanwhile are lost", once, digit{key: '1'}, delaying, ""},
		{"who has no time left hears so even then", once, expired{bound}, leaving, "leave; say time.out goodbye lead.out; arm bound 45s"},
		{"then number and PIN are asked again", once, expired{patience}, numbering, "say wrong ask.number"},
		{"the third wrong pair is the last", thrice, expired{patience}, leaving, "leave; say wrong.last goodbye lead.out; arm bound 45s"},
		{"a service that fails on the PIN is a fault", after(askedPIN(), keys("1#")...), proved{err: conference.ErrUnavailable}, leaving, "leave; say fault goodbye lead.out; arm bound 45s"},
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
