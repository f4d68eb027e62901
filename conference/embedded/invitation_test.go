package embedded

import (
	"slices"
	"testing"

	"github.com/einwahl/einwahl/transcode/pace"
)

func TestPagesAreToldWhatToDial(t *testing.T) {
	cfg := testConfig(t)
	cfg.Numbers = []string{"+49 30 123456-78"}
	b := start(t, cfg, &pace.Manual{}, meetingOf("1", nil), meetingOf("2", func(m *MeetingConfig) { m.Phones = false }))
	server := serve(t, b)
	ada := dial(t, server, "1", request{Name: "Ada"}, peerSettings())
	ada.joined()
	dials := func(phones bool, numbers ...string) func(message) bool {
		return func(m message) bool {
			return m.Meeting.Phones == phones && slices.Equal(m.Meeting.Numbers, numbers)
		}
	}
	ada.sees("the number", dials(true, "+49 30 123456-78"))
	b.SetNumbers([]string{"+49 30 123456-78", "+49 89 7654321"})
	ada.sees("another number", dials(true, "+49 30 123456-78", "+49 89 7654321"))
	ada.say(request{Type: "host", Action: "encryption", Level: "e2ee"})
	ada.sees("no number where telephones are refused", func(m message) bool {
		return m.Meeting.Encryption == "e2ee" && len(m.Meeting.Numbers) == 0
	})
	bob := dial(t, server, "2", request{Name: "Bob"}, peerSettings())
	bob.sees("no number where no telephone comes in", dials(false))
}
