package announcements

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// waveFile is a 16 bit WAV file of interleaved channels.
func waveFile(rate, channels int, samples []int16) []byte {
	var b bytes.Buffer
	put := func(values ...any) {
		for _, v := range values {
			if s, ok := v.(string); ok {
				b.WriteString(s)
				continue
			}
			_ = binary.Write(&b, binary.LittleEndian, v)
		}
	}
	put("RIFF", uint32(36+2*len(samples)), "WAVE", "fmt ", uint32(16), uint16(1), uint16(channels),
		uint32(rate), uint32(2*rate*channels), uint16(2*channels), uint16(16), "data", uint32(2*len(samples)), samples)
	return b.Bytes()
}

// sine is one second of a tone in each channel.
func sine(rate, channels int, amplitude float64) []int16 {
	samples := make([]int16, rate*channels)
	for i := range samples {
		samples[i] = int16(math.Round(amplitude * math.Sin(2*math.Pi*440*float64(i/channels)/float64(rate))))
	}
	return samples
}

// folder is an operator's folder with these files.
func folder(t *testing.T, files map[string][]byte) string {
	t.Helper()
	root := t.TempDir()
	for name, data := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func openWith(t *testing.T, files map[string][]byte) *Library {
	t.Helper()
	c := DefaultConfig()
	c.Directory = folder(t, files)
	l, err := Open(c, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func builtInOgg(t *testing.T, name string) []byte {
	t.Helper()
	data, err := builtIn.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestOperatorsRecordingsTakeThePlaceOfTheBuiltIn(t *testing.T) {
	l := openWith(t, map[string][]byte{
		"en/welcome.wav":    waveFile(44100, 2, sine(44100, 2, 3000)),
		"en/welcome.txt":    []byte("Welcome to Example.\n"),
		"de/goodbye.opus":   builtInOgg(t, "prompts/de/welcome.ogg"),
		"de/ended.OGG":      builtInOgg(t, "prompts/de/enter.ogg"),
		"sv/welcome.wav":    waveFile(8000, 1, sine(8000, 1, 10000)),
		"de-AT/welcome.wav": waveFile(8000, 1, sine(8000, 1, 10000)),
		"de/own.tariff.wav": waveFile(16000, 1, sine(16000, 1, 10000)),
		"music.wav":         waveFile(16000, 1, append(sine(16000, 1, 900), append(sine(16000, 1, 900), sine(16000, 1, 900)...)...)),
		"en/notes.md":       []byte("not a sound"),
	})
	if p := l.Problems(); len(p) > 0 {
		t.Fatalf("problems: %v", p)
	}
	plain := library(t)
	for _, tt := range []struct {
		name   string
		lang   string
		prompt Prompt
		want   time.Duration
	}{
		{"stereo at 44.1 kHz", "en", Welcome, time.Second},
		{"narrowband", "sv", Welcome, time.Second},
		{"Opus", "de", Goodbye, plain.Duration("de", Welcome)},
		{"Ogg, whatever the case", "de", Ended, plain.Duration("de", Enter)},
		{"a recording of their own", "de", ownPrompt("tariff"), time.Second},
		{"their own falls back along the languages", "en", ownPrompt("tariff"), time.Second},
		{"what they have not recorded stays", "en", Goodbye, plain.Duration("en", Goodbye)},
		{"a language of their own falls back for the rest", "sv", Goodbye, plain.Duration("en", Goodbye)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := l.Duration(tt.lang, tt.prompt); (got - tt.want).Abs() > 40*time.Millisecond {
				t.Errorf("lasts %v, want %v", got, tt.want)
			}
		})
	}
	if got := l.Text("en", Welcome); got != "Welcome to Example." {
		t.Errorf("text of the operator's welcome is %q", got)
	}
	if got := l.Text("de", Goodbye); got != "" {
		t.Errorf("claims to know the words of a recording: %q", got)
	}
	if got := strings.Join(l.Languages(), " "); got != "de de-AT en es fr it nl pl sv" {
		t.Errorf("languages are %s", got)
	}
	if l.Speak("en", Say(Welcome)).Version() == plain.Speak("en", Say(Welcome)).Version() {
		t.Error("other words have the same version")
	}
	_, c := l.find("en", Welcome)
	if got := activeLevel(c.sound()); math.Abs(got-speechLevel) > 1 {
		t.Errorf("a loud recording stays at %.1f dBov", got)
	}
	if got := activeLevel(l.music.sound()); math.Abs(got-musicLevel) > levelTolerance {
		t.Errorf("the music stays at %.1f dBov", got)
	}
	if n := len(l.Missing("sv")); n != len(promptsOf("sv"))-1 {
		t.Errorf("%d prompts of Swedish are missing", n)
	}
	if n := len(l.Missing("en")) + len(l.Missing("de")) + len(l.Missing("de-AT")); n != 0 {
		t.Errorf("%d prompts of the built-in languages and their regions are missing", n)
	}
	if got := time.Duration(l.music.frames) * 20 * time.Millisecond; got < 2900*time.Millisecond || got > 3*time.Second {
		t.Errorf("music lasts %v", got)
	}
}

func TestBadRecordingsAreNamedAndTheBuiltInStays(t *testing.T) {
	l := openWith(t, map[string][]byte{
		"en/welcome.wav":  []byte("RIFF and then nothing of use"),
		"en/goodbye.ogg":  []byte("OggS"),
		"en/ended.wav":    waveFile(16000, 1, make([]int16, 16000)),
		"en/moved.wav":    waveFile(16000, 1, nil),
		"de/leave.wav":    waveFile(16000, 1, sine(16000, 1, 3000)),
		"de/leave.opus":   builtInOgg(t, "prompts/de/enter.ogg"),
		"en/removed.wav":  waveFile(16000, 1, crack()),
		"de/wellcome.wav": waveFile(16000, 1, sine(16000, 1, 3000)),
		"welcome.wav":     waveFile(16000, 1, sine(16000, 1, 3000)),
		"music.opus":      builtInOgg(t, "prompts/en/key.star.ogg"),
	})
	var said []string
	for _, err := range l.Problems() {
		said = append(said, err.Error())
	}
	all := strings.Join(said, "\n")
	for _, name := range []string{"en/welcome.wav: ", "en/goodbye.ogg: ", "en/ended.wav: ", "en/moved.wav: ", "de/wellcome.wav: no prompt", "welcome.wav: want it in", "music.opus: ", "de/leave.wav: de/leave.opus is the same", "en/removed.wav: would be"} {
		if !strings.Contains(all, name) {
			t.Errorf("nothing about %s in:\n%s", name, all)
		}
	}
	plain := library(t)
	for _, p := range []Prompt{Welcome, Goodbye, Ended, Moved} {
		if got, want := l.Duration("en", p), plain.Duration("en", p); got != want {
			t.Errorf("%s lasts %v, want %v", p, got, want)
		}
	}
	if l.music.frames != plain.music.frames {
		t.Error("the music was replaced")
	}
}

// crack is a whisper with one full-scale sample in it.
func crack() []int16 {
	samples := sine(16000, 1, 40)
	samples[8000] = 32767
	return samples
}

func TestConfigMistakesAreAllReported(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Errorf("defaults: %v", err)
	}
	err := Config{Directory: filepath.Join(t.TempDir(), "none"), LeadIn: -time.Second}.Validate()
	if err == nil {
		t.Fatal("no mistake found")
	}
	for _, key := range []string{"directory: ", "lead_in: "} {
		if !strings.Contains(err.Error(), key) {
			t.Errorf("%s is not reported in %q", key, err)
		}
	}
	if _, err := Open(Config{Directory: filepath.Join(t.TempDir(), "none")}, zerolog.Nop()); err == nil {
		t.Error("a missing folder opens")
	}
}

func TestWrittenWaveIsWhatCallersHear(t *testing.T) {
	l := library(t)
	var b bytes.Buffer
	if err := l.WriteWAV(&b, "en", RefuseE2EE); err != nil {
		t.Fatal(err)
	}
	if got, want := b.Len()-44, int(l.Duration("en", RefuseE2EE).Seconds()*2*clipRate+0.5); got != want {
		t.Errorf("%d bytes of sound, want %d", got, want)
	}
	if err := l.WriteWAV(&b, "en", "no.such"); err == nil {
		t.Error("writes what there is not")
	}
}
