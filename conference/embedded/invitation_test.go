package embedded

import (
	"slices"
	"testing"

	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/transcode/pace"
)

func TestPagesAreToldWhatToDial(t *testing.T) {
	dialled := func(numbers ...string) func(string) []string {
		return func(id string) []string {
			if id == "1" {
				return numbers
			}
			return nil
		}
	}
	b := start(t, testConfig(t), &pace.Manual{}, meetingOf("1", nil), meetingOf("2", func(m *MeetingConfig) { m.Phones = false }), meetingOf("3", nil))
	b.SetNumbers(dialled("+49 30 123456-78"))
	server := serve(t, b)
	ada := webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Ada"})
	ada.Joined()
	dials := func(phones bool, numbers ...string) func(webtest.Message) bool {
		return func(m webtest.Message) bool {
			return m.Meeting.Phones == phones && slices.Equal(m.Meeting.Numbers, numbers)
		}
	}
	ada.Sees("the number", dials(true, "+49 30 123456-78"))
	b.SetNumbers(dialled("+49 30 123456-78", "+49 89 7654321"))
	ada.Sees("another number", dials(true, "+49 30 123456-78", "+49 89 7654321"))
	ada.Say(request{Type: "host", Action: "encryption", Level: "e2ee"})
	ada.Sees("no number where telephones are refused", func(m webtest.Message) bool {
		return m.Meeting.Encryption == "e2ee" && len(m.Meeting.Numbers) == 0
	})
	bob := webtest.Dial(t, server.URL, "2", webtest.Join{Name: "Bob"})
	bob.Sees("no number where no telephone comes in", dials(false))
	eve := webtest.Dial(t, server.URL, "3", webtest.Join{Name: "Eve"})
	eve.Sees("no number of another meeting", dials(true))
}
