package announcements

import (
	"math"
	"path/filepath"
	"strings"
	"testing"
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

// Who says more than the built-in voice says writes it down, and is measured by
// that.
func TestCheckKnowsHowLongWordsTake(t *testing.T) {
	long := append(sine(16000, 1, 3000), append(sine(16000, 1, 3000), sine(16000, 1, 3000)...)...)
	files := map[string][]byte{"de/number.1.wav": waveFile(16000, 1, long), "de/number.1.txt": []byte("die Nummer eins")}
	if _, said := faults(t, files); said != "" {
		t.Errorf("said %q", said)
	}
	files["de/number.1.txt"] = []byte("eins")
	if _, said := faults(t, files); !strings.Contains(said, "too long: 3.0 s, want at most 1.8 s") {
		t.Errorf("said %q", said)
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

// A whole voice is a folder: here the built-in Dutch, as the voice of a language
// that is not built in. Nothing of it is wrong, and all of it is heard.
func TestDroppedInFolderIsAVoice(t *testing.T) {
	files := map[string][]byte{"nl/welcome.opus": builtInOgg(t, "prompts/nl/goodbye.ogg")}
	for p, text := range textsOf(t, "nl") {
		files["sv/"+string(p)+".opus"] = builtInOgg(t, "prompts/nl/"+string(p)+".ogg")
		files["sv/"+string(p)+".txt"] = []byte(text)
	}
	r, said := faults(t, files)
	if said != "" {
		t.Errorf("faults: %s", said)
	}
	for _, c := range r.Languages {
		if c.Language == "sv" && len(c.Missing) > 0 {
			t.Errorf("sv lacks %v", c.Missing)
		}
	}
	l, plain := openWith(t, files), library(t)
	if len(l.Problems()) > 0 || len(l.Missing("sv")) > 0 {
		t.Fatalf("problems: %v, missing: %v", l.Problems(), l.Missing("sv"))
	}
	if got, want := l.Speak("sv", People(121)).Text(), plain.Speak("nl", People(121)).Text(); got != want {
		t.Errorf("sv says %q, want %q", got, want)
	}
	if got, want := l.Duration("nl", Welcome), plain.Duration("nl", Goodbye); got != want {
		t.Errorf("the replaced welcome lasts %v, want %v", got, want)
	}
	if l.Speak("nl", Say(Welcome)).Version() == plain.Speak("nl", Say(Welcome)).Version() {
		t.Error("another recording has the version of the built-in one")
	}
}
