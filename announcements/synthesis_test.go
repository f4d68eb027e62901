package announcements

import (
	"context"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/transcode/wav"
)

// asSynthesiser makes the test program a synthesiser: it hums for as long as
// the text that it reads, a letter for 50 ms. Each run is a line in a file.
const (
	asSynthesiser   = "EINWAHL_TEST_SYNTHESISER"
	synthesiserRuns = "EINWAHL_TEST_SYNTHESISER_RUNS"
)

func TestSynthesiser(t *testing.T) {
	how := os.Getenv(asSynthesiser)
	if how == "" {
		return // not a synthesiser, but a test among others
	}
	words, _ := io.ReadAll(os.Stdin)
	if name := os.Getenv(synthesiserRuns); name != "" {
		journal, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			os.Exit(1)
		}
		_, _ = journal.WriteString("run\n")
		_ = journal.Close()
	}
	if how == "grumbling" {
		_, _ = os.Stderr.WriteString(strings.Repeat("no such voice. ", 100_000))
		os.Exit(1)
	}
	if how == "repeating" {
		_, _ = os.Stderr.WriteString("cannot say: " + string(words))
		os.Exit(1)
	}
	if how == "broken" || !strings.HasPrefix(os.Args[len(os.Args)-1], "de") {
		_, _ = os.Stderr.WriteString("no such voice")
		os.Exit(1)
	}
	sound := make([]int16, len(words)*22050/20)
	for i := range sound {
		sound[i] = int16(12000 * math.Sin(2*math.Pi*300*float64(i)/22050))
	}
	if err := wav.Write(os.Stdout, 22050, sound); err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

func synthesiser(t *testing.T) Config {
	t.Helper()
	t.Setenv(asSynthesiser, "hum")
	t.Setenv("GORACE", "atexit_sleep_ms=0") // each would wait a second at its end
	c := DefaultConfig()
	c.Directory = t.TempDir()
	c.Synthesiser = []string{os.Args[0], "-test.run=^TestSynthesiser$", "--", languageMark}
	return c
}

func TestRenderedWordsTakeThePlaceOfTheBuiltIn(t *testing.T) {
	c := synthesiser(t)
	const words = "Willkommen bei der Stadt Musterhausen."
	if _, err := Render(t.Context(), c, "de", Welcome, words); err != nil {
		t.Fatal(err)
	}
	own, err := OwnWords(c, "de")
	if err != nil || own[Welcome] != words {
		t.Errorf("own words = %q, %v; want the rendered ones", own[Welcome], err)
	}
	library, err := Open(c, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	if problems := library.Problems(); len(problems) != 0 {
		t.Errorf("problems with what was rendered: %v", problems)
	}
	if got := library.Text("de", Welcome); got != words {
		t.Errorf("text = %q, want %q", got, words)
	}
	if got, want := library.Duration("de", Welcome).Seconds(), float64(len(words))/20; math.Abs(got-want) > .1 {
		t.Errorf("recording is %.2f s long, want %.2f s", got, want)
	}
}

func TestWhatCannotBeRenderedChangesNothing(t *testing.T) {
	for _, tt := range []struct {
		name   string
		how    string
		change func(*Config)
		lang   string
		prompt Prompt
		words  string
		want   string
	}{
		{"no synthesiser", "hum", func(c *Config) { c.Synthesiser = nil }, "de", Welcome, "Hallo", "synthesiser is empty"},
		{"no folder", "hum", func(c *Config) { c.Directory = "" }, "de", Welcome, "Hallo", "directory is empty"},
		{"a program that fails", "broken", nil, "de", Welcome, "Hallo", "no such voice"},
		{"a language that it does not speak", "hum", nil, "en", Welcome, "Hello", "no such voice"},
		{"a program that is not there", "hum", func(c *Config) { c.Synthesiser = []string{"/nowhere/speak"} }, "de", Welcome, "Hallo", "nowhere"},
		{"a program that writes no WAV", "hum", func(c *Config) { c.Synthesiser = []string{"cat"} }, "de", Welcome, "Hallo", "what cat wrote"},
		{"a prompt nobody knows", "hum", nil, "de", "welcom", "Hallo", `"welcom"`},
		{"a language that leads out of the folder", "hum", nil, "../de", Welcome, "Hallo", "no language"},
		{"no words", "hum", nil, "de", Welcome, "", "no words"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := synthesiser(t)
			t.Setenv(asSynthesiser, tt.how)
			folder := c.Directory
			if tt.change != nil {
				tt.change(&c)
			}
			_, err := Render(t.Context(), c, tt.lang, tt.prompt, tt.words)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("err = %v, want %q in it", err, tt.want)
			}
			if left, _ := filepath.Glob(filepath.Join(folder, "*", "*")); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// A call that ends must not wait for a pipeline that its synthesiser has begun.
func TestASynthesiserEndsWithWhatItHasBegun(t *testing.T) {
	begun := filepath.Join(t.TempDir(), "begun")
	if err := syscall.Mkfifo(begun, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, hangUp := context.WithCancel(t.Context())
	go func() {
		_, _ = os.ReadFile(begun) // until the program has opened it, and closed it
		hangUp()
	}()
	_, err := synthesise(ctx, []string{"sh", "-c", "echo > " + begun + "; sleep 300 | cat"}, "de", "Guten Tag.")
	if err == nil || ctx.Err() == nil {
		t.Errorf("err = %v before the call has ended", err)
	}
}

// What a program complains of is for a line, however much it is.
func TestOfComplaintsTheBeginningIsTold(t *testing.T) {
	c := synthesiser(t)
	t.Setenv(asSynthesiser, "grumbling")
	_, err := Render(t.Context(), c, "de", Welcome, "Guten Tag.")
	if err == nil || !strings.Contains(err.Error(), "no such voice") || len(err.Error()) > 2*longestComplaint {
		t.Errorf("err = %.100v, want at most %d bytes of the complaint", err, longestComplaint)
	}
}

// A text of a meeting may name people, and a name is one: the error of either is
// logged. Who has written the text is told what the program says.
func TestWhatACallerWouldHearIsInNoError(t *testing.T) {
	const words = "Ada Lovelace"
	l, _ := speaking(t)
	t.Setenv(asSynthesiser, "repeating")
	p := Phrase{"de", words}
	for what, prepare := range map[string]func(context.Context, Phrase) error{
		"a text of a meeting": l.Prepare, "the same again": l.Prepare, "a name": l.PrepareUnkept,
	} {
		if err := prepare(t.Context(), p); err == nil || strings.Contains(err.Error(), words) || !strings.Contains(err.Error(), "exit status 1") {
			t.Errorf("%s: err = %v, want what became of the program, and no words", what, err)
		}
	}
	if err := l.Keep(t.Context(), p); err == nil || !strings.Contains(err.Error(), "cannot say: "+words) {
		t.Errorf("a text of the operator's file: err = %v, want what the program says", err)
	}
	c := synthesiser(t)
	t.Setenv(asSynthesiser, "repeating")
	if _, err := Render(t.Context(), c, "de", Welcome, words); err == nil || !strings.Contains(err.Error(), "cannot say: "+words) {
		t.Errorf("words of the operator's own: err = %v, want what the program says", err)
	}
}
