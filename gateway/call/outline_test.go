package call

import (
	"testing"

	"github.com/einwahl/einwahl/conference"
)

// TestWhoIsHeard looks at the only thing that opens a voice.
func TestWhoIsHeard(t *testing.T) {
	in := inRoom(openMeeting())
	tells := func(m *conference.State) { m.Consent = conference.ConsentNotice }
	needs := func(m *conference.State) { m.Consent = conference.ConsentRequired }
	entering := after(atDoor(openMeeting()), opened{})
	for _, tt := range []struct {
		name string
		call state
		ear  ear
		want bool
	}{
		{"nobody is heard at the door", atDoor(openMeeting()), hearsNothing, false},
		{"nobody is heard while they hear that they are in", entering, hearsWords, false},
		{"then they are", after(entering, spoken{}), hearsMeeting, true},
		{"a key passes over those words", after(entering, digit{key: '#'}), hearsMeeting, true},
		{"a caller is heard while a change is told", after(in, with(in, locked)), hearsWords, true},
		{"a caller is heard while a key is answered", after(in, keys("*9")...), hearsWords, true},
		{"nobody is heard who has shut the microphone", after(in, keys("*6")...), hearsWords, false},
		{"nobody is heard whom a host has muted", after(in, with(in, muted)), hearsWords, false},
		{"who is muted may open again", after(after(in, with(in, muted)), append(keys("*6"), spoken{}, spoken{})...), hearsMeeting, true},
		{"the end of a host's mute opens nothing", after(in, with(in, muted), spoken{}, with(in)), hearsMeeting, false},
		{"nobody is heard during a notice", after(in, with(in, again, tells)), hearsWords, false},
		{"nobody is heard while a notice is written down", after(in, with(in, again, tells), spoken{}), hearsNothing, false},
		{"after it they are", after(in, with(in, again, tells), spoken{}, testified{}), hearsMeeting, true},
		{"words on entering that were cut short are said again", after(entering, with(in, again, tells), spoken{}, testified{}), hearsWords, false},
		{"and then they are heard", after(entering, with(in, again, tells), spoken{}, testified{}, spoken{}), hearsMeeting, true},
		{"nobody is heard during the question", after(in, with(in, again, needs)), hearsWords, false},
		{"nobody is heard after it without an answer", after(in, with(in, again, needs), spoken{}), hearsNothing, false},
		{"nobody is heard while a yes is written down", after(in, with(in, again, needs), spoken{}, digit{key: '1'}), hearsNothing, false},
		{"a yes that is written is heard", after(in, with(in, again, needs), spoken{}, digit{key: '1'}, testified{}, spoken{}), hearsMeeting, true},
		{"who was muted stays so after a yes", after(in, append(keys("*6"), with(in, again, needs), digit{key: '1', begun: 5}, testified{}, spoken{})...), hearsMeeting, false},
		{"who declined listens", declinedIn(), hearsMeeting, false},
		{"who declined stays shut when the recording ends", after(declinedIn(), with(declinedIn(), off), spoken{}), hearsMeeting, false},
		{"also when it ends during the question about the next", after(declinedIn(), with(declinedIn(), again), with(declinedIn(), again, off), spoken{}), hearsMeeting, false},
		{"and opens by their own key", after(after(declinedIn(), with(declinedIn(), off), spoken{}), append(keys("*6"), spoken{})...), hearsMeeting, true},
		{"who withdraws is not heard", after(agreedIn(), keys("*2")...), hearsWords, false},
		{"who agrees after all is heard", after(declinedIn(), append(keys("*2"), spoken{}, digit{key: '1'}, testified{}, spoken{})...), hearsMeeting, true},
		{"a pause asks nobody again", after(agreedIn(), with(agreedIn(), paused), spoken{}, with(agreedIn()), spoken{}), hearsMeeting, true},
		{"nobody is heard after the meeting turns end-to-end encrypted", after(in, with(in, sealed)), hearsWords, false},
		{"nor hears anything of it", after(in, with(in, sealed), spoken{}), hearsNothing, false},
		{"who waits hears music", after(atDoor(openMeeting(lobby)), spoken{}), hearsMusic, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := outline(tt.call); got.voice != tt.want || got.ear != tt.ear {
				t.Errorf("voice %v, ear %v; want %v, %v", got.voice, got.ear, tt.want, tt.ear)
			}
		})
	}
}
