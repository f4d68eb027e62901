package interop

import (
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/peertest"
)

func scenario() *peertest.Scenario { return peertest.NewScenario("en", peertest.PCMA) }

// play runs a scenario against a gateway of its own.
func play(t *testing.T, s *peertest.Scenario, tweak func(*settings)) {
	t.Helper()
	t.Parallel()
	g := start(t, tweak)
	peertest.SIPp(t, s.String(), g.address("udp"), 1, nil)
}

const teams = "Supported: timer\nSession-Expires: 3600;refresher=uac\nMin-SE: 300\nAllow: INVITE, ACK, CANCEL, BYE, INFO, NOTIFY, PRACK, OPTIONS"

// Row 7: the caller refreshes, as Teams does.
func TestSessionTimerRefreshedByTheCaller(t *testing.T) {
	s := scenario()
	s.With(teams).Begin(s.Offer(1)).Maybe(100).Expect(200, "Session-Expires: 3600;refresher=uac", "Require: timer", "Supported: timer").Ack()
	s.With(teams).Ask("INVITE", s.Offer(1)).Maybe(100).Expect(200, "Session-Expires: 3600;refresher=uac", "body: a=sendrecv").Ack()
	s.With("Supported: timer", "Session-Expires: 3600;refresher=uac").Ask("UPDATE", "").Expect(200, "Session-Expires: 3600;refresher=uac", "Contact: sip:", "no: v=0")
	play(t, s.Bye(), nil)
}

// Row 7: the caller wants us to refresh, and changes its mind.
func TestSessionTimerRefreshedByTheGateway(t *testing.T) {
	s := scenario()
	s.With("Supported: timer", "Session-Expires: 600;refresher=uas").Begin(s.Offer(1)).Maybe(100).Expect(200, "Session-Expires: 600;refresher=uas", "no: Require:").Ack()
	s.With("Supported: timer", "Session-Expires: 900;refresher=uac").Ask("UPDATE", "").Expect(200, "Session-Expires: 900;refresher=uac")
	play(t, s.Bye(), nil)
}

// Row 7: a caller who knows nothing of timers is refreshed by us, unless the
// operator wants none.
func TestSessionTimerOfTheOperator(t *testing.T) {
	t.Run("5 minutes", func(t *testing.T) {
		play(t, scenario().Begin(scenario().Offer(1)).Maybe(100).Expect(200, "Session-Expires: 300;refresher=uas").Ack().Bye(),
			func(s *settings) { s.trunk.SessionExpires = 5 * time.Minute })
	})
	t.Run("none", func(t *testing.T) {
		play(t, scenario().With("Supported: timer").Begin(scenario().Offer(1)).Maybe(100).Expect(200, "no: Session-Expires").Ack().Bye(),
			func(s *settings) { s.trunk.SessionExpires = 0 })
	})
}

// Row 7: 422 names the least that we take.
func TestSessionTimerTooSmall(t *testing.T) {
	s := scenario()
	s.With("Supported: timer", "Session-Expires: 60").Begin(s.Offer(1)).Maybe(100).Expect(422, "Min-SE: 90").AckRefusal(3)
	play(t, s, nil)
}
