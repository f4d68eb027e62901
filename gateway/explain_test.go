package main

import (
	"strings"
	"testing"
)

// chain is a file in which a meeting says otherwise than its number, and the
// number than the rest.
const chain = `
trunks: [{name: carrier, peers: [10.0.0.0/8]}, {name: german, peers: [10.0.0.1], country: DE, trust_identity: true}]
numbers:
- {number: "+4930", trunks: [carrier], languages: [de], refuse: early, meeting: "20000"}
- {number: "+4931", trunks: [carrier], admission: {secure_leg: true, hours: ["mon-fri 08:00-18:00 Europe/Berlin"]}}
- {number: "+4933", trunks: [carrier], refuse: early}
- {number: "+4934", trunks: [carrier], refuse: early, admission: {hours: ["mon-fri 08:00-18:00 Europe/Berlin"]}}
- {number: "+4932", trunks: [carrier], admission: {e2ee: true}}
- {number: "+4935", trunks: [carrier, german], admission: {registered: true, caller: {numbers: ["+4930555*"]}}}
meetings:
- {id: "10001", title: Board, pin: "482915", host_pin: "739204", join_before_host: false, registrants: [{name: Ada, pin: "618340"}]}
- {id: "20000", phones: false}
admission:
  min_pin: 6
  meetings: [{meeting: "1000*", secure_leg: false}, {meeting: "30000", phones: false}]
`

