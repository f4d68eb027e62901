package app_test

import (
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/einwahl/einwahl/gateway/admin"
	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip/siptest"
)

// makes makes a meeting over the API.
func (g *gateway) makes(n admin.NewMeeting) admin.Access {
	g.t.Helper()
	var made admin.Access
	if status := g.request(http.MethodPost, "/api/v1/meetings", n, &made); status != http.StatusCreated {
		g.t.Fatalf("not made: %d", status)
	}
	return made
}

// enters has a caller key in a meeting and a PIN, and waits until the meeting
// has so many telephones seated and so many in its waiting room.
func (g *gateway) enters(user, meeting, pin string, seated, waiting int) *siptest.Call {
	g.t.Helper()
	call := siptest.New(g.t, siptest.Config{Gateway: g.address("udp"), User: user}).Call("en")
	call.Press(meeting + "#" + pin + "#")
	g.waitPhase("informing")
	call.Press("#")
	peertest.Eventually(g.t, user+" is where they belong", func() bool {
		n := 0
		for _, p := range g.meeting(meeting).People {
			if p.Waiting {
				n++
			}
		}
		return len(g.phones(meeting)) == seated && n == waiting
	})
	return call
}

// TestMadeMeetingByTelephone has a host and two guests call a meeting that was
// made over the API: the waiting room is on, who was removed and calls again
// waits anew, and a PIN of one's own brings one in at a time.
func TestMadeMeetingByTelephone(t *testing.T) {
	t.Parallel()
	g := startGateway(t, hasty)
	made := g.makes(admin.NewMeeting{Registrants: []admin.Registrant{{Name: "Ada"}}})
	if m := g.meeting(made.ID); !m.Lobby || !m.HostFirst || !m.Made || len(made.ID) != 10 || len(made.PIN) != 6 {
		t.Fatalf("made %+v with a PIN of %d digits", m, len(made.PIN))
	}
	open := false
	g.patch(made.ID, admin.Settings{Lobby: &open})

	host := g.enters("+4930111", made.ID, made.HostPIN, 1, 0)
	defer host.Hangup()
	guest := g.enters("+4930222", made.ID, made.PIN, 2, 0)
	g.control(made.ID, map[string]any{"remove": g.guest(made.ID)})
	guest.WaitEnd()
	again := g.enters("+4930222", made.ID, made.PIN, 1, 1)
	g.control(made.ID, map[string]any{"admit": g.waiting(made.ID)})
	g.waitPhones(made.ID, 2)
	again.Hangup()
	g.waitPhones(made.ID, 1)

	own := made.Registrants[0].PIN
	first := g.enters("+4930333", made.ID, own, 2, 0)
	second := g.enters("+4930444", made.ID, own, 2, 1)
	if name := g.meeting(made.ID).People[1].Name; name != "Ada" {
		t.Errorf("the others see %q", name)
	}
	first.Hangup()
	g.waitPhones(made.ID, 2) // the second, now that the PIN is free
	second.Hangup()
	g.waitPhones(made.ID, 1)

	var rotated, registered admin.Access
	g.request(http.MethodPost, "/api/v1/meetings/"+made.ID+"/rotate", admin.Rotation{PIN: true, HostPIN: true, Registrant: "Ada"}, &rotated)
	g.request(http.MethodPost, "/api/v1/meetings/"+made.ID+"/registrants", admin.Registrant{Name: "Grace"}, &registered)

	var gone string
	if status := g.request(http.MethodDelete, "/api/v1/meetings/"+made.ID, nil, &gone); status != http.StatusOK {
		t.Errorf("ended: %d %s", status, gone)
	}
	host.WaitEnd()
	g.settle()
	secrets := []string{"Ada", "Grace"}
	for _, told := range []admin.Access{made, rotated, registered} {
		for _, r := range told.Registrants {
			secrets = append(secrets, r.PIN)
		}
	}
	secrets = append(secrets, made.PIN, made.HostPIN, rotated.PIN, rotated.HostPIN)
	if len(secrets) != 9 || slices.Contains(secrets, "") {
		t.Errorf("told %q: want three PINs for the two names, and two times two more", secrets)
	}
	for _, secret := range secrets {
		if strings.Contains(g.log.String(), secret) {
			t.Error("a PIN or a name is in the log")
		}
	}
}

