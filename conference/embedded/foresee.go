package embedded

import (
	"time"

	"github.com/einwahl/einwahl/conference"
)

// Foresee is what a telephone would find at a meeting of the operator's file, at a
// time at which nobody else is there: who its PIN makes of the caller, and the
// meeting as their visit would see it. It returns ErrWrongPIN, and starts nothing.
func (c Config) Foresee(m MeetingConfig, pin string, now time.Time) (conference.Identity, conference.State, error) {
	p := c.policy(m)
	who, err := newPINs(p).identify(pin)
	if err != nil {
		return conference.Identity{}, conference.State{}, err
	}
	s := newState(p)
	s.clock(now)
	return who, s.stateFor(s.arrive(newcomer{Identity: who, phone: true})), nil
}

// Made are the meetings that were made while a gateway ran with these settings.
// It changes nothing, and needs none to run.
func (c Config) Made() ([]MeetingConfig, error) {
	l, err := openLedger(c)
	if err != nil {
		return nil, err
	}
	return l.configs(), nil
}
