package lockout

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// keyAge is how long callers are known by one key: so that nobody can tell, not
// even with the file, that somebody who dialled wrong today has done so last week.
const keyAge = 24 * time.Hour

func newKey() []byte {
	key := make([]byte, keyLength)
	_, _ = rand.Read(key) // never fails
	return key
}

// rotate gives the guard another key when the one it has is a day old, and
// forgets the one before when nothing can be counted under it any more. g.mu is
// held.
func (g *Guard) rotate(now time.Time) {
	age := now.Sub(g.since)
	if age >= keyAge || age < 0 {
		g.before, g.key, g.since, g.changed = g.key, newKey(), now, true
		return
	}
	if g.before != nil && age >= max(g.config.Window, g.config.Lock) {
		g.before, g.changed = nil, true
	}
}

// known is by what name a caller is known now. What was counted under the key
// before goes on under this one. g.mu is held.
func (g *Guard) known(caller string) string {
	g.rotate(g.now())
	name := pseudonym(g.key, caller)
	if g.before == nil {
		return name
	}
	callers, old := g.buckets[Caller], pseudonym(g.before, caller)
	if b := callers[old]; b != nil {
		b.join(callers[name])
		callers[name] = b
		delete(callers, old)
		g.changed = true
	}
	return name
}

// join adds what another bucket has counted; nil has nothing. Tries that are being
// looked at stay with the bucket that they were begun with, where they end.
func (b *bucket) join(other *bucket) {
	if other == nil {
		return
	}
	b.wrong = append(b.wrong, other.wrong...)
	slices.SortFunc(b.wrong, time.Time.Compare)
	if other.until.After(b.until) {
		b.until = other.until
	}
}

// pseudonym tells callers apart and names none.
func pseudonym(key []byte, caller string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(caller))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// Known is what a file of wrong tries has about a caller.
type Known struct {
	Wrong []time.Time `json:"wrong,omitempty"`
	Until time.Time   `json:"locked_until,omitzero"`
}

// Look finds what the file of a guard, which may be running, has about a caller, in
// any spelling of their number; nil where that is nothing.
func Look(path string, spellings ...string) (*Known, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil //nolint:nilnil // nothing is known, and nothing is wrong
	}
	if err != nil {
		return nil, fmt.Errorf("read wrong tries: %w", err)
	}
	var k kept
	if err := json.Unmarshal(content, &k); err != nil {
		return nil, fmt.Errorf("read wrong tries: %w", err)
	}
	var all bucket
	for _, caller := range spellings {
		for _, key := range [][]byte{k.Key, k.Before} {
			if b, found := k.Buckets[Caller][pseudonym(key, caller)]; found && key != nil {
				all.join(&bucket{wrong: b.Wrong, until: b.Until})
			}
		}
	}
	if len(all.wrong) == 0 && all.until.IsZero() {
		return nil, nil //nolint:nilnil // likewise
	}
	return &Known{all.wrong, all.until}, nil
}
