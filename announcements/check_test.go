package announcements

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"
)

// faults is what Check says of a folder with these files.
func faults(t *testing.T, files map[string][]byte) (Review, string) {
	t.Helper()
	r, err := Check(folder(t, files))
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, f := range r.Faults {
		said = append(said, f.Error())
	}
	return r, strings.Join(said, "\n")
}

// loud is a second of a tone beyond full scale.
func loud() []int16 {
	sound := sine(16000, 1, 1)
	for i := range sound {
		v := 60000 * math.Sin(2*math.Pi*440*float64(i)/16000)
		sound[i] = int16(max(-32768, min(32767, v)))
	}
	return sound
}

func TestCheckTellsWhatIsWrongWithARecording(t *testing.T) {
	long := append(sine(16000, 1, 3000), append(sine(16000, 1, 3000), sine(16000, 1, 3000)...)...)
	for _, tt := range []struct {
		name, file string
		data       []byte
		want       string
	}{
		{"a good one has no fault", "en/enter.wav", waveFile(16000, 1, sine(16000, 1, 3000)), ""},
		{"a prompt nobody knows", "en/entre.wav", waveFile(16000, 1, sine(16000, 1, 3000)), `en/entre.wav: no prompt is called "entre"`},
		{"a word of another grammar", "it/number.21.f.wav", waveFile(16000, 1, sine(16000, 1, 3000)), `it/number.21.f.wav: no prompt is called "number.21.f"`},
		{"a word of its own grammar", "fr/number.21.f.wav", waveFile(16000, 1, sine(16000, 1, 3000)), ""},
		{"too quiet", "en/enter.wav", waveFile(16000, 1, sine(16000, 1, 300)), "en/enter.wav: too quiet: speech at -44 dBov"},
		{"too loud", "en/enter.wav", waveFile(16000, 1, sine(16000, 1, 30000)), "en/enter.wav: too loud: speech at -4 dBov"},
		{"clipped", "en/enter.wav", waveFile(16000, 1, loud()), "en/enter.wav: clipped: "},
		{"clipped before it was converted", "en/enter.wav", waveFile(48000, 1, append(loud(), loud()...)), "en/enter.wav: clipped: "},
		{"loud, and not clipped", "en/enter.wav", waveFile(16000, 1, sine(16000, 1, 9000)), ""},
		{"silent", "en/enter.wav", waveFile(16000, 1, make([]int16, 16000)), "en/enter.wav: nothing can be heard"},
		{"a crack in a whisper", "en/enter.wav", waveFile(16000, 1, crack()), "en/enter.wav: too quiet"},
		{"too long for a word", "de/number.1.wav", waveFile(16000, 1, long), "de/number.1.wav: too long: 3.0 s, want at most"},
		{"long enough for a sentence", "de/welcome.wav", waveFile(16000, 1, long), ""},
		{"an own recording has no pattern", "de/own.tariff.wav", waveFile(16000, 1, long), ""},
		{"a format that is not read", "en/enter.mp3", []byte("ID3"), "en/enter.mp3: is not read: want WAV"},
		{"a format that its name hides", "en/enter.wav", []byte("ID3 and more"), "en/enter.wav: wav: format not understood"},
		{"broken Opus", "en/enter.ogg", []byte("OggS"), "en/enter.ogg: "},
		{"words that nobody has spoken", "en/enter.txt", []byte("Come in."), "en/enter.txt: words without a recording"},
		{"not in the folder of a language", "enter.wav", waveFile(16000, 1, long), "enter.wav: want it in the folder of a language"},
		{"music that is too short", "music.wav", waveFile(16000, 1, sine(16000, 1, 900)), "music.wav: music is shorter"},
		{"what is no sound is left alone", "en/notes.md", []byte("notes"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, said := faults(t, map[string][]byte{tt.file: tt.data})
			if tt.want == "" && said != "" || !strings.Contains(said, tt.want) {
				t.Errorf("said %q, want %q", said, tt.want)
			}
		})
	}
}

func TestCheckTellsWhatIsMissing(t *testing.T) {
	r, _ := faults(t, map[string][]byte{
		"sv/welcome.wav":    waveFile(16000, 1, sine(16000, 1, 3000)),
		"de-AT/welcome.wav": waveFile(16000, 1, sine(16000, 1, 3000)),
		"de-AT/own.fee.wav": waveFile(16000, 1, sine(16000, 1, 3000)),
		"nl/readme":         nil,
	})
	for i, want := range []Coverage{
		{Language: "de-AT", Recorded: 1, Needed: len(promptsOf("de")), BuiltIn: true},
		{Language: "nl", Recorded: 0, Needed: len(promptsOf("nl")), BuiltIn: true},
		{Language: "sv", Recorded: 1, Needed: len(promptsOf("sv"))},
	} {
		if i >= len(r.Languages) {
			t.Fatalf("nothing about %s", want.Language)
		}
		got := r.Languages[i]
		if len(got.Missing) != got.Needed-got.Recorded {
			t.Errorf("%s: %d are missing of %d with %d", got.Language, len(got.Missing), got.Needed, got.Recorded)
		}
		if got.Missing = nil; got.Language != want.Language || got.Recorded != want.Recorded || got.Needed != want.Needed || got.BuiltIn != want.BuiltIn {
			t.Errorf("covers %+v, want %+v", got, want)
		}
	}
	if _, err := Check(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a missing folder passes")
	}
}

// A whole voice is a folder: here the built-in Dutch, under another name and in
// another language. Nothing of it is wrong, and all of it is heard.
func TestDroppedInFolderReplacesAVoice(t *testing.T) {
	root := t.TempDir()
	for _, lang := range []string{"nl", "sv"} {
		if err := os.Mkdir(filepath.Join(root, lang), 0o755); err != nil {
			t.Fatal(err)
		}
		for p, text := range textsOf(t, "nl") {
			name := filepath.Join(root, lang, string(p))
			data := builtInOgg(t, "prompts/nl/"+string(p)+".ogg")
			if err := os.WriteFile(name+".opus", data, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name+".txt", []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	r, err := Check(root)
	if err != nil || len(r.Faults) > 0 {
		t.Fatalf("faults: %v, %v", r.Faults, err)
	}
	for _, c := range r.Languages {
		if len(c.Missing) > 0 {
			t.Errorf("%s lacks %v", c.Language, c.Missing)
		}
	}
	c := DefaultConfig()
	c.Directory = root
	l, err := Open(c, zerolog.Nop())
	if err != nil || len(l.Problems()) > 0 {
		t.Fatalf("problems: %v, %v", l.Problems(), err)
	}
	if missing := l.Missing("sv"); len(missing) > 0 {
		t.Errorf("sv lacks %v", missing)
	}
	plain := library(t)
	if got, want := l.Speak("sv", People(121)).Text(), plain.Speak("nl", People(121)).Text(); got != want {
		t.Errorf("sv says %q, want %q", got, want)
	}
	if l.Speak("nl", Say(Welcome)).Version() == plain.Speak("nl", Say(Welcome)).Version() {
		t.Error("another recording has the version of the built-in one")
	}
}
