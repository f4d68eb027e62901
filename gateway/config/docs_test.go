package config

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
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

// A test that the guide to the sound names is there, in the folder it names.
func TestSoundGuideNamesTestsThatAreThere(t *testing.T) {
	guide := strings.ReplaceAll(readDocument(t, "docs/audio.md"), `\|`, "|")
	commands := regexp.MustCompile(`go test [^\n`+"`"+`]+`).FindAllString(guide, -1)
	if len(commands) < 20 {
		t.Fatalf("%d commands", len(commands))
	}
	folder := regexp.MustCompile(`\./[a-z0-9/]+`)
	name := regexp.MustCompile(`\bTest[A-Z]\w+`)
	for _, command := range commands {
		there := ""
		for _, f := range folder.FindAllString(command, -1) {
			files, err := filepath.Glob(filepath.Join("..", "..", f, "*_test.go"))
			if err != nil || len(files) == 0 {
				t.Errorf("%s: no tests in %s", command, f)
			}
			for _, file := range files {
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				there += string(text)
			}
		}
		for _, n := range name.FindAllString(command, -1) {
			if !strings.Contains(there, "func "+n+"(") {
				t.Errorf("%s: there is no %s", command, n)
			}
		}
	}
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
