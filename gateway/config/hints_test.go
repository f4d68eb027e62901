package config

import (
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/gateway/peertest"
)

// one is a file with one meeting, that telephones reach.
func one(meeting string) string {
	return "\ntrunks: [{name: a, peers: [127.0.0.1]}]\nnumbers: [{number: 1, trunks: [a]}]\nmeetings: [{id: 1, " + meeting + "}]\n"
}

// spoken lets texts be spoken.
const spoken = "announcements: {synthesiser: [cat]}"

// secureNumber wants encrypted calls.
const secureNumber = "\ntrunks: [{name: a, peers: [10.0.0.1]}]\nnumbers: [{number: 1, trunks: [a], admission: {secure_leg: true}}]\nmeetings: [{id: 4829157730, pin: 739204}]\n"

// registers is a file whose trunk registers with a server.
func registers(server, peers string) string {
	return strings.Replace(bones, "peers: [10.0.0.0/8]", peers+", register: [{server: '"+server+"', user: u, password: p}]", 1)
}

// german has a trunk that is believed and whose callers' numbers are read.
var german = strings.Replace(one("title: x"), "name: a", "name: a, trust_identity: true, country: DE", 1)

// both has a number on a trunk like that of german, and another on one without a
// country.
func both(first, second string) string {
	return "\ntrunks: [{name: a, peers: [127.0.0.1], trust_identity: true, country: DE}, {name: b, peers: [127.0.0.2]}]\n" +
		"numbers: [{number: 1, " + first + "}, {number: 2, " + second + "}]\nmeetings: [{id: 1, title: x}]\n"
}

