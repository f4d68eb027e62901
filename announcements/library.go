package announcements

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/wav"
)

const (
	// lastResort is the language that has every prompt.
	lastResort = "en"
	// versionLength is how many hex digits tell one wording from another.
	versionLength = 12
)

// Library holds all that can be said. But for texts that it is given to speak,
// it does not change after Open. It may be used from any goroutine.
type Library struct {
	log      zerolog.Logger
	leadIn   time.Duration
	voices   map[string]*language // by language
	order    []string             // languages, sorted
	music    *clip
	texts    *texts
	held     held
	problems []error
}

// Open reads the catalogue and the operator's recordings. A recording of the
// operator that cannot be used is reported by its name, in the log and by
// Problems, and the built-in one stays.
func Open(c Config, log zerolog.Logger) (*Library, error) {
	l := &Library{log: log, leadIn: c.LeadIn, voices: map[string]*language{}, texts: newTexts(c, log)}
	if err := l.addBuiltIn(); err != nil {
		return nil, err
	}
	if c.Directory != "" {
		if err := l.addOperator(c.Directory); err != nil {
			return nil, fmt.Errorf("read announcements of %s: %w", c.Directory, err)
		}
	}
	l.order = slices.Sorted(maps.Keys(l.voices))
	if err := l.texts.store.tidy(time.Now()); err != nil {
		log.Warn().Err(err).Msg("announcements.cache cannot be cleared of what is old")
	}
	l.report()
	return l, nil
}

func (l *Library) addBuiltIn() error {
	languages, err := builtInLanguages()
	if err != nil {
		return err
	}
	for _, lang := range languages {
		l.language(lang).builtIn = sync.OnceValue(func() map[Prompt]*recording {
			c, err := readCatalogue(lang)
			if err != nil {
				l.log.Error().Err(err).Str("language", lang).Msg("language not spoken")
			}
			return builtInRecordings(c, lang, &l.held)
		})
	}
	sound, err := decodeFile(builtIn, "prompts/music.ogg")
	if err != nil {
		return err
	}
	l.music = newLoop(sound, musicOverlap)
	return nil
}

// language is one to add to.
func (l *Library) language(lang string) *language {
	v := l.voices[lang]
	if v == nil {
		v = &language{own: map[Prompt]*recording{}}
		l.voices[lang] = v
	}
	return v
}

// report tells the operator what callers will not hear as it was meant. The
// built-in languages lack nothing.
func (l *Library) report() {
	for _, err := range l.problems {
		l.log.Warn().Err(err).Msg("recording not used")
	}
	for _, lang := range l.order {
		if l.voices[lang].builtIn != nil {
			continue
		}
		if missing := l.Missing(lang); len(missing) > 0 {
			l.log.Warn().Str("language", lang).Int("prompts", len(missing)).Str("first", string(missing[0])).Msg("not recorded, spoken in another language")
		}
	}
}

// Speak makes a speech of the items. It is never nil; what no language has is
// left out and logged.
func (l *Library) Speak(lang string, items ...Item) *Speech {
	row := row{library: l}
	for i, item := range items {
		in := lang
		if item.lang != "" {
			in = item.lang
		}
		row.add(in, i, item)
	}
	return newSpeech(lang, row.segments, row.said)
}

// parts takes an item apart by the grammar of the language that will speak it. A
// regional language has that of its base, and texts of its own.
func (l *Library) parts(lang string, item Item) []part {
	base, _, _ := strings.Cut(lang, "-")
	switch {
	case item.lead:
		return []part{{pause: l.leadIn}}
	case item.parts == nil:
		return nil
	case l.voices[base] != nil:
		return item.parts(lang)
	}
	for _, candidate := range l.fallbacks(lang) {
		if l.voices[candidate] != nil {
			return item.parts(candidate)
		}
	}
	return nil
}

// find is the recording of a prompt in the nearest language that has it.
func (l *Library) find(lang string, p Prompt) (*recording, *clip) {
	for _, candidate := range l.fallbacks(lang) {
		r := l.recording(candidate, p)
		if r == nil {
			continue
		}
		c, err := r.load()
		if err == nil && c.frames > 0 {
			return r, c
		}
		l.log.Error().Err(err).Str("prompt", string(p)).Str("language", candidate).Msg("recording unusable")
	}
	return nil, nil
}

// fallbacks are the languages to try: the one asked for, without its region,
// English, and then any.
func (l *Library) fallbacks(lang string) []string {
	base, _, _ := strings.Cut(lang, "-")
	return append([]string{lang, base, lastResort}, l.order...)
}

// Music is the hold music from its beginning, for one listener.
func (l *Library) Music() pcm.Source { return &music{loop: l.music} }

// Languages are all languages that can be spoken, sorted.
func (l *Library) Languages() []string { return slices.Clone(l.order) }

// Prompts are all prompts of all languages, sorted.
func (l *Library) Prompts() []Prompt {
	all := map[Prompt]bool{}
	for _, v := range l.voices {
		for p := range v.all() {
			all[p] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// Problems are the operator's recordings that could not be used, by name.
func (l *Library) Problems() []error { return slices.Clone(l.problems) }

// Missing are the prompts that neither a language nor its base has, as de is
// the base of de-AT; callers hear them in another language.
func (l *Library) Missing(lang string) []Prompt {
	var missing []Prompt
	for _, p := range promptsOf(lang) {
		if !l.Speaks(lang, p) {
			missing = append(missing, p)
		}
	}
	return missing
}

// Speaks reports whether the language, or its base, has the prompt.
func (l *Library) Speaks(lang string, p Prompt) bool {
	base, _, _ := strings.Cut(lang, "-")
	return l.Has(lang, p) || l.Has(base, p)
}

// Has reports whether the language has the prompt itself.
func (l *Library) Has(lang string, p Prompt) bool { return l.recording(lang, p) != nil }

// recording is what a language itself has for a prompt, or nil.
func (l *Library) recording(lang string, p Prompt) *recording {
	if v := l.voices[lang]; v != nil {
		return v.find(p)
	}
	return nil
}

// Text is what a prompt says, in the language that a caller would hear. It is
// empty where only a recording of the operator is known.
func (l *Library) Text(lang string, p Prompt) string {
	for _, candidate := range l.fallbacks(lang) {
		if r := l.recording(candidate, p); r != nil {
			return r.text
		}
	}
	return ""
}

// Duration is how long a prompt takes; 0 where there is none.
func (l *Library) Duration(lang string, p Prompt) time.Duration {
	for _, candidate := range l.fallbacks(lang) {
		if r := l.recording(candidate, p); r != nil {
			if frames, err := r.frames(); err == nil {
				return time.Duration(frames) * pcm.FrameDuration
			}
		}
	}
	return 0
}

// WriteWAV writes a prompt as a caller would hear it, 16 bit mono at 16 kHz.
func (l *Library) WriteWAV(w io.Writer, lang string, p Prompt) error {
	_, c := l.find(lang, p)
	if c == nil {
		return fmt.Errorf("write prompt %s: %w", p, fs.ErrNotExist)
	}
	if err := wav.Write(w, clipRate, c.sound()); err != nil {
		return fmt.Errorf("write prompt %s: %w", p, err)
	}
	return nil
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
