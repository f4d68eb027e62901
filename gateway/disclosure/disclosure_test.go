package disclosure

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/gateway/admission"
	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/lockout"
	"github.com/einwahl/einwahl/sip"
	"github.com/einwahl/einwahl/sip/media/offer"
)

var update = flag.Bool("update", false, "write the statements anew, to be read before they are taken in")

// city is a gateway with two trunks, one of them encrypted, whose operator has said
// all that there is to say.
func city() config.Config {
	text := func(de, en string) announcements.Texts { return announcements.Texts{"de": de, "en": en} }
	c := config.Sample()
	p := &c.Privacy
	p.Controller, p.Address = text("Stadt Musterhausen", "City of Musterhausen"), text("Markt 1, Musterhausen", "1 Markt, Musterhausen")
	p.DPO, p.Basis = text("Erika Muster", "Erika Muster"), text("Ihre Einwilligung", "your consent")
	p.Recipients, p.Authority = text("Rechenzentrum Nord", "Rechenzentrum Nord"), text("die Landesbeauftragte", "the state commissioner")
	p.URL = text("musterhausen.example/telefon", "musterhausen.example/telephone")
	open, sealed := sip.DefaultTrunkConfig(), sip.DefaultTrunkConfig()
	open.Name, open.Peers, open.Codecs = "carrier", []string{"192.0.2.1"}, []string{"pcma"}
	sealed.Name, sealed.Peers, sealed.SRTP, sealed.Clients = "sbc", []string{"192.0.2.2"}, "required", []string{"sbc.example.org"}
	c.Trunks = []sip.TrunkConfig{open, sealed}
	c.SIP.Listen = []string{"udp://192.0.2.9", "tls://192.0.2.9"}
	c.Records.SealTo, c.Records.Postgres = "age1something", "postgres://user:password-of-the-database@db/records"
	c.Admission.Regions, c.Conference.Embedded.Region, c.Conference.Embedded.Page = []string{"de"}, "de", "https://meet.example.org"
	return c
}

func written(t *testing.T, c config.Config, lang string, names ...string) string {
	t.Helper()
	var text bytes.Buffer
	if err := Write(&text, c, lang, names...); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// TestStatementsAreAsTheyWere: whoever changes what is handed to an authority reads
// it first.
func TestStatementsAreAsTheyWere(t *testing.T) {
	for _, lang := range Languages() {
		for name, c := range map[string]config.Config{"city": city(), "silent": config.Default()} {
			got, path := written(t, c, lang), filepath.Join("testdata", name+"."+lang+".md")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s is now:\n%s\nread it, and take it in with -update", path, got)
			}
		}
	}
}

