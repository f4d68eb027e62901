package records

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/einwahl/einwahl/gateway/records/ledger"
)

// What came of it when somebody wanted a recording.
const (
	AccessExported = "exported"
	AccessRefused  = "refused"
)

// Access is that somebody has made files of a recording that anybody can play, or
// could not since the key was not there.
type Access struct {
	Time      time.Time `json:"time"`
	Recording string    `json:"recording"` // the name of its folder
	Meeting   string    `json:"meeting"`
	Outcome   string    `json:"outcome"` // exported or refused
	Who       string    `json:"who"`     // as the machine knows them
	Why       string    `json:"why,omitempty"`
}

// longestAccess bounds each text of an Access, in bytes.
const longestAccess = 300

// Validate reports what no entry is made of.
func (a Access) Validate() error {
	switch {
	case a.Recording == "" || a.Who == "":
		return errors.New("want the recording, and who it is that wants it")
	case a.Outcome != AccessExported && a.Outcome != AccessRefused:
		return fmt.Errorf("outcome: %q: want exported or refused", a.Outcome)
	case max(len(a.Recording), len(a.Meeting), len(a.Who), len(a.Why)) > longestAccess:
		return fmt.Errorf("want texts of at most %d bytes", longestAccess)
	}
	return nil
}

// AppendAccess writes a. When it returns nil, a is on the disk.
func (b *Book) AppendAccess(a Access) error {
	if err := a.Validate(); err != nil {
		return err
	}
	body, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("encode record: %w", err)
	}
	return b.submit(request{drafts: []ledger.Draft{{Kind: KindAccess, Class: string(ClassAccess), Body: body}}})
}
