package app_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// textTone is what the synthesiser of these tests says, whatever the text.
const textTone = 1310

// speaks gives a gateway a synthesiser.
func speaks(t testing.TB, c *config.Config) {
	t.Helper()
	c.Announcements.Synthesiser = []string{"cat", peertest.Tone(t, pcm.Wideband, textTone, -20, 2)}
	c.Announcements.Cache = t.TempDir()
}

// changeMeeting changes a meeting of the sample.
func changeMeeting(c *config.Config, id string, change func(*embedded.MeetingConfig)) {
	i := slices.IndexFunc(c.Meetings, func(m embedded.MeetingConfig) bool { return m.ID == id })
	c.Meetings = slices.Clone(c.Meetings)
	change(&c.Meetings[i])
}

// heardTone waits until a phone has heard a tone for a while, from a place in its
// recording on, and returns where that was. Speech has every tone now and then,
// and none for half a second.
func (g *gateway) heardTone(phone *peertest.Baresip, hertz float64, from int, d time.Duration) int {
	g.t.Helper()
	const window = pcm.Narrowband / 10
	begun, at := from, from
	peertest.Eventually(g.t, "the phone hears a tone", func() bool {
		for heard := phone.Heard(); at+window <= len(heard); at += window / 2 {
			if peertest.Level(heard[at:at+window], hertz) < -36 {
				begun = at + window/2
			} else if time.Duration(at+window-begun)*time.Second/pcm.Narrowband >= d {
				return true
			}
		}
		return false
	})
	return begun
}

// heardText waits until a phone has heard what the synthesiser says.
func (g *gateway) heardText(phone *peertest.Baresip, from int) {
	g.t.Helper()
	g.heardTone(phone, textTone, from, time.Second)
}

// evidence counts the entries of a kind with an answer.
func (g *gateway) evidence(kind, answer string) int {
	n := 0
	for line := range strings.Lines(g.records()) {
		if strings.Contains(line, `"kind":"`+kind+`"`) && strings.Contains(line, `"answer":"`+answer+`"`) {
			n++
		}
	}
	return n
}

// TestNobodyIsConnectedWithoutConsentToTheProcessing has a caller who says no,
// one who types a yes ahead and then says nothing, and one who says yes.
func TestNobodyIsConnectedWithoutConsentToTheProcessing(t *testing.T) {
	t.Parallel()
	const meeting = "100000001"
	g := startGateway(t, func(c *config.Config) {
		speaks(t, c)
		c.Privacy.Consent, c.Privacy.Controller = true, announcements.Texts{"": "Stadt Musterhausen"}
		c.Limits.Consent = 3 * time.Second
	})
	no, ahead := g.phone(440), g.phone(500)
	no.Dial(g.uri("en"))
	no.Key(meeting + "#")
	ahead.Dial(g.uri("de"))
	ahead.Key(meeting + "##1111")

	g.heardText(no, g.heard(no, "en", announcements.PrivacyController))
	g.heard(no, "en", announcements.ProcessLeave)
	no.Key("2")
	g.heard(no, "en", announcements.RefuseProcessing)
	no.Wait("CALL_CLOSED")
	g.heard(ahead, "de", announcements.RefuseProcessing)
	ahead.Wait("CALL_CLOSED")
	if n := g.metric("einwahl_seats_total"); n != 0 {
		t.Errorf("%v seats without consent", n)
	}

	yes := g.phone(620)
	yes.Dial(g.uri("de"))
	yes.Key(meeting + "##")
	g.heard(yes, "de", announcements.ProcessAgree)
	yes.Key("1")
	g.heard(yes, "de", announcements.ProcessYes)
	g.waitPhones(meeting, 1)
	yes.Hangup()
	g.settle()
	if agreed, declined := g.evidence("processing", "agreed"), g.evidence("processing", "declined"); agreed != 1 || declined != 2 {
		t.Errorf("evidence of %d yes and %d no, want 1 and 2:\n%s", agreed, declined, g.records())
	}
	if n := g.evidence("notice", "informed"); n != 3 {
		t.Errorf("evidence of %d notices, want 3", n)
	}
	if n := g.metric("einwahl_calls_total", `outcome="no_processing"`); n != 2 {
		t.Errorf("%v calls ended without consent, want 2", n)
	}
	g.verifyRecords()
}

