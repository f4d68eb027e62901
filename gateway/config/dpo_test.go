package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const dataProtection = "docs/data-protection.md"

// demands are the rows that docs/data-protection.md answers, by section: 8 about
// encryption, and so on.
var demands = map[byte]int{'A': 8, 'B': 13, 'C': 18, 'D': 8, 'E': 19, 'F': 8, 'G': 11}

// rows are the tables' rows by their names, each without it.
func rows(t *testing.T, guide string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, line := range strings.Split(guide, "\n") {
		cells := strings.Split(strings.ReplaceAll(line, `\|`, "\x00"), "|")
		if len(cells) != 6 || !regexp.MustCompile(`^ [A-Z]\d+ $`).MatchString(cells[1]) {
			continue
		}
		name := strings.TrimSpace(cells[1])
		if all[name] != nil {
			t.Errorf("%s is answered twice", name)
		}
		all[name] = cells[2:5]
	}
	return all
}

// Each demand is answered by what the software does, and by a test, or by whose
// part it is.
func TestEachDemandIsAnswered(t *testing.T) {
	guide := readDocument(t, dataProtection)
	all := rows(t, guide)
	others := regexp.MustCompile(`(?:operator|not built)(?::|; |$)`)
	for section, n := range demands {
		for i := 1; i <= n; i++ {
			name := fmt.Sprintf("%c%d", section, i)
			row, ok := all[name]
			if !ok {
				t.Errorf("%s is not answered", name)
				continue
			}
			delete(all, name)
			for _, cell := range row {
				if len(strings.TrimSpace(cell)) < 10 {
					t.Errorf("%s: a field says only %q", name, cell)
				}
			}
			commands := regexp.MustCompile("go test [^`]+").FindAllString(row[2], -1)
			for _, command := range commands {
				canBeRun(t, dataProtection+", "+name, strings.ReplaceAll(command, "\x00", "|"))
			}
			if len(commands) == 0 && !others.MatchString(strings.TrimSpace(row[2])) {
				t.Errorf("%s names no test, and does not say whose part it is: %s", name, row[2])
			}
		}
	}
	for name := range all {
		t.Errorf("%s is a demand that nobody has made", name)
	}
}

// Each sentence outside of the tables is shown by rows, which it names. What the
// document says of itself, before the first section, is no claim.
func TestEachSentenceIsShownByRows(t *testing.T) {
	guide := readDocument(t, dataProtection)
	all := rows(t, guide)
	named := regexp.MustCompile(`\b[A-G]\d+\b`)
	_, body, _ := strings.Cut(guide, "\n## ")
	for _, block := range strings.Split("## "+body, "\n\n") {
		if regexp.MustCompile(`^(?:## |\||    )`).MatchString(block) {
			continue
		}
		for _, sentence := range regexp.MustCompile(`\.\s+(?:- )?`).Split(strings.TrimRight(block, ".\n"), -1) {
			if !named.MatchString(sentence) && !strings.Contains(sentence, ".md)") {
				t.Errorf("nothing shows that %q", sentence)
			}
			for _, name := range named.FindAllString(sentence, -1) {
				if all[name] == nil {
					t.Errorf("%q names %s, which is not there", sentence, name)
				}
			}
		}
	}
	_, overview, _ := strings.Cut(body, "\n|---|")
	overview, _, _ = strings.Cut(overview, "\n\n")
	for _, row := range strings.Split(overview, "\n")[1:] {
		if !named.MatchString(row) {
			t.Errorf("nothing shows that %s", row)
		}
	}
}

// What this version does not do stands together in one place, too.
func TestWhatIsNotBuiltIsToldTogether(t *testing.T) {
	guide := readDocument(t, dataProtection)
	_, told, _ := strings.Cut(guide, "\n## What is not built\n")
	told, _, _ = strings.Cut(told, "\n## ")
	for name, row := range rows(t, guide) {
		named := regexp.MustCompile(`\b` + name + `\b`).MatchString(told)
		if lacks := strings.Contains(row[2], "not built"); lacks != named {
			t.Errorf("%s says that something is not built: %v, and the list has it: %v", name, lacks, named)
		}
	}
}

