package vault

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"time"

	"github.com/einwahl/einwahl/gateway/lasting"
)

// kept is the file.
type kept struct {
	Days map[string]day `json:"days"`
}

// Open reads the keys of a file. Where there is none it is made with the first
// key.
func Open(path string) (*Vault, error) {
	const tries = 3 // a gateway may be overwriting the file that was just opened
	v := &Vault{path: path, days: map[string]day{}}
	var fault error
	for range tries {
		content, err := os.ReadFile(path)
		if errors.Is(err, os.ErrNotExist) {
			return v, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read keys of the records: %w", err)
		}
		if v.days, fault = decode(content); fault == nil {
			return v, nil
		}
	}
	return nil, fmt.Errorf("%s: %w", path, fault)
}

// decode reads the file's content strictly: a key that is only half there would
// pass for records that were altered.
func decode(content []byte) (map[string]day, error) {
	var k kept
	if err := json.Unmarshal(content, &k); err != nil {
		return nil, fmt.Errorf("these are no keys of records: %w", err)
	}
	for name, d := range k.Days {
		if _, err := time.Parse(time.DateOnly, name); err != nil {
			return nil, fmt.Errorf("%q is no day", name)
		}
		if d.Pseudonyms != nil && len(d.Pseudonyms) != keySize {
			return nil, fmt.Errorf("%s: a key has %d bytes, not %d", name, len(d.Pseudonyms), keySize)
		}
		for _, key := range d.Classes {
			if len(key) != keySize {
				return nil, fmt.Errorf("%s: a key has %d bytes, not %d", name, len(key), keySize)
			}
		}
	}
	if k.Days == nil {
		k.Days = map[string]day{}
	}
	return k.Days, nil
}

// Join adds the keys of another vault, which was read at another moment. It
// changes no file.
func (v *Vault) Join(other *Vault) {
	joined := maps.Clone(v.keys())
	for name, d := range other.keys() {
		mine := joined[name]
		if mine.Pseudonyms == nil {
			mine.Pseudonyms = d.Pseudonyms
		}
		classes := maps.Clone(d.Classes)
		if classes == nil {
			classes = map[string][]byte{}
		}
		maps.Copy(classes, mine.Classes)
		mine.Classes = classes
		joined[name] = mine
	}
	v.set(joined)
}

func (v *Vault) set(days map[string]day) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.days = days
}

// put has a day in the file. v.writing is held.
func (v *Vault) put(name string, d day) error {
	after := maps.Clone(v.keys())
	after[name] = d
	return v.replace(after)
}

// replace has these keys in the file and no others. v.writing is held. The new file is
// whole before it takes the place of the old one, which is then overwritten.
func (v *Vault) replace(days map[string]day) error {
	content, err := json.Marshal(kept{days})
	if err != nil {
		return fmt.Errorf("encode keys of the records: %w", err)
	}
	old, err := os.OpenFile(v.path, os.O_WRONLY, 0)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("write keys of the records: %w", err)
	}
	if err := lasting.Replace(v.path, content); err != nil {
		if old != nil {
			_ = old.Close() // the first error is the one to tell
		}
		return fmt.Errorf("write keys of the records: %w", err)
	}
	v.set(days)
	if old == nil {
		return nil
	}
	if err := overwrite(old); err != nil {
		return fmt.Errorf("overwrite destroyed keys of the records: %w", err)
	}
	return nil
}

// overwrite fills a file that has no name any more with zeros. Whether the disk
// writes them in the same place is the disk's affair.
func overwrite(file *os.File) error {
	info, err := file.Stat()
	if err == nil {
		_, err = file.WriteAt(make([]byte, info.Size()), 0)
	}
	return errors.Join(err, file.Sync(), file.Close())
}
