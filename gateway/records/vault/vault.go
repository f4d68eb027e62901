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
//
// Who only reads never waits for the disk: not behind a key that is being made,
// nor behind some that are being destroyed.
type Vault struct {
	path    string
	writing sync.Mutex // held while the file is replaced

	mu   sync.Mutex
	days map[string]day // replaced as a whole, while writing is held
}

// keys are those of all days. They are not to be changed.
func (v *Vault) keys() map[string]day {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.days
}

// dayOf names the day of a moment.
func dayOf(at time.Time) string { return at.UTC().Format(time.DateOnly) }

// Pseudonym is how a number is known on the day of at, in a record of a class;
// false where there is no name of that day and class yet: see Name.
func (v *Vault) Pseudonym(class string, at time.Time, number string) (string, bool) {
	name := dayOf(at)
	d := v.keys()[name]
	if !d.names(class) {
		return "", false
	}
	return pseudonym(name, d.Pseudonyms, number), true
}

// Name has callers known by pseudonyms on the day of at, in records of a class.
// When it returns nil that is on the disk.
func (v *Vault) Name(class string, at time.Time) error {
	v.writing.Lock()
	defer v.writing.Unlock()
	name := dayOf(at)
	d := v.keys()[name]
	if d.names(class) {
		return nil
	}
	if d.Pseudonyms == nil {
		d.Pseudonyms = newKey()
	}
	d.Named = append(slices.Clone(d.Named), class)
	return v.put(name, d)
}

// names reports whether a class has pseudonyms of this day.
func (d day) names(class string) bool {
	return d.Pseudonyms != nil && slices.Contains(d.Named, class)
}

// Pseudonyms are all under which a number may be found yet.
func (v *Vault) Pseudonyms(number string) []string {
	var all []string
	for name, d := range v.keys() {
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
	return v.destroy(class, func(name string) bool { return name < dayOf(before) })
}

// DestroyAhead is Destroy for the days that have not begun at a moment.
func (v *Vault) DestroyAhead(class string, now time.Time) (int, error) {
	return v.destroy(class, func(name string) bool { return name > dayOf(now) })
}

func (v *Vault) destroy(class string, due func(day string) bool) (int, error) {
	v.writing.Lock()
	defer v.writing.Unlock()
	after, n := map[string]day{}, 0
	for name, d := range v.keys() {
		if due(name) && d.has(class) {
			d, n = d.without(class), n+1
		}
		if d.Pseudonyms != nil || len(d.Classes) > 0 {
			after[name] = d
		}
	}
	if n == 0 {
		return 0, nil
	}
	if err := v.replace(after); err != nil {
		return 0, err
	}
	return n, nil
}

// Overdue counts the days of which Destroy would destroy keys.
func (v *Vault) Overdue(class string, before time.Time) (n int) {
	for name, d := range v.keys() {
		if name < dayOf(before) && d.has(class) {
			n++
		}
	}
	return n
}

// DestroyAll destroys every key.
func (v *Vault) DestroyAll() error {
	v.writing.Lock()
	defer v.writing.Unlock()
	return v.replace(map[string]day{})
}

// Days is how many days there are keys of.
func (v *Vault) Days() int { return len(v.keys()) }

// has reports whether there is something of a class.
func (d day) has(class string) bool {
	return d.Classes[class] != nil || slices.Contains(d.Named, class)
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