func TestStatementsFollowTheFile(t *testing.T) {
	for _, tt := range []struct {
		name       string
		change     func(*config.Config)
		has, lacks string
	}{
		{"the trunks are recipients", func(*config.Config) {}, `trunk "carrier"`, ""},
		{"what others see of a number", func(c *config.Config) { c.Privacy.CallerNumber = "full" }, "Others in the meeting see all of it", "first five digits"},
		{"no consent", func(c *config.Config) { c.Recording.Consent = "off" }, "the legal basis has to say why", "Only of who has agreed"},
		{"a no means leaving", func(c *config.Config) { c.Recording.AfterNo = "leave" }, "A no means leaving", "A no means listening"},
		{"a no means talking on", func(c *config.Config) { c.Recording.AfterNo = "talk" }, "A no means talking on, in no file", "A no means listening"},
		{"numbers are not kept", func(c *config.Config) { c.Records.SealTo = "" }, "without the number", "sealed to a key"},
		{"call records for three days", func(c *config.Config) { c.Records.Keep.Calls = 3 }, "To find faults | 3 days |", ""},
		{"recordings for a year", func(c *config.Config) { c.Conference.Embedded.Keep = 365 }, "| 365 days |", ""},
		{"numbers for billing", func(c *config.Config) { c.Records.Billing = "2027-03-31" }, "in full, for billing, until 2027-03-31", "never in a form that can be read"},
		{"last digits", func(c *config.Config) { c.Records.LastDigits = 3 }, "with the call its last 3 digits", "none of its digits"},
		{"data leave Europe", func(c *config.Config) { c.Privacy.Transfer = announcements.Texts{"": "Switzerland"} }, "Third countries | Switzerland", ""},
		{"a trunk that may be clear", func(*config.Config) {}, "| carrier | udp, tls | optional | IP | yes |", ""},
		{"one that cannot", func(*config.Config) {}, "| sbc | tls | required | IP and mTLS | no |", ""},
		{"one that registers without encryption", func(c *config.Config) {
			c.Trunks[1].Register = []sip.RegisterConfig{{Server: "sip:tel.example.net"}}
		}, "| sbc | tls, udp | required | IP and mTLS | yes |", ""},
		{"one that registers with it", func(c *config.Config) {
			c.Trunks[1].Register = []sip.RegisterConfig{{Server: "sip:tel.example.net:5061;transport=TLS"}}
		}, "| sbc | tls | required | IP and mTLS | no |", ""},
		{"a trunk without wideband", func(*config.Config) {}, "| 6.1 | Voices up to 7 kHz | no |", ""},
		{"all in wideband", func(c *config.Config) { c.Trunks[0].Codecs = []string{"g722", "pcma"} }, "| 6.1 | Voices up to 7 kHz | yes |", ""},
		{"calls in the clear are refused", func(c *config.Config) { c.Admission.SecureLeg = true }, "Calls in the clear | refused |", ""},
		{"a meeting that asks for less", func(*config.Config) {}, "meetings 100000003 (consent: notice)", "| Nothing |"},
		{"a number that is stricter", func(c *config.Config) {
			yes := true
			c.Numbers[0].Admission.SecureLeg, c.Numbers[0].Admission.EndToEnd = &yes, true
		}, "(secure_leg: true, e2ee: true)", ""},
		{"meetings that are", func(c *config.Config) {
			c.Admission.Meetings = []admission.MeetingOverride{{Meeting: "2*", Override: admission.Override{Consent: "required", AfterNo: "leave"}}}
		}, "admission.meetings 2* (after_no: leave, consent: required)", ""},
		{"no number of who may call", func(c *config.Config) {
			few := admission.Override{Caller: admission.CallerOverride{Numbers: []string{"+4915177031234"}}}
			c.Numbers[0].Admission.Override = few
			c.Admission.Caller.Numbers = []string{"+4915177035678"}
			c.Admission.Meetings = []admission.MeetingOverride{{Meeting: "2*", Override: few}}
		}, "admission.meetings 2* (caller.numbers: 1 listed)", "15177"},
		{"nothing is told of a recording", func(c *config.Config) { c.Recording.Consent = "off" }, "| Sign of a recording | None |", "a tone every"},
		{"consent to the processing", func(c *config.Config) { c.Privacy.Consent = true }, "Asked by key, after the notice", "| Not asked |"},
		{"a PIN need not be", func(*config.Config) {}, "the PIN where the meeting has one", ""},
		{"a PIN must be", func(c *config.Config) { c.Admission.MinPIN = 6 }, "a PIN of 6 digits at least", "where the meeting has one"},
		{"guesses do not count", func(c *config.Config) { c.Limits.Guessing = lockout.Config{} }, "| Wrong numbers and PINs | Not counted | not at all |", "lock telephones out"},
		{"callers without a number", func(c *config.Config) { c.Admission.Caller.Anonymous = "refuse" }, "Callers without a number are refused", ""},
		{"keys of recordings that the gateway has not", func(c *config.Config) { c.Conference.Embedded.SealRecordingsTo = []string{"age1"} }, "the keys are sealed to keys", ""},
		{"why recordings are kept for long", func(c *config.Config) {
			c.Conference.Embedded.Keep, c.Conference.Embedded.Reason = 400, "minutes of the council"
		}, "| 400 days: minutes of the council |", ""},
		{"one day is no days", func(c *config.Config) { c.Records.Keep.Calls = 1 }, "To find faults | 1 day |", "1 days"},
		{"no trunk speaks wideband", func(c *config.Config) { c.Trunks = nil }, "| 6.1 | Voices up to 7 kHz | no |", "Voices up to 7 kHz | yes"},
		{"no secret of the file", func(*config.Config) {}, "PostgreSQL", "password-of-the-database"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := city()
			tt.change(&c)
			text := written(t, c, "en")
			if !strings.Contains(text, tt.has) || tt.lacks != "" && strings.Contains(text, tt.lacks) {
				t.Errorf("want %q and not %q in:\n%s", tt.has, tt.lacks, text)
			}
		})
	}
}

// TestSuitesAreThoseOfTheProgram: the list is what the program negotiates by, and
// the strongest stands first.
func TestSuitesAreThoseOfTheProgram(t *testing.T) {
	text := written(t, city(), "en", "encryption")
	for _, row := range [][]string{offer.Offered(), offer.Taken()} {
		if len(row) < 4 || !strings.Contains(text, "| "+strings.Join(row, ", ")+" |") {
			t.Errorf("%v are not listed in\n%s", row, text)
		}
	}
	if offer.Offered()[0] != "AEAD_AES_256_GCM" || strings.Contains(strings.Join(offer.Offered(), " "), "_32") {
		t.Errorf("offered are %v", offer.Offered())
	}
	if sip.LeastTLS != "1.2" {
		t.Errorf("TLS %s is taken", sip.LeastTLS)
	}
}

func TestWhatThereIsNotIsAnError(t *testing.T) {
	for _, err := range []error{
		Write(&bytes.Buffer{}, config.Sample(), "tlh"),
		Write(&bytes.Buffer{}, config.Sample(), "de", "nonsense"),
	} {
		if err == nil || !strings.Contains(err.Error(), "want one of") {
			t.Errorf("got %v, want what there is", err)
		}
	}
}
