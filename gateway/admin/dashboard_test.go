package admin

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/peertest"
)

func TestDashboardShowsWhatHappensAndActsOnMeetings(t *testing.T) {
	did := make(chan string, 9)
	s := newServer(t, rooms{control: func(id string, c Control) error {
		did <- fmt.Sprintf("meeting %s, lock %v", id, c.Lock != nil && *c.Lock)
		return nil
	}})
	s.sources.Metrics.Decided(Decision{Time: time.Now(), Meeting: "100000006", Decision: "refuse", Reason: "e2ee", Encryption: "e2ee"})
	serving, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(serving) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})

	page := "http://" + s.Addr().String() + "/"
	b := peertest.StartBrowser(t, "", page+"#token="+token)
	b.WaitFor("the call is shown", `document.querySelector("#calls tbody tr")`)
	for _, want := range []struct{ where, text string }{
		{"#calls tbody", "in the meeting"},
		{"#calls tbody tr:nth-child(1)", "good 92"},
		{"#calls tbody tr:nth-child(2)", "fair 75"},
		{"#calls tbody tr:nth-child(3)", "poor 41"},
		{"#calls tbody tr:nth-child(4)", "–"},
		{"#decisions", "refused · 100000006"},
		{"#decisions", "end-to-end encrypted"},
		{"#meetings", "transport encryption"},
		{"#trunks", "loopback"},
		{"#trunks", "alice at tel.test · registered"},
		{"#trunks", "see password, auth_user and user"},
		{"#trunks", "192.0.2.1 · unreachable"},
		{"#state", "ready"},
	} {
		if got := peertest.Eval[string](b, `document.querySelector("`+want.where+`").innerText`); !strings.Contains(got, want.text) {
			t.Errorf("%s shows %q, want %q", want.where, got, want.text)
		}
	}
	why := peertest.Eval[string](b, `document.querySelector("#calls tbody tr:nth-child(1) td:nth-child(6)").title`)
	for _, want := range []string{"lost on the way: none", "buffer: 20 ms", "voice: -21 dBov", "between words: -62 dBov"} {
		if !strings.Contains(why, want) {
			t.Errorf("over the sound of a call is told %q, want %q", why, want)
		}
	}
	if got := peertest.Eval[string](b, `location.href`); got != page {
		t.Errorf("the address is %s, want that the token is gone from it", got)
	}
	if !peertest.Eval[bool](b, `sessionStorage.getItem("token") !== null && localStorage.length === 0`) {
		t.Error("the token is not kept for the session, or for longer")
	}
	if elsewhere := peertest.Eval[int](b, `performance.getEntriesByType("resource").filter((r) => !r.name.startsWith(location.origin)).length`); elsewhere != 0 {
		t.Errorf("the page has asked other hosts %d times", elsewhere)
	}

	b.Click(".meeting .tools button")
	if got := <-did; got != "meeting 1, lock true" {
		t.Errorf("a click on Lock did %s", got)
	}
	peertest.Eval[bool](b, `(document.querySelector("#calls").scrollIntoView({ block: "center" }), true)`)
	b.Screenshot("dashboard.png")
	peertest.Eval[bool](b, `(document.querySelector("#trunks").scrollIntoView(), true)`)
	b.Screenshot("dashboard-trunks.png")
	b.Click("#forget")
	b.WaitFor("nothing is shown without a token", `document.querySelector("#board").hidden && sessionStorage.getItem("token") === null`)
	b.Type("#token", "wrong")
	b.Click("#sign-in button")
	b.WaitFor("a wrong token is told", `document.querySelector("#wrong").textContent.includes("not the token")`)
}

// changing are meetings that become others.
type changing struct {
	rooms
	all atomic.Pointer[[]*Meeting]
}

func (c *changing) Meetings() []*Meeting { return *c.all.Load() }

// TestDashboardFollowsWhatChanges has a meeting go, one come and one be called
// otherwise: the stream tells these three, and the page shows what there is.
func TestDashboardFollowsWhatChanges(t *testing.T) {
	called := func(id, title string) *Meeting {
		return &Meeting{ID: id, Title: title, Encryption: "transport", Recording: "off", People: []Person{}}
	}
	c, stays := new(changing), called("4", "Yearly")
	c.all.Store(&[]*Meeting{called("1", "Daily"), called("2", "Weekly"), stays})
	s := newServer(t, rooms{})
	s.sources.Meetings = c
	serving, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(serving) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	b := peertest.StartBrowser(t, "", "http://"+s.Addr().String()+"/#token="+token)
	shows := func(titles ...string) {
		t.Helper()
		b.WaitFor("the meetings are "+strings.Join(titles, ", "), fmt.Sprintf(
			`[...document.querySelectorAll("#meetings .meeting")].map((m) => m.innerText.match(/Daily|Weekly|Fortnightly|Yearly|Monthly/)?.[0]).join() === %q`, strings.Join(titles, ",")))
	}
	shows("Daily", "Weekly", "Yearly")
	c.all.Store(&[]*Meeting{called("2", "Fortnightly"), stays, called("5", "Monthly")})
	shows("Fortnightly", "Yearly", "Monthly")
}
