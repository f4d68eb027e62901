package app_test

import (
	"fmt"
	"go/parser"
	gotoken "go/token"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/sip/siptest"
)

// TestAThousandNumbersAreNowhere has a thousand telephones call, each with a number
// of its own, every other one withheld, and looks for the numbers in all that the
// gateway has written and shows.
func TestAThousandNumbersAreNowhere(t *testing.T) {
	t.Parallel()
	const calls, digits = 1000, "493057778889" // with three more for each call
	g := startGateway(t, func(c *config.Config) {
		c.Trunks = slices.Clone(c.Trunks)
		hasty(c)
		c.Trunks[0].TrustIdentity, c.Trunks[0].Country = true, "DE"
		c.Announcements.Cache = filepath.Join(t.TempDir(), "spoken")
	})
	var api strings.Builder
	look := func() {
		for _, path := range []string{"/api/v1/calls", "/api/v1/meetings", "/api/v1/admissions", "/api/v1/guessing", "/metrics"} {
			var text string
			g.request(http.MethodGet, path, nil, &text)
			api.WriteString(text)
		}
	}
	dial := func(phone *siptest.Phone, i int) *siptest.Call {
		number := fmt.Sprintf("<sip:+%s%03d@trunk.example>", digits, i)
		how := []siptest.Option{siptest.Dumb(), siptest.WithHeader("P-Asserted-Identity", number), siptest.WithHeader("Remote-Party-ID", number)}
		if i%2 == 1 {
			how = append(how, siptest.WithHeader("Privacy", "id"))
		}
		return phone.Dial("en", how...)
	}
	var lines [8]*siptest.Phone
	for i := range lines {
		lines[i] = siptest.New(t, siptest.Config{Gateway: g.address("udp"), User: "+" + digits + "000", Display: digits})
	}
	first := dial(lines[0], 0)
	g.waitPhase("numbering")
	if label := g.calls()[0].Caller; !strings.HasPrefix(label, "Phone +49305...") {
		t.Errorf("the caller is seen as %s: want that the number is known", label)
	}
	look()
	first.Hangup()

	var phones sync.WaitGroup
	for line, phone := range lines {
		phones.Go(func() {
			for i := line + 1; i < calls; i += len(lines) {
				call := dial(phone, i)
				if m := call.Final(); m.Status() != http.StatusOK {
					t.Errorf("call %d: %s", i, m.Start)
					return
				}
				call.Hangup()
			}
		})
	}
	phones.Wait()
	look()
	g.settle()

	written := map[string]string{"log": g.log.String(), "records": g.records(), "API": api.String()}
	err := filepath.WalkDir(g.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		written[path] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range written {
		for _, form := range []string{digits, strings.TrimPrefix(digits, "49")} {
			if at := strings.Index(text, form); at >= 0 {
				t.Errorf("%s has a caller's number: %q", name, text[max(0, at-80):min(len(text), at+80)])
			}
		}
	}
	if n := strings.Count(written["records"], `"outcome"`); n != calls {
		t.Errorf("%d calls were written down, want %d: they were not looked for where they could have been", n, calls)
	}
}

// TestNoLibraryLooksIntoVoices: nothing in the program recognises, compares or
// transcribes a voice, nothing hands sound to another program that could, and
// nothing reports on people.
func TestNoLibraryLooksIntoVoices(t *testing.T) {
	root := filepath.Join("..", "..")
	modules, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"whisper", "vosk", "kaldi", "sherpa", "onnx", "tensorflow", "biometr", "recogn", "transcri", "telemetry", "sentry", "analytics", "posthog", "datadog", "newrelic"} {
		if strings.Contains(strings.ToLower(string(modules)), word) {
			t.Errorf("go.mod has something called %s", word)
		}
	}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(gotoken.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		for _, spec := range f.Imports {
			if spec.Path.Value == `"os/exec"` && !startsPrograms(filepath.ToSlash(name)) || spec.Path.Value == `"plugin"` {
				t.Errorf("%s starts other programs", name)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// startsPrograms are the files that may start other programs: those that have the
// operator's texts spoken, make the built-in recordings, or serve tests.
func startsPrograms(file string) bool {
	return slices.ContainsFunc([]string{"announcements/", "transcode/soundtest/", "gateway/peertest/"}, func(folder string) bool {
		return strings.HasPrefix(file, folder)
	})
}
