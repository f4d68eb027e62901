package lockout

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/gateway/lasting"
)

// File is the name of a guard's file, in records.directory.
const File = "guessing.json"

const (
	// keepEvery is how old what is on the disk may be: a crash forgets no more
	// than the tries of this time.
	keepEvery = time.Second
	keyLength = 32
	// largest is more than a full guard writes. A longer file is not ours.
	largest = 64 << 20
)

// kept is the file: the key of the day and when it was made, the one before, and
// what was counted with them.
type kept struct {
	Key     []byte                          `json:"key"`
	Since   time.Time                       `json:"since"`
	Before  []byte                          `json:"before,omitempty"`
	Buckets map[Scope]map[string]keptBucket `json:"buckets"`
}

type keptBucket struct {
	Wrong []time.Time `json:"wrong,omitempty"`
	Until time.Time   `json:"until,omitzero"`
}

// Open reads what was counted before, from a file in a folder that is there. In
// the place of one that cannot be understood everything is counted anew: it is
// told as an error, but a gateway that does not start would help nobody. Nor is it
// put aside, where nobody would ever delete what it has about callers.
func Open(path string, c Config, log zerolog.Logger) (*Guard, error) {
	g := New(c, log)
	g.path = path
	content, err := os.ReadFile(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return g, g.Keep()
	case err != nil:
		return nil, fmt.Errorf("read wrong tries: %w", err)
	}
	if err := g.restore(content); err != nil {
		log.Error().Err(err).Str("file", path).
			Msg("the file of wrong tries cannot be read: they are counted anew, and nobody is locked out for what was before")
		return g, g.Keep()
	}
	return g, nil
}

// New counts from nothing, and keeps nothing on the disk.
func New(c Config, log zerolog.Logger) *Guard { return newGuard(c, log, time.Now) }

func newGuard(c Config, log zerolog.Logger, now func() time.Time) *Guard {
	g := &Guard{config: c, log: log, now: now, key: newKey(), since: now(), changed: true}
	g.stats.Locks = map[Scope]uint64{}
	g.buckets = map[Scope]map[string]*bucket{}
	for _, s := range Scopes() {
		g.buckets[s] = map[string]*bucket{}
	}
	return g
}

// restore takes over what a file says. Numbers of tries beyond a limit do no
// harm: they lock.
func (g *Guard) restore(content []byte) error {
	if len(content) > largest {
		return fmt.Errorf("%d bytes are too many", len(content))
	}
	var k kept
	if err := json.Unmarshal(content, &k); err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	if len(k.Key) != keyLength {
		return fmt.Errorf("the key has %d bytes, not %d", len(k.Key), keyLength)
	}
	if k.Before != nil && len(k.Before) != keyLength {
		return fmt.Errorf("the key before has %d bytes, not %d", len(k.Before), keyLength)
	}
	g.key, g.since, g.before, g.changed = k.Key, k.Since, k.Before, false
	for _, s := range Scopes() {
		for name, b := range k.Buckets[s] {
			if s == Caller && len(g.buckets[s]) >= 2*mostCallers {
				return fmt.Errorf("more than %d callers", 2*mostCallers)
			}
			g.buckets[s][name] = &bucket{wrong: b.Wrong, until: b.Until}
		}
	}
	g.sweep(g.now())
	return nil
}

// Run keeps what is counted on the disk until ctx ends.
func (g *Guard) Run(ctx context.Context) error {
	tick := time.NewTicker(keepEvery)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return g.Keep()
		case <-tick.C:
		}
		err := g.Keep()
		if err != nil && !failing {
			g.log.Error().Err(err).Msg("wrong tries cannot be kept: a restart would forget them")
		}
		failing = err != nil
	}
}

// Keep drops what is over and writes what is counted, if it has changed. The file
// is replaced as a whole: after a power cut there is the old one or the new one.
func (g *Guard) Keep() error {
	content, err := g.content()
	if content == nil || err != nil {
		return err
	}
	if err := lasting.Replace(g.path, content); err != nil {
		g.mu.Lock()
		g.changed = true // to be tried again
		g.mu.Unlock()
		return fmt.Errorf("write wrong tries: %w", err)
	}
	return nil
}

// content is what the file has to say, nil where nothing has changed.
func (g *Guard) content() ([]byte, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.rotate(g.now())
	g.sweep(g.now())
	if !g.changed || g.path == "" {
		return nil, nil
	}
	g.changed = false
	k := kept{Key: g.key, Since: g.since, Before: g.before, Buckets: map[Scope]map[string]keptBucket{}}
	for s, all := range g.buckets {
		k.Buckets[s] = make(map[string]keptBucket, len(all))
		for name, b := range all {
			k.Buckets[s][name] = keptBucket{b.wrong, b.until}
		}
	}
	content, err := json.Marshal(k)
	if err != nil {
		return nil, fmt.Errorf("encode wrong tries: %w", err)
	}
	return content, nil
}

// Remove deletes the file of a guard that does not run, and what older versions or
// a crash have left beside it.
func Remove(path string) error {
	files, err := os.ReadDir(filepath.Dir(path))
	for _, f := range files {
		if name := filepath.Base(path); f.Name() == name || strings.HasPrefix(f.Name(), name+".") {
			err = errors.Join(err, os.Remove(filepath.Join(filepath.Dir(path), f.Name())))
		}
	}
	return err
}
