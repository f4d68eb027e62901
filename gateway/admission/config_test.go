package admission

import (
	"reflect"
	"strings"
	"testing"

	"github.com/einwahl/einwahl/conference"
)

func TestTheDefaultsAreValid(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
	if err := DefaultRecordingConfig().Validate(); err != nil {
		t.Error(err)
	}
	want := Policy{
		Transport: true, Enhanced: true, Phones: true, Anonymous: ChoiceWait, Host: ChoiceWait,
		Consent: conference.ConsentRequired, AfterNo: conference.AfterNoListen,
	}
	got := NewPolicy(DefaultConfig(), DefaultRecordingConfig())
	if got.parts, got.meetings = nil, nil; !reflect.DeepEqual(got, want) {
		t.Errorf("policy = %+v, want %+v", got, want)
	}
}

func TestAFileCannotAdmitEndToEnd(t *testing.T) {
	c := DefaultConfig()
	c.Encryption.EndToEnd, c.Encryption.Unknown = ChoiceAdmit, ChoiceAdmit
	c.Encryption.None = "perhaps"
	err := c.Validate()
	if err == nil {
		t.Fatal("accepted")
	}
	for _, key := range []string{"encryption.e2ee:", "encryption.unknown:", "encryption.none:"} {
		if !strings.Contains(err.Error(), key) {
			t.Errorf("%q does not name %s", err, key)
		}
	}
}

func TestCallersAreChosenByWhatIsKnownOfTheirNumber(t *testing.T) {
	for text, want := range map[string]Attestation{"off": Unattested, "C": GatewayAttested, "B": PartlyAttested, "A": FullyAttested} {
		c := DefaultConfig()
		c.Caller = CallerConfig{Attestation: text, Anonymous: ChoiceRefuse}
		if err := c.Validate(); err != nil {
			t.Error(err)
		}
		if p := NewPolicy(c, DefaultRecordingConfig()); p.Attestation != want || p.Anonymous != ChoiceRefuse {
			t.Errorf("attestation %s: %+v", text, p)
		}
	}
	c := DefaultConfig()
	c.Caller = CallerConfig{Attestation: "a", Anonymous: "perhaps"}
	err := c.Validate()
	if err == nil || !strings.Contains(err.Error(), "caller.attestation:") || !strings.Contains(err.Error(), "caller.anonymous:") {
		t.Errorf("%v does not name both keys", err)
	}
	for _, text := range []string{"", "off", "failed", "a", "AA"} {
		if a := ParseAttestation(text); a != Unattested {
			t.Errorf("%q vouches for %d", text, a)
		}
	}
}

func TestConsentIsNamed(t *testing.T) {
	for text, good := range map[string]bool{"off": true, "notice": true, "required": true, "": false, "yes": false} {
		if err := (RecordingConfig{Consent: text, AfterNo: "listen"}).Validate(); (err == nil) != good {
			t.Errorf("consent %q: %v", text, err)
		}
	}
	if p := NewPolicy(DefaultConfig(), RecordingConfig{Consent: "nonsense", AfterNo: "nonsense"}); p.Consent != conference.ConsentRequired {
		t.Errorf("nonsense asks for %v", p.Consent)
	}
}

func TestEveryReasonHasItsName(t *testing.T) {
	names := map[string]bool{}
	for _, r := range Reasons() {
		if r.String() == "" || names[r.String()] {
			t.Errorf("reason %d is called %q", r, r)
		}
		names[r.String()] = true
	}
	if Reason(-1).String() != NotProven.String() || Reason(len(names)).String() != NotProven.String() {
		t.Error("a reason that does not exist has a name of its own")
	}
	if len(names) != int(Open)+1 {
		t.Errorf("%d reasons have names, want %d", len(names), Open+1)
	}
	if Verdict(-1).String() != "refuse" || Verdict(9).String() != "refuse" || Admit.String() != "admit" {
		t.Error("verdicts are not called by their names")
	}
}
