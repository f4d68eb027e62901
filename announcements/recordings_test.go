package announcements

import (
	"bytes"
	"encoding/csv"
	"io/fs"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
)

// manifestRow is what the renderer has noted about a recording.
type manifestRow struct {
	lang, prompt, text, file string
	milliseconds             int
	level, peak              float64
}

func manifest(t *testing.T) map[string]manifestRow {
	t.Helper()
	data, err := builtIn.ReadFile("prompts/manifest.tsv")
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma = '\t'
	lines, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range lines[0] {
		column[name] = i
	}
	rows := map[string]manifestRow{}
	for _, cells := range lines[1:] {
		number := func(name string) float64 {
			v, err := strconv.ParseFloat(cells[column[name]], 64)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		row := manifestRow{
			lang: cells[column["language"]], prompt: cells[column["prompt"]],
			text: cells[column["text_sha256"]], file: cells[column["file_sha256"]],
			milliseconds: int(number("milliseconds")), level: number("level_dbov"), peak: number("peak_dbfs"),
		}
		name := "prompts/" + row.lang + "/" + row.prompt + ".ogg"
		if row.lang == "-" {
			name = "prompts/" + row.prompt + ".ogg"
		}
		if _, twice := rows[name]; twice {
			t.Errorf("%s is there twice", name)
		}
		rows[name] = row
	}
	return rows
}

func TestManifestKnowsEachFileAndEachText(t *testing.T) {
	rows := manifest(t)
	files, err := fs.Glob(builtIn, "prompts/*/*.ogg")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(files, "prompts/music.ogg") {
		row, ok := rows[name]
		if !ok {
			t.Errorf("%s is not in the manifest", name)
			continue
		}
		data, err := builtIn.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if hash(data) != row.file {
			t.Errorf("%s is not the file that was rendered", name)
		}
	}
	if len(rows) != len(files)+1 {
		t.Errorf("the manifest has %d rows for %d files", len(rows), len(files)+1)
	}
	for lang, c := range catalogues(t) {
		for p, text := range c.Texts {
			if rows["prompts/"+lang+"/"+string(p)+".ogg"].text != hash([]byte(text)) {
				t.Errorf("%s %s has other words than its recording: run go run ./announcements/render", lang, p)
			}
		}
	}
}

// A voice that does not know a word may say another one, or nothing.
func TestOtherWordsSoundOtherwise(t *testing.T) {
	all, words := catalogues(t), map[string]string{}
	for name, row := range manifest(t) {
		said := strings.ToLower(all[row.lang].Texts[Prompt(row.prompt)])
		if other, twice := words[row.lang+row.file]; twice && other != said {
			t.Errorf("%s says %q and sounds like %q", name, said, other)
		}
		words[row.lang+row.file] = said
	}
}

// shortestLetter and longestLetter bound how fast a voice speaks: what is
// outside has lost words, or has a hole.
const (
	shortestLetter = 45 * time.Millisecond
	longestLetter  = 130 * time.Millisecond
	// silentLetters is the share of letters that French leaves unspoken at most,
	// as in "quatre-vingts".
	silentLetters = .3
)

func TestRecordingsAreWholeAndOfOneLoudness(t *testing.T) {
	texts := catalogues(t)
	for name, row := range manifest(t) {
		t.Run(strings.TrimPrefix(name, "prompts/"), func(t *testing.T) {
			t.Parallel()
			sound, err := decodeFile(builtIn, name)
			if err != nil {
				t.Fatal(err)
			}
			length := time.Duration(len(sound)) * time.Second / clipRate
			if want := time.Duration(row.milliseconds) * time.Millisecond; (length - want).Abs() > 10*time.Millisecond {
				t.Errorf("lasts %v, the manifest says %v", length, want)
			}
			if samples, err := opusLength(builtIn, name); err != nil || samples != len(sound) {
				t.Errorf("says that it has %d samples, and has %d: %v", samples, len(sound), err)
			}
			level, peak := activeLevel(sound), peakLevel(sound)
			want := speechLevel
			if row.lang == "-" {
				want = musicLevel
			}
			if math.Abs(level-want) > 1.5 {
				t.Errorf("is at %.1f dBov, want %.0f", level, want)
			}
			if math.Abs(level-row.level) > 1.5 || math.Abs(peak-row.peak) > 1.5 {
				t.Errorf("is at %.1f dBov with peaks at %.1f dB, the manifest says %.1f and %.1f", level, peak, row.level, row.peak)
			}
			if peak > greatestPeak {
				t.Errorf("peaks at %.1f dB", peak)
			}
			if row.lang == "-" {
				return
			}
			checkEdges(t, sound)
			text := texts[row.lang].Texts[Prompt(row.prompt)]
			checkSpeech(t, sound, len(strings.Fields(text)) >= 3)
			letters := time.Duration(len([]rune(strings.ReplaceAll(text, " ", ""))))
			shortest := letters * shortestLetter
			if row.lang == "fr" {
				shortest -= time.Duration(silentLetters * float64(shortest))
			}
			if spoken := length - 40*time.Millisecond; letters > 6 && (spoken < shortest || spoken > letters*longestLetter+300*time.Millisecond) {
				t.Errorf("lasts %v for %d letters: %q", length, letters, text)
			}
		})
	}
}

// checkEdges looks for words that begin before the recording does, or end
// after it, and for holes.
func checkEdges(t *testing.T, sound []int16) {
	t.Helper()
	const edge = clipRate / 200
	for where, part := range map[string][]int16{"beginning": sound[:edge], "end": sound[len(sound)-edge:]} {
		if level := rms(part); level > -50 {
			t.Errorf("the %s is cut: %.1f dB", where, level)
		}
	}
	silent := 0
	for at := 0; at+clipFrame <= len(sound); at += clipFrame {
		if rms(sound[at:at+clipFrame]) > -60 {
			silent = 0
			continue
		}
		if silent += 20; silent > 700 {
			t.Errorf("there is a hole before %v", time.Duration(at)*time.Second/clipRate)
			return
		}
	}
}
