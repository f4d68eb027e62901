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
	// AccessRecorded is no access: the gateway tells that a recording has ended.
	AccessRecorded = "recorded"
)

// Access is that somebody has made files of a recording that anybody can play, or
// could not since the key was not there; and, to compare it with, how the recording was
// when it ended.
type Access struct {
	Time      time.Time `json:"time"`
	Recording string    `json:"recording"` // the name of its folder
	Meeting   string    `json:"meeting"`
	Outcome   string    `json:"outcome"`       // exported, refused or recorded
	Who       string    `json:"who,omitempty"` // as the machine knows them; nobody where it was recorded
	Why       string    `json:"why,omitempty"`
	Manifest  string    `json:"manifest_sha256,omitempty"` // of one that has ended; it has the checksums of all files
}

// longestAccess bounds each text of an Access, in bytes.
const longestAccess = 300

// Validate reports what no entry about somebody is made of.
func (a Access) Validate() error {
	switch {
	case a.Recording == "" || a.Who == "" || a.Manifest != "":
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
	return b.appendAccess(a)
}

// AppendRecorded writes that a recording has ended, and the SHA-256 of its manifest.
// When it returns nil, it is on the disk.
func (b *Book) AppendRecorded(recording, meeting, sum string) error {
	return b.appendAccess(Access{Time: time.Now(), Recording: recording, Meeting: meeting, Outcome: AccessRecorded, Manifest: sum})
}

// Recorded is the SHA-256 of the manifest of each recording that the ledger tells of,
// by its name.
func (r *Reader) Recorded() (map[string]string, error) {
	all := map[string]string{}
	for e, err := range r.Entries(0) {
		if err != nil {
			return nil, err
		}
		var a Access
		if e.Kind == KindAccess && json.Unmarshal(e.Body, &a) == nil && a.Outcome == AccessRecorded {
			all[a.Recording] = a.Manifest
		}
	}
	return all, nil
}

func (b *Book) appendAccess(a Access) error {
	body, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("encode record: %w", err)
	}
	return b.submit(request{drafts: []ledger.Draft{{Kind: KindAccess, Class: string(ClassAccess), Body: body}}})
}
