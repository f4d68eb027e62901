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

// addOperator reads the operator's folder. What is wrong with a file is kept
// as a problem; only a folder that cannot be read is an error.
func (l *Library) addOperator(directory string) error {
	folder := os.DirFS(directory)
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		switch name, ok := soundName(e.Name()); {
		case strings.HasPrefix(e.Name(), "."):
		case e.IsDir():
			if err := l.addLanguage(folder, e.Name()); err != nil {
				return err
			}
		case ok && name == musicName:
			l.try(e.Name(), func() error { return l.useMusic(folder, e.Name()) })
		case ok:
			l.try(e.Name(), func() error {
				return fmt.Errorf("want it in the folder of a language, such as %s/%s", lastResort, e.Name())
			})
		}
	}
	return nil
}

func (l *Library) addLanguage(folder fs.FS, lang string) error {
	entries, err := fs.ReadDir(folder, lang)
	if err != nil {
		return err
	}
	known, taken := promptsOf(lang), map[string]string{}
	for _, e := range entries {
		name, ok := soundName(e.Name())
		if !ok || e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		file := path.Join(lang, e.Name())
		l.try(file, func() error {
			if !slices.Contains(known, Prompt(name)) && !strings.HasPrefix(name, ownPrefix) {
				return fmt.Errorf("no prompt is called %q; a recording of your own is %s<name>", name, ownPrefix)
			}
			if other := taken[name]; other != "" {
				return fmt.Errorf("%s is the same prompt", other)
			}
			taken[name] = file
			return l.useRecording(folder, file, lang, Prompt(name))
		})
	}
	return nil
}

// useRecording takes a file in place of a built-in recording. Its words are
// known if a .txt lies beside it.
func (l *Library) useRecording(folder fs.FS, file, lang string, p Prompt) error {
	sound, err := decodeFile(folder, file)
	if err != nil {
		return err
	}
	if err := level(sound, speechLevel); err != nil {
		return err
	}
	data, err := readFile(folder, file)
	if err != nil {
		return err
	}
	text, err := fs.ReadFile(folder, strings.TrimSuffix(file, path.Ext(file))+".txt")
	if err != nil {
		text = nil
	}
	c := newClip(sound)
	l.language(lang).own[p] = &recording{
		text:  strings.TrimSpace(string(text)),
		words: hash(data),
		load:  func() (*clip, error) { return c, nil },
	}
	return nil
}

func (l *Library) useMusic(folder fs.FS, file string) error {
	sound, err := decodeFile(folder, file)
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

// try keeps what is wrong with a file under its name.
func (l *Library) try(file string, use func() error) {
	if err := use(); err != nil {
		l.problems = append(l.problems, fmt.Errorf("%s: %w", file, err))
	}
}

// soundName is a file's name without its ending, and whether it is a sound.
func soundName(file string) (string, bool) {
	switch ext := strings.ToLower(path.Ext(file)); ext {
	case ".wav", ".opus", ".ogg":
		return strings.TrimSuffix(file, path.Ext(file)), true
	}
	return "", false
}
