package identity

import (
	"strings"
	"testing"
)

func TestCalling(t *testing.T) {
	const trusted, untrusted = true, false
	from := `<sip:+4930111@carrier>`
	asserted := func(values ...string) []string { return values }
	for _, tt := range []struct {
		name  string
		trust bool
		r     Request
		want  Caller
	}{
		{"From says who calls", untrusted, Request{From: `"Anna" <sip:+4930111@carrier>;tag=1`}, Caller{Number: "+4930111", Display: "Anna"}},
		{"a name may hold commas, quotes and angles", untrusted, Request{From: `"Doe, \"J\" <x>" <sip:+4930111@carrier>`}, Caller{Number: "+4930111", Display: `Doe, "J" <x>`}},
		{"a name needs no quotes", untrusted, Request{From: `Anna Doe <sip:+4930111@carrier>`}, Caller{Number: "+4930111", Display: "Anna Doe"}},
		{"From needs no angles", untrusted, Request{From: `sip:+4930111@carrier;tag=1`}, Caller{Number: "+4930111"}},
		{"a telephone address", untrusted, Request{From: `<tel:+49-30-111>`}, Caller{Number: "+4930111"}},
		{"a telephone address with an extension", untrusted, Request{From: `<tel:+49-30-111;ext=22;isub=1>`}, Caller{Number: "+4930111"}},
		{"an assertion is nothing from who is not trusted", untrusted, Request{From: from, Asserted: asserted(`<sip:+4930222@carrier>`)}, Caller{Number: "+4930111"}},
		{"an assertion stands over From", trusted, Request{From: from, Asserted: asserted(`"B, C" <sip:+4930222@carrier>`)}, Caller{Number: "+4930222", Display: "B, C", Asserted: true}},
		{"of two assertions a number stands over a name", trusted, Request{From: from, Asserted: asserted(`"Anna" <sip:anna@carrier>, <tel:+4930222>`)}, Caller{Number: "+4930222", Display: "Anna", Asserted: true}},
		{"two assertions may come in two headers", trusted, Request{From: from, Asserted: asserted(`<sip:+4930222@carrier>`, `<tel:+4930222>`)}, Caller{Number: "+4930222", Asserted: true}},
		{"an assertion without angles", trusted, Request{From: from, Asserted: asserted(`tel:+4930222`)}, Caller{Number: "+4930222", Asserted: true}},
		{"an assertion that cannot be read is none", trusted, Request{From: from, Asserted: asserted(`<sip:+4930222@carrier`, `,,`, `http://x`, "")}, Caller{Number: "+4930111"}},
		{"an anonymous assertion asserts nobody", trusted, Request{From: from, Asserted: asserted(`<sip:anonymous@anonymous.invalid>`)}, Caller{Number: "+4930111", Anonymous: true}},
		{"a trusted trunk that asserts nothing leaves From", trusted, Request{From: from}, Caller{Number: "+4930111"}},

		{"Remote-Party-ID stands in for an assertion", trusted, Request{From: from, RemoteParty: asserted(`"B" <sip:+4930222@carrier>;party=calling;screen=yes;privacy=off`)}, Caller{Number: "+4930222", Display: "B", Asserted: true}},
		{"Remote-Party-ID that nobody has screened asserts nothing", trusted, Request{From: from, RemoteParty: asserted(`<sip:+4930222@carrier>;screen=no`)}, Caller{Number: "+4930222"}},
		{"Remote-Party-ID may ask for privacy", trusted, Request{From: from, RemoteParty: asserted(`"B" <sip:+4930222@carrier>;privacy=full`)}, Caller{Number: "+4930222", Asserted: true, Anonymous: true}},
		{"Remote-Party-ID of the called party is not the caller's", trusted, Request{From: from, RemoteParty: asserted(`<sip:+4930222@carrier>;party=called`)}, Caller{Number: "+4930111"}},
		{"Remote-Party-ID is nothing from who is not trusted", untrusted, Request{From: from, RemoteParty: asserted(`<sip:+4930222@carrier>`)}, Caller{Number: "+4930111"}},

		{"privacy hides the name and keeps the number", trusted, Request{From: from, Asserted: asserted(`"B" <sip:+4930222@carrier>`), Privacy: []string{"id"}}, Caller{Number: "+4930222", Anonymous: true, Asserted: true}},
		{"privacy is granted to everybody", untrusted, Request{From: `"B" <sip:+4930111@carrier>`, Privacy: []string{"user; critical"}}, Caller{Number: "+4930111", Anonymous: true}},
		{"privacy of the header", untrusted, Request{From: from, Privacy: []string{"session", "HEADER"}}, Caller{Number: "+4930111", Anonymous: true}},
		{"privacy of session and history is not the name's", untrusted, Request{From: from, Privacy: []string{"session;history;critical"}}, Caller{Number: "+4930111"}},
		{"privacy without end is granted", untrusted, Request{From: from, Privacy: []string{strings.Repeat("x", maxValue+1)}}, Caller{Number: "+4930111", Anonymous: true}},
		{"who is anonymous in From stays so", trusted, Request{From: `"Anonymous" <sip:anonymous@anonymous.invalid>`, Asserted: asserted(`<sip:+4930222@carrier>`)}, Caller{Number: "+4930222", Anonymous: true, Asserted: true}},
		{"unless they say that they want no privacy", trusted, Request{From: `<sip:anonymous@anonymous.invalid>`, Asserted: asserted(`<sip:+4930222@carrier>`), Privacy: []string{"none"}}, Caller{Number: "+4930222", Asserted: true}},
		{"wanting no privacy makes no number", untrusted, Request{From: `<sip:anonymous@anonymous.invalid>`, Privacy: []string{"none"}}, Caller{Number: "anonymous", Anonymous: true}},
		{"anonymous by user", untrusted, Request{From: `<sip:Anonymous@carrier>`}, Caller{Number: "Anonymous", Anonymous: true}},
		{"anonymous by host", untrusted, Request{From: `<sip:x@anonymous.invalid:5060>`}, Caller{Number: "x", Anonymous: true}},
		{"anonymous by name", untrusted, Request{From: `"Anonymous" <sip:+4930111@carrier>`}, Caller{Number: "+4930111", Anonymous: true}},
		{"a number that is not available", untrusted, Request{From: `<sip:unavailable@unknown.invalid>`}, Caller{Number: "unavailable", Anonymous: true}},
		{"a number that is restricted", untrusted, Request{From: `"Restricted" <sip:restricted@carrier>`}, Caller{Number: "restricted", Anonymous: true}},
		{"nobody at all", untrusted, Request{From: `<sip:carrier>`}, Caller{Anonymous: true}},
		{"a From that cannot be read", untrusted, Request{From: `"<sip:`}, Caller{Anonymous: true}},

		{"a verdict stands with the number", trusted, Request{From: from, Asserted: asserted(`<sip:+4930222;verstat=TN-Validation-Passed-A@carrier>`)}, Caller{Number: "+4930222", Asserted: true, Verdict: "A"}},
		{"a verdict stands with a telephone address", trusted, Request{From: from, Asserted: asserted(`<tel:+4930222;verstat=TN-Validation-Passed-B>`)}, Caller{Number: "+4930222", Asserted: true, Verdict: "B"}},
		{"a verdict stands with the address", trusted, Request{From: `<sip:+4930111@carrier;user=phone;verstat=tn-validation-passed-c>`}, Caller{Number: "+4930111", Verdict: "C"}},
		{"a verdict that says no level is the lowest", trusted, Request{From: `<sip:+4930111@carrier>;verstat=TN-Validation-Passed`}, Caller{Number: "+4930111", Verdict: "C"}},
		{"a verdict that the signature is wrong", trusted, Request{From: `<sip:+4930111@carrier>;verstat=TN-Validation-Failed`}, Caller{Number: "+4930111", Verdict: "failed"}},
		{"no verdict", trusted, Request{From: `<sip:+4930111;verstat=No-TN-Validation@carrier>`}, Caller{Number: "+4930111"}},
		{"a verdict is nothing from who is not trusted", untrusted, Request{From: `<sip:+4930111;verstat=TN-Validation-Passed-A@carrier>`}, Caller{Number: "+4930111"}},
		{"the first verdict counts", trusted, Request{From: `<sip:+4930111;verstat=TN-Validation-Passed-A@carrier>`, Asserted: asserted(`<sip:+4930222;verstat=TN-Validation-Failed@carrier>`)}, Caller{Number: "+4930222", Asserted: true, Verdict: "failed"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.r.Calling(tt.trust); got != tt.want {
				t.Errorf("got %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestCalled(t *testing.T) {
	full := Request{
		URI:         "sip:+4930100@gw",
		To:          `<sip:+4930200@carrier>`,
		CalledParty: []string{`<sip:+4930300@carrier>`},
		Diversion:   []string{`<sip:+4930400@carrier>;reason=unconditional, <sip:+4930401@carrier>`},
		History:     []string{`<sip:+4930500@carrier>;index=1, <sip:+4930100@gw;cause=302>;index=1.1`},
	}
	const auto = Auto
	for _, tt := range []struct {
		name       string
		place      string
		registered bool
		r          Request
		want       string
	}{
		{"the request says it", auto, false, full, "+4930100"},
		{"the request, where the operator says so", FromRequest, true, full, "+4930100"},
		{"To, where the operator says so", FromTo, false, full, "+4930200"},
		{"P-Called-Party-ID, where the operator says so", FromParty, false, full, "+4930300"},
		{"Diversion, where the operator says so", FromDivert, false, full, "+4930400"},
		{"History-Info, where the operator says so", FromHistory, false, full, "+4930500"},
		{"an account is called: P-Called-Party-ID", auto, true, full, "+4930300"},
		{"an account is called: else To", auto, true, Request{URI: "sip:account@gw", To: `<sip:+4930200@carrier>`}, "+4930200"},
		{"an account is called: else the account", auto, true, Request{URI: "sip:account@gw", To: `<sip:carrier>`}, "account"},
		{"without Diversion the request says it", FromDivert, false, Request{URI: "sip:+4930100@gw"}, "+4930100"},
		{"without Diversion a call to an account says it in To", FromDivert, true, Request{URI: "sip:account@gw", To: `<sip:+4930200@carrier>`}, "+4930200"},
		{"without History-Info the request says it", FromHistory, false, Request{URI: "sip:+4930100@gw"}, "+4930100"},
		{"without P-Called-Party-ID the request says it", FromParty, false, Request{URI: "sip:+4930100@gw", CalledParty: []string{"nonsense"}}, "+4930100"},

		{"of several who diverted, the last is on top", FromDivert, false, Request{Diversion: []string{`"A, B" <tel:+4930401>;reason=no-answer;counter=1`, `<sip:+4930402@c>`}}, "+4930401"},
		{"who diverts anonymously is passed over", FromDivert, false, Request{Diversion: []string{`<sip:anonymous@anonymous.invalid>;privacy=full`, `<sip:+4930402@c>`}}, "+4930402"},

		{"History-Info: the one before the present target", FromHistory, false, Request{History: []string{`<sip:+49301@c>;index=1`, `<sip:+49302@c?Reason=SIP%3Bcause%3D302&Privacy=history>;index=1.1,<sip:+49303@gw>;index=1.1.1;mp=1.1`}}, "+49302"},
		{"History-Info: what the target says it has replaced", FromHistory, false, Request{History: []string{`<sip:+49301@c>;index=1, <sip:+49302@c>;index=1.1, <sip:+49303@gw>;index=1.2;mp=1`}}, "+49301"},
		{"History-Info: in the order of its index", FromHistory, false, Request{History: []string{`<sip:+49303@gw>;index=1.10, <sip:+49302@c>;index=1.2, <sip:+49301@c>;index=1`}}, "+49302"},
		{"History-Info: a number that only went on to another machine", FromHistory, false, Request{History: []string{`<sip:+49301@c>;index=1, <sip:+49301@gw>;index=1.1`}}, "+49301"},
		{"History-Info: an account that stands for a number", FromHistory, false, Request{History: []string{`<sip:+49301@c>;index=1, <sip:account@192.0.2.1>;index=1.1`}}, "+49301"},
		{"History-Info: who is hidden is passed over", FromHistory, false, Request{History: []string{`<sip:+49301@c>;index=1, <sip:anonymous@anonymous.invalid>;index=1.1, <sip:+49303@gw>;index=1.1.1`}}, "+49301"},

		{"a telephone address in the request", auto, false, Request{URI: "tel:+49-30-100"}, "+4930100"},
		{"a number with its country beside it", auto, false, Request{URI: "tel:030-5550100;phone-context=+49"}, "+49305550100"},
		{"a number with its area beside it", auto, false, Request{URI: "sip:5550123;phone-context=+1-202@gw;user=phone"}, "+12025550123"},
		{"a number of a private network", auto, false, Request{URI: "tel:4711;phone-context=example.com"}, "4711"},
		{"a context that makes no number of it", auto, false, Request{URI: "tel:4711;phone-context=+49"}, "4711"},
		{"a context beside a number that needs none", auto, false, Request{URI: "tel:+4930100;phone-context=+1"}, "+4930100"},
		{"a number that was carried to another network", auto, false, Request{URI: "sip:+4930100;npdi;rn=+49199@gw;user=phone"}, "+4930100"},
		{"user=phone takes separators away", auto, false, Request{URI: "sip:030-5550100@gw;user=phone"}, "0305550100"},
		{"without user=phone a name keeps its dashes", auto, false, Request{URI: "sip:12-34@gw"}, "12-34"},
		{"an escaped plus", auto, false, Request{URI: "sip:%2b4930100@gw"}, "+4930100"},
		{"a name", auto, false, Request{URI: "sip:en@[2001:db8::1]:5060;transport=tcp"}, "en"},
		{"a password is no part of it", auto, false, Request{URI: "sip:en:secret@gw"}, "en"},
		{"an extension is no part of it", auto, false, Request{URI: "tel:+4930100;ext=42;isub=7"}, "+4930100"},
		{"nobody is called", auto, false, Request{URI: "sip:gw"}, ""},
		{"an address that cannot be read", auto, false, Request{URI: "x"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.r.Called(tt.place, tt.registered); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestAListHasAnEnd(t *testing.T) {
	if n := len(ParseAddresses(strings.Repeat("<sip:a@b>,", 500))); n != maxAddresses {
		t.Errorf("%d addresses, want %d", n, maxAddresses)
	}
	if n := len(ParseAddresses(strings.Repeat(" ", maxValue) + "<sip:a@b>")); n != 0 {
		t.Errorf("%d addresses of a value that is too long", n)
	}
}

func FuzzRequest(f *testing.F) {
	for _, seed := range []string{
		`"A, \"B\"" <sip:+49-30-1;phone-context=+49@h:5060;user=phone?Privacy=history>;index=1.1;mp=1, <tel:+1>`,
		`<sip:[::1]>`, `"`, `<`, `;;;=`, `,,,`, `sip:%`, `tel:`, `<sip:a@b>;x="y;z,"`, "sip:a\x00b@c", `Anonymous <sip:anonymous@anonymous.invalid>`,
	} {
		f.Add(seed, "id;critical")
	}
	f.Fuzz(func(t *testing.T, value, wish string) {
		all := []string{value, value}
		r := Request{URI: value, From: value, To: value, Asserted: all, RemoteParty: all, Privacy: []string{wish}, CalledParty: all, Diversion: all, History: all}
		for _, trusted := range []bool{true, false} {
			c := r.Calling(trusted)
			if c.Number == "" && !c.Anonymous || c.Anonymous && c.Display != "" {
				t.Errorf("nobody is shown: %+v", c)
			}
			if !trusted && (c.Asserted || c.Verdict != "") {
				t.Errorf("a stranger is believed: %+v", c)
			}
		}
		for _, place := range Places() {
			if n := r.Called(place, true); len(n) > 2*maxValue {
				t.Errorf("%s: a number of %d bytes", place, len(n))
			}
		}
		if n := len(ParseAddresses(all...)); n > maxAddresses {
			t.Errorf("%d addresses", n)
		}
	})
}