func TestHintsTellWhatIsHardlyMeant(t *testing.T) {
	certificate, key := peertest.SelfSigned(t)
	secure := "admission: {secure_leg: true}\nsip: {listen: ['tls://0.0.0.0', 'udp://0.0.0.0'], tls: {certificate: " + certificate + ", key: " + key + "}}\n"
	soon := time.Now().UTC().AddDate(0, 0, 10).Format(time.DateOnly)
	for _, tt := range []struct {
		name, file string
		later      time.Duration
		want       string
	}{
		{"a purpose is in a language that no number speaks", spoken + one("purpose: {en: Minutes, fr: Compte rendu}"), 0, "meetings[0].purpose.fr: no caller hears it: numbers speak en"},
		{"a message too", spoken + one("message: {en-GB: Soon, en: Soon, de: Gleich}"), 0, "meetings[0].message.de: no caller hears it: numbers speak en"},
		{"one for all others is heard", spoken + one("message: {'': Soon, en: Now}"), 0, ""},
		{"a message of a number is in a language that it does not speak", spoken + strings.Replace(one("title: x"), "trunks: [a]", "trunks: [a], message: {en: Soon, de: Gleich}", 1), 0, "numbers[0].message.de: no caller hears it: numbers speak en"},
		{"a meeting without telephones has no callers", one("phones: false, purpose: {en: Minutes, fr: Compte rendu}"), 0, ""},
		{"a carrier cannot reach loopback", bones, 0, "trunks[0].peers: 10.0.0.0/8 is beyond this machine"},
		{"a trunk for the world may be tried here", "trunks: [{name: a, peers: [0.0.0.0/0], auth: {users: [{user: u, password: long enough}]}}]\nnumbers: [{number: 1, trunks: [a]}]\nmeetings: [{id: 4829157730, pin: 739204}]", 0, ""},
		{"this machine can", "trunks: [{name: a, peers: [127.0.0.1, '::1']}]\nnumbers: [{number: 1, trunks: [a]}]\nmeetings: [{id: 4829157730, pin: 739204}]", 0, ""},
		{"the telephone at /phone needs no ws:// in sip.listen", "trunks: [{name: a, peers: [127.0.0.1], transports: [ws]}]\nnumbers: [{number: 1, trunks: [a]}]\nmeetings: [{id: 4829157730, pin: 739204}]", 0, ""},
		{"a carrier reaches 0.0.0.0", "sip: {listen: ['udp://0.0.0.0']}" + bones, 0, ""},
		{"a trunk without a number is of no use", "sip: {listen: ['udp://0.0.0.0']}\ntrunks: [{name: a, peers: [10.0.0.1]}, {name: b, peers: [10.0.0.2]}]\nnumbers: [{number: 1, trunks: [a]}]\nmeetings: [{id: 4829157730, pin: 739204}]", 0, "trunks[1].name: no entry of numbers has trunk b"},
		{"a number without meetings is of no use", "sip: {listen: ['udp://0.0.0.0']}\ntrunks: [{name: a, peers: [10.0.0.1]}]\nnumbers: [{number: 1, trunks: [a]}]", 0, "meetings: there is none"},
		{"calls in the clear are all refused", "admission: {secure_leg: true}\nsip: {listen: ['udp://0.0.0.0']}" + bones, 0, "trunks[0].transports: none of its calls can come encrypted without tls or wss, and admission.secure_leg refuses the others"},
		{"calls over TLS are too, where their sound is never encrypted", secure + strings.Replace(bones, "name: a,", "name: a, srtp: 'off',", 1), 0, "trunks[0].srtp: none of its calls can come encrypted while it is off, and admission.secure_leg"},
		{"but browsers encrypt it all the same", strings.Replace(secure, "udp://", "wss://", 1) + strings.Replace(bones, "name: a,", "name: a, srtp: 'off',", 1), 0, ""},
		{"calls of who registers without TLS are", secure + registers("sip:tel.example.net", "peers: []"), 0, "trunks[0].register: none of its calls can come encrypted without sips: or transport=tls there, unless DNS leads to TLS, and admission.secure_leg"},
		{"of who registers with it they are not", secure + registers("sips:tel.example.net", "peers: []"), 0, ""},
		{"nor are those of its other peers", secure + registers("sip:tel.example.net", "peers: [10.0.0.0/8]"), 0, ""},
		{"unless some meeting takes them", "admission: {secure_leg: true, meetings: [{meeting: '1', secure_leg: false}]}" + one("title: x"), 0, ""},
		{"or some number", "admission: {secure_leg: true}" + strings.Replace(one("title: x"), "trunks: [a]", "trunks: [a], admission: {secure_leg: false}", 1), 0, ""},
		{"calls over TLS are not", secure + bones, 0, ""},
		{"calls of a number are not, where its trunk comes by TLS", strings.Replace(secure, "secure_leg: true", "phones: true", 1) + secureNumber, 0, ""},
		{"in the clear they are", "sip: {listen: ['udp://0.0.0.0']}" + secureNumber, 0, "numbers[0].admission.secure_leg: none of its calls can come encrypted (trunks[0].transports), and the others are refused"},
		{"with sound in the clear they are too", strings.Replace(secure, "secure_leg: true", "phones: true", 1) + strings.Replace(secureNumber, "name: a,", "name: a, srtp: 'off',", 1), 0, "numbers[0].admission.secure_leg: none of its calls can come encrypted (trunks[0].srtp)"},
		{"one trunk that can bring them is enough", strings.Replace(secure, "secure_leg: true", "phones: true", 1) + strings.NewReplacer("trunks: [{name: a,", "trunks: [{name: b, peers: [10.0.0.2], srtp: 'off'}, {name: a,", "trunks: [a]", "trunks: [b, a]").Replace(secureNumber), 0, ""},
		{"a PIN is shorter than any may be", "admission: {min_pin: 6}" + one("pin: '4827'"), 0, "meetings[0]: no telephone can come in by numbers[0]: not any PIN will do (admission.min_pin: 6), the digits of the PIN are 4 (admission.min_pin: 6)"},
		{"a host's PIN that is long enough is somebody's", "admission: {min_pin: 6}" + one("pin: '4827', host_pin: '482915'"), 0, ""},
		{"no PIN is shorter", "admission: {min_pin: 6}" + one("title: x"), 0, "meetings[0]: no telephone can come in by numbers[0]: not any PIN will do (admission.min_pin: 6), the digits of the PIN are 0"},
		{"another meeting may want less", "admission: {min_pin: 6, meetings: [{meeting: '1', min_pin: 0}]}" + one("title: x"), 0, ""},
		{"a region is not among those that may be", "admission: {regions: [eu]}" + one("region: us"), 0, "meetings[0]: no telephone can come in by numbers[0]: the meeting's region is us (admission.regions: eu)"},
		{"one that is may be", "admission: {regions: ['eu*']}" + one("region: eu-central"), 0, ""},
		{"nobody is registered", "admission: {registered: true}" + one("title: x"), 0, "meetings[0]: no telephone can come in by numbers[0]: the operator wants registered callers (admission.registered: true)"},
		{"numbers are", "admission: {registered: true, caller: {numbers: ['+49*']}}" + strings.Replace(one("title: x"), "name: a", "name: a, trust_identity: true", 1), 0, ""},
		{"numbers that nobody answers for are not", "admission: {caller: {numbers: ['+49*']}}" + one("title: x"), 0, "admission.caller.numbers: nobody answers for callers' numbers"},
		{"of a meeting neither", "admission: {meetings: [{meeting: '1', caller: {numbers: ['+49*']}}]}" + one("title: x"), 0, "admission.meetings[0].caller.numbers: nobody answers for callers' numbers"},
		{"nor of a number", strings.Replace(one("title: x"), "trunks: [a]", "trunks: [a], admission: {caller: {numbers: ['+49*']}}", 1), 0, "numbers[0].admission.caller.numbers: nobody answers for callers' numbers"},
		{"no caller has a national number where the country is known", "admission: {caller: {numbers: ['+49301234*', '030555*', '4930555010', '201']}}" + german, 0, "admission.caller.numbers[1], [2]: no caller has a number in this form"},
		{"nor one with a prefix", "admission: {meetings: [{meeting: '1', caller: {numbers: ['0049*']}}]}" + german, 0, "admission.meetings[0].caller.numbers[0]: no caller has a number in this form"},
		{"nor with a nought too much", strings.Replace(german, "trunks: [a]", "trunks: [a], admission: {caller: {numbers: ['+49030555010']}}", 1), 0, "numbers[0].admission.caller.numbers[0]: no caller has a number in this form"},
		{"extensions come as they are", "admission: {caller: {numbers: ['201', '8*', '49*', '+49*', '+4930555010']}}" + german, 0, ""},
		{"from a trunk without a country all come as they are", "admission: {caller: {numbers: ['030555*', '4930555010', '0049*']}}" + strings.Replace(german, ", country: DE", "", 1), 0, ""},
		{"one such trunk is enough", "admission: {caller: {numbers: ['030555*']}}" + both("trunks: [a]", "trunks: [b]"), 0, ""},
		{"but not on a number that it does not bring", both("trunks: [a], admission: {caller: {numbers: ['030555*']}}", "trunks: [b]"), 0, "numbers[0].admission.caller.numbers[0]: no caller has a number in this form"},
		{"a host may be enough", "admission: {registered: true}" + one("host_pin: '482915'"), 0, ""},
		{"what is said in so many words needs no hint", "admission: {phones: false, hours: ['mon 08:00-09:00 UTC']}" + one("encryption: e2ee"), 0, ""},
		{"a meeting without a PIN and a waiting room is open", "sip: {listen: ['udp://0.0.0.0']}" + strings.Replace(bones, ", pin: 739204", "", 1), 0, "meetings[0].pin: there is none, and no waiting room"},
		{"a PIN that everybody tries", "sip: {listen: ['udp://0.0.0.0']}" + strings.Replace(bones, "739204", "123456", 1), 0, "meetings[0].pin: is easy to guess: digits that follow each other"},
		{"full numbers are kept", "records: {billing: " + soon + "}" + one("title: x"), 0, "records.billing: the full numbers of callers are kept until " + soon},
		{"until their day has come", "records: {billing: " + soon + "}" + one("title: x"), 20 * 24 * time.Hour, ""},
		{"a certificate has run out", secure + bones, 100 * 365 * 24 * time.Hour, "sip.tls.certificate: it was valid until"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := parse([]byte(tt.file), still())
			if err != nil {
				t.Fatal(err)
			}
			hints := strings.Join(c.Hints(time.Now().Add(tt.later)), "\n")
			if !strings.HasPrefix(hints, tt.want) || (tt.want == "") != (hints == "") || strings.Contains(hints, "\n") {
				t.Errorf("hints:\n%s\nwant one that begins with:\n%s", hints, tt.want)
			}
		})
	}
}

func TestSampleNeedsNoHints(t *testing.T) {
	c := Sample()
	if hints := c.Hints(time.Now()); len(hints) > 0 {
		t.Errorf("hints for the sample: %q", hints)
	}
}

// TestAPurposeThatPagesCannotShowIsTold: a recording of the operator's is good for
// telephones, and the words beside it for pages.
func TestAPurposeThatPagesCannotShowIsTold(t *testing.T) {
	for hint, purpose := range map[string]embedded.Texts{
		"meetings[0].purpose: pages cannot show a recording of yours, so nobody can agree there: add the words": {"de": "own.minutes"},
		"": {"de": "own.minutes", "en": "the minutes"},
	} {
		c := Default()
		c.Meetings = []embedded.MeetingConfig{{ID: "4829157730", Purpose: purpose}}
		if got := strings.Join(c.hintsOfPurposes(), "\n"); got != hint {
			t.Errorf("%v: %q, want %q", purpose, got, hint)
		}
	}
}
