package announcements

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rs/zerolog"
)

const (
	// longestText is what somebody may have spoken at once, in characters: about
	// two minutes.
	longestText = 2000
	// textTime is how long a synthesiser may take over one text.
	textTime = 15 * time.Second
	// textTurns is how many synthesisers run at a time, so that they leave the
	// processors to the calls.
	textTurns = 2
	// textRest is how long a text that could not be spoken is not tried again.
	textRest = 30 * time.Second
)

var (
	errEmptyText = errors.New("there are no words")
	errLongText  = fmt.Errorf("longer than %d characters", longestText)
	errNoName    = errors.New("the name of a recording is no name")
	errNotSpoken = errors.New("announcements.synthesiser is empty: nothing speaks texts")
)

// Text is what somebody has written, in the language of the speech. Texts that
// begin with own. name a recording of the operator instead, as [Custom] does.
//
// A speech never waits: what [Library.Prepare] has not had spoken before is
// left out, or otherwise is said in its place.
func Text(words string, otherwise ...Item) Item {
	p := part{text: tidy(words)}
	if own, named := Named(words); named {
		p = part{prompt: own}
	}
	p.otherwise = otherwise
	return fixed(p)
}

// Named is the operator's own recording that a text names, if it names one.
func Named(words string) (Prompt, bool) {
	words = tidy(words)
	name, own := strings.CutPrefix(words, ownPrefix)
	return Prompt(words), own && name != "" && !strings.Contains(name, " ")
}

