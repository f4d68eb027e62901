package admission

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/einwahl/einwahl/conference"
)

// place is a file that says something in general, of a number and of meetings.
type place struct {
	general  Config
	recorded RecordingConfig
	number   *NumberOverride
}

func (p place) policy() Policy {
	all := NewPolicy(p.general, p.recorded)
	if p.number != nil {
		all = all.Number("numbers[2].admission", *p.number)
	}
	return all
}

// of is a meeting of which the file says something.
func of(meeting string, o Override) func(*place) {
	return func(p *place) {
		p.general.Meetings = append(p.general.Meetings, MeetingOverride{Meeting: meeting, Override: o})
	}
}

func atNumber(o Override) func(*place) {
	return func(p *place) { p.number = &NumberOverride{Override: o} }
}

func general(change func(*Config)) func(*place) { return func(p *place) { change(&p.general) } }

func filed(change ...func(*place)) place {
	p := place{general: DefaultConfig(), recorded: DefaultRecordingConfig()}
	for _, c := range change {
		c(&p)
	}
	return p
}

func yes() *bool      { b := true; return &b }
func no() *bool       { return new(bool) }
func some(n int) *int { return &n }
func hours(text string) Hours {
	h, err := ParseHours(text)
	if err != nil {
		panic(err)
	}
	return h
}

// everything says something else than the default of each key.
func everything() Override {
	return Override{
		Encryption: LevelOverride{None: "admit", Transport: "refuse", Enhanced: "refuse"},
		SecureLeg:  yes(), Phones: no(), Registered: yes(), MinPIN: some(6),
		Caller:  CallerOverride{Attestation: "B", Anonymous: "refuse", Numbers: []string{"+49*"}},
		Regions: []string{"EU"}, Host: "refuse", Lobby: "always", Hours: []Hours{hours("mon 08:00-18:00 UTC")},
		Consent: "notice", AfterNo: "leave",
	}
}

// all is the policy that everything makes.
func all() Policy {
	return Policy{
		None: true, SecureLeg: true, Anonymous: ChoiceRefuse, Attestation: PartlyAttested, Numbers: []string{"+49*"},
		Registered: true, MinPIN: 6, Regions: []string{"eu"}, Host: ChoiceRefuse, Lobby: true,
		Hours:   []Hours{hours("mon 08:00-18:00 UTC")},
		Consent: conference.ConsentNotice, LeastConsent: conference.ConsentNotice,
		AfterNo: conference.AfterNoLeave, LeastAfterNo: conference.AfterNoLeave,
	}
}

// standard is the policy of the defaults, and what is different.
func standard(change ...func(*Policy)) Policy {
	p := NewPolicy(DefaultConfig(), DefaultRecordingConfig())
	for _, c := range change {
		c(&p)
	}
	return p
}

func secure(p *Policy) { p.SecureLeg = true }

func pins(n int) func(*Policy) { return func(p *Policy) { p.MinPIN = n } }

