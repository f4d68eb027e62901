package announcements

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rs/zerolog"
)

const (
	// softest and loudest bound the speech of a recording, in dBov, that is
	// brought to the level of the others without harm: raising raises its noise,
	// and speech that is louder has been squeezed.
	softest = speechLevel - 12
	loudest = speechLevel + 9
	// fullScale is where a sample counts as cut off, and mostCut how many of
	// them a loud recording may have.
	fullScale = 32700
	mostCut   = 8
	// timesLonger and spare bound a recording by the built-in one, and slowLetter
	// by words that lie beside it: people speak slower than a synthesiser, but
	// not so much.
	timesLonger = 2
	slowLetter  = 200 * time.Millisecond
	spare       = time.Second
	// longestOwn bounds a recording of the operator's own.
	longestOwn = time.Minute
)

// Review is what [Check] has found in an operator's folder.
type Review struct {
	Languages []Coverage
	Faults    []error // each begins with the name of the file
}

// Coverage is how much of a language a folder holds.
type Coverage struct {
	Language string
	Recorded int
	Needed   int
	Missing  []Prompt
	BuiltIn  bool // what is missing is spoken by the built-in voice
}

// Check listens to a folder of recordings, laid out as Config.Directory is, and
// tells what is missing in it and what is wrong: names that no prompt has,
// formats that are not read, recordings that are too quiet, too loud, clipped,
// or far too long for what they say.
func Check(directory string) (Review, error) {
	var r Review
	folder := os.DirFS(directory)
	sounds, problems, err := ownSounds(folder)
	if err != nil {
		return r, fmt.Errorf("check %s: %w", directory, err)
	}
	library, err := Open(DefaultConfig(), zerolog.Nop())
	if err != nil {
		return r, err
	}
	r.Faults = problems
	recorded := map[string]map[Prompt]bool{}
	for _, s := range sounds {
		for _, fault := range library.listen(folder, s) {
			r.Faults = append(r.Faults, fmt.Errorf("%s: %w", s.file, fault))
		}
		if recorded[s.lang] == nil {
			recorded[s.lang] = map[Prompt]bool{}
		}
		recorded[s.lang][s.prompt] = true
	}
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return r, fmt.Errorf("check %s: %w", directory, err)
	}
	for _, e := range entries {
		if lang := e.Name(); e.IsDir() && !strings.HasPrefix(lang, ".") {
			r.Languages = append(r.Languages, library.coverage(lang, recorded[lang]))
			r.Faults = append(r.Faults, silentWords(folder, lang, recorded[lang])...)
		}
	}
	return r, nil
}

// coverage compares what is recorded of a language with what it needs.
func (l *Library) coverage(lang string, recorded map[Prompt]bool) Coverage {
	base, _, _ := strings.Cut(lang, "-")
	c := Coverage{Language: lang, BuiltIn: l.voices[base] != nil}
	for _, p := range promptsOf(lang) {
		c.Needed++
		if !recorded[p] {
			c.Missing = append(c.Missing, p)
		}
	}
	c.Recorded = c.Needed - len(c.Missing)
	return c
}

// listen tells what is wrong with a sound.
func (l *Library) listen(folder fs.FS, s ownSound) []error {
	sound, err := decodeFile(folder, s.file)
	if err != nil {
		return []error{err}
	}
	active := activeLevel(sound)
	if active < faintest {
		return []error{errSilent}
	}
	if s.lang == "" {
		if len(sound) < 2*clipRate {
			return []error{errShortMusic}
		}
		return clipped(sound)
	}
	faults := clipped(sound)
	switch {
	case active > loudest:
		faults = append(faults, fmt.Errorf("too loud: speech at %.0f dBov, want about %.0f and at most %.0f", active, speechLevel, loudest))
	case active < softest:
		faults = append(faults, fmt.Errorf("too quiet: speech at %.0f dBov, want about %.0f and at least %.0f", active, speechLevel, softest))
	default:
		if err := level(slices.Clone(sound), speechLevel); err != nil {
			faults = append(faults, err)
		}
	}
	if most := l.longest(folder, s); samples(len(sound)) > most {
		faults = append(faults, fmt.Errorf("too long: %.1f s, want at most %.1f s", samples(len(sound)).Seconds(), most.Seconds()))
	}
	return faults
}

// longest is how long a recording may be.
func (l *Library) longest(folder fs.FS, s ownSound) time.Duration {
	if words := wordsBeside(folder, s.file); words != "" {
		return time.Duration(utf8.RuneCountInString(words))*slowLetter + spare
	}
	if usual := l.Duration(s.lang, s.prompt); usual > 0 {
		return timesLonger*usual + spare
	}
	return longestOwn
}

// clipped tells a recording whose loudest parts are cut off.
func clipped(sound []int16) []error {
	cut := 0
	for _, v := range sound {
		if v >= fullScale || v <= -fullScale {
			cut++
		}
	}
	if cut > mostCut {
		return []error{fmt.Errorf("clipped: %d samples are at full scale", cut)}
	}
	return nil
}

// silentWords are texts in the folder of a language that nobody has spoken.
func silentWords(folder fs.FS, lang string, recorded map[Prompt]bool) []error {
	entries, err := fs.ReadDir(folder, lang)
	if err != nil {
		return []error{err}
	}
	var faults []error
	for _, e := range entries {
		if p, words := strings.CutSuffix(e.Name(), wordsSuffix); words && !recorded[Prompt(p)] {
			faults = append(faults, fmt.Errorf("%s/%s: %w", lang, e.Name(), errUnspoken))
		}
	}
	return faults
}

// errUnspoken reports words without a recording.
var errUnspoken = errors.New("words without a recording; `einwahl prompts render` has them spoken")

// samples is how long a row of samples takes.
func samples(n int) time.Duration { return time.Duration(n) * time.Second / clipRate }