func (g *gateway) patch(meeting string, s admin.Settings) {
	g.t.Helper()
	var answer string
	if status := g.request(http.MethodPatch, "/api/v1/meetings/"+meeting, s, &answer); status != http.StatusOK {
		g.t.Fatalf("change: %d %s", status, answer)
	}
}

// guest is the ID of a telephone that is in, and no host.
func (g *gateway) guest(meeting string) string {
	g.t.Helper()
	for _, p := range g.phones(meeting) {
		if !p.Host {
			return p.ID
		}
	}
	g.t.Fatal("no guest")
	return ""
}

// TestMadeMeetingsOutliveTheGateway makes a meeting, and calls it at a gateway
// that was started anew on the same folder.
func TestMadeMeetingsOutliveTheGateway(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "meetings")
	there := func(c *config.Config) {
		hasty(c)
		c.Conference.Embedded.Directory = folder
	}
	made := startGateway(t, there).makes(admin.NewMeeting{})
	g := startGateway(t, there) // the first only reads from here on
	g.enters("+4930111", made.ID, made.HostPIN, 1, 0).Hangup()
	g.settle()
}

func TestInvitationsHaveTheNumbersThatLeadToTheMeeting(t *testing.T) {
	t.Parallel()
	g := startGateway(t, func(c *config.Config) {
		number := func(n, meeting string, languages ...string) config.Number {
			c := c.Numbers[0]
			c.Number, c.Meeting, c.Languages = n, meeting, languages
			return c
		}
		c.Numbers = config.Numbers{
			number("+49305550100", "", "en", "de"), number("+49305550109", "100000002", "de"), number("+49305550108", "100000001", "de"), number("+4930*", "", "de"),
		}
		c.Conference.Embedded.Page = "https://meet.example.org/"
	})
	var i admin.Invitation
	if status := g.request(http.MethodGet, "/api/v1/meetings/100000002/invitation?language=de-CH", nil, &i); status != http.StatusOK || i.Language != "de" {
		t.Fatalf("%d %+v", status, i)
	}
	if want := []string{"+49305550109,,4711#", "+49305550100,,2,,100000002#,,4711#"}; !slices.Equal(i.OneTap, want) {
		t.Errorf("one tap %q, want %q", i.OneTap, want)
	}
	for _, want := range []string{"Sie sind zu einer Besprechung eingeladen.", "+49305550109", "PIN: 4711", "https://meet.example.org/meet/100000002\n"} {
		if !strings.Contains(i.Text, want) {
			t.Errorf("%q is not in\n%s", want, i.Text)
		}
	}
	if strings.Contains(i.Text, "+49305550108") || strings.Contains(i.Text, "*") || strings.Contains(i.Public, "4711") {
		t.Errorf("the invitation has what it should not:\n%s", i.Text)
	}
	if g.request(http.MethodGet, "/api/v1/meetings/100000006/invitation", nil, &i); len(i.OneTap) != 0 || !strings.Contains(i.Text, "end to end") {
		t.Errorf("an end-to-end encrypted meeting invites telephones:\n%s", i.Text)
	}
}

// TestOneTapLeadsToTheDoor has a mobile telephone key in what an invitation says,
// all at once: its language, the meeting and the PIN.
func TestOneTapLeadsToTheDoor(t *testing.T) {
	t.Parallel()
	g := startGateway(t, func(c *config.Config) {
		hasty(c)
		n := c.Numbers[0]
		n.Number, n.Languages = "+49305550100", []string{"en", "de"}
		c.Numbers = config.Numbers{n}
	})
	made := g.makes(admin.NewMeeting{})
	var i admin.Invitation
	if status := g.request(http.MethodGet, "/api/v1/meetings/"+made.ID+"/invitation?language=de", nil, &i); status != http.StatusOK || len(i.OneTap) != 1 {
		t.Fatalf("%d %+v", status, i)
	}
	number, keys, _ := strings.Cut(i.OneTap[0], ",")
	call := siptest.New(t, siptest.Config{Gateway: g.address("udp"), User: "+4930111"}).Call(number)
	call.Press(strings.ReplaceAll(keys, ",", ""))
	g.waitPhase("informing")
	if c := g.calls()[0]; c.Language != "de" || c.Meeting != made.ID {
		t.Errorf("the caller is spoken to in %q, at meeting %q", c.Language, c.Meeting)
	}
	call.Press("#")
	g.waitPhase("holding")
	call.Hangup()
	g.settle()
}
