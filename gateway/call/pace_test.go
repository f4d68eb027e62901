package call

import (
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/conference"
)

// atOnce is the longest that who has pressed a key waits for the words that answer
// it.
const atOnce = 300 * time.Millisecond

// TestWhatAKeyLeadsToIsSaidAtOnce goes through two calls, and measures after each
// key when the words begin that answer it. Wrong pairs of number and PIN are left
// out: they cost time on purpose.
func TestWhatAKeyLeadsToIsSaidAtOnce(t *testing.T) {
	for _, tt := range []struct {
		name    string
		meeting conference.State
		keyed   [][2]string // the words that each row of keys leads to
	}{
		{"up to the question for consent", openMeeting(recorded(conference.ConsentRequired)), [][2]string{
			{"12*", "ask.number"},
			{"100#", "ask.pin"},
			{"47*", "ask.pin"},
			{"4711#", "privacy.short"},
			{"#", "recording.on"},
			{"0", "recording.on"},
			{"*0", "privacy.long"},
			{"#", "recording.on"},
			{"3", "goodbye"},
		}},
		{"into the meeting", openMeeting(), [][2]string{
			{"100#", "ask.pin"},
			{"4711#", "privacy.short"},
			{"#", "enter"},
			{"*6", "mute.self"},
			{"*6", "unmute.self"},
			{"*9", "hand.up"},
			{"*#", "state"},
			{"*1", "help"},
			{"*0", "privacy.long"},
			{"*5", "not.host"},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			play(t, tt.meeting, func(st *stage) {
				st.meeting.pins = map[string]conference.Identity{"4711": {}}
				time.Sleep(time.Second)
				for _, k := range tt.keyed {
					st.pressAndHear(k[0], k[1])
				}
			})
		})
	}
}

// pressAndHear presses keys, and wants words to begin within atOnce of the last.
func (st *stage) pressAndHear(keys, words string) {
	st.t.Helper()
	last := len(keys) - 1
	st.press(keys[:last])
	before, pressed := len(st.happened()), time.Since(st.began)
	st.press(keys[last:])
	time.Sleep(2 * atOnce) // the words go on
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, e := range st.log[before:] {
		if strings.HasPrefix(e.what, "hears "+words) {
			if e.at-pressed > atOnce {
				st.t.Errorf("%s is answered by %s after %v, want at most %v", keys, words, e.at-pressed, atOnce)
			}
			return
		}
	}
	st.t.Fatalf("%s is not answered by %s: %v", keys, words, st.log[before:])
}
