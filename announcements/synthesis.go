package announcements

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/einwahl/einwahl/transcode/wav"
)

const (
	// synthesisTime is how long a synthesiser may take over one prompt.
	synthesisTime = time.Minute
	// synthesisSize bounds what it may say: ten minutes at 48 kHz.
	synthesisSize = 10 * 60 * 48000 * 2
	// afterKill is how long the output of a synthesiser is awaited that was killed.
	afterKill = time.Second
	// longestComplaint is how much is told of what a synthesiser says went wrong,
	// in bytes.
	longestComplaint = 500
	// languageMark stands for the language in a synthesiser's arguments.
	languageMark = "{language}"
	wordsSuffix  = ".txt"
)

var (
	errNoSynthesiser = errors.New(`announcements.synthesiser is empty: want a program that reads a text and writes WAV, such as ["espeak-ng", "-v", "{language}", "--stdin", "--stdout"]`)
	errNoDirectory   = errors.New("announcements.directory is empty: want the folder for your own recordings")
	errTooLong       = errors.New("the synthesiser does not come to an end")
)

// OwnWords are the texts that the operator has written for a language, as
// <language>/<prompt>.txt in their folder.
func OwnWords(c Config, lang string) (map[Prompt]string, error) {
	if c.Directory == "" {
		return nil, errNoDirectory
	}
	entries, err := os.ReadDir(filepath.Join(c.Directory, lang))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read your own words: %w", err)
	}
	own := map[Prompt]string{}
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), wordsSuffix)
		if !ok {
			continue
		}
		words, err := os.ReadFile(filepath.Join(c.Directory, lang, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("read your own words: %w", err)
		}
		own[Prompt(name)] = strings.TrimSpace(string(words))
	}
	return own, nil
}

// Render has the configured synthesiser say words, and puts the recording with
// its words into the operator's folder, where it takes the place of the
// built-in one at the next start. It returns the file's name. Whatever was
// there before stays until all has gone well.
func Render(ctx context.Context, c Config, lang string, p Prompt, words string) (string, error) {
	switch {
	case len(c.Synthesiser) == 0:
		return "", errNoSynthesiser
	case c.Directory == "":
		return "", errNoDirectory
	case !filepath.IsLocal(lang) || filepath.Base(lang) != lang:
		return "", fmt.Errorf("%q is no language", lang)
	case !slices.Contains(promptsOf(lang), p) && !strings.HasPrefix(string(p), ownPrefix):
		return "", fmt.Errorf("no prompt is called %q; a recording of your own is %s<name>", p, ownPrefix)
	case words == "":
		return "", fmt.Errorf("there are no words for %s in %s", p, lang)
	}
	sound, err := synthesise(ctx, c.Synthesiser, lang, words)
	if err != nil {
		return "", fmt.Errorf("render %s: %w", p, inFull(err))
	}
	var file bytes.Buffer
	if err := wav.Write(&file, clipRate, sound); err != nil {
		return "", fmt.Errorf("render %s: %w", p, err)
	}
	name := filepath.Join(c.Directory, lang, string(p))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return "", fmt.Errorf("render %s: %w", p, err)
	}
	err = errors.Join(replace(name+wordsSuffix, []byte(words+"\n"), 0o644), replace(name+".wav", file.Bytes(), 0o644))
	return name + ".wav", err
}

// synthesise runs the program: the text goes to its standard input, the sound
// comes from its standard output. A program that fails is a *complaint.
func synthesise(ctx context.Context, program []string, lang, words string) ([]int16, error) {
	ctx, cancel := context.WithTimeout(ctx, synthesisTime)
	defer cancel()
	args := make([]string, len(program))
	for i, a := range program {
		args[i] = strings.ReplaceAll(a, languageMark, lang)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	endWithChildren(cmd)
	cmd.Stdin = strings.NewReader(words)
	var said beginning
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	standBack(cmd.Process.Pid)
	data, readErr := io.ReadAll(io.LimitReader(out, synthesisSize+1))
	if len(data) > synthesisSize {
		cancel()
		readErr = errTooLong
	}
	if err := errors.Join(readErr, cmd.Wait()); err != nil {
		return nil, &complaint{fmt.Errorf("%s: %w", args[0], err), strings.TrimSpace(string(said))}
	}
	sound, err := wav.Read(bytes.NewReader(data), clipRate)
	if err != nil {
		return nil, fmt.Errorf("what %s wrote: %w", args[0], err)
	}
	return sound, level(sound, speechLevel)
}

// complaint is a synthesiser that has failed, and what it says of it. That may repeat
// the text, which may be somebody's name, so it is no part of the error: logs have it.
type complaint struct {
	err  error
	said string
}

func (c *complaint) Error() string { return c.err.Error() }
func (c *complaint) Unwrap() error { return c.err }

// inFull adds to an error what a synthesiser has said, for those who have written
// the text themselves.
func inFull(err error) error {
	var c *complaint
	if errors.As(err, &c) && c.said != "" {
		return fmt.Errorf("%w: %s", err, c.said)
	}
	return err
}

// beginning is as much as is told of what is written to it.
type beginning []byte

// Write takes all of p.
func (b *beginning) Write(p []byte) (int, error) {
	*b = append(*b, p[:min(len(p), longestComplaint-len(*b))]...)
	return len(p), nil
}

// endWithChildren has a program's end be that of what it has begun too: a shell
// that is killed would leave its pipeline behind, which holds the output open, and
// with it the turn and the call of who waits for it.
func endWithChildren(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = afterKill
}

// halfSuffix is that of a file that is being written.
const halfSuffix = ".new"

// replace writes a file all at once.
func replace(name string, data []byte, mode fs.FileMode) error {
	half := name + halfSuffix
	if err := os.WriteFile(half, data, mode); err != nil {
		return err
	}
	return os.Rename(half, name)
}
