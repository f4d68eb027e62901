package app_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/transcode/ogg"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// silent is what counts as nothing at all where a tone of -20 dBov is said.
const silent = -70

// TestNoVoiceWithoutConsent has five telephones that never agree and one that
// does in a meeting that is recorded with consent. A browser listens all the
// time; what it has not heard, and what no file contains, was not sent.
func TestNoVoiceWithoutConsent(t *testing.T) {
	t.Parallel()
	const meeting = "100000004"
	g := startGateway(t, func(c *config.Config) { c.Limits.Consent, c.Limits.MutedFrom = 3*time.Second, 0 })
	browser := g.browser(meeting, "Ada", "", 880)
	browser.Click("#consent-agree")
	inRoom(browser)
	tones := map[string]int{"two": 370, "three": 500, "ahead": 610, "silence": 740, "nothing and hung up": 950, "one": 1130}
	for _, hertz := range tones {
		browser.Watch(hertz)
	}

	// All of them pass over the privacy notice ahead, and one types everything
	// ahead, the yes included.
	call := func(name, number, keys string) *peertest.Baresip {
		phone := g.phone(float64(tones[name]))
		phone.Dial(g.uri(number))
		phone.Key(meeting + "##" + keys)
		return phone
	}
	ahead := call("ahead", "en", "1111")
	silence := call("silence", "de", "")
	two, three, gone := call("two", "en", ""), call("three", "en", ""), call("nothing and hung up", "en", "")
	g.heard(gone, "en", announcements.ConsentIntro)
	gone.Hangup()
	g.heard(three, "en", announcements.ConsentIntro)
	three.Key("3")
	g.heard(two, "en", announcements.ConsentAgree)
	two.Key("2")
	g.heard(two, "en", announcements.EnterListening)
	three.Wait("CALL_CLOSED")
	for phone, language := range map[*peertest.Baresip]string{ahead: "en", silence: "de"} {
		g.heard(phone, language, announcements.ConsentRepeat)
		g.heard(phone, language, announcements.ConsentNone)
	}
	g.waitPhones(meeting, 3)

	// Looked at before the next caller speaks: a loud tone leaks into the
	// measure of its neighbours.
	for name, hertz := range tones {
		if peak := browser.Peak(hertz); peak.Level > silent {
			t.Errorf("the browser heard the caller who pressed %s at %.1f dBov", name, peak.Level)
		}
	}
	one := call("one", "en", "")
	g.heard(one, "en", announcements.ConsentAgree)
	one.Key("1")
	peertest.Eventually(t, "the one who agreed is heard", func() bool { return browser.Peak(tones["one"]).Level > -30 })
	begun := len(one.Heard())
	peertest.Eventually(t, "they are recorded for a while", func() bool { return len(one.Heard()) > begun+2*pcm.Narrowband })

	for _, phone := range []*peertest.Baresip{two, ahead, silence, one} {
		phone.Hangup()
	}
	g.waitPhones(meeting, 0)
	g.settle()
	browser.Click("#leave")
	g.checkRecordings(tones)
	g.checkEvidence(meeting)
}

// checkRecordings decodes every file and looks for voices.
func (g *gateway) checkRecordings(tones map[string]int) {
	g.t.Helper()
	heard := map[string]bool{}
	for _, file := range g.recordings() {
		sound := decode(g.t, file)
		for name, hertz := range tones {
			for at := 0; at+pcm.Narrowband/2 <= len(sound); at += pcm.Narrowband / 4 {
				if level := peertest.Level(sound[at:at+pcm.Narrowband/2], float64(hertz)); level > -45 {
					heard[name] = true
					if name != "one" {
						g.t.Errorf("%s has the caller who pressed %s at %.1f dBov, %v into it", filepath.Base(file), name, level, time.Duration(at)*time.Second/pcm.Narrowband)
						break
					}
				}
			}
		}
	}
	if !heard["one"] {
		g.t.Error("no recording has the caller who agreed: the others were not looked for where they could have been")
	}
}

// recordings exports what is recorded by now, and returns the files.
func (g *gateway) recordings() []string {
	g.t.Helper()
	all, err := embedded.Recordings(g.conf.BuiltIn())
	if err != nil {
		g.t.Fatal(err)
	}
	var files []string
	for _, r := range all {
		directory := filepath.Join(g.t.TempDir(), r.ID)
		x, err := r.Export(g.t.Context(), directory, nil, func(e embedded.Exported) { files = append(files, filepath.Join(directory, e.File)) })
		if err != nil || len(x.Faults) > 0 {
			g.t.Fatalf("%s cannot be exported: %v, %v", r.ID, x.Faults, err)
		}
	}
	return files
}

