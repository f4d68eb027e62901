package call

import (
	"fmt"
	"slices"
	"testing"

	"github.com/einwahl/einwahl/conference"
)

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
		{"zero reads it again", after(in, keys("*0")...), digit{key: '0'}, talking, "say privacy.long"},
		{"zero after it does nothing", after(in, append(keys("*0"), spoken{})...), digit{key: '0'}, talking, ""},
		{"star one gives help", star(in), digit{key: '1'}, talking, "say help"},
		{"star one gives a host more help", star(host), digit{key: '1'}, talking, "say help help.host help.host.more"},
		{"a key that is none says so", star(in), digit{key: 'A'}, talking, "say key.unknown"},
		{"two stars are one", star(star(in)), digit{key: '6'}, talking, "say mute.self"},
		{"star three is for hosts", star(in), digit{key: '3'}, talking, "say not.host"},
		{"star four is for hosts", star(in), digit{key: '4'}, talking, "say not.host"},
		{"star five is for hosts", star(in), digit{key: '5'}, talking, "say not.host"},
		{"star seven is for hosts", star(in), digit{key: '7'}, talking, "say not.host"},
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
		{"an answer that comes during a question waits", after(host, with(host, again, recorded(conference.ConsentRequired)), spoken{}), obeyed{command: conference.MuteAll}, asking, ""},
		{"no key stops what has changed", after(in, with(in, locked)), digit{key: '#'}, talking, ""},
		{"a key's answer waits for it", star(after(in, with(in, locked))), digit{key: '6'}, talking, ""},
		{"and follows it", after(star(after(in, with(in, locked))), digit{key: '6'}), spoken{}, talking, "say mute.self"},
	})
}

// TestNoKeyOfAGuestCommands presses each key of a telephone, after a star, two stars
// and a star and another key.
func TestNoKeyOfAGuestCommands(t *testing.T) {
	const all = "0123456789*#ABCD"
	commands := func(s state, keys ...rune) bool {
		for _, key := range keys {
			var acts []action
			s, acts = next(s, digit{key: key})
			if slices.ContainsFunc(acts, func(a action) bool { _, is := a.(command); return is }) {
				return true
			}
		}
		return false
	}
	guest, host := inRoom(openMeeting()), hostInRoom(openMeeting())
	found := 0
	for _, first := range all {
		for _, second := range all {
			for _, keys := range [][]rune{{'*', first, second}, {'*', '*', first, second}} {
				if commands(guest, keys...) {
					t.Errorf("a guest commands by %q", string(keys))
				}
				if commands(host, keys...) {
					found++
				}
			}
		}
	}
	if found == 0 {
		t.Error("no host commands by any of them")
	}
}

