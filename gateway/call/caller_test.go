package call

import (
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/admission"
)

func namesOnly(t *terms)   { t.policy.Anonymous, t.caller.Anonymous = admission.ChoiceRefuse, true }
func signedOnly(t *terms)  { t.policy.Attestation = admission.PartlyAttested }
func signedFully(t *terms) { t.caller.Attested = admission.FullyAttested }

func TestACallerNobodyVouchesForIsNotAnswered(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change []func(*terms)
		phase  phase
		why    Outcome
	}{
		{"who shows no number where one is wanted", []func(*terms){early, namesOnly}, excusing, refusal(admission.Anonymous)},
		{"whom nobody vouches for where somebody must", []func(*terms){early, signedOnly}, excusing, refusal(admission.NotAttested)},
		{"who is vouched for comes to the meeting", []func(*terms){early, signedOnly, signedFully}, foreseeing, Faulty},
		{"a number that does not ask for it is answered", []func(*terms){signedOnly}, answering, Faulty},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := begin(tt.change...)
			s.why = Faulty
			if s, _ = first(s); s.phase != tt.phase || s.why != tt.why {
				t.Errorf("%v because of %s, want %v because of %s", s.phase, s.why, tt.phase, tt.why)
			}
		})
	}
}

func TestACallerNobodyVouchesForIsNotSeated(t *testing.T) {
	st := play(t, openMeeting(), func(*stage) { time.Sleep(20 * time.Second) },
		func(s *Setup) { s.Meeting, s.Policy.Attestation = "100", admission.FullyAttested },
		func(s *Setup) { s.Known.Attested = admission.PartlyAttested })
	st.order("answered", "visit", "decided refuse unattested", "hears refuse.unattested", "hears goodbye", "call unattested")
	st.never("open", "voice")
}
