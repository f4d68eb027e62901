package call

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// guess keys in a number and a PIN that is not 4711, three times.
func guess(t *testing.T, number string, m conference.State) []entry {
	st := play(t, m, func(st *stage) {
		st.meeting.pins = map[string]conference.Identity{"4711": {}}
		for range 3 {
			time.Sleep(3 * time.Second)
			st.press(number + "#")
			time.Sleep(3 * time.Second)
			st.press("1234#")
			time.Sleep(4 * time.Second) // no longer in step with what it costs
		}
		time.Sleep(10 * time.Second)
	})
	st.order("hears ask.pin", "hears wrong", "hears wrong", "hears wrong.last", "hears goodbye", "bye 404/1", "call wrong")
	st.never("visit", "decided")
	return st.log
}

// alike compares two calls word by word and moment by moment.
func alike(a, b []entry) bool {
	return slices.EqualFunc(a, b, func(a, b entry) bool { return a.what == b.what && (a.at-b.at).Abs() <= pcm.FrameDuration })
}

// TestUnknownNumberAndWrongPINAreAlike: nothing tells which of the two was wrong.
func TestUnknownNumberAndWrongPINAreAlike(t *testing.T) {
	unknown, wrong := guess(t, "999", openMeeting()), guess(t, "100", openMeeting())
	if !alike(unknown, wrong) {
		t.Errorf("unknown number:\n%v\nwrong PIN:\n%v", unknown, wrong)
	}
}

// TestNobodyLearnsOfAMeetingWithoutItsPIN: what would refuse a caller with the right
// PIN is told to nobody without it, nor does it take another time.
func TestNobodyLearnsOfAMeetingWithoutItsPIN(t *testing.T) {
	unknown := guess(t, "999", openMeeting())
	for _, tt := range []struct {
		name   string
		change func(*conference.State)
	}{
		{"end-to-end encrypted", sealed},
		{"encryption that nobody knows", func(m *conference.State) { m.Encryption = conference.Unknown }},
		{"locked", locked},
		{"no telephones", func(m *conference.State) { m.PhonesRefused = true }},
		{"full", func(m *conference.State) { m.Capacity = 1 }},
		{"not begun", func(m *conference.State) { m.NotStarted = true }},
		{"over", ending},
		{"recorded", recorded(conference.ConsentRequired)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := guess(t, "100", openMeeting(tt.change)); !alike(unknown, got) {
				t.Errorf("unknown number:\n%v\nthis one:\n%v", unknown, got)
			}
		})
	}
}

// TestAGuestIsNoMoreThanThis holds what a conference service learns of a caller to
// what it needs. A new field is a new thing that is passed on: docs/data-protection.md
// tells which.
func TestAGuestIsNoMoreThanThis(t *testing.T) {
	var fields []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[conference.Guest]()) {
		fields = append(fields, f.Name)
	}
	want := []string{"Identity", "Host", "Registered", "Name", "Call", "Label", "Nickname", "Language", "Held", "Secure", "Looks"}
	if !slices.Equal(fields, want) {
		t.Errorf("a guest has %v, want %v", fields, want)
	}
}
