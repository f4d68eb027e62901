package app_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip/siptest"
)

// TestRefusalSaysReason has SIPp call the end-to-end encrypted meeting: the BYE
// after the words carries the cause that carriers count.
func TestRefusalSaysReason(t *testing.T) {
	t.Parallel()
	g := startGateway(t, nil)
	call := peertest.NewScenario("de", peertest.PCMA).Invite(20).Ack().
		Pause(time.Second).Keys("100000006#").ExpectBye("Q.850;cause=57;text=")
	peertest.SIPp(t, call.String(), g.address("udp"), 1, nil)
	if n := g.metric("einwahl_prompts_total", `prompt="refuse.e2ee"`, `language="de"`); n != 1 {
		t.Errorf("refuse.e2ee was spoken %v times in German, want once", n)
	}
	g.settle()
}

func TestWaitingRoom(t *testing.T) {
	t.Parallel()
	const meeting = "100000007"
	g := startGateway(t, nil)
	// A tone that neither words nor music have: the waiting room is not quiet.
	browser := g.browser(meeting, "Ada", "", 3170)
	inRoom(browser)
	phone := g.phone(440)
	browser.Watch(440)
	g.join(phone, "en", meeting)
	g.heard(phone, "en", announcements.WaitRoom)
	waiting := g.waiting(meeting)
	// What of the tone is in the words themselves, and no more.
	words := max(silent, peertest.Recent(g.prompt("en", announcements.WaitRoom), 3170)+3)
	if level := peertest.Recent(phone.Heard(), 3170); level > words {
		t.Errorf("the caller hears the meeting from the waiting room at %.1f dBov, and the words have %.1f", level, words)
	}
	if peak := browser.Peak(440); peak.Level > silent {
		t.Errorf("the meeting heard the waiting room at %.1f dBov", peak.Level)
	}
	g.control(meeting, map[string]any{"admit": waiting})
	g.heard(phone, "en", announcements.Enter)
	peertest.Eventually(t, "who was let in is heard", func() bool { return browser.Level(440) > -30 })
	g.control(meeting, map[string]any{"remove": waiting})
	g.heard(phone, "en", announcements.Removed)
	phone.Wait("CALL_CLOSED")
	g.settle()
}

// waiting is the ID of the telephone that waits to be let in.
func (g *gateway) waiting(meeting string) string {
	g.t.Helper()
	id := ""
	peertest.Eventually(g.t, "a telephone waits", func() bool {
		for _, p := range g.meeting(meeting).People {
			if p.Phone && p.Waiting {
				id = p.ID
			}
		}
		return id != ""
	})
	return id
}

func TestLockedMeetingRefuses(t *testing.T) {
	t.Parallel()
	g := startGateway(t, nil)
	phone := g.phone(440)
	g.dial(phone, "de", "100000008")
	g.heard(phone, "de", announcements.RefuseLocked)
	phone.Wait("CALL_CLOSED")
	g.settle()
}

// TestHostOpensTheMeeting has a caller wait for the host, who comes by
// telephone with the host PIN.
func TestHostOpensTheMeeting(t *testing.T) {
	t.Parallel()
	const meeting = "100000009"
	g := startGateway(t, nil)
	guest := g.phone(440)
	g.join(guest, "en", meeting)
	g.heard(guest, "en", announcements.WaitHost)
	host := g.phone(880)
	g.join(host, "en", meeting)
	g.heard(host, "en", announcements.WaitHostPIN)
	host.Key("815815#")
	g.waitPhones(meeting, 2)
	peertest.Eventually(t, "host and guest hear each other", func() bool {
		return peertest.Recent(guest.Heard(), 880) > -30 && peertest.Recent(host.Heard(), 440) > -30
	})
	host.Key("*5")
	g.heard(guest, "en", announcements.LockOn)
	guest.Hangup()
	host.Hangup()
	g.settle()
}

// TestEnhancedMeeting has a browser whose connection must be AEAD, and a phone.
func TestEnhancedMeeting(t *testing.T) {
	t.Parallel()
	g := startGateway(t, nil)
	_, phone := g.meet("100000005")
	phone.Hangup()
	g.settle()
}

func TestLanguageMenu(t *testing.T) {
	t.Parallel()
	g := startGateway(t, nil)
	phone := g.phone(440)
	phone.Dial(g.uri("menu"))
	g.waitPhase("choosing")
	phone.Key("2")
	g.heard(phone, "de", announcements.AskNumber)
	phone.Hangup()
	g.settle()
}

// TestNothingPersonalIsLogged looks for the caller's number and for the keys that were
// pressed in all that the gateway has written, together or one by one.
func TestNothingPersonalIsLogged(t *testing.T) {
	t.Parallel()
	// Long enough that no figure of a metric has them by chance.
	const pin, hostPIN, wrong = "90817263546", "11223344556", "55566677788"
	g := startGateway(t, func(c *config.Config) {
		c.Meetings = slices.Clone(c.Meetings)
		c.Meetings[1].PIN, c.Meetings[1].HostPIN = pin, hostPIN
	})
	phone := siptest.New(t, siptest.Config{Gateway: g.address("udp"), User: "+4930987654321", Display: "Ada Lovelace"})
	call := phone.Call("en")
	g.waitPhase("numbering")
	call.Press("100000002#")
	g.waitPhase("pinning")
	call.Press(wrong + "#")
	g.waitPhase("numbering")
	call.Press("100000002#")
	g.waitPhase("pinning")
	call.Press(pin + "#")
	g.waitPhase("informing")
	call.Press("#")
	g.waitPhones("100000002", 1)
	var api, meetings, metrics string
	g.request("GET", "/api/v1/calls", nil, &api)
	g.request("GET", "/api/v1/meetings", nil, &meetings)
	g.request("GET", "/metrics", nil, &metrics)
	call.Hangup()
	g.settle()
	for name, text := range map[string]string{"log": g.log.String(), "calls": api, "meetings": meetings, "metrics": metrics, "records": g.records()} {
		for _, secret := range []string{"987654321", "Lovelace", pin, hostPIN, wrong} {
			if strings.Contains(text, secret) {
				t.Errorf("%s contains %q:\n%s", name, secret, text)
			}
		}
	}
	for where, digits := range oneByOne(t, g.log.String()) {
		for _, secret := range []string{pin, hostPIN, wrong} {
			if strings.Contains(digits, secret) {
				t.Errorf("the log tells the keys of %s one by one, as %s", secret, where)
			}
		}
	}
}

// oneByOne are the digits that a log tells in lines, and fields of them, that are the
// same but for these digits, put together.
func oneByOne(t *testing.T, log string) map[string]string {
	t.Helper()
	told, digit := map[string]string{}, regexp.MustCompile(`[0-9]`)
	for line := range strings.Lines(log) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("%v in the log: %s", err, line)
		}
		for name, value := range fields {
			text := fmt.Sprint(value)
			where := name + ": " + digit.ReplaceAllString(text, "?")
			if found := digit.FindAllString(text, -1); len(found) == 1 {
				told[where] += found[0]
			}
		}
	}
	return told
}
