package announcements

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

const (
	ownPrefix = "own."
	musicName = "music"
)

// errShortMusic reports music that is a sound rather than music.
var errShortMusic = errors.New("music is shorter than two seconds")

// ownSound is a sound in the operator's folder: a prompt in a language, or the
// music, which has none.
type ownSound struct {
	file   string
	lang   string
	prompt Prompt
}

// ownSounds are the sounds of an operator's folder, and what is wrong with the
// names of others. Only a folder that cannot be read is an error.
func ownSounds(folder fs.FS) (sounds []ownSound, problems []error, err error) {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		name, kind := soundName(e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case e.IsDir():
			more, wrong, err := ownLanguage(folder, e.Name())
			if err != nil {
				return nil, nil, err
			}
			sounds, problems = append(sounds, more...), append(problems, wrong...)
		case kind == foreign:
			problems = append(problems, fmt.Errorf("%s: %w", e.Name(), errForeign))
		case kind == playable && name == musicName:
			sounds = append(sounds, ownSound{file: e.Name()})
		case kind == playable:
			problems = append(problems, fmt.Errorf("%s: want it in the folder of a language, such as %s/%s", e.Name(), lastResort, e.Name()))
		}
	}
	return sounds, problems, nil
}

// ownLanguage are the sounds in the folder of a language.
func ownLanguage(folder fs.FS, lang string) (sounds []ownSound, problems []error, err error) {
	entries, err := fs.ReadDir(folder, lang)
	if err != nil {
		return nil, nil, err
	}
	known, taken := promptsOf(lang), map[string]string{}
	for _, e := range entries {
		name, kind := soundName(e.Name())
		if kind == silent || e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		file := path.Join(lang, e.Name())
		switch other := taken[name]; {
		case kind == foreign:
			problems = append(problems, fmt.Errorf("%s: %w", file, errForeign))
		case !slices.Contains(known, Prompt(name)) && !strings.HasPrefix(name, ownPrefix):
			problems = append(problems, fmt.Errorf("%s: no prompt is called %q; a recording of your own is %s<name>", file, name, ownPrefix))
		case other != "":
			problems = append(problems, fmt.Errorf("%s: %s is the same prompt", file, other))
		default:
			taken[name] = file
			sounds = append(sounds, ownSound{file, lang, Prompt(name)})
		}
	}
	return sounds, problems, nil
}

// addOperator reads the operator's folder. What is wrong with a file is kept
// as a problem; only a folder that cannot be read is an error.
func (l *Library) addOperator(directory string) error {
	folder := os.DirFS(directory)
	sounds, problems, err := ownSounds(folder)
	if err != nil {
		return err
	}
	l.problems = problems
	for _, s := range sounds {
		use := l.useRecording
		if s.lang == "" {
			use = l.useMusic
		}
		if err := use(folder, s); err != nil {
			l.problems = append(l.problems, fmt.Errorf("%s: %w", s.file, err))
		}
	}
	return nil
}

// useRecording takes a file in place of a built-in recording. Its words are
// known if a .txt lies beside it. What is smaller as a file than as sound, as
// Opus is, stays so until it is first spoken.
func (l *Library) useRecording(folder fs.FS, s ownSound) error {
	data, err := readFile(folder, s.file)
	if err != nil {
		return err
	}
	load := func() (*clip, error) {
		sound, err := decodeSound(data, s.file)
		if err != nil {
			return nil, err
		}
		if err := level(sound, speechLevel); err != nil {
			return nil, err
		}
		return newClip(sound), nil
	}
	c, err := load()
	if err != nil {
		return err
	}
	r := &recording{text: wordsBeside(folder, s.file), words: hash(data), load: l.held.when(load)}
	if len(data) >= 2*len(c.padded) {
		r.load = func() (*clip, error) { return c, nil }
	}
	l.language(s.lang).own[s.prompt] = r
	return nil
}

// wordsBeside are the words that lie beside a recording, if any do.
func wordsBeside(folder fs.FS, file string) string {
	text, err := fs.ReadFile(folder, strings.TrimSuffix(file, path.Ext(file))+wordsSuffix)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

func (l *Library) useMusic(folder fs.FS, s ownSound) error {
	sound, err := decodeFile(folder, s.file)
	if err != nil {
		return err
	}
	if len(sound) < 2*clipRate {
		return errShortMusic
	}
	if err := level(sound, musicLevel); err != nil {
		return err
	}
	l.music = newLoop(sound, musicOverlap)
	return nil
}

// kind is what a file is by its ending.
type kind int

const (
	silent   kind = iota // no sound
	playable             // a sound that is read
	foreign              // a sound that is not
)

// errForeign reports a kind of sound that is not read.
var errForeign = errors.New("is not read: want WAV (.wav), or Opus in Ogg (.opus or .ogg)")

// soundName is a file's name without its ending, and what the ending tells.
func soundName(file string) (string, kind) {
	ext := path.Ext(file)
	name := strings.TrimSuffix(file, ext)
	switch strings.ToLower(ext) {
	case ".wav", ".opus", ".ogg":
		return name, playable
	case ".mp3", ".m4a", ".aac", ".wma", ".flac", ".aif", ".aiff", ".au", ".gsm", ".ulaw", ".alaw", ".sln", ".raw", ".webm":
		return name, foreign
	}
	return name, silent
}
