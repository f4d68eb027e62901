package admission

import (
	"reflect"
	"strings"
	"testing"
	"time"

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
	wantMistakes(t, c.Validate(),
		"encryption.e2ee: telephones are always refused here; a telephone cannot encrypt end to end",
		"encryption.unknown: telephones are always refused here; a telephone cannot encrypt end to end")
	c.Encryption.EndToEnd, c.Encryption.Unknown = "perhaps", ""
	wantMistakes(t, c.Validate(), `encryption.e2ee: "perhaps" is no choice: want refuse`, `encryption.unknown: "" is no choice: want refuse`)
}

// wantMistakes wants err to be these lines, and nothing else.
func wantMistakes(t *testing.T, err error, want ...string) {
	t.Helper()
	got := ""
	if err != nil {
		got = err.Error()
	}
	if got != strings.Join(want, "\n") {
		t.Errorf("mistakes:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
}

func TestMistakesAreToldAllAtOnce(t *testing.T) {
	wrong := Override{
		Encryption: LevelOverride{None: "a", Transport: "b", Enhanced: "wait"},
		Caller:     CallerOverride{Attestation: "D", Anonymous: "c", Numbers: []string{"+49*", "4930", "x", "+", "*"}},
		MinPIN:     some(21), Regions: []string{"eu", ""}, Host: "admit", Lobby: "never", Consent: "yes", AfterNo: "no",
	}
	mistakes := []string{
		`encryption.none: "a" is no choice: want admit or refuse`,
		`encryption.transport: "b" is no choice: want admit or refuse`,
		`encryption.enhanced: "wait" is no choice: want admit or refuse`,
		`caller.attestation: "D" is no choice: want A, B, C or off`,
		`caller.anonymous: "c" is no choice: want admit, wait or refuse`,
		`host: "admit" is no choice: want wait or refuse`,
		`lobby: "never" is no choice: want meeting or always`,
		`consent: "yes" is no choice: want off, notice or required`,
		`after_no: "no" is no choice: want listen, leave or talk`,
		`min_pin: 21: want a number of digits from 0 to 20`,
		`caller.numbers[2]: want a telephone number without spaces, such as +4930555010, or its beginning and a *`,
		`caller.numbers[3]: want a telephone number without spaces, such as +4930555010, or its beginning and a *`,
		`caller.numbers[4]: want a telephone number without spaces, such as +4930555010, or its beginning and a *`,
		`regions[1]: "": want the name of a region, such as eu-central, or its beginning and a *`,
	}
	wantMistakes(t, wrong.Validate(), mistakes...)
	wantMistakes(t, Override{}.Validate())
	wantMistakes(t, everything().Validate())
	wantMistakes(t, Override{MinPIN: some(-1)}.Validate(), "min_pin: -1: want a number of digits from 0 to 20")
	wantMistakes(t, Override{MinPIN: some(20)}.Validate())
	wantMistakes(t, Override{MinPIN: some(0)}.Validate())

	silent := DefaultConfig()
	silent.Encryption.None, silent.Caller.Attestation, silent.Host = "", "", ""
	wantMistakes(t, silent.Validate(), // in general nothing can be left out
		`encryption.none: "" is no choice: want admit or refuse`,
		`caller.attestation: "" is no choice: want A, B, C or off`,
		`host: "" is no choice: want wait or refuse`)
}

func TestMeetingsAreNamedOnce(t *testing.T) {
	c := DefaultConfig()
	c.Meetings = []MeetingOverride{
		{Meeting: "1000*"}, {Meeting: "*"}, {Meeting: "1000"}, {Meeting: ""}, {Meeting: "board"}, {Meeting: "1*0"}, {Meeting: "1000*", Override: Override{Host: "x"}},
	}
	wantMistakes(t, c.Validate(),
		`meetings[3].meeting: "": want a meeting's number, or its beginning and a *`,
		`meetings[4].meeting: "board": want a meeting's number, or its beginning and a *`,
		`meetings[5].meeting: "1*0": want a meeting's number, or its beginning and a *`,
		`meetings[6].meeting: "1000*" is already meetings[0]`,
		`meetings[6].host: "x" is no choice: want wait or refuse`)
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
	for a, want := range map[Attestation]string{-1: "off", Unattested: "off", GatewayAttested: "C", PartlyAttested: "B", FullyAttested: "A", FullyAttested + 1: "off"} {
		if a.String() != want {
			t.Errorf("%d is called %s, want %s", a, a, want)
		}
	}
}

func TestConsentIsNamed(t *testing.T) {
	for text, good := range map[string]bool{"off": true, "notice": true, "required": true, "": false, "yes": false} {
		if err := (RecordingConfig{Consent: text, AfterNo: "listen"}).Validate(); (err == nil) != good {
			t.Errorf("consent %q: %v", text, err)
		}
	}
	for text, good := range map[string]bool{"listen": true, "leave": true, "talk": true, "": false, "stay": false} {
		if err := (RecordingConfig{Consent: "off", AfterNo: text}).Validate(); (err == nil) != good {
			t.Errorf("after_no %q: %v", text, err)
		}
	}
	for tone, good := range map[time.Duration]bool{
		-time.Second: false, 0: true, shortestTone - 1: false, shortestTone: true, longestTone: true, longestTone + 1: false,
	} {
		if err := (RecordingConfig{Consent: "off", AfterNo: "listen", Tone: tone}).Validate(); (err == nil) != good {
			t.Errorf("tone %v: %v", tone, err)
		}
	}
	if p := NewPolicy(DefaultConfig(), RecordingConfig{Consent: "nonsense", AfterNo: "nonsense"}); p.Consent != conference.ConsentRequired || p.AfterNo != conference.AfterNoListen {
		t.Errorf("nonsense asks for %v, and %v", p.Consent, p.AfterNo)
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
	if Verdict(-1).String() != "refuse" || Verdict(4).String() != "refuse" || Admit.String() != "admit" {
		t.Error("verdicts are not called by their names")
	}
}

func TestWhatAPartOfTheFileSaysIsTold(t *testing.T) {
	yes, six := true, 6
	for _, tt := range []struct {
		says Override
		want string
	}{
		{Override{}, ""},
		{Override{SecureLeg: &yes}, "secure_leg: true"},
		{Override{MinPIN: &six, Consent: "required", Regions: []string{"de", "at"}}, "consent: required; min_pin: 6; regions: de, at"},
		{Override{Caller: CallerOverride{Anonymous: ChoiceRefuse, Numbers: []string{"+4915177031234", "+4930*"}}}, "caller.anonymous: refuse; caller.numbers: 2 listed"},
	} {
		if got := strings.Join(tt.says.Says(), "; "); got != tt.want {
			t.Errorf("told %q, want %q", got, tt.want)
		}
	}
}
