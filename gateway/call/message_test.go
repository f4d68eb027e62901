package call

import (
	"testing"
	"time"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
)

func TestTheWaitingRoomSpeaks(t *testing.T) {
	soon := func(m *conference.State) { m.Message = "We begin soon." }
	later := func(m *conference.State) { m.Message = "We begin later." }
	held := atDoor(openMeeting(lobby, soon))
	told := after(held, rendered{text: "We begin soon."}, spoken{}, spoken{})
	operators := atDoorOf(func(t *terms) { t.message = announcements.Texts{"en": "Call four two for help."} }, openMeeting(lobby))
	const waits = "arm bound 9m30s; arm reminder 1m30s"
	checkSteps(t, []step{
		{"a message is spoken while the caller hears where they are", after(provedTo(conference.Identity{}), changed{openMeeting(lobby, soon)}), spoken{}, holding, "testify notice informed; arm bound 10s; say wait.room; " + waits + "; render We begin soon."},
		{"it does not cut that short", held, rendered{text: "We begin soon."}, holding, ""},
		{"it follows", after(held, rendered{text: "We begin soon."}), spoken{}, holding, "say wait.message text"},
		{"it is said at once to who hears music", after(held, spoken{}), rendered{text: "We begin soon."}, holding, "say wait.message text"},
		{"it waits for who keys in something", after(atDoor(openMeeting(noHost, hostPIN, soon)), digit{key: '8'}), rendered{text: "We begin soon."}, holding, ""},
		{"it comes again with each reminder", told, expired{reminder}, holding, "say wait.still; arm reminder 1m30s; render We begin soon."},
		{"and follows it", after(told, expired{reminder}, rendered{text: "We begin soon."}), spoken{}, holding, "say wait.message text"},
		{"it is not said again for a change of the meeting", told, with(held, func(m *conference.State) { m.People++ }), holding, ""},
		{"another one is said when it comes", after(told, with(held, later)), rendered{text: "We begin later."}, holding, "say wait.message text"},
		{"one that was taken back is not", after(told, with(held, func(m *conference.State) { m.Message = "" })), expired{reminder}, holding, "say wait.still; arm reminder 1m30s"},
		{"one that was taken back while it was spoken is not", after(held, spoken{}, with(held, func(m *conference.State) { m.Message = "" })), rendered{text: "We begin soon."}, holding, ""},
		{"one that nobody can speak is left out", after(held, spoken{}), rendered{"We begin soon.", errDown}, holding, ""},
		{"and tried again with the reminder", after(held, spoken{}, rendered{"We begin soon.", errDown}), expired{reminder}, holding, "say wait.still; arm reminder 1m30s; render We begin soon."},
		{"who waits for the host hears it too", after(atDoor(openMeeting(noHost, soon)), spoken{}), rendered{text: "We begin soon."}, holding, "say wait.message text"},
		{"hash passes over to it", after(held, rendered{text: "We begin soon."}), digit{key: '#'}, holding, "hush; say wait.message text"},
		{"who is let in does not hear it any more", after(held, with(held, letIn)), rendered{text: "We begin soon."}, opening, ""},
		{"the operator's stands where the meeting has none", after(operators, spoken{}), rendered{text: "Call four two for help."}, holding, "say wait.message text"},
		{"the meeting's comes before the operator's", operators, with(operators, soon), holding, "render We begin soon."},
	})
}

// atDoorOf is atDoor under other terms.
func atDoorOf(change func(*terms), m conference.State) state {
	s := after(begin(change), answered{}, spoken{})
	return after(s, append(keys("100#"), found{}, proved{}, visited{}, changed{m}, spoken{})...)
}

func TestAMessageIsHeardEachMinuteAndAHalf(t *testing.T) {
	st := play(t, openMeeting(lobby, func(m *conference.State) { m.Message = "We begin soon." }), func(st *stage) {
		join(st)
		time.Sleep(5 * time.Minute)
	})
	st.order("hears wait.room", "hears wait.message", "hears text", "hears wait.still", "hears wait.message", "hears text")
	if n := st.count("hears text"); n != 4 {
		t.Errorf("the message was heard %d times in five minutes, want 4", n)
	}
	st.never("open", "voice")
}
