package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/einwahl/einwahl/announcements"
)

// still is a place without environment or files where English and German are
// spoken.
func still() surroundings {
	return surroundings{
		env:    func(string) (string, bool) { return "", false },
		read:   func(path string) ([]byte, error) { return nil, fmt.Errorf("open %s: %w", path, os.ErrNotExist) },
		voices: func(announcements.Config) (Voices, error) { return twoVoices{}, nil },
	}
}

// twoVoices speak English and German, and own.controller in German.
type twoVoices struct{}

func (twoVoices) Languages() []string { return []string{"de", "en"} }

func (twoVoices) Speaks(lang string, p announcements.Prompt) bool {
	return p == "own.controller" && lang == "de" || p == announcements.OwnShort && lang == "en"
}

// bones are trunks, numbers and meetings with which a file is complete.
const bones = `
trunks: [{name: a, peers: [10.0.0.0/8]}]
numbers: [{number: "1", trunks: [a]}]
meetings: [{id: 4829157730, pin: 739204}]
`

func TestEachMistakeIsReportedUnderItsKey(t *testing.T) {
	for _, tt := range []struct {
		name, file, want string
	}{
		{"a key that does not exist is an error", "sip: {nonsense: 1}", "sip.nonsense: unknown key; known here: advertise, dns, listen, max_connections, max_connections_per_address, stir, tls (line 1)"},
		{"a mistyped key is recognised", "media:\n  prots: 1-2", "media.prots: unknown key; did you mean ports? (line 2)"},
		{"a section that does not exist is an error", "sips: {}", "sips: unknown key; did you mean sip? (line 1)"},
		{"a key written twice is an error", "log:\n  level: info\n  level: warn", "log.level: is written twice, first on line 2 (line 3)"},
		{"a section written twice is an error", "log: {level: info}\nlog: {}", "log: is written twice, first on line 1 (line 2)"},
		{"a text is no number", "limits: {tries: three}", `limits.tries: "three": want a whole number (line 1)`},
		{"a time needs its unit", "limits: {wait: 10}", `limits.wait: "10": want a time with its unit, such as 20ms, 5s or 1h30m (line 1)`},
		{"yes is not true", "admission: {secure_leg: yes}", `admission.secure_leg: "yes": want true or false (line 1)`},
		{"a list is no single value", "log: {level: [info]}", "log.level: want a text, not a list (line 1)"},
		{"a single value is no list", "sip: {listen: udp://127.0.0.1:1}", "sip.listen: want a list, such as [first, second], not a single value (line 1)"},
		{"a section is no single value", "sip: 5", "sip: want keys below it, not a single value (line 1)"},
		{"a key without a value is an error", "log:\n  level:", "log.level: want a text, not nothing (line 2)"},
		{"a file is no list", "- a", "want keys below it, not a list (line 1)"},
		{"a file is one document", "log: {}\n---\nlog: {}", "a second document begins here: want one file, one document (line 3)"},
		{"what is no YAML is told with its line", "log: {}\nsip: [", "no YAML: sequence end token ']' not found (line 2)"},
		{"a trunk comes by what is listened on", "trunks:\n- {name: a, peers: [127.0.0.1], transports: [tls]}\nnumbers: [{number: 1, trunks: [a]}]", "trunks[0].transports: sip.listen has none of tls: add tls://0.0.0.0 to it (line 2)"},
		{"a trunk with certificates comes by TLS", "trunks:\n- {name: a, peers: [127.0.0.1], clients: [a.example]}\nnumbers: [{number: 1, trunks: [a]}]", "trunks[0].clients: certificates are shown over tls and wss, and sip.listen has neither: add tls://0.0.0.0 to it (line 2)"},
		{"a number is written without brackets", "trunks: [{name: a, peers: [127.0.0.1]}]\nnumbers: [{number: +49(30)1234, trunks: [a]}]", `numbers[0].number: "+49(30)1234": want digits or the user part of a SIP address, without spaces and without @ (line 2)`},
		{"an environment variable must be set", "log: {level: '${LEVEL}'}", "log.level: environment variable LEVEL is not set (line 1)"},
		{"the operator's token must be readable", "admin: {token_file: /none}", "admin.token_file: open /none: file does not exist (line 1)"},
		{"an alias needs its anchor", "log: {level: *x}", "log.level: *x refers to no anchor above it (line 1)"},
		{"an alias inside its anchor ends", "log: &x {level: *x}", "log.level: want a text, not keys (line 1)"},
		{"a tag has no meaning", "log: !!map {}", "log: tags such as !!map have no meaning here (line 1)"},
		{"a merge key has no meaning", "log: {<<: {level: info}}", "log: << has no meaning here: write the keys out, or use *name for a whole value (line 1)"},

		{"what a section says gets its full key", "media: {ports: 20000-20010, silent_timeout: 1ms}" + bones, "media.silent_timeout: want 0 (never) or at least 1s, not 1ms (line 1)"},
		{"an element of a list gets its position", "trunks: [{name: a, peers: [10.0.0.0/8, x]}]\nnumbers: [{number: '1', trunks: [a]}]", "trunks[0].peers[1]:"},
		{"a wrong policy is told once", "recording: {consent: maybe}", `recording.consent: "maybe" is no choice: want off, notice or required (line 1)`},
		{"telephones never join an end-to-end encrypted meeting", "admission:\n  encryption:\n    e2ee: admit", "admission.encryption.e2ee: telephones are always refused here; a telephone cannot encrypt end to end (line 3)"},
		{"telephones never join a meeting of unknown encryption", "admission: {encryption: {unknown: admit}}", "admission.encryption.unknown: telephones are always refused here"},

		{"a number names trunks that exist", "trunks: [{name: a, peers: [10.0.0.0/8]}]\nnumbers:\n  - number: '1'\n    trunks: [a, b]", `numbers[0].trunks[1]: no trunk is named "b"; there is only a (line 4)`},
		{"a text has to be spoken", "privacy: {controller: Stadt}", "privacy.controller: nothing can speak it in de: want announcements.synthesiser, or own.<name> for a recording in announcements.directory (line 1)"},
		{"who consents has to know to whom", "privacy: {consent: true}", "privacy.controller: want the name of who is responsible"},
		{"a recording has to be there", "privacy:\n  controller: own.controller", "privacy.controller: announcements.directory has no recording en/own.controller (line 2)"},
		{"what one language tells, all do", "announcements: {synthesiser: [cat]}\nprivacy: {url: {de: hier}}", "privacy.url: has no text for en, which numbers speak: want {en: ...} beside the others (line 2)"},
		{"the purpose of a recording has to be spoken", strings.Replace(bones, "{id: ", "{purpose: {en: the minutes}, id: ", 1), "meetings[0].purpose: nothing can speak it in en"},
		{"a message has to be spoken", strings.Replace(bones, "trunks: [a]", "trunks: [a], message: {en: Wait}", 1), "numbers[0].message: nothing can speak it in en"},
		{"a message is there in each language of its number", "announcements: {synthesiser: [cat]}\n" + strings.Replace(bones, "trunks: [a]", "trunks: [a], message: {fr: Attendez}", 1), "numbers[0].message: has no text for en, which this number speaks: want {en: ...} beside the others"},
		{"a region is a name or its beginning", "admission: {regions: ['e*u']}", `admission.regions[0]: "e*u": want the name of a region, such as eu-central, or its beginning and a * (line 1)`},
		{"a network that is none says what is wanted", "conference: {embedded: {proxies: [10.0.0.1/40]}}", `conference.embedded.proxies[0]: "10.0.0.1/40": want a network, such as 192.0.2.0/24 (line 1)`},
		{"a number speaks languages that exist", "trunks: [{name: a, peers: [10.0.0.0/8]}]\nnumbers:\n  - number: '1'\n    trunks: [a]\n    languages: [en, tlh]", `numbers[0].languages[1]: "tlh" is not spoken here; there are de, en (line 5)`},
		{"a number leads to a backend that exists", "trunks: [{name: a, peers: [10.0.0.0/8]}]\nnumbers: [{number: '1', trunks: [a], backend: zoom}]", `numbers[0].backend: no conference service is called "zoom"; there is only embedded (line 2)`},
		{"a number leads to a meeting that exists", "trunks: [{name: a, peers: [10.0.0.0/8]}]\nnumbers: [{number: '1', trunks: [a], meeting: '7'}]\nmeetings: [{id: 8}]", `numbers[0].meeting: no meeting has the number "7"; there is only 8 (line 2)`},
		{"a number is there once on each trunk", "trunks: [{name: a, peers: [10.0.0.0/8]}]\nnumbers:\n  - {number: '1', trunks: [a]}\n  - {number: '1', trunks: [a]}", `numbers[1].number: "1" on trunk a is already numbers[0] (line 4)`},
		{"a number is there once in whatever form", "trunks: [{name: a, peers: [10.0.0.0/8], country: DE}]\nnumbers:\n  - {number: '+49305550100', trunks: [a]}\n  - {number: '0305550100', trunks: [a]}", `numbers[1].number: "0305550100" on trunk a is already numbers[0] (line 4)`},
		{"a country has two letters", "trunks: [{name: a, peers: [10.0.0.0/8], country: Germany}]", `trunks[0].country: "Germany" is no country: want its two letters, such as DE (line 1)`},
		{"the called number stands in a place that exists", "trunks: [{name: a, peers: [10.0.0.0/8], called: from}]", `trunks[0].called: "from" is none of auto, request, to, called_party, diversion, history (line 1)`},
		{"certificates come from hosts, not addresses", "sip: {stir: {certificate_hosts: [192.0.2.1], authorities: x}}", `sip.stir.certificate_hosts[0]: "192.0.2.1" is no host name`},
		{"signatures need roots", "sip: {stir: {certificate_hosts: [cr.example.net]}}", "sip.stir.authorities: want a PEM file"},
		{"roots must be readable", "sip: {stir: {authorities: /none}}", "sip.stir.authorities: open /none"},
		{"attestation must come from somewhere", "admission: {caller: {attestation: A}}" + bones, "admission.caller.attestation: nobody could come in"},
		{"of a number as well", strings.Replace(bones, "trunks: [a]", "trunks: [a], admission: {caller: {attestation: A}}", 1), "numbers[0].admission.caller.attestation: nobody could come in"},
		{"and of a meeting", "admission: {meetings: [{meeting: '1', caller: {attestation: C}}]}" + bones, "admission.meetings[0].caller.attestation: nobody could come in"},
		{"a number's own rules get their full key", strings.Replace(bones, "trunks: [a]", "trunks: [a], admission: {host: admit, lobby: never}", 1), `numbers[0].admission.lobby: "never" is no choice: want meeting or always (line 3)`},
		{"a number cannot admit end-to-end encryption", strings.Replace(bones, "trunks: [a]", "trunks: [a], admission: {encryption: {e2ee: admit}}", 1), "numbers[0].admission.encryption.e2ee: unknown key; known here: enhanced, none, transport (line 3)"},
		{"nor can a meeting", "admission: {meetings: [{meeting: '1', encryption: {unknown: admit}}]}" + bones, "admission.meetings[0].encryption.unknown: unknown key; known here: enhanced, none, transport (line 1)"},
		{"a meeting is not kept for end-to-end encryption so", "admission: {meetings: [{meeting: '1', e2ee: true}]}" + bones, "admission.meetings[0].e2ee: unknown key"},
		{"hours have a zone", "admission: {hours: ['mon-fri 08:00-18:00']}", `admission.hours[0]: "mon-fri 08:00-18:00": is no time of the week; want days, times and a zone, such as "mon-fri 08:00-18:00 Europe/Berlin" (line 1)`},
		{"a meeting has its own rules once", "admission: {meetings: [{meeting: '1*'}, {meeting: '1*'}]}", `admission.meetings[1].meeting: "1*" is already meetings[0] (line 1)`},
		{"a star stands at the end", "trunks: [{name: a, peers: [10.0.0.0/8]}]\nnumbers: [{number: '1*2', trunks: [a]}]", `numbers[0].number: "1*2": a * may only be the last character (line 2)`},
		{"a file with meetings needs trunks", "meetings: [{id: 1}]", "trunks: want at least one: without a trunk nobody can call"},
		{"a file with trunks needs numbers", "trunks: [{name: a, peers: [10.0.0.0/8]}]", "numbers: want at least one: without a number nothing answers"},
		{"meetings have numbers of their own", "meetings:\n  - id: 1\n  - id: 1", "meetings[1].id: 1 is the number of meetings[0] already (line 3)"},
		{"trunks have names of their own", "trunks: [{name: a, peers: [10.0.0.0/8]}, {name: a, peers: [11.0.0.0/8]}]", "trunks[1].name:"},
		{"the ports suffice for all calls", "media: {ports: 20000-20009}" + bones, "media.ports: 20000-20009 has ports for 5 calls, and the trunks together may bring 200 (max_calls) (line 1)"},
		{"recordings are sealed to public keys only", "conference: {embedded: {seal_recordings_to: [AGE-SECRET-KEY-1]}}" + bones, "conference.embedded.seal_recordings_to[0]: this is no public key of age"},
		{"keys are not among the recordings", "conference: {embedded: {recordings: r, recording_keys: r/keys}}" + bones, "conference.embedded.recording_keys: want a folder outside"},
		{"a port has one use", "media: {ports: 20000-30000}" + bones, "conference.embedded.webrtc.ports: 30000 is needed for calls already, by media.ports 20000-30000"},
		{"a PIN cannot be guessed", "meetings:\n  - id: 1\n    pin: 123", "meetings[0].pin: want at least 4 digits, so that it cannot be guessed (line 3)"},
		{"a host must be able to come", "meetings: [{id: 1, join_before_host: false}]", "meetings[0].host_pin: want one: join_before_host is false, and without a host PIN a host could never come (line 1)"},
		{"the PIN of the host is another", "meetings: [{id: 1, pin: 1234, host_pin: 1234}]", "meetings[0].host_pin: is the same as pin"},
		{"a secret is given once", "meetings: [{id: 1, pin: 1234, pin_file: x}]", "meetings[0].pin_file: pin is there already, on line 1: want one of the two (line 1)"},
		{"the file of a secret must be there", "meetings:\n  - id: 1\n    pin_file: /none", "meetings[0].pin_file: open /none: file does not exist (line 3)"},
		{"only secrets have files", "log: {level_file: x}", "log.level_file: unknown key"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parse([]byte(tt.file), still())
			var all Mistakes
			if !errors.As(err, &all) {
				t.Fatalf("parse = %v, want mistakes", err)
			}
			if !slices.ContainsFunc(all, func(m Mistake) bool { return strings.HasPrefix(m.String(), tt.want) }) {
				t.Errorf("mistakes:\n%v\nwant among them:\n%s", err, tt.want)
			}
		})
	}
}

