// Package vault holds the keys that records cannot be read without, and destroys
// them when the records are due to go.
//
// Records are encrypted on the disk, those of each day (UTC) and class under a
// key of their own; and callers are known by pseudonyms, HMAC-SHA-256 of their
// number under a key of the day, so that nobody's calls of two days can be told
// to be one person's without the keys. All keys are in one small file. When what
// a key is for is purged the key goes too, and with it every copy of the records
// that is anywhere: in a backup, in a snapshot, in the blocks of a disk that were
// freed and not overwritten. So the file itself does not belong into backups that
// are kept for longer than the records.
//
// The key of a day's pseudonyms goes when the last class is purged that has one
// of that day.
package vault

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"sync"
	"time"
)

const keySize = 32

// day are the keys of one day.
type day struct {
	Pseudonyms []byte            `json:"pseudonyms,omitempty"`
	Named      []string          `json:"named,omitempty"` // classes that have pseudonyms of this day
	Classes    map[string][]byte `json:"classes,omitempty"`
}

// Vault is the keys. Its methods may be called from several goroutines.
type Vault struct {
	path string

	mu   sync.Mutex
	days map[string]day
}

// dayOf names the day of a moment.
func dayOf(at time.Time) string { return at.UTC().Format(time.DateOnly) }

// Pseudonym is how a number is known on the day of at, in a record of a class.
func (v *Vault) Pseudonym(class string, at time.Time, number string) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	name := dayOf(at)
	d := v.days[name]
	if d.Pseudonyms == nil || !slices.Contains(d.Named, class) {
		if d.Pseudonyms == nil {
			d.Pseudonyms = newKey()
		}
		d.Named = append(slices.Clone(d.Named), class)
		if err := v.put(name, d); err != nil {
			return "", err
		}
	}
	return pseudonym(name, d.Pseudonyms, number), nil
}

// Pseudonyms are all under which a number may be found yet.
func (v *Vault) Pseudonyms(number string) []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	var all []string
	for name, d := range v.days {
		if d.Pseudonyms != nil {
			all = append(all, pseudonym(name, d.Pseudonyms, number))
		}
	}
	slices.Sort(all)
	return all
}

func pseudonym(name string, key []byte, number string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(number))
	return name + "-" + hex.EncodeToString(mac.Sum(nil)[:16])
}

// Destroy destroys the keys of a class for the days that have ended before a
// moment, and those of pseudonyms that nothing has any more. It tells how many
// days that were.
func (v *Vault) Destroy(class string, before time.Time) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	after, n := map[string]day{}, 0
	for name, d := range v.days {
		if d.due(name, class, before) {
			d, n = d.without(class), n+1
		}
		if d.Pseudonyms != nil || len(d.Classes) > 0 {
			after[name] = d
		}
	}
	if n == 0 {
		return 0, nil
	}
	return n, v.replace(after)
}

// Overdue counts the days of which Destroy would destroy keys.
func (v *Vault) Overdue(class string, before time.Time) (n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for name, d := range v.days {
		if d.due(name, class, before) {
			n++
		}
	}
	return n
}

// DestroyAll destroys every key.
func (v *Vault) DestroyAll() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.replace(map[string]day{})
}

// Days is how many days there are keys of.
func (v *Vault) Days() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.days)
}

// due reports whether the day has ended before a moment, and there is something
// of the class.
func (d day) due(name, class string, before time.Time) bool {
	return name < dayOf(before) && (d.Classes[class] != nil || slices.Contains(d.Named, class))
}

// without is a day without a class.
func (d day) without(class string) day {
	left := day{Pseudonyms: d.Pseudonyms, Classes: map[string][]byte{}}
	for c, key := range d.Classes {
		if c != class {
			left.Classes[c] = key
		}
	}
	for _, c := range d.Named {
		if c != class {
			left.Named = append(left.Named, c)
		}
	}
	if len(left.Named) == 0 {
		left.Pseudonyms = nil
	}
	return left
}

func newKey() []byte {
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // never fails
	return key
}
