package config

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func readDocument(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestFileInTheOperatingGuideIsRight(t *testing.T) {
	guide := readDocument(t, "docs/operating.md")
	_, file, _ := strings.Cut(guide, "```yaml\n")
	file, _, found := strings.Cut(file, "```")
	if !found {
		t.Fatal("the guide shows no file")
	}
	s := still()
	s.read = func(path string) ([]byte, error) { return []byte("81" + strings.Repeat("5", len(path)%7) + "42"), nil }
	if _, err := parse([]byte(file), s); err != nil {
		t.Errorf("the file in the guide is wrong:\n%v", err)
	}
}

func TestFileInTheAdmissionGuideIsRight(t *testing.T) {
	_, file, _ := strings.Cut(readDocument(t, "docs/admission.md"), "```yaml\n")
	file, _, found := strings.Cut(file, "```")
	if !found {
		t.Fatal("the guide shows no file")
	}
	const rest = "trunks: [{name: carrier, peers: [10.0.0.0/8], trust_identity: true}]\nmeetings: [{id: 1000}]\n"
	if _, err := parse([]byte(rest+file), still()); err != nil {
		t.Errorf("the file in the guide is wrong:\n%v", err)
	}
}

// A test that the guides to sound name is there, in the folder they name.
func TestSoundGuidesNameTestsThatAreThere(t *testing.T) {
	for document, least := range map[string]int{"README.md": 40, "docs/audio.md": 30, "docs/performance.md": 2, "docs/admission.md": 7, "docs/consent.md": 13, "docs/records.md": 8, "docs/meetings.md": 10} {
		guide := strings.ReplaceAll(readDocument(t, document), `\|`, "|")
		commands := regexp.MustCompile("go test [^\n`]+").FindAllString(guide, -1)
		if len(commands) < least {
			t.Errorf("%s has %d commands", document, len(commands))
		}
		for _, command := range commands {
			canBeRun(t, document, command)
		}
	}
}

// canBeRun looks for the folders and tests of a command.
func canBeRun(t *testing.T, document, command string) {
	t.Helper()
	there := ""
	for _, f := range regexp.MustCompile(`\./[a-z0-9/]+`).FindAllString(command, -1) {
		files, err := filepath.Glob(filepath.Join("..", "..", f, "*_test.go"))
		if err != nil || len(files) == 0 {
			t.Errorf("%s: %s: no tests in %s", document, command, f)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			there += string(text)
		}
	}
	for _, n := range regexp.MustCompile(`\bTest[A-Z]\w+`).FindAllString(command, -1) {
		if !strings.Contains(there, "func "+n) { // -run takes the beginning of a name
			t.Errorf("%s: %s: there is no %s", document, command, n)
		}
	}
	_, part, named := strings.Cut(command, "Gateway/")
	part, _, _ = strings.Cut(part, "'")
	if named && !strings.Contains(there, `b.Run("`+part+`"`) {
		t.Errorf("%s: %s: the benchmark has no part %s", document, command, part)
	}
}

// The guide to the costs tells of each part of the benchmark, and of no other.
func TestPartsOfTheBenchmarkAreTold(t *testing.T) {
	guide := readDocument(t, "docs/performance.md")
	_, bench, _ := strings.Cut(readDocument(t, "gateway/app/bench_test.go"), "func BenchmarkGateway(")
	var parts []string
	for _, found := range regexp.MustCompile(`b\.Run\("([^"]+)"`).FindAllStringSubmatch(bench, -1) {
		parts = append(parts, found[1])
		if !strings.Contains(guide, "\n| `"+found[1]+"` |") {
			t.Errorf("docs/performance.md does not tell of %s", found[1])
		}
	}
	for _, found := range regexp.MustCompile("\n\\| `([^`]+)` \\|").FindAllStringSubmatch(guide, -1) {
		if !slices.Contains(parts, found[1]) {
			t.Errorf("docs/performance.md tells of %s, which the benchmark has not", found[1])
		}
	}
}

// What documents have operators type and watch is there.
func TestDocumentsNameTargetsAndMetricsThatAreThere(t *testing.T) {
	makefile, metrics := readDocument(t, "Makefile"), sourceOf(t, "gateway/admin")
	target := regexp.MustCompile("(?m)(?:`|^    )(?:\\w+=\\S+ )*make ([a-z]+)")
	for _, document := range []string{
		"README.md", "CHANGELOG.md", "docs/audio.md", "docs/performance.md", "docs/operating.md",
		"docs/data-protection.md",
		"docs/first-call.md", "docs/interop.md", "docs/trunks.md", "docs/admission.md", "docs/consent.md", "docs/records.md", "docs/meetings.md", "gateway/config/sample.yaml",
	} {
		text := readDocument(t, document)
		for _, name := range metric.FindAllString(text, -1) {
			if !strings.Contains(metrics, `"`+name+`"`) {
				t.Errorf("%s: there is no metric %s", document, name)
			}
		}
		for _, found := range target.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(makefile, "\n"+found[1]+": ##") {
				t.Errorf("%s: make has no target %s", document, found[1])
			}
		}
	}
}

// The operating guide tells of each metric, and of each field that says how a
// call sounds.
func TestOperatingGuideTellsOfAllThatCanBeWatched(t *testing.T) {
	guide := readDocument(t, "docs/operating.md")
	for _, name := range metric.FindAllString(sourceOf(t, "gateway/admin"), -1) {
		if !strings.Contains(guide, name) {
			t.Errorf("there is no word of the metric %s", name)
		}
	}
	_, sound, _ := strings.Cut(sourceOf(t, "gateway/records"), "type Sound struct")
	sound, _, _ = strings.Cut(sound, "\n}")
	for _, field := range regexp.MustCompile(`json:"([a-z_]+)`).FindAllStringSubmatch(sound, -1) {
		if !strings.Contains(guide, "`"+field[1]+"`") {
			t.Errorf("there is no word of sound.%s", field[1])
		}
	}
}

var metric = regexp.MustCompile(`\beinwahl_[a-z_]+`)

// sourceOf is what a folder's program is made of, without its tests.
func sourceOf(t *testing.T, folder string) (all string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all += string(text)
	}
	return all
}

// The table in the README names each section, and when a new value of it holds.
func TestReadmeNamesEverySection(t *testing.T) {
	readme := readDocument(t, "README.md")
	for i := range reflect.TypeFor[Config]().NumField() {
		field := reflect.TypeFor[Config]().Field(i)
		name, _, _ := tagOf(field)
		_, row, named := strings.Cut(readme, "\n| `"+name+"` |")
		row, _, _ = strings.Cut(row, "\n")
		restart := field.Tag.Get("reload") == "restart"
		if !named || strings.Contains(row, "at the next start") != restart {
			t.Errorf("README: section %s is missing, or restart is not %v: %s", name, restart, row)
		}
	}
}

func TestReadmeNamesWhatToDial(t *testing.T) {
	for _, listed := range []string{"100000001", "100000009", "4711", "815815", "sip:en@127.0.0.1", "sip:de@127.0.0.1", "sip:menu@127.0.0.1"} {
		if !strings.Contains(readDocument(t, "README.md"), listed) {
			t.Errorf("README does not name %s", listed)
		}
	}
}
