package call

import (
	"testing"
	"time"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/gateway/admission"
)

// otherwise is an operator who wants other things of two meetings.
func otherwise(t *terms) {
	yes, six := true, 6
	c := admission.DefaultConfig()
	c.Meetings = []admission.MeetingOverride{
		{Meeting: "100", Override: admission.Override{SecureLeg: &yes}},
		{Meeting: "20*", Override: admission.Override{MinPIN: &six}},
	}
	t.policy = admission.NewPolicy(c, admission.DefaultRecordingConfig())
}

// TestTheMeetingThatIsFoundCounts: what the file says of a meeting holds once that
// is found, and no longer when another is.
func TestTheMeetingThatIsFoundCounts(t *testing.T) {
	looked := after(begin(otherwise), append([]event{answered{}}, keys("100#")...)...)
	wrong := append(keys("1#"), proved{err: conference.ErrWrongPIN}, expired{patience})
	for _, tt := range []struct {
		name   string
		state  state
		secure bool
		pin    int
	}{
		{"before one is found", looked, false, 0},
		{"with one that has a PIN", after(looked, found{id: "100", needsPIN: true}), true, 0},
		{"with one that has none", after(looked, found{id: "100"}), true, 0},
		{"with one by its beginning", after(looked, found{id: "2011"}), false, 6},
		{"with one that nothing is said of", after(looked, found{id: "300"}), false, 0},
		{"with the second one that is tried", after(looked, append(append([]event{found{id: "100", needsPIN: true}}, wrong...), append(keys("2011#"), found{id: "2011"})...)...), false, 6},
		{"with none after one", after(looked, append(append([]event{found{id: "100", needsPIN: true}}, wrong...), append(keys("9#"), found{err: conference.ErrNoMeeting})...)...), false, 0},
	} {
		if p := tt.state.policy; p.SecureLeg != tt.secure || p.MinPIN != tt.pin {
			t.Errorf("%s: encrypted %v, PIN of %d; want %v, %d", tt.name, p.SecureLeg, p.MinPIN, tt.secure, tt.pin)
		}
	}
	if looked.policy.SecureLeg {
		t.Error("a state that was given has changed")
	}
}

// The PIN that was keyed is judged, and a host's after it.
func TestAWeakPINIsTold(t *testing.T) {
	six := func(s *Setup) { s.Policy.MinPIN = 6 }
	script := func(pin string) func(*stage) {
		return func(st *stage) {
			st.meeting.pins = map[string]conference.Identity{"4711": {}, "730264": {}, "111111": {Host: true}}
			time.Sleep(time.Second)
			st.press("100#")
			time.Sleep(5 * time.Second)
			st.press(pin + "#")
			time.Sleep(20 * time.Second)
		}
	}
	play(t, openMeeting(), script("4711"), six).order("decided refuse pin", "hears refuse.pin", "call pin")
	play(t, openMeeting(), script("111111"), six).order("decided refuse pin", "hears refuse.pin", "call pin")
	play(t, openMeeting(), script("730264"), six).order("decided admit open", "open")
}

// The hours are those of the moment, not of the beginning of the call.
func TestTheHoursEndWhileACallerWaits(t *testing.T) {
	hours, err := admission.ParseHours("sat 00:00-00:02 UTC") // a bubble begins on a Saturday, at midnight
	if err != nil {
		t.Fatal(err)
	}
	keep := func(s *Setup) { s.Meeting, s.Policy.Hours = "100", []admission.Hours{hours} }
	st := play(t, openMeeting(noHost), func(st *stage) {
		time.Sleep(3 * time.Minute)
		st.meeting.change(func(m *conference.State) { m.HostPresent = true })
		time.Sleep(20 * time.Second)
	}, keep)
	st.order("decided wait no_host", "changed", "decided refuse hours", "hears refuse.hours", "call hours")
	in := play(t, openMeeting(), func(*stage) { time.Sleep(3 * time.Minute) }, keep)
	in.order("decided admit open", "voice opens", "call hung_up")
	in.never("decided refuse")
}

// Whom the operator holds is announced as such, so that a host can let them in.
func TestACallerWithoutANumberIsHeld(t *testing.T) {
	held := func(s *Setup) { s.Meeting, s.WaitingRoom, s.Known.Anonymous = "100", true, true }
	st := play(t, openMeeting(), func(st *stage) {
		time.Sleep(20 * time.Second)
		st.meeting.change(func(m *conference.State) { m.You.Admitted = true })
		time.Sleep(20 * time.Second)
	}, held)
	st.order("visit Phone 1", "decided wait lobby", "hears wait.room", "changed", "decided admit open", "open")
	if !st.meeting.guest.Held {
		t.Error("the meeting is not told that the caller is held")
	}
	if st = play(t, openMeeting(), func(*stage) { time.Sleep(20 * time.Second) }, straight); st.meeting.guest.Held {
		t.Error("a caller is held for nothing")
	}
}

func straight(s *Setup) { s.Meeting, s.WaitingRoom = "100", true }
