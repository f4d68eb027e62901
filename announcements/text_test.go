package announcements

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// speaking is a library whose synthesiser hums, and the log of its runs.
func speaking(t *testing.T, change ...func(*Config)) (*Library, func() int) {
	t.Helper()
	c := synthesiser(t)
	journal := filepath.Join(t.TempDir(), "runs")
	t.Setenv(synthesiserRuns, journal)
	c.Directory, c.Cache = "", filepath.Join(t.TempDir(), "spoken")
	for _, change := range change {
		change(&c)
	}
	l, err := Open(c, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	return l, func() int {
		runs, _ := os.ReadFile(journal)
		return strings.Count(string(runs), "\n")
	}
}

const message = "Wir beginnen gleich."

func TestATextIsSaidOnceItWasSpoken(t *testing.T) {
	l, runs := speaking(t)
	before := l.Speak("de", Say(WaitMessage), Text(message, Say(WaitStill)))
	if got := before.Text(); !strings.Contains(got, l.Text("de", WaitStill)) || strings.Contains(got, message) {
		t.Errorf("before it was spoken %q is said, want what stands in its place", got)
	}
	if left := l.Speak("de", Text(message)); left.Duration() != 0 || !closed(left.Done()) {
		t.Error("a text with nothing in its place is not left out")
	}
	if err := l.Prepare(t.Context(), Phrase{"de", message}); err != nil {
		t.Fatal(err)
	}
	after := l.Speak("de", Say(WaitMessage), Text("  Wir beginnen\n\tgleich.\x00"), Say(WaitStill))
	if want := l.Text("de", WaitMessage) + " " + message + " " + l.Text("de", WaitStill); after.Text() != want {
		t.Errorf("said %q, want %q", after.Text(), want)
	}
	hum := time.Duration(len(message)) * 50 * time.Millisecond
	if got, want := after.Duration(), l.Duration("de", WaitMessage)+hum+l.Duration("de", WaitStill); (got - want).Abs() > 40*time.Millisecond {
		t.Errorf("it takes %v, want %v", got, want)
	}
	if other := l.Speak("de", Say(WaitMessage), Text("Wir beginnen später."), Say(WaitStill)); other.Version() == after.Version() {
		t.Error("other words have the same version")
	}
	_ = l.Prepare(t.Context(), Phrase{"de", message})
	if runs() != 1 {
		t.Errorf("the synthesiser ran %d times for one text", runs())
	}
}

func TestATextOutlivesTheGatewayUnlessItMustNot(t *testing.T) {
	const name = "Ada Lovelace"
	first, runs := speaking(t)
	if err := errors.Join(first.Prepare(t.Context(), Phrase{"de", message}), first.PrepareUnkept(t.Context(), Phrase{"de", name})); err != nil {
		t.Fatal(err)
	}
	if first.Speak("de", Text(name)).Text() != name {
		t.Error("a name that was spoken is not said")
	}
	folder := first.texts.store.folder
	kept, err := os.ReadDir(folder)
	if err != nil || len(kept) != 1 {
		t.Fatalf("%d files are kept, %v; want one", len(kept), err)
	}
	if info, _ := kept[0].Info(); info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v: want it for nobody else", info.Mode())
	}
	c := DefaultConfig()
	c.Synthesiser, c.Cache = first.texts.program, folder
	again, err := Open(c, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	if again.Speak("de", Text(message)).Text() != message || again.Speak("de", Text(name)).Text() != "" {
		t.Error("after a start the message is not said, or the name still is")
	}
	if err := again.Prepare(t.Context(), Phrase{"de", message}); err != nil || runs() != 2 {
		t.Errorf("spoken again: %d runs, %v", runs(), err)
	}
	c.Synthesiser = append(c.Synthesiser, "de")
	another, err := Open(c, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	if another.Speak("de", Text(message)).Text() != "" {
		t.Error("another voice says what the one before has spoken")
	}
}

func TestADamagedFileIsSpokenAnew(t *testing.T) {
	l, runs := speaking(t)
	p := Phrase{"de", message}
	if err := l.texts.store.write(l.texts.name(p), make([]int16, clipRate)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(l.texts.store.folder, l.texts.name(p)+storeSuffix)
	if err := os.WriteFile(file, []byte("RIFF"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := l.Prepare(t.Context(), p); err != nil || runs() != 1 {
		t.Errorf("%d runs, %v", runs(), err)
	}
	if l.Speak("de", Text(message)).Duration() == 0 {
		t.Error("nothing is said")
	}
}

func TestManyWhoAskAtOnceHaveItSpokenOnce(t *testing.T) {
	l, runs := speaking(t)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if err := l.Prepare(t.Context(), Phrase{"de", message}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if runs() != 1 {
		t.Errorf("the synthesiser ran %d times", runs())
	}
}

func TestWhoGivesUpDoesNotTakeItFromOthers(t *testing.T) {
	l, _ := speaking(t)
	p := Phrase{"de", message}
	if _, wait, err := l.texts.begin(p); wait != nil || err != nil {
		t.Fatal("the first does not get it")
	}
	hasty, giveUp := context.WithCancelCause(t.Context())
	giveUp(errors.New("hung up"))
	if err := l.Prepare(hasty, p); err == nil || err.Error() != "hung up" {
		t.Errorf("who gives up while another speaks: %v", err)
	}
	patient := make(chan error, 1)
	go func() { patient <- l.Prepare(t.Context(), p) }()
	l.texts.end(hasty, p, nil, hasty.Err()) // the first gives up too
	if err := <-patient; err != nil {
		t.Errorf("who waits does not go on: %v", err)
	}
}

func TestWhatCannotBeSpoken(t *testing.T) {
	for _, tt := range []struct {
		name   string
		how    string
		change func(*Config)
		phrase Phrase
		want   string
	}{
		{"no synthesiser", "hum", func(c *Config) { c.Synthesiser = nil }, Phrase{"de", message}, "synthesiser is empty"},
		{"a synthesiser that fails", "broken", nil, Phrase{"de", message}, "exit status 1"},
		{"a language that it does not speak", "hum", nil, Phrase{"en", message}, "exit status 1"},
		{"no words", "hum", nil, Phrase{"de", " \n"}, "no words"},
		{"more words than anybody listens to", "hum", nil, Phrase{"de", strings.Repeat("ä", longestText+1)}, "longer than 2000"},
		{"a recording that is not there", "hum", nil, Phrase{"de", "own.controller"}, "no recording own.controller in de"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, _ := speaking(t, func(c *Config) {
				if tt.change != nil {
					tt.change(c)
				}
			})
			t.Setenv(asSynthesiser, tt.how)
			for _, prepare := range []func(context.Context, Phrase) error{
				l.Prepare, func(ctx context.Context, p Phrase) error { return l.Keep(ctx, p) },
			} {
				if err := prepare(t.Context(), tt.phrase); err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("err = %v, want %q in it", err, tt.want)
				}
			}
		})
	}
}

func TestANameIsNoRecording(t *testing.T) {
	l := openWith(t, map[string][]byte{"de/own.notice.short.wav": waveFile(16000, 1, sine(16000, 1, 10000))})
	if err := l.PrepareUnkept(t.Context(), Phrase{"de", " own.notice.short"}); !errors.Is(err, errNoName) {
		t.Errorf("somebody who is called so: %v", err)
	}
	if err := l.PrepareUnkept(t.Context(), Phrase{"de", "Ada"}); !errors.Is(err, errNotSpoken) {
		t.Errorf("without a synthesiser: %v", err)
	}
}

func TestAFailureIsTriedAgainLater(t *testing.T) {
	l, runs := speaking(t)
	now := time.Now()
	l.texts.now = func() time.Time { return now }
	t.Setenv(asSynthesiser, "broken")
	for range 3 {
		if err := l.Prepare(t.Context(), Phrase{"de", message}); err == nil {
			t.Fatal("a broken synthesiser speaks")
		}
	}
	if runs() != 1 {
		t.Errorf("it ran %d times within moments", runs())
	}
	t.Setenv(asSynthesiser, "hum")
	now = now.Add(textRest)
	if err := l.Prepare(t.Context(), Phrase{"de", message}); err != nil {
		t.Errorf("a synthesiser that is well again: %v", err)
	}
	if len(l.texts.failed) != 0 {
		t.Error("the failure is not forgotten")
	}
}

func TestATextCanBeARecordingOfTheOperator(t *testing.T) {
	l := openWith(t, map[string][]byte{
		"de/own.controller.wav": waveFile(16000, 1, sine(16000, 1, 10000)),
		"de/own.controller.txt": []byte("Stadt Musterhausen"),
	})
	if err := l.Keep(t.Context(), Phrase{"de", "own.controller"}, Phrase{"de-AT", "own.controller"}); err != nil {
		t.Error(err)
	}
	if got := l.Speak("de", Text("own.controller")).Text(); got != "Stadt Musterhausen" {
		t.Errorf("said %q", got)
	}
}

func TestKeptTextsStayHoweverMuchIsSpoken(t *testing.T) {
	l, _ := speaking(t, func(c *Config) { c.Cache = "" })
	kept := Phrase{"de", message}
	if err := l.Keep(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
	minute := newClip(make([]int16, 60*clipRate))
	for n := range 20 {
		l.texts.shelf.put(Phrase{"de", fmt.Sprint(n)}, minute)
	}
	s := &l.texts.shelf
	if s.frames > shelfRoom || s.order.Len() != len(s.recent) {
		t.Errorf("%d frames in %d and %d entries are held, want at most %d", s.frames, s.order.Len(), len(s.recent), shelfRoom)
	}
	if l.Speak("de", Text(message)).Text() != message {
		t.Error("what must be kept is gone")
	}
	if err := l.Keep(t.Context(), Phrase{"en", message}); err == nil || l.Speak("de", Text(message)).Text() != message {
		t.Errorf("texts that cannot be spoken take the place of those that were: %v", err)
	}
	if err := l.Keep(t.Context()); err != nil || l.Speak("de", Text(message)).Text() != "" {
		t.Error("what is kept no more is still there")
	}
}

func TestTheFolderHoldsOnlySoManyAndNothingElseGoes(t *testing.T) {
	s := store{t.TempDir()}
	foreign := filepath.Join(s.folder, "mine.wav")
	if err := os.WriteFile(foreign, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	for n := range storeRoom + 1 {
		file := filepath.Join(s.folder, fmt.Sprint(n)+storeSuffix)
		if err := errors.Join(os.WriteFile(file, nil, 0o600), os.Chtimes(file, old, old.Add(time.Duration(n)*time.Second))); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.write("latest", make([]int16, 100)); err != nil {
		t.Fatal(err)
	}
	left := func() int {
		files, err := filepath.Glob(filepath.Join(s.folder, "*"+storeSuffix))
		if err != nil {
			t.Fatal(err)
		}
		return len(files)
	}
	if n := left(); n != storeRoom {
		t.Errorf("%d files are left", n)
	}
	for name, want := range map[string]bool{"0" + storeSuffix: false, "1" + storeSuffix: false, "2" + storeSuffix: true, "latest" + storeSuffix: true, "mine.wav": true} {
		if _, err := os.Stat(filepath.Join(s.folder, name)); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", name, err == nil, want)
		}
	}
	if err := s.tidy(old.Add(storeAge + 100*time.Second)); err != nil || left() != storeRoom-99 {
		t.Errorf("%d files are left when the first are too old, %v", left(), err)
	}
	if err := s.tidy(time.Now().Add(storeAge + time.Hour)); err != nil || left() != 0 {
		t.Errorf("%d files are left when all are too old, %v", left(), err)
	}
	if _, err := os.Stat(foreign); err != nil {
		t.Error("what is not ours is gone")
	}
}

func TestWhatIsOldGoesAtTheStart(t *testing.T) {
	c := DefaultConfig()
	c.Cache = t.TempDir()
	ago := time.Now().Add(-storeAge)
	files := []string{"old" + storeSuffix, "half" + storeSuffix + halfSuffix} // of which the gateway died
	for i, name := range files {
		files[i] = filepath.Join(c.Cache, name)
		if err := errors.Join(os.WriteFile(files[i], nil, 0o600), os.Chtimes(files[i], ago, ago)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(c, zerolog.Nop()); err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if _, err := os.Stat(file); err == nil {
			t.Errorf("%s is still there", file)
		}
	}
}

// Whoever deletes what was spoken finds all of it, whatever the folder is called,
// and nothing else.
func TestWhatWasSpokenIsFound(t *testing.T) {
	c := Config{Cache: filepath.Join(t.TempDir(), "spoken[12]")}
	if files, err := Spoken(c); len(files) > 0 || err != nil {
		t.Errorf("without a folder: %v, %v", files, err)
	}
	if err := (store{c.Cache}).write("whole", make([]int16, 100)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"half" + storeSuffix + halfSuffix, "mine.wav", "mine" + halfSuffix} {
		if err := os.WriteFile(filepath.Join(c.Cache, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := Spoken(c)
	want := []string{filepath.Join(c.Cache, "half"+storeSuffix+halfSuffix), filepath.Join(c.Cache, "whole"+storeSuffix)}
	if err != nil || !slices.Equal(files, want) {
		t.Errorf("%v, %v, want %v", files, err, want)
	}
	if files, err := Spoken(Config{}); len(files) > 0 || err != nil {
		t.Errorf("where nothing is kept: %v, %v", files, err)
	}
}

// TestNothingIsSpokenOnTheBeat: a text is read like any recording.
func TestNothingIsSpokenOnTheBeat(t *testing.T) {
	l, _ := speaking(t)
	if err := l.Prepare(t.Context(), Phrase{"de", message}); err != nil {
		t.Fatal(err)
	}
	s := l.Speak("de", Text(message))
	f := make(pcm.Frame, pcm.WidebandSamples)
	if n := testing.AllocsPerRun(20, func() { s.ReadFrame(f) }); n != 0 {
		t.Errorf("%v allocations for a frame", n)
	}
}

// FuzzText takes whatever a host may write: it is a text on one line or the
// name of a recording, and it leads nowhere.
func FuzzText(f *testing.F) {
	for _, seed := range []string{message, "own.tariff", "own.", "own.../../etc/passwd", "a\x00b\r\n", "\xff\xfe"} {
		f.Add(seed)
	}
	l, err := Open(Config{}, zerolog.Nop())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, words string) {
		if one := tidy(words); one != tidy(one) || strings.ContainsAny(one, "\x00\n\r") {
			t.Errorf("%q is not tidy", one)
		}
		if err := l.Prepare(t.Context(), Phrase{"en", words}); err == nil {
			t.Errorf("%q can be said without a synthesiser", words)
		}
		if l.Speak("en", Text(words)).Duration() != 0 {
			t.Errorf("%q is said", words)
		}
		if name := l.texts.name(Phrase{"en", words}); filepath.Base(name) != name {
			t.Errorf("%q makes the file %s", words, name)
		}
	})
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// A kind of a language has texts of its own, though it is spoken by the voice of
// its base.
func TestARegionHearsItsOwnTexts(t *testing.T) {
	l, _ := speaking(t)
	texts := Texts{"de": "Stadt Musterhausen", "de-AT": "Gemeinde Musterdorf"}
	n := Notice{Controller: texts}
	if err := l.Keep(t.Context(), Phrase{"de-AT", texts.In("de-AT")}); err != nil {
		t.Fatal(err)
	}
	if got := l.Speak("de-AT", n.Short()).Text(); !strings.Contains(got, texts["de-AT"]) {
		t.Errorf("said %q, want %q in it", got, texts["de-AT"])
	}
}