func decode(t testing.TB, name string) []int16 {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := ogg.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	d, err := opus.NewDecoder(pcm.Narrowband)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var sound []int16
	frame := make([]int16, pcm.Narrowband/1000*120)
	for {
		packet, err := r.Next()
		if errors.Is(err, io.EOF) {
			return sound
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		n, err := d.Decode(frame, packet.Data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		sound = append(sound, frame[:n]...)
	}
}

// checkEvidence looks for what must be shown later.
func (g *gateway) checkEvidence(meeting string) {
	g.t.Helper()
	data := g.records()
	for answer, want := range map[string]int{"agreed": 1, "declined": 3, "left": 1} {
		if got := strings.Count(data, `"answer":"`+answer+`"`); got != want {
			g.t.Errorf("evidence has %d times %q, want %d:\n%s", got, answer, want, data)
		}
	}
	if !strings.Contains(data, meeting) {
		g.t.Error("evidence does not name the meeting")
	}
	g.verifyRecords()
}

// TestNoticeEndsBeforeTheVoiceOpens compares when the caller's recording has
// the end of the notice with when a browser in the meeting first hears the
// caller.
func TestNoticeEndsBeforeTheVoiceOpens(t *testing.T) {
	t.Parallel()
	const meeting = "100000003"
	g := startGateway(t, nil)
	browser := g.browser(meeting, "Ada", "", 880)
	inRoom(browser)
	browser.Watch(440)
	phone := g.phone(440)
	before := time.Now() // the phone's recording begins after this
	g.join(phone, "en", meeting)
	at := g.heard(phone, "en", announcements.RecordingOn)
	g.waitPhones(meeting, 1)
	peertest.Eventually(t, "the caller is heard", func() bool { return browser.Peak(440).First > 0 })

	end := at + len(g.prompt("en", announcements.RecordingOn))
	notice := before.Add(time.Duration(end) * time.Second / pcm.Narrowband)
	voice := time.UnixMilli(browser.Peak(440).First)
	if voice.Before(notice) {
		t.Errorf("the voice reached the meeting %v before the notice had ended", notice.Sub(voice))
	}
	phone.Hangup()
	g.settle()
}

// TestRecordingBegunInMidCall starts a recording while a phone talks: it is
// silent until it has agreed.
func TestRecordingBegunInMidCall(t *testing.T) {
	t.Parallel()
	const meeting = "100000001"
	g := startGateway(t, nil)
	browser, phone := g.meet(meeting)

	g.control(meeting, map[string]any{"recording": "start"})
	peertest.Eventually(t, "the caller is not heard any more", func() bool { return browser.Level(440) < silent })
	browser.Click("#consent-agree")
	browser.Watch(440)
	g.heard(phone, "en", announcements.ConsentAgree)
	if state := g.meeting(meeting).Recording; state != conference.RecordingOn.String() {
		t.Errorf("recording is %s while the phone is asked, want on", state)
	}
	if peak := browser.Peak(440); peak.Level > silent {
		t.Errorf("the caller was heard at %.1f dBov without having agreed", peak.Level)
	}
	phone.Key("1")
	peertest.Eventually(t, "the caller is heard again", func() bool { return browser.Level(440) > -30 })
	g.control(meeting, map[string]any{"recording": "stop"})
	g.heard(phone, "en", announcements.RecordingStop)
	phone.Hangup()
	g.settle()
}

// TestMeetingTurnsEndToEndEncrypted switches while a phone talks: not a frame
// passes any more, the caller hears why, and is out.
func TestMeetingTurnsEndToEndEncrypted(t *testing.T) {
	t.Parallel()
	const meeting = "100000001"
	g := startGateway(t, nil)
	browser, phone := g.meet(meeting)
	g.control(meeting, map[string]any{"encryption": "e2ee"})
	if phones := g.phones(meeting); len(phones) != 0 {
		t.Errorf("%d telephones in the meeting after the switch", len(phones))
	}
	peertest.Eventually(t, "the browser does not hear the caller any more", func() bool { return browser.Level(440) < silent })
	browser.Watch(440)
	at := g.heard(phone, "en", announcements.RefuseE2EENow)
	phone.Wait("CALL_CLOSED")
	words := peertest.Level(g.prompt("en", announcements.RefuseE2EENow), 880) // a voice has some of every tone
	if level := peertest.Level(phone.Heard()[at:], 880); level > max(silent, words+1) {
		t.Errorf("the phone heard the meeting at %.1f dBov after the switch, and the words have %.1f", level, words)
	}
	if peak := browser.Peak(440); peak.Level > silent {
		t.Errorf("the meeting heard the phone at %.1f dBov after the switch", peak.Level)
	}
	g.settle()
	if n := g.metric("einwahl_calls_total", `outcome="e2ee"`); n != 1 {
		t.Errorf("calls ended for e2ee = %v, want 1", n)
	}
}
