package announcements

import (
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/transcode/pcm"
)

func library(t testing.TB) *Library {
	t.Helper()
	l, err := Open(DefaultConfig(), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// A language in which nobody calls costs nothing: not its texts, and not its
// recordings.
func TestOpeningReadsNoLanguage(t *testing.T) {
	if n := testing.AllocsPerRun(3, func() { library(t) }); n > 300 {
		t.Errorf("%v allocations, as if a catalogue had been read", n)
	}
}

// drain reads a speech to its end and returns how many frames it took and how
// many of them had sound.
func drain(t *testing.T, s *Speech, f pcm.Frame) (frames, heard int) {
	t.Helper()
	for range 60 * 50 {
		select {
		case <-s.Done():
			return frames, heard
		default:
		}
		if s.ReadFrame(f) {
			heard++
		}
		frames++
	}
	t.Fatal("the speech does not end")
	return 0, 0
}

func TestSpeechSaysItsItemsInOrder(t *testing.T) {
	l := library(t)
	s := l.Speak("en", LeadIn(), Say(Enter), Pause(100*time.Millisecond), People(3))
	if s.Begun() != -1 {
		t.Errorf("before the first frame item %d has begun", s.Begun())
	}
	var order []int
	f := make(pcm.Frame, pcm.NarrowbandSamples)
	for done := false; !done; {
		heard := s.ReadFrame(f)
		if n := s.Begun(); len(order) == 0 || order[len(order)-1] != n {
			order = append(order, n)
		}
		if silent := s.Begun() == 0 || s.Begun() == 2; silent == heard {
			t.Fatalf("item %d: heard is %v", s.Begun(), heard)
		}
		select {
		case <-s.Done():
			done = true
		default:
		}
	}
	if len(order) != 4 || order[0] != 0 || order[3] != 3 {
		t.Errorf("items begun: %v", order)
	}
	want := DefaultConfig().LeadIn + 100*time.Millisecond + l.Duration("en", Enter)
	for _, p := range []Prompt{peopleBefore, numberPrompt(3), peopleAfter} {
		want += l.Duration("en", p)
	}
	if s.Played() != want || s.Duration() != want {
		t.Errorf("played %v of %v, want %v", s.Played(), s.Duration(), want)
	}
	if s.ReadFrame(f) {
		t.Error("there is sound after the end")
	}
	if got := s.Text(); got != "You are now in the meeting. There are three people in the meeting." {
		t.Errorf("text is %q", got)
	}
}

func TestSpeechSoundsAtBothRates(t *testing.T) {
	l := library(t)
	for _, samples := range []int{pcm.NarrowbandSamples, pcm.WidebandSamples} {
		s := l.Speak("de", Say(RefuseE2EE))
		f := make(pcm.Frame, samples)
		var sound []int16
		for s.ReadFrame(f) {
			sound = append(sound, f...)
		}
		if got := time.Duration(len(sound)) * time.Second / time.Duration(samples*50); got != l.Duration("de", RefuseE2EE) {
			t.Errorf("%d Hz lasts %v, want %v", samples*50, got, l.Duration("de", RefuseE2EE))
		}
		if level := rms(sound); level < -30 || level > -18 {
			t.Errorf("%d Hz is at %.1f dB", samples*50, level)
		}
	}
}

func TestStopEndsWithinAFrameAndWithoutAClick(t *testing.T) {
	s := library(t).Speak("en", Say(PrivacyLong))
	f := make(pcm.Frame, pcm.NarrowbandSamples)
	for range 60 {
		s.ReadFrame(f)
	}
	s.Stop()
	s.Stop()
	select {
	case <-s.Done():
	default:
		t.Fatal("not done after Stop")
	}
	played := s.Played()
	if !s.ReadFrame(f) {
		t.Fatal("cut off without a ramp")
	}
	edge := ramp / 2
	for i, v := range f[edge:] {
		if v != 0 {
			t.Fatalf("sample %d after Stop is %d", edge+i, v)
		}
	}
	if s.ReadFrame(f) || s.Played() != played {
		t.Error("there is sound after the ramp")
	}
}

func TestStopBeforeTheFirstFrameIsSilent(t *testing.T) {
	s := library(t).Speak("en", Say(Welcome))
	s.Stop()
	if s.ReadFrame(make(pcm.Frame, pcm.NarrowbandSamples)) {
		t.Error("a stopped speech sounds")
	}
	if s.Begun() != -1 || s.Played() != 0 {
		t.Errorf("item %d has begun, %v played", s.Begun(), s.Played())
	}
}

func TestSpeechOfNothingIsDone(t *testing.T) {
	for name, s := range map[string]*Speech{
		"no items":      library(t).Speak("en"),
		"nothing known": library(t).Speak("en", Custom("tariff"), Pause(0), Item{}),
	} {
		select {
		case <-s.Done():
		default:
			t.Errorf("%s: not done", name)
		}
	}
}

func TestVersionFollowsTheWords(t *testing.T) {
	l := library(t)
	question := func(lang string) *Speech { return l.Speak(lang, Say(ConsentIntro), Say(ConsentAgree)) }
	if a, b := question("en").Version(), question("en").Version(); a != b || len(a) != versionLength {
		t.Errorf("the same words have versions %q and %q", a, b)
	}
	if question("en").Version() == question("de").Version() {
		t.Error("two languages have one version")
	}
	if question("en").Version() == l.Speak("en", Say(ConsentIntro)).Version() {
		t.Error("fewer words have the same version")
	}
}

func TestMissingLanguageIsSpokenInAnother(t *testing.T) {
	l := library(t)
	for lang, like := range map[string]string{"": "en", "tlh": "en", "de-AT": "de", "en-US": "en"} {
		if got, want := l.Text(lang, Goodbye), l.Text(like, Goodbye); got != want {
			t.Errorf("%q says %q, want %q", lang, got, want)
		}
		if _, heard := drain(t, l.Speak(lang, Say(Goodbye)), make(pcm.Frame, pcm.WidebandSamples)); heard == 0 {
			t.Errorf("%q is silent", lang)
		}
	}
	// A number is spoken in one language even where the words come from another.
	if got := l.Speak("tlh", Count(121)).Text(); got != "one hundred and twenty-one" {
		t.Errorf("121 is %q", got)
	}
}

func TestNoticesAreNoLongerThanPeopleListen(t *testing.T) {
	l := library(t)
	for _, tt := range []struct {
		name string
		item Item
		most time.Duration
	}{
		{"the short privacy notice", Notice{Number: "masked", Recording: "required", Days: 7}.Short(), 20 * time.Second},
		{"the full privacy notice", Notice{Recording: "required", Processing: true, Days: 365}.Long(), 90 * time.Second},
		{"the refusal of telephones", Say(RefuseE2EE), 12 * time.Second},
		{"why a telephone must leave now", Say(RefuseE2EENow), 8 * time.Second},
	} {
		for _, lang := range l.Languages() {
			if got := l.Speak(lang, tt.item).Duration(); got > tt.most {
				t.Errorf("%s: %s takes %v", lang, tt.name, got)
			}
		}
	}
}

func TestOfferIsSaidInItsOwnLanguage(t *testing.T) {
	s := library(t).Speak("en", OfferLanguage("en", '1'), OfferLanguage("de", '2'))
	if got := s.Text(); got != "For English, press one. Für Deutsch drücken Sie die Zwei." {
		t.Errorf("said %q", got)
	}
}

func TestMusicHasALevelAndAPlaceForEachListener(t *testing.T) {
	l := library(t)
	a, b := l.Music(), l.Music()
	f, g := make(pcm.Frame, pcm.WidebandSamples), make(pcm.Frame, pcm.WidebandSamples)
	for range 100 {
		a.ReadFrame(f)
	}
	a.ReadFrame(f)
	b.ReadFrame(g)
	same := true
	for i := range f {
		same = same && f[i] == g[i]
	}
	if same {
		t.Error("two listeners share one place")
	}
	if level := activeLevel(l.music.sound()); level < -30 || level > -26 {
		t.Errorf("music is at %.1f dBov", level)
	}
	if length := time.Duration(l.music.frames) * pcm.FrameDuration; length < 20*time.Second || length > 40*time.Second {
		t.Errorf("music lasts %v", length)
	}
}

func TestReadingAllocatesNothing(t *testing.T) {
	l := library(t)
	for _, samples := range []int{pcm.NarrowbandSamples, pcm.WidebandSamples} {
		f := make(pcm.Frame, samples)
		speech := l.Speak("en", Say(PrivacyLong))
		music := l.Music()
		if n := testing.AllocsPerRun(1000, func() { speech.ReadFrame(f); music.ReadFrame(f) }); n != 0 {
			t.Errorf("%v allocations a frame", n)
		}
	}
}

func BenchmarkSpeechNarrowband(b *testing.B) {
	l := library(b)
	f := make(pcm.Frame, pcm.NarrowbandSamples)
	s := l.Speak("en", Say(PrivacyLong))
	b.ReportAllocs()
	for b.Loop() {
		if !s.ReadFrame(f) {
			s.next, s.offset = 0, 0
		}
	}
}
