package call

import (
	"testing"
	"time"

	"github.com/einwahl/einwahl/conference"
)

func talkers(m *conference.State)   { m.AfterNo = conference.AfterNoTalk }
func listeners(m *conference.State) { m.AfterNo = conference.AfterNoListen }

// TestANoCanMeanTalking: who says no is heard, is told that they are not
// recorded, and may change their mind as often as they like.
func TestANoCanMeanTalking(t *testing.T) {
	needs := recorded(conference.ConsentRequired)
	tells := recorded(conference.ConsentNotice)
	minutes := func(m *conference.State) { m.Purpose = "For the minutes." }
	crowd := func(m *conference.State) { m.People = 10 }
	question := "recording.on consent.answer consent.agree consent.talk consent.leave consent.repeat"
	anew := "recording.start consent.answer consent.agree consent.talk consent.leave consent.repeat"
	asked := atDoor(openMeeting(needs, talkers))
	quiet := after(asked, spoken{})
	saidNo := after(quiet, digit{key: '2'})
	outside := enter(after(saidNo, testified{}))
	agreed := enter(after(quiet, digit{key: '1'}, testified{}))
	in := inRoom(openMeeting(talkers))
	listening := enter(after(atDoor(openMeeting(needs)), digit{key: '2'}, testified{}))
	checkSteps(t, []step{
		{"the question says what a no means", after(provedTo(conference.Identity{}), changed{openMeeting(needs, talkers)}), spoken{}, asking, "testify notice informed; arm bound 10s; flush; say " + question + "; arm bound 5m0s"},
		{"also where the purpose cannot be told", after(provedTo(conference.Identity{}), changed{openMeeting(needs, talkers, minutes)}, spoken{}, testified{}), rendered{"For the minutes.", errDown}, asking, "say recording.on consent.answer consent.untold consent.talk consent.leave consent.repeat"},
		{"a no is written and opens the seat", saidNo, testified{}, opening, "note admit unrecorded; arm bound 10s; open"},
		{"it needs no record to be obeyed", saidNo, testified{err: errDown}, opening, "note admit unrecorded; arm bound 10s; open"},
		{"who said no hears on entering that they may talk and are not recorded", after(saidNo, testified{}), opened{}, talking, "say consent.talks enter"},
		{"in a crowd they enter muted, as everybody", after(atDoor(openMeeting(needs, talkers, crowd)), digit{key: '2'}, testified{}), opened{}, talking, "say consent.talks enter.muted"},
		{"silence is a no, and says what that means", after(quiet, expired{patience}, spoken{}, expired{patience}, testified{}), opened{}, talking, "say consent.none consent.talks enter"},
		{"a yes that is taken back while it is written is a no", after(quiet, append(append([]event{digit{key: '1'}}, keys("*2")...), testified{})...), opened{}, talking, "say consent.withdrawn.talks enter"},
		{"where notice is enough star two is a no", after(atDoor(openMeeting(tells, talkers)), keys("*2")...), testified{}, opening, "note admit unrecorded; arm bound 10s; open"},

		{"a recording that begins asks who talks", in, with(in, talkers, again, func(m *conference.State) { m.Consent = conference.ConsentRequired }), asking, "note ask_consent consent; flush; say " + anew + "; arm bound 5m0s"},
		{"star hash tells who talks that they are not recorded", after(outside, digit{key: '*'}), digit{key: '#'}, talking, "say state.people state.recording state.unrecorded state.transport state.leg state.unmuted"},
		{"star six shuts their microphone", after(outside, digit{key: '*'}), digit{key: '6'}, talking, "say mute.self"},
		{"star two asks them anew", after(outside, digit{key: '*'}), digit{key: '2'}, asking, "flush; say " + question + "; arm bound 5m0s"},
		{"another no goes back to the talk", after(outside, append(keys("*2"), digit{key: '2'})...), testified{}, talking, "say consent.talks"},
		{"a yes puts them on record", after(outside, append(keys("*2"), spoken{}, digit{key: '1'})...), testified{}, talking, "note admit open; say consent.yes"},
		{"star two takes who agreed off the record", after(agreed, digit{key: '*'}), digit{key: '2'}, talking, "testify withdrawn 2; note admit unrecorded; say consent.withdrawn.talks"},
		{"the end of the recording leaves their microphone open", outside, with(outside, off), talking, "note admit open; say recording.stop"},
		{"the next one asks again", after(outside, with(outside, off), spoken{}), with(outside, again), asking, "note ask_consent consent; flush; say " + anew + "; arm bound 5m0s"},

		{"a no that begins to mean listening says so", outside, with(outside, listeners), talking, "note admit listening; say consent.no"},
		{"one that begins to mean talking says so, and opens nothing", listening, with(listening, talkers), talking, "note admit unrecorded; say consent.talks state.muted"},
		{"one that begins to mean leaving is a goodbye", outside, with(outside, func(m *conference.State) { m.AfterNo = conference.AfterNoLeave }), leaving, "note refuse recording_declined; leave; say refuse.no_consent goodbye lead.out; arm bound 45s"},
	})
	for name, tt := range map[string]struct {
		state state
		want  shape
	}{
		"who said no is heard, and stands as declined": {outside, shape{ear: hearsMeeting, voice: true, answer: conference.Declined, run: 1}},
		"who is asked anew is not heard meanwhile":     {after(outside, append(keys("*2"), spoken{})...), shape{answer: conference.Declined, run: 1}},
		"who was silenced stays so":                    {after(listening, with(listening, talkers), spoken{}), shape{ear: hearsMeeting, answer: conference.Declined, run: 1}},
		"who must listen is not heard any more":        {after(outside, with(outside, listeners), spoken{}), shape{ear: hearsMeeting, answer: conference.Declined, run: 1}},
	} {
		if got := outline(tt.state); got != tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
}

// TestWhoTakesAYesBackIsOffTheRecordAtOnce: the meeting is told before anything
// else is done, the voice stays open, and the caller hears how it is.
func TestWhoTakesAYesBackIsOffTheRecordAtOnce(t *testing.T) {
	var told, heard time.Time
	st := play(t, openMeeting(recorded(conference.ConsentRequired), talkers), func(st *stage) {
		join(st) // silence so far is a question
		st.press("1")
		time.Sleep(5 * time.Second)
		st.press("*2")
		told = time.Now()
		time.Sleep(10 * time.Second)
		heard, _ = st.meeting.last()
	})
	st.order("answers agreed", "voice opens", "answers declined", "hears consent.withdrawn.talks")
	st.order("answers declined", "consent withdrawn 2")
	if n := st.count("voice opens"); n != 1 {
		t.Errorf("the voice opened %d times: it must not be cut", n)
	}
	if heard.Sub(told) < 9*time.Second {
		t.Errorf("heard for %v after the no", heard.Sub(told))
	}
}