// TestWithdrawingIsSilenceInTheRecording has a phone agree, talk, and take it back
// while it goes on talking.
func TestWithdrawingIsSilenceInTheRecording(t *testing.T) {
	t.Parallel()
	const meeting, hertz = "100000004", 440
	g := startGateway(t, nil)
	phone := g.phone(hertz)
	g.join(phone, "en", meeting)
	g.heard(phone, "en", announcements.ConsentAgree)
	phone.Key("1")
	in := g.heard(phone, "en", announcements.Enter)
	talks := func(from int) {
		peertest.Eventually(t, "the phone talks for a while", func() bool { return len(phone.Heard()) > from+3*pcm.Narrowband })
	}
	talks(in + len(g.prompt("en", announcements.Enter)))
	phone.Key("*2")
	talks(g.heard(phone, "en", announcements.ConsentWithdrawn))
	phone.Hangup()
	g.settle()

	g.complete()
	peertest.Eventually(t, "the ledger tells of it", func() bool { return strings.Count(g.records(), `"outcome":"recorded"`) == 1 })
	const window = pcm.Narrowband / 10
	files := g.recordings()
	if len(files) != 2 {
		t.Errorf("recordings are %q, want the phone's and the mix", files)
	}
	for _, file := range files {
		sound, last := decode(t, file), 0
		for at := 0; at+window <= len(sound); at += window {
			if peertest.Level(sound[at:at+window], hertz) > silent {
				last = at + window
			}
		}
		talked, silence := time.Duration(last)*time.Second/pcm.Narrowband, time.Duration(len(sound)-last)*time.Second/pcm.Narrowband
		if talked < 2*time.Second || silence < 2*time.Second {
			t.Errorf("%s has the phone for %v and then silence for %v, want both", filepath.Base(file), talked, silence)
		}
	}
	if agreed, withdrawn := g.evidence("recording", "agreed"), g.evidence("recording", "withdrawn"); agreed != 1 || withdrawn != 1 {
		t.Errorf("evidence of %d yes and %d taken back, want one each", agreed, withdrawn)
	}
}

// complete waits until the only recording is.
func (g *gateway) complete() {
	g.t.Helper()
	peertest.Eventually(g.t, "the recording is complete", func() bool {
		found, err := filepath.Glob(filepath.Join(g.conf.Conference.Embedded.Recordings, "*", "manifest.json"))
		if err != nil || len(found) != 1 {
			return false
		}
		text, err := os.ReadFile(found[0])
		var manifest struct{ Ended *time.Time }
		return err == nil && json.Unmarshal(text, &manifest) == nil && manifest.Ended != nil
	})
}

// TestTheWaitingRoomHasItsOwnWords, those of the meeting before those of the
// number.
func TestTheWaitingRoomHasItsOwnWords(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"de", "en"} {
		t.Run(lang, func(t *testing.T) { theWaitingRoomHasItsOwnWords(t, lang) })
	}
}

func theWaitingRoomHasItsOwnWords(t *testing.T, lang string) {
	t.Parallel()
	const meeting = "100000007"
	g := startGateway(t, func(c *config.Config) {
		speaks(t, c)
		c.Numbers = slices.Clone(c.Numbers)
		for i := range c.Numbers {
			c.Numbers[i].Message = announcements.Texts{"": "Call four two for help."}
		}
	})
	phone := g.phone(440)
	g.join(phone, lang, meeting)
	g.heardText(phone, g.heard(phone, lang, announcements.WaitMessage))
	before := len(phone.Heard())
	g.control(meeting, map[string]any{"message": map[string]string{lang: "We begin at nine."}})
	g.heardText(phone, before)
	if n := len(g.phones(meeting)); n != 0 {
		t.Errorf("%d phones have a seat", n)
	}
	phone.Hangup()
	g.settle()
}

// TestARecordingIsHeardAllTheTime: the tone comes again and again, over silence.
func TestARecordingIsHeardAllTheTime(t *testing.T) {
	t.Parallel()
	const meeting, hertz = "100000003", 440
	g := startGateway(t, func(c *config.Config) { c.Recording.Tone = 10 * time.Second })
	phone := g.phone(740)
	g.join(phone, "en", meeting)
	in := g.heard(phone, "en", announcements.Enter) + len(g.prompt("en", announcements.Enter))
	first := g.heardTone(phone, hertz, in, 0)
	second := g.heardTone(phone, hertz, first+pcm.Narrowband, 0)
	if apart := time.Duration(second-first) * time.Second / pcm.Narrowband; apart < 9*time.Second || apart > 11*time.Second {
		t.Errorf("the tones are %v apart, want 10s", apart)
	}
	phone.Hangup()
	g.settle()
}