func TestExplainTellsWhichSettingDecides(t *testing.T) {
	t.Parallel()
	path := write(t, "", chain)
	for _, tt := range []struct {
		name, flags string
		want        []string
	}{
		{"a meeting may take back what its number wants", "--number +4931 --meeting 10001 --at 2026-11-23T08:00:00+01:00", []string{
			"number   +4931 (numbers[1]), trunk carrier\n", `meeting  10001 "Board" (meetings[0])`, "caller   some number, not encrypted, Mon 2026-11-23 08:00",
			"the call need not be encrypted (admission.meetings[0].secure_leg: false)",
			"telephones may come in at this time (numbers[1].admission.hours: mon-fri 08:00-18:00 Europe/Berlin)",
			"23  yes  callers wait for the host", "wait: no_host\n  hears    wait.host: The host is not here yet.",
		}},
		{"an hour before, the number's hours decide", "--number +4931 --meeting 10001 --at 2026-11-23T07:00:00+01:00", []string{"16  yes  the operator may keep hours", "refuse: hours", "refuse.hours: Telephones are not admitted here at this time.", `480, Q.850 cause 31`}},
		{"the host is in", "--number +4931 --meeting 10001 --host --at 2026-11-23T08:00:00+01:00", []string{"admit: open\n  is in    and can be heard"}},
		{"who has a PIN of their own may wait", "--number +4931 --meeting 10001 --registrant Ada --host-there --at 2026-11-23T08:00:00+01:00", []string{"admit: open"}},
		{"a wrong PIN is told nothing", "--number +4931 --meeting 10001 --pin 1", []string{" 2  yes  without a right PIN nothing is told", "refuse: not_proven", "404, Q.850 cause 1"}},
		{"a number for end-to-end encryption decides first", "--number +4932 --meeting 10001", []string{" 1  yes  a number may be kept", "(numbers[4].admission.e2ee: true)", `403, Q.850 cause 57, "Number is for end-to-end encryption only", before the call is answered`}},
		{"whichever meeting the caller wants", "--number +4932", []string{"meeting  none", " 1  yes  a number may be kept", "refuse: e2ee_number"}},
		{"what is known before the answer is told before it", "--number +4930", []string{`meeting  20000 "" (meetings[1])`, "10  yes  a meeting may take no telephones", "refuse.phone: Zu dieser Besprechung", "before the call is answered"}},
		{"what only a PIN shows is not", "--number +4933 --meeting 30000 --pin-digits 6 --encryption enhanced", []string{"admission.meetings[1].phones: false", "refuse: phone", "\"Meeting takes no telephones\"\n"}},
		{"what is told before it comes before what a PIN shows", "--number +4934 --meeting 30000 --pin-digits 6 --encryption e2ee --at 2026-11-23T07:00:00+01:00", []string{"refuse: hours", "without refuse: early it would be e2ee", "480, Q.850 cause 31", "before the call is answered"}},
		{"but who is in is past it", "--number +4934 --meeting 30000 --pin-digits 6 --encryption e2ee --seated --at 2026-11-23T07:00:00+01:00", []string{"refuse: e2ee", "\"Meeting is end-to-end encrypted\"\n"}},
		{"a meeting that is not there is a wrong number", "--number +4931 --meeting 7 --secure --pin-digits 6", []string{"meeting  7, which is neither in the file nor made: no PIN is right", "refuse: not_proven\n  hears    wrong.last"}},
		{"one that is supposed may be unknown", "--number +4931 --meeting 7 --secure --pin-digits 6 --encryption unknown", []string{"refuse: unknown"}},
		{"unless flags say more", "--number +4931 --meeting 7 --secure --pin-digits 6 --encryption enhanced --host-there --recording on --at 2026-11-23T08:00:00+01:00", []string{"(recording.consent: required)", "ask_consent: consent\n  hears    the question"}},
		{"an answer is one", "--number +4931 --meeting 7 --secure --pin-digits 6 --encryption enhanced --host-there --recording on --answer declined --seated", []string{"admit: listening\n  is in    and listens"}},
		{"who withholds their number waits", "--number +4931 --meeting 10001 --from anonymous --host-there --at 2026-11-23T08:00:00+01:00", []string{"caller   without a number", "callers who show none wait to be let in (admission.caller.anonymous: wait)", "wait: lobby\n  hears    wait.room"}},
		{"a number is read as the trunk's calls are", "--number +4935 --trunk german --meeting 10001 --from 030555010 --asserted --host-there", []string{"trunk german\n", "caller   +4930555010, named by a trusted trunk", "admit: open"}},
		{"which may know no country", "--number +4935 --meeting 10001 --from 030555010 --asserted --host-there", []string{"trunk carrier\n", "caller   030555010, named by a trusted trunk", "refuse: registered"}},
		{"until they are let in", "--number +4931 --meeting 10001 --from anonymous --host-there --let-in --attested A --asserted --secure --at 2026-11-23T08:00:00+01:00", []string{"attested A, named by a trusted trunk, encrypted", "admit: open"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stdout, stderr, code := call(t, append([]string{"explain", "--config", path}, strings.Fields(tt.flags)...)...)
			if code != 0 {
				t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
			}
			rest := stdout
			for _, want := range tt.want {
				_, after, found := strings.Cut(rest, want)
				if !found {
					t.Fatalf("%q is not said in its place:\n%s", want, stdout)
				}
				rest = after
			}
		})
	}
}

func TestExplainSaysWhatItLacks(t *testing.T) {
	path := write(t, "", chain)
	for flags, want := range map[string]string{
		"--number +49":                                  "+49: numbers has no entry for this number on any trunk: the call is refused with 404",
		"--number +4931 --trunk other":                  "+4931: numbers has no entry for this number on other",
		"--number +4931":                                "--meeting: want the meeting that the caller keys in",
		"--number +4931 --meeting 10001 --at noon":      "--at: \"noon\": want a time such as",
		"--number +4930 --host":                         "--host: meeting 20000 has no host_pin",
		"--number +4931 --meeting 10001 --registrant x": `--registrant: meeting 10001 has nobody called "x"`,
		"--number +4930 --recording maybe":              `--recording: "maybe" is none of unknown, off, prepared, on, paused`,
		"--number +4930 --encryption much":              `--encryption: "much" is no encryption level`,
	} {
		if _, stderr, code := call(t, append([]string{"explain", "--config", path}, strings.Fields(flags)...)...); code != 1 || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit %d, %q; want %q", flags, code, stderr, want)
		}
	}
}