func TestAMeetingThatChanges(t *testing.T) {
	in := inRoom(openMeeting())
	agreed := agreedIn()
	declined := declinedIn()
	needs := func(m *conference.State) { m.Consent = conference.ConsentRequired }
	tells := func(m *conference.State) { m.Consent = conference.ConsentNotice }
	nothing := func(m *conference.State) { m.Consent = conference.ConsentOff }
	leavers := func(m *conference.State) { m.AfterNo = conference.AfterNoLeave }
	training := func(m *conference.State) {
		m.Purpose, m.Repurposed, m.RecordingRun = "For training.", true, m.RecordingRun+1
	}
	informed := enter(after(atDoor(openMeeting(recorded(conference.ConsentNotice))), spoken{}, testified{}))
	start := "recording.start consent.intro consent.agree consent.listen consent.leave consent.repeat"
	checkSteps(t, []step{
		{"a recording that begins asks", in, with(in, prepared, needs), asking, "note ask_consent consent; flush; say " + start + "; arm bound 5m0s"},
		{"a recording that runs already asks", in, with(in, again, needs), asking, "note ask_consent consent; flush; say " + start + "; arm bound 5m0s"},
		{"where notice is enough it is given", in, with(in, again, tells), noticing, "note admit notice; say recording.start; arm bound 5m0s"},
		{"where nothing is told nothing is said", in, with(in, again, nothing), talking, ""},
		{"a yes goes back to the meeting", after(in, with(in, again, needs), spoken{}, digit{key: '1'}), testified{}, talking, "note admit open; say consent.yes"},
		{"a no goes back to the meeting", after(in, with(in, again, needs), digit{key: '2'}), testified{}, talking, "note admit listening; say consent.no"},
		{"silence goes back to the meeting", after(in, with(in, again, needs), spoken{}, expired{patience}, spoken{}, expired{patience}), testified{}, talking, "note admit listening; say consent.none"},
		{"three leaves", after(in, with(in, again, needs)), digit{key: '3'}, leaving, "testify left 3; leave; hush; say leave goodbye lead.out; arm bound 45s"},
		{"a notice in the meeting that nobody hears waits until somebody does", after(in, with(in, again, tells)), expired{bound}, noticing, "arm bound 5m0s"},
		{"a yes that cannot be written ends it", after(in, with(in, again, needs), spoken{}, digit{key: '1'}), testified{err: errDown}, leaving, "leave; say fault goodbye lead.out; arm bound 45s"},
		{"a prepared recording that runs is not told twice", after(in, with(in, prepared, needs)), with(in, prepared, needs, func(m *conference.State) { m.Recording = conference.RecordingOn }), asking, ""},
		{"a recording that ends during the question ends the question", after(in, with(in, again, needs)), with(in, needs, func(m *conference.State) { m.RecordingRun = 1 }), talking, "note admit open; hush; say recording.stop"},
		{"a pause is told", agreed, with(agreed, paused), talking, "say recording.pause"},
		{"going on is told", after(agreed, with(agreed, paused), spoken{}), with(agreed), talking, "say recording.resume"},
		{"the end of a recording is told", agreed, with(agreed, off), talking, "say recording.stop"},
		{"who only listened hears that their microphone is off then", declined, with(declined, off), talking, "note admit open; say recording.stop state.muted"},
		{"the next recording asks again", after(agreed, with(agreed, off), spoken{}), with(agreed, again), asking, "note ask_consent consent; flush; say " + start + "; arm bound 5m0s"},

		{"star two withdraws", after(agreed, digit{key: '*'}), digit{key: '2'}, talking, "testify withdrawn 2; note admit listening; say consent.withdrawn"},
		{"star two after a no asks anew", after(declined, digit{key: '*'}), digit{key: '2'}, asking, "flush; say " + wholeQuestion + "; arm bound 5m0s"},
		{"star two withdraws while a change is told", after(agreed, with(agreed, locked), digit{key: '*'}), digit{key: '2'}, talking, "testify withdrawn 2; note admit listening"},
		{"star two withdraws while a key is answered", after(agreed, keys("*#*")...), digit{key: '2'}, talking, "testify withdrawn 2; note admit listening; say consent.withdrawn"},
		{"star two lets those go who must agree", after(agreed, with(agreed, leavers), digit{key: '*'}), digit{key: '2'}, leaving, "testify withdrawn 2; note refuse recording_declined; leave; say refuse.no_consent goodbye lead.out; arm bound 45s"},
		{"another purpose asks anew", agreed, with(agreed, training), asking, "note ask_consent consent; flush; render For training.; arm bound 5m0s"},
		{"and says that it is another", after(agreed, with(agreed, training)), rendered{text: "For training."}, asking, "say consent.changed consent.purpose text consent.intro consent.agree consent.listen consent.leave consent.repeat"},
		{"where notice is enough another purpose is told", after(informed, with(informed, training)), rendered{text: "For training."}, noticing, "say consent.changed consent.purpose text"},
		{"a purpose that nobody can speak leaves the rest of the notice", after(informed, with(informed, training)), rendered{"For training.", errDown}, noticing, "say consent.changed"},
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

		{"a meeting that turns end-to-end encrypted lets the caller go", in, with(in, sealed), leaving, "note refuse e2ee; leave; say refuse.e2ee.now lead.out; arm bound 45s"},
		{"also during a question", after(in, with(in, again, needs)), with(in, sealed), leaving, "note refuse e2ee; leave; hush; say refuse.e2ee.now lead.out; arm bound 45s"},
		{"a recording nobody knows of lets the caller go", in, with(in, func(m *conference.State) { m.Recording = conference.RecordingUnknown }), leaving, "note refuse recording_unknown; leave; say refuse.recording goodbye lead.out; arm bound 45s"},
		{"who is removed hears so", in, with(in, func(m *conference.State) { m.You.Removed = true }), leaving, "note refuse removed; leave; say removed goodbye lead.out; arm bound 45s"},
		{"the end of the meeting is told", in, with(in, ending), leaving, "note refuse ended; leave; say ended goodbye lead.out; arm bound 45s"},
		{"a meeting that goes without a word has ended", in, over{}, leaving, "note refuse ended; leave; say ended goodbye lead.out; arm bound 45s"},
		{"a host who leaves does not end it", in, with(in, noHost), talking, ""},
	})
}
