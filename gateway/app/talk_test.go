package app_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// TestWhoSaysNoTalksOn has one phone agree and another one say no, yes and no
// again, and both talk all the time. A browser hears both throughout. No file has
// a tone of the other phone but while its yes stands, and there it is in its own
// and in the one of all voices.
func TestWhoSaysNoTalksOn(t *testing.T) {
	t.Parallel()
	const meeting, no, yes = "100000004", 440, 1120
	g := startGateway(t, func(c *config.Config) {
		c.Limits.MutedFrom = 0
		changeMeeting(c, meeting, func(m *embedded.MeetingConfig) { m.AfterNo = "talk" })
	})
	browser := g.browser(meeting, "Ada", "", 880)
	browser.Click("#consent-agree")
	inRoom(browser)
	agrees := g.phone(yes)
	g.join(agrees, "en", meeting)
	g.heard(agrees, "en", announcements.ConsentAgree)
	agrees.Key("1")
	peertest.Eventually(t, "the one who agreed is heard", func() bool { return browser.Level(yes) > -30 })

	phone := g.phone(no)
	talks := func(when string, from int) {
		t.Helper()
		peertest.Eventually(t, when+": the phone talks for a while", func() bool { return len(phone.Heard()) > from+3*pcm.Narrowband })
		peertest.Eventually(t, when+": the browser hears it", func() bool { return browser.Level(no) > -30 })
	}
	after := func(p announcements.Prompt) int { return g.heard(phone, "en", p) + len(g.prompt("en", p)) }
	g.join(phone, "en", meeting)
	g.heard(phone, "en", announcements.ConsentTalk)
	phone.Key("2")
	g.heard(phone, "en", announcements.ConsentTalks)
	talks("after the no", after(announcements.Enter))
	phone.Key("*2")
	g.heard(phone, "en", announcements.ConsentRepeat) // the question anew, to its end
	phone.Key("1")
	talks("after the yes", after(announcements.ConsentYes))
	phone.Key("*2")
	talks("after the yes was taken back", after(announcements.ConsentWithdrawnTalks))
	phone.Hangup()
	agrees.Hangup()
	g.settle()
	g.control(meeting, map[string]any{"recording": "stop"})
	g.complete()

	with := 0
	for _, file := range g.recordings() {
		name, sound := filepath.Base(file), decode(t, file)
		stretch := func(hertz float64) (first, last time.Duration) {
			const window = pcm.Narrowband / 2
			first = -1
			for at := 0; at+window <= len(sound); at += window {
				if peertest.Level(sound[at:at+window], hertz) < -45 {
					continue
				}
				if last = time.Duration(at+window) * time.Second / pcm.Narrowband; first < 0 {
					first = last - window*time.Second/pcm.Narrowband
				}
			}
			return first, last
		}
		first, last := stretch(no)
		if first < 0 {
			continue // a file of somebody else
		}
		with++
		if last-first < 2*time.Second {
			t.Errorf("%s has the phone for %v only, while its yes stood", name, last-first)
		}
		if strings.HasPrefix(name, "mix.") {
			from, to := stretch(yes)
			if first-from < 3*time.Second || to-last < 2*time.Second {
				t.Errorf("%s has the phone from %v to %v, and who agreed from %v to %v", name, first, last, from, to)
			}
		}
	}
	if with != 2 {
		t.Errorf("%d files have the phone, want its own and the mix", with)
	}
	for answer, want := range map[string]int{"agreed": 2, "declined": 1, "withdrawn": 1} {
		if n := g.evidence("recording", answer); n != want {
			t.Errorf("evidence of %d %s, want %d", n, answer, want)
		}
	}
}