// policyTable tells which of the things that a file says counts.
func policyTable() []struct {
	name    string
	file    place
	meeting string
	want    Policy
} {
	asks := func(n int) Override { return Override{MinPIN: some(n)} }
	return []struct {
		name    string
		file    place
		meeting string
		want    Policy
	}{
		{"where nothing is said the defaults hold", filed(), "1", standard()},
		{"what is said in general holds everywhere", filed(general(func(c *Config) { c.SecureLeg = true })), "1", standard(secure)},
		{"a number may be otherwise in everything", filed(atNumber(everything())), "1", all()},
		{"a meeting may", filed(of("1", everything())), "1", all()},
		{"another meeting is not", filed(of("1", everything())), "2", standard()},
		{"a number for end-to-end encryption is", filed(func(p *place) { p.number = &NumberOverride{EndToEnd: true} }), "1", standard(func(p *Policy) { p.EndToEnd = true })},
		{"a meeting counts before a number", filed(atNumber(asks(5)), of("1", asks(7))), "1", standard(pins(7))},
		{"a number counts where the meeting is silent", filed(atNumber(asks(5)), of("1", Override{SecureLeg: yes()})), "1", standard(secure, pins(5))},
		{"a number counts before the general", filed(general(func(c *Config) { c.MinPIN = 4 }), atNumber(asks(5))), "1", standard(pins(5))},
		{"the general counts where the number is silent", filed(general(func(c *Config) { c.MinPIN = 4 }), atNumber(Override{SecureLeg: yes()})), "1", standard(secure, pins(4))},
		{"lists are not put together", filed(general(func(c *Config) {
			c.Regions, c.Caller.Numbers, c.Hours = []string{"us"}, []string{"+1*"}, []Hours{hours("sun 08:00-18:00 UTC")}
		}), atNumber(everything())), "1", all()},
		{"a meeting may take back what a number wants", filed(atNumber(Override{SecureLeg: yes()}), of("1", Override{SecureLeg: no()})), "1", standard()},
		{"a star stands for the rest of a meeting's number", filed(of("10*", asks(6))), "1099", standard(pins(6))},
		{"it stands for nothing as well", filed(of("10*", asks(6))), "10", standard(pins(6))},
		{"a meeting without a star is itself only", filed(of("10", asks(6))), "1099", standard()},
		{"of several the longest counts", filed(of("*", asks(4)), of("10*", asks(6)), of("1*", asks(5))), "1099", standard(pins(6))},
		{"of several only the longest counts", filed(of("1*", Override{SecureLeg: yes()}), of("10*", asks(6))), "1099", standard(pins(6))},
		{"of two that are as long the first counts", filed(of("10", asks(4)), of("1*", asks(5))), "10", standard(pins(4))},
	}
}

func TestWhatTheFileSaysOfNumbersAndMeetings(t *testing.T) {
	for _, tt := range policyTable() {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.file.policy().Meeting("999").Meeting(tt.meeting) // a caller may have tried another before
			got.parts, got.meetings, got.meeting, tt.want.parts, tt.want.meetings = nil, nil, false, nil, nil
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("policy\n%+v\nwant\n%+v", got, tt.want)
			}
		})
	}
}

func TestAMeetingThatWasTriedBeforeLeavesNothingBehind(t *testing.T) {
	p := filed(of("1", Override{MinPIN: some(6)}), of("2", Override{SecureLeg: yes()})).policy()
	if got := p.Meeting("1").Meeting("2"); got.MinPIN != 0 || !got.SecureLeg {
		t.Errorf("the second meeting has %+v", got)
	}
	if got := p.Meeting("1").Meeting("3"); got.MinPIN != 0 || !reflect.DeepEqual(got.parts, p.parts) {
		t.Errorf("a third meeting has %+v", got)
	}
}

// TestEverySettingHasItsPlace: whatever may be said is found again, with the key
// under which it stands.
func TestEverySettingHasItsPlace(t *testing.T) {
	special := filed(atNumber(everything())).policy()
	for key, value := range map[string]string{
		"encryption.none": "admit", "encryption.transport": "refuse", "encryption.enhanced": "refuse", "secure_leg": "true", "phones": "false",
		"caller.attestation": "B", "caller.anonymous": "refuse", "caller.numbers": "+49*", "registered": "true", "min_pin": "6",
		"regions": "EU", "host": "refuse", "lobby": "always", "hours": "mon 08:00-18:00 UTC", "consent": "notice", "after_no": "leave",
	} {
		if where, says := special.origin(key); where != "numbers[2].admission."+key || says != value {
			t.Errorf("%s is %q at %s, want %q", key, says, where, value)
		}
		section := "admission."
		if key == "consent" || key == "after_no" {
			section = "recording."
		}
		if where, _ := standard().origin(key); where != section+key {
			t.Errorf("%s is at %s in general", key, where)
		}
	}
	if len(settings()) != 16 {
		t.Errorf("%d settings have a place", len(settings()))
	}
	meeting := filed(atNumber(Override{Consent: "off"}), of("7", Override{MinPIN: some(6)}), of("1", Override{Consent: "required"})).policy().Meeting("1")
	for key, want := range map[string]string{
		"consent": "admission.meetings[1].consent required", "e2ee": "numbers[2].admission.e2ee false", "hours": "admission.hours []",
		"after_no": "recording.after_no listen",
	} {
		where, says := meeting.origin(key)
		if got := fmt.Sprint(where, " ", says); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
}