func TestAllMistakesAreReportedAtOnceInTheOrderOfLines(t *testing.T) {
	_, err := parse([]byte(`sip:
  listen: ["udp://127.0.0.1:5060", "nonsense://"]
  advertize: x
media: {ports: 5-1}
trunks:
  - name: a
    peers: [10.0.0.0/8, 10.0.0.0/99]
    max_calls: lots
numbers:
  - number: "1"
    trunks: [b]
admission: {encryption: {e2ee: admit}}
log: {level: loud, format: xml}
`), still())
	var all Mistakes
	if !errors.As(err, &all) {
		t.Fatalf("parse = %v, want mistakes", err)
	}
	var got []string
	for _, m := range all {
		got = append(got, fmt.Sprintf("%d %s", m.Line, m.Key))
	}
	want := []string{
		"2 sip.listen[1]", "3 sip.advertize", "4 media.ports", "7 trunks[0].peers[1]", "8 trunks[0].max_calls",
		"11 numbers[0].trunks[0]", "12 admission.encryption.e2ee", "13 log.format", "13 log.level",
	}
	if !slices.Equal(got, want) {
		t.Errorf("mistakes:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestDefaultsStandWhereTheFileIsSilent(t *testing.T) {
	for _, file := range []string{"", "# nothing\n", "---\n", "log: {}\n", "log:\n  # level: warn\n"} {
		c, err := parse([]byte(file), still())
		if err != nil {
			t.Fatalf("parse(%q): %v", file, err)
		}
		if !reflect.DeepEqual(c, Sample()) {
			t.Errorf("parse(%q) = %+v, want the sample", file, c)
		}
	}
	c, err := parse([]byte("log: {level: warn}\nlimits: {muted_from: 0, lookup: 0s}"+bones), still())
	if err != nil {
		t.Fatal(err)
	}
	if c.Log.Level != "warn" || c.Log.Format != "auto" || c.Limits.Lookup != 0 || c.Limits.Tries != 3 {
		t.Errorf("got %+v and %+v: want what the file says and defaults beside it", c.Log, c.Limits)
	}
	if len(c.Meetings) != 1 || c.Meetings[0].Encryption != "transport" || !c.Meetings[0].Phones {
		t.Errorf("meetings = %+v, want one with defaults", c.Meetings)
	}
	if c.Trunks[0].MaxCalls != 200 || len(c.Numbers) != 1 || c.Numbers[0].Backend != Embedded {
		t.Errorf("trunks = %+v, numbers = %+v, want defaults", c.Trunks, c.Numbers)
	}
}

func TestConsentOfMeetingsFallsBackToTheOperators(t *testing.T) {
	c, err := parse([]byte("recording: {consent: notice}"), still())
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Meetings[0].Consent; got != "notice" {
		t.Errorf("consent of a meeting that does not say it = %q, want notice", got)
	}
	if got := c.Meetings[3].Consent; got != "required" {
		t.Errorf("consent of a meeting that says required = %q", got)
	}
	if got := c.Conference.Embedded.Consent; got != "notice" {
		t.Errorf("consent handed to the embedded service = %q, want notice", got)
	}
}

func TestSecretsComeFromFilesAndTheEnvironment(t *testing.T) {
	s := still()
	s.env = func(name string) (string, bool) { return "4711", name == "PIN" }
	s.read = func(string) ([]byte, error) { return []byte("815815\n"), nil }
	c, err := parse([]byte("meetings: [{id: 1, pin: '${PIN}', host_pin_file: /run/host}]\n"+
		"trunks: [{name: a, peers: [10.0.0.0/8]}]\nnumbers: [{number: '1', trunks: [a]}]"), s)
	if err != nil {
		t.Fatal(err)
	}
	if m := c.Meetings[0]; string(m.PIN) != "4711" || string(m.HostPIN) != "815815" {
		t.Errorf("PINs were not read: %q %q", string(m.PIN), string(m.HostPIN))
	}
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	c := Sample()
	asJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	asYAML, err := yaml.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{
		fmt.Sprint(c), fmt.Sprintf("%v %+v %#v", c, c, c), fmt.Sprintf("%#v %s %q", c.Meetings[1], c.Meetings[1].PIN, c.Meetings[1].PIN),
		fmt.Sprintf("%x %X", c.Meetings[1].PIN, c.Meetings[1].PIN), string(asJSON), string(asYAML),
	} {
		for _, secret := range []string{"4711", "815815", "34373131"} {
			if strings.Contains(out, secret) {
				t.Errorf("%s is printed: %s", secret, out)
			}
		}
	}
	if !strings.Contains(string(asYAML), hidden) {
		t.Errorf("YAML does not show that there is a secret:\n%s", asYAML)
	}
}

func TestMistakesDoNotTellSecrets(t *testing.T) {
	s := still()
	s.env = func(string) (string, bool) { return "98a7654", true }
	_, err := parse([]byte("limits: {tries: '${X}'}\nmeetings: [{id: 1, pin: 12a7}, {id: 2, pin: [98a7654]}, {id: 3, pin: '${X}'}]"), s)
	if err == nil || strings.Contains(err.Error(), "12a7") || strings.Contains(err.Error(), "98a7654") {
		t.Errorf("mistakes tell a secret, or there are none: %v", err)
	}
}

func TestNumbersKeepTheirZeros(t *testing.T) {
	c, err := parse([]byte("trunks: [{name: a, peers: [10.0.0.0/8]}]\nnumbers: [{number: 0049, trunks: [a]}]\nmeetings: [{id: 0815, pin: 0042}]"), still())
	if err != nil {
		t.Fatal(err)
	}
	if c.Numbers[0].Number != "0049" || c.Meetings[0].ID != "0815" || string(c.Meetings[0].PIN) != "0042" {
		t.Errorf("got %q %q %q", c.Numbers[0].Number, c.Meetings[0].ID, string(c.Meetings[0].PIN))
	}
}

func TestLoadReadsAFileAndLeavesItAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "einwahl.yaml")
	if err := os.WriteFile(path, []byte("log: {level: debug}\n"), 0o400); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if c.Log.Level != "debug" {
		t.Errorf("level = %q, want debug", c.Log.Level)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("reading has left %v, %v", entries, err)
	}
	if _, err := Load(path + ".none"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Load of nothing = %v, want that it does not exist", err)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(SampleFile())
	for _, file := range []string{
		bones, "a: &x [*x]", "log: {<<: *a}", "? a\n: b", "sip: !!binary x", "\xff\xfe", "log: {level: '${}'}",
		"meetings: [{id: 1, pin_file: a}]", "numbers: [{number: '*', trunks: *t}]", "a: |\n  b\n---\n...\n", "limits: {tries: 0x3, wait: 1e9s}",
	} {
		f.Add([]byte(file))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		c, err := parse(file, still())
		if err != nil {
			var all Mistakes
			if !errors.As(err, &all) || len(all) == 0 || err.Error() == "" {
				t.Fatalf("parse = %v, want mistakes", err)
			}
			return
		}
		if again := c.check(still().voices); len(again) > 0 {
			t.Fatalf("a file that was taken is wrong: %v", again)
		}
	})
}
