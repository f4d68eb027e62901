package app_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/gateway/admin"
	"github.com/einwahl/einwahl/gateway/call"
	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/sip/siptest"
)

// names are those of the telephones that have a seat in a meeting.
func (g *gateway) names(meeting string) (names []string) {
	for _, p := range g.phones(meeting) {
		names = append(names, p.Name)
	}
	return names
}

// TestWhoCallsAgainHasTheSameNickname calls a meeting, hangs up, and calls again
// after somebody else has come. The meeting, its pages, the operator and the records
// call each the same.
func TestWhoCallsAgainHasTheSameNickname(t *testing.T) {
	t.Parallel()
	const meeting = "100000001"
	for shown, want := range map[string][3]string{
		call.NumberHidden: {"Phone 1", "Phone 2", "Phone 3"},
		call.NumberMasked: {"Phone +49301... (1)", "Phone +49401... (2)", "Phone 3"},
	} {
		t.Run(shown, func(t *testing.T) {
			t.Parallel()
			g, _ := callersOf(t, func(c *config.Config) {
				c.Privacy.CallerNumber, c.Admission.Caller.Anonymous = shown, "admit"
				c.Numbers[0].Meeting, c.Announcements.Directory = meeting, shortWords(t, announcements.Welcome, announcements.Enter)
			})
			first := siptest.New(t, siptest.Config{Gateway: g.address("udp"), User: "030123456"})
			second := siptest.New(t, siptest.Config{Gateway: g.address("udp"), User: "040123456"})
			page := webtest.Dial(t, "http://"+g.app.HTTP().String(), meeting, webtest.Join{Name: "Ada"})
			page.Joined()
			comes := func(phone *siptest.Phone, want string, how ...siptest.Option) *siptest.Call {
				t.Helper()
				before := g.names(meeting)
				c := phone.Call("0305550100", how...)
				c.Press("##") // over the welcome and the privacy notice
				g.waitPhones(meeting, len(before)+1)
				if now := g.names(meeting); now[len(before)] != want {
					t.Errorf("the meeting sees %q come, want %q", now[len(before)], want)
				}
				page.Sees(want, func(m webtest.Message) bool {
					return slices.ContainsFunc(m.Phones(), func(p webtest.Person) bool { return p.Name == want })
				})
				if all := g.calls(); !slices.ContainsFunc(all, func(c admin.Call) bool { return c.Caller == want }) {
					t.Errorf("the operator does not see %q: %+v", want, all)
				}
				return c
			}
			goes := func(c *siptest.Call) {
				t.Helper()
				before := len(g.names(meeting))
				c.Hangup()
				g.waitPhones(meeting, before-1)
			}
			goes(comes(first, want[0]))
			other := comes(second, want[1])
			again := comes(first, want[0])
			withheld := comes(first, want[2], siptest.WithHeader("Privacy", "id"))
			goes(other)
			goes(withheld)
			goes(comes(second, strings.Replace(want[2], "3", "4", 1), siptest.WithHeader("Privacy", "id")))
			goes(comes(second, want[1]))
			goes(again)
			g.settle()
			kept := strings.Count(g.records(), `"caller":"`+want[0]+`"`)
			if shown == call.NumberHidden && kept != 2 || shown == call.NumberMasked && kept != 0 {
				t.Errorf("%d records of calls by %s", kept, want[0])
			}
		})
	}
}

// TestNoDigitOfANumberIsSpoken has a telephone come and go where names are wanted,
// and somebody with a PIN of their own. A caller hears of both, and the synthesiser is
// given the name alone.
func TestNoDigitOfANumberIsSpoken(t *testing.T) {
	t.Parallel()
	meeting := meetingOf(0)
	for shown, nickname := range map[string]int{call.NumberHidden: 2, call.NumberMasked: 2, call.NumberFull: 0} {
		t.Run(shown, func(t *testing.T) {
			t.Parallel()
			said := filepath.Join(t.TempDir(), "said")
			g := startGateway(t, func(c *config.Config) {
				hasty(c)
				speaks(t, c)
				c.Announcements.Synthesiser = []string{"sh", "-c", `cat >>"$0"; cat "$1"`, said, c.Announcements.Synthesiser[1]}
				c.Privacy.CallerNumber = shown
				m := embedded.DefaultMeetingConfig()
				m.ID, m.PIN, m.Announce = meeting, pin, "names"
				m.Registrants = []embedded.Registrant{{Name: "Ada", PIN: adasPIN}}
				c.Meetings = append(c.Meetings, m)
			})
			comes := func(user, pin string) *siptest.Call {
				c := siptest.New(t, siptest.Config{Gateway: g.address("udp"), User: user}).Call("en")
				g.waitPhase("numbering")
				c.Press(meeting + "#" + pin + "##") // over the privacy notice
				return c
			}
			listener := g.callsWith("de", meeting, pin)
			hears(announcements.Enter)(listener)
			telephone := comes("+493055501234", pin)
			saying("that a telephone comes", announcements.Telephone(nickname, announcements.Joined))(listener)
			telephone.Hangup()
			saying("that it goes", announcements.Telephone(nickname, announcements.Left))(listener)
			ada := comes("+493055501235", adasPIN)
			g.heardText(listener.phone, 0)
			hears(announcements.Joined)(listener)
			ada.Hangup()
			listener.phone.Hangup()
			g.settle()
			texts, err := os.ReadFile(said)
			if err != nil || !strings.Contains(string(texts), "Ada") || strings.ContainsAny(string(texts), "0123456789") {
				t.Errorf("the synthesiser was given %q, %v: want the name and no digit", texts, err)
			}
		})
	}
}