// tidy makes one line of what somebody has written.
func tidy(words string) string {
	return strings.Join(strings.FieldsFunc(words, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

// Phrase is a text in the language in which it is to be spoken.
type Phrase struct{ Language, Words string }

// Prepare has a text spoken, so that [Text] can say it. It may take seconds, so
// it has no place where others wait. What was spoken before, also before the
// last start, is there at once. It returns an error where the text cannot be
// said: no synthesiser, one that fails or takes too long, no such recording. What
// the text says is no part of it.
func (l *Library) Prepare(ctx context.Context, p Phrase) error {
	_, err := l.prepare(ctx, p)
	return err
}

// PrepareUnkept is Prepare for what must not be written to the disk, such as
// somebody's name. It names no recording: people may call themselves anything.
func (l *Library) PrepareUnkept(ctx context.Context, p Phrase) error {
	if _, named := Named(p.Words); named {
		return errNoName
	}
	p.Words = tidy(p.Words)
	_, err := l.texts.prepare(ctx, p, false)
	return err
}

// Keep prepares texts and holds them ready for as long as no other Keep does:
// those of the operator's file, which must never be left out. Where one cannot
// be spoken, what was held before stays.
func (l *Library) Keep(ctx context.Context, all ...Phrase) error {
	clips, errs := make([]*clip, len(all)), make([]error, len(all))
	var work sync.WaitGroup
	for i, p := range all {
		work.Go(func() {
			if clips[i], errs[i] = l.prepare(ctx, p); errs[i] != nil {
				errs[i] = fmt.Errorf("%q cannot be spoken in %s: %w", p.Words, p.Language, inFull(errs[i]))
			}
		})
	}
	work.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	held := make(map[Phrase]*clip, len(all))
	for i, p := range all {
		held[Phrase{p.Language, tidy(p.Words)}] = clips[i]
	}
	l.texts.keep(held)
	return nil
}

func (l *Library) prepare(ctx context.Context, p Phrase) (*clip, error) {
	p.Words = tidy(p.Words)
	own, named := Named(p.Words)
	if !named {
		return l.texts.prepare(ctx, p, true)
	}
	_, c := l.find(p.Language, own)
	if c == nil {
		return nil, fmt.Errorf("announcements.directory has no recording %s in %s", p.Words, p.Language)
	}
	return c, nil
}

// texts are words that the synthesiser has spoken: the latest in memory, and
// more of them on the disk.
type texts struct {
	program []string
	store   store
	log     zerolog.Logger
	turns   chan struct{}
	now     func() time.Time

	mu     sync.Mutex
	shelf  shelf
	busy   map[Phrase]chan struct{} // being spoken; closed when that is over
	failed map[Phrase]failure
}

// failure is a text that could not be spoken, and when.
type failure struct {
	err error
	at  time.Time
}

func newTexts(c Config, log zerolog.Logger) *texts {
	return &texts{
		program: c.Synthesiser, store: store{folder: c.Cache}, log: log, now: time.Now,
		turns: make(chan struct{}, textTurns),
		shelf: newShelf(), busy: map[Phrase]chan struct{}{}, failed: map[Phrase]failure{},
	}
}

// prepare has p spoken, once however many ask for it. Who asks first does the
// work; when they give up, the next does.
func (t *texts) prepare(ctx context.Context, p Phrase, keep bool) (*clip, error) {
	switch n := utf8.RuneCountInString(p.Words); {
	case n == 0:
		return nil, errEmptyText
	case n > longestText:
		return nil, errLongText
	}
	for {
		c, wait, err := t.begin(p)
		switch {
		case c != nil || err != nil:
			return c, err
		case wait == nil:
			c, err := t.speak(ctx, p, keep)
			t.end(ctx, p, c, err)
			return c, err
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// begin finds p, or why it cannot be had, or whom to wait for; if none of
// these, it is the caller's to be spoken.
func (t *texts) begin(p Phrase) (*clip, <-chan struct{}, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.shelf.take(p); c != nil {
		return c, nil, nil
	}
	if wait, busy := t.busy[p]; busy {
		return nil, wait, nil
	}
	if f, failed := t.failed[p]; failed && t.now().Sub(f.at) < textRest {
		return nil, nil, f.err
	}
	t.busy[p] = make(chan struct{})
	return nil, nil, nil
}

// end lets those go on who wait for p.
func (t *texts) end(ctx context.Context, p Phrase, c *clip, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	close(t.busy[p])
	delete(t.busy, p)
	delete(t.failed, p)
	switch {
	case err == nil:
		t.shelf.put(p, c)
	case ctx.Err() == nil: // nobody gave up: it cannot be spoken
		t.failed[p] = failure{err, t.now()}
		t.forget()
	}
}

// forget drops failures that count no more, so that they cannot add up.
func (t *texts) forget() {
	for p, f := range t.failed {
		if t.now().Sub(f.at) >= textRest {
			delete(t.failed, p)
		}
	}
}

// speak gets p from the disk, or else from the synthesiser.
func (t *texts) speak(ctx context.Context, p Phrase, keep bool) (*clip, error) {
	name := t.name(p)
	if keep {
		if sound := t.store.read(name); sound != nil {
			return newClip(sound), nil
		}
	}
	if len(t.program) == 0 {
		return nil, errNotSpoken
	}
	select {
	case t.turns <- struct{}{}:
		defer func() { <-t.turns }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	limited, cancel := context.WithTimeout(ctx, textTime)
	defer cancel()
	sound, err := synthesise(limited, t.program, p.Language, p.Words)
	if err != nil {
		return nil, err
	}
	if keep {
		if err := t.store.write(name, sound); err != nil {
			t.log.Warn().Err(err).Msg("what was spoken cannot be kept in announcements.cache")
		}
	}
	return newClip(sound), nil
}

// find is what was spoken before, nil where it was not.
func (t *texts) find(p Phrase) *clip {
	t.mu.Lock()
	c := t.shelf.take(p)
	t.mu.Unlock()
	if c != nil {
		return c
	}
	sound := t.store.read(t.name(p))
	if sound == nil {
		return nil
	}
	c = newClip(sound)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.shelf.put(p, c)
	return c
}

// keep holds these, and no others, whatever else is spoken.
func (t *texts) keep(held map[Phrase]*clip) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.shelf.held = held
}

// name is the file of p: another voice makes another file.
func (t *texts) name(p Phrase) string {
	sum := sha256.New()
	for _, s := range append([]string{p.Language, p.Words}, t.program...) {
		_, _ = fmt.Fprintf(sum, "%d:%s", len(s), s)
	}
	return hex.EncodeToString(sum.Sum(nil))
}
