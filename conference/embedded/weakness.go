package embedded

import (
	"fmt"

	"github.com/einwahl/einwahl/conference/embedded/digits"
)

// Weaknesses are what makes a meeting easy to find or to enter by guessing, each
// with its key: what may stand in a file, and would not be made. No PIN is shown.
func (m MeetingConfig) Weaknesses() []string {
	var all []string
	weak := func(key, why string) {
		if why != "" {
			all = append(all, key+": is easy to guess: "+why)
		}
	}
	switch {
	case m.PIN == "" && !m.Lobby:
		all = append(all, "pin: there is none, and no waiting room: whoever finds the number is in")
	case len(m.ID) < minChosen && m.PIN == "":
		weak("id", fmt.Sprintf("it has %d digits, and the meeting no pin", len(m.ID)))
	}
	for _, pin := range []struct {
		key string
		pin Secret
	}{{"pin", m.PIN}, {"host_pin", m.HostPIN}} {
		switch {
		case pin.pin == "":
		case len(pin.pin) < digits.MinPIN && !m.Lobby:
			weak(pin.key, fmt.Sprintf("it has fewer than %d digits, and the meeting no waiting room", digits.MinPIN))
		default:
			weak(pin.key, digits.WeakPIN(string(pin.pin), m.ID))
		}
	}
	for i, r := range m.Registrants {
		if r.PIN != "" {
			weak(fmt.Sprintf("registrants[%d].pin", i), digits.WeakPIN(string(r.PIN), m.ID))
		}
	}
	return all
}
