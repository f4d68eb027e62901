package call

import (
	"testing"
	"time"

	"github.com/einwahl/einwahl/conference"
)

func TestACallHasAnEnd(t *testing.T) {
	in := inRoom(openMeeting())
	warned := after(in, expired{length}, spoken{})
	last := inRoom(openMeeting())
	last.spans = 5
	checkSteps(t, []step{
		{"it is told before", in, expired{length}, talking, "say length.warn; arm length 5m0s"},
		{"any key extends it", warned, digit{key: '7'}, talking, "say length.longer; arm length 3h55m0s"},
		{"a key that means something does as well", after(warned, keys("*6")...), spoken{}, talking, "say mute.self"},
		{"without a key it ends", warned, expired{length}, leaving, "leave; say length.end goodbye lead.out; arm bound 45s"},
		{"after a day nothing is promised", last, expired{length}, talking, "arm length 5m0s"},
		{"after a day no key extends it", after(last, expired{length}), digit{key: '7'}, talking, ""},
		{"after a day it ends", after(last, expired{length}), expired{length}, leaving, "leave; say length.end goodbye lead.out; arm bound 45s"},
		{"who is asked something else hears of it later", after(in, with(in, recorded(conference.ConsentRequired))), expired{length}, asking, "arm length 5m0s"},
		{"a key before the warning extends nothing", in, digit{key: '7'}, talking, ""},
	})
}

func TestNoLimitIsNone(t *testing.T) {
	_, acts := next(begin(func(t *terms) { t.limits.Length = 0 }), answered{})
	for _, a := range acts {
		if a, ok := a.(arm); ok && a.timer == length {
			t.Errorf("armed for %v", a.d)
		}
	}
}

func TestWhoWaitsIsAsked(t *testing.T) {
	held := atDoor(openMeeting(func(m *conference.State) { m.Lobby = true }))
	asked := after(held, expired{bound})
	tired := held
	tired.waits = 5
	long := atDoor(openMeeting(lobby))
	now := *long.terms
	now.limits.Wait = 45 * time.Minute
	long.terms = &now
	told := after(long, expired{bound})
	checkSteps(t, []step{
		{"whether they are still there", held, expired{bound}, holding, "say time.warn; arm bound 30s"},
		{"any key gives them more time", asked, digit{key: '5'}, holding, "say wait.longer; arm bound 9m30s"},
		{"and again", after(asked, digit{key: '5'}, expired{bound}), digit{key: '#'}, holding, "say wait.longer; arm bound 9m30s"},
		{"a star does too", asked, digit{key: '*'}, holding, "say wait.longer; arm bound 9m30s"},
		{"no key ends it", asked, expired{bound}, leaving, "leave; hush; say wait.end goodbye lead.out; arm bound 45s"},
		{"an hour is enough", tired, expired{bound}, holding, "arm bound 30s"},
		{"then no key gives more", after(tired, expired{bound}), digit{key: '5'}, holding, ""},
		{"and it ends", after(tired, expired{bound}), expired{bound}, leaving, "leave; hush; say wait.end goodbye lead.out; arm bound 45s"},
		{"a wait that cannot be extended lasts as long as the file says", long, expired{bound}, holding, "arm bound 30s"},
		{"and ends then", told, expired{bound}, leaving, "leave; hush; say wait.end goodbye lead.out; arm bound 45s"},
	})
}

func TestASmallLimitIsWarnedOfInItsMiddle(t *testing.T) {
	if d := warningTime(10*time.Second, waitWarning); d != 5*time.Second {
		t.Errorf("warned %v before", d)
	}
}