// The document claims no more than that a norm is meant to be met.
func TestNoNormIsClaimedToBeFulfilled(t *testing.T) {
	for _, claim := range []string{"fulfil", "compliant", "complies", "conforms", "certified", "guarantee"} {
		if strings.Contains(strings.ToLower(readDocument(t, dataProtection)), claim) {
			t.Errorf("%s says %q", dataProtection, claim)
		}
	}
	if !strings.Contains(readDocument(t, "README.md"), dataProtection) {
		t.Errorf("README.md does not lead to %s", dataProtection)
	}
}

// PINs that stand in the sample are known to everybody.
func TestPINsOfTheSampleStayAtHome(t *testing.T) {
	const meetings = "\nmeetings: [{id: 1, pin: 4711, host_pin: 904518}]\ntrunks: [{name: a, peers: [10.0.0.0/8]}]\nnumbers: [{number: 1, trunks: [a]}]\n"
	for _, tt := range []struct {
		name, file string
		refused    bool
	}{
		{"a gateway for this machine", "sip: {listen: ['udp://127.0.0.1']}", false},
		{"calls from elsewhere", "sip: {listen: ['udp://0.0.0.0']}", true},
		{"pages from elsewhere", "admin: {listen: '0.0.0.0:8080'}", true},
		{"pages through a proxy", "conference: {embedded: {page: 'https://meet.example.org'}}", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parse([]byte(tt.file+meetings), still())
			refused := err != nil && strings.Contains(err.Error(), "meetings[0].pin: is the sample's")
			if refused != tt.refused || !refused && err != nil || err != nil && strings.Contains(err.Error(), "host_pin") {
				t.Errorf("got %v, want that it is refused: %v", err, tt.refused)
			}
		})
	}
}

func TestTheSampleIsReachedFromItsMachineOnly(t *testing.T) {
	c := Sample()
	if !c.listensHereOnly() || c.reachedFromOutside() || !strings.HasPrefix(c.Admin.Listen, "127.0.0.1:") {
		t.Errorf("it listens on %v and %s", c.SIP.Listen, c.Admin.Listen)
	}
	for _, trunk := range c.Trunks {
		if beyond := firstBeyond(trunk.Peers); beyond != "" {
			t.Errorf("%s may call", beyond)
		}
	}
}

// No key of the file has sound or signalling written down; what can be written
// down are recordings, of which callers are told. Since nobody can tell from its name
// what a new key does, testdata/keys.txt has them all: with < what is read at the place
// that one names, with > what is written there.
func TestNoKeyWritesDownWhatIsSaid(t *testing.T) {
	list, err := os.ReadFile(filepath.Join("testdata", "keys.txt"))
	if err != nil {
		t.Fatal(err)
	}
	known, written := map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(string(list)) {
		key, what, places := strings.Cut(strings.TrimSpace(line), " ")
		known[key], written[key] = true, strings.HasPrefix(what, "> ")
		if places && !regexp.MustCompile(`^[<>] \w`).MatchString(what) {
			t.Errorf("%s: %q does not say what is read or written there", key, what)
		}
	}
	every := keysOf("", reflect.TypeFor[Config]())
	for _, key := range every {
		if slices.ContainsFunc(every, func(k string) bool { return strings.HasPrefix(k, key+".") || strings.HasPrefix(k, key+"[") }) {
			continue // it only holds others
		}
		key = strings.ReplaceAll(key, "[0]", "[]")
		if !known[key] {
			t.Errorf("the key %s is new: it must have neither sound nor messages nor keys pressed written down. Put it into testdata/keys.txt, and if it names a file, a folder or a program say what is read or written there", key)
		}
		delete(known, key)
	}
	for key := range known {
		t.Errorf("testdata/keys.txt has %s, which is no key any more", key)
	}
	for _, key := range []string{"conference.embedded.recordings", "records.directory", "announcements.cache"} {
		if !written[key] {
			t.Errorf("testdata/keys.txt does not say what is written to %s", key)
		}
	}
}
