// Package records keeps what must be shown later: that callers were asked
// before they were recorded and what they answered, and which calls there
// were.
//
// A record is one line of JSON, appended and on the disk before Append
// returns: a consent that is not written has not been given. Consents and
// calls are kept apart because they are kept for different times. No record
// holds a caller's telephone number; a caller is known by the call's random ID
// and, where it is not the number itself, by the label that the others in the
// meeting saw.
package records

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Consent is what one caller was told and asked about one recording, and what
// they answered.
type Consent struct {
	Time     time.Time     `json:"time"` // with the offset of the place
	Call     string        `json:"call"`
	Meeting  string        `json:"meeting"`
	Run      uint64        `json:"run"`           // which recording of the meeting
	Policy   string        `json:"policy"`        // notice or required
	Answer   string        `json:"answer"`        // informed, agreed, declined, withdrawn or left
	Key      string        `json:"key,omitempty"` // the key pressed; none for silence and for a notice
	Language string        `json:"language"`
	Prompts  []string      `json:"prompts"`  // what was said, in this order
	Words    string        `json:"words"`    // version of the words
	Heard    time.Duration `json:"heard_ns"` // how much of it was played
	Program  string        `json:"program,omitempty"`
}

// Call is one call, written when it is over.
type Call struct {
	Start      time.Time     `json:"start"`
	Duration   time.Duration `json:"duration_ns"`
	Call       string        `json:"call"`
	Trunk      string        `json:"trunk"`
	Number     string        `json:"number"`           // the called number
	Caller     string        `json:"caller,omitempty"` // the label others saw; empty where that was the number
	Meeting    string        `json:"meeting,omitempty"`
	Language   string        `json:"language,omitempty"`
	Encryption string        `json:"encryption,omitempty"` // of the meeting
	SecureLeg  bool          `json:"secure_leg"`
	Outcome    string        `json:"outcome"`
	Sound      *Sound        `json:"sound,omitempty"` // nil where there was none
}

// Sound is how a call sounded. Shares are from 0 to 1; ratings are the R of the
// E-model (ITU-T G.107), from 0 to 100: below 70 many callers are dissatisfied.
type Sound struct {
	Codec     string  `json:"codec"`
	Rating    float64 `json:"r_factor,omitempty"`   // of what the caller says
	Lost      float64 `json:"lost"`                 // share of the caller's packets
	Discarded float64 `json:"discarded"`            // share that came and was not played
	Concealed float64 `json:"concealed"`            // share of what was played that was made up
	Jitter    float64 `json:"jitter_ms"`            // between their packets (RFC 3550)
	Delay     float64 `json:"delay_ms"`             // that the buffer adds
	Level     int     `json:"level_dbov,omitempty"` // of the caller's voice; 0: they have said nothing
	Noise     int     `json:"noise_dbov,omitempty"` // of what is heard between their words, likewise

	// What the caller's side reports of what it hears; 0 where it does not.
	TheyLost    float64 `json:"they_lost,omitempty"`
	RoundTrip   float64 `json:"round_trip_ms,omitempty"`
	TheirRating float64 `json:"their_r_factor,omitempty"`
}

// Config is the "records" section of the operator's file.
type Config struct {
	// Directory is where the files are; it is made where it is missing.
	Directory string `yaml:"directory"`
}

// DefaultConfig returns the settings used where the file is silent.
func DefaultConfig() Config { return Config{Directory: filepath.Join("data", "records")} }

// Validate reports every mistake at once, each under its key in the file.
func (c Config) Validate() error {
	if c.Directory == "" {
		return errors.New("directory: want a folder; without records nobody could be asked for consent")
	}
	return nil
}

// Book is the files of one gateway. Its methods may be called from several
// goroutines.
type Book struct {
	consents, calls *journal
}

// Open opens the files of a folder, or makes them.
func Open(c Config) (*Book, error) {
	if err := os.MkdirAll(c.Directory, 0o700); err != nil {
		return nil, fmt.Errorf("make folder for records: %w", err)
	}
	consents, err := openJournal(filepath.Join(c.Directory, "consents.jsonl"))
	if err != nil {
		return nil, err
	}
	calls, err := openJournal(filepath.Join(c.Directory, "calls.jsonl"))
	if err != nil {
		return nil, errors.Join(err, consents.close())
	}
	if err := syncFolder(c.Directory); err != nil {
		return nil, errors.Join(err, consents.close(), calls.close())
	}
	return &Book{consents: consents, calls: calls}, nil
}

// AppendConsent writes c. When it returns nil, c is on the disk.
func (b *Book) AppendConsent(c Consent) error { return b.consents.append(c) }

// AppendCall writes c. When it returns nil, c is on the disk.
func (b *Book) AppendCall(c Call) error { return b.calls.append(c) }

// Close closes the files. It is safe to call twice.
func (b *Book) Close() error { return errors.Join(b.consents.close(), b.calls.close()) }

// syncFolder makes the names of new files last.
func syncFolder(name string) error {
	folder, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("open folder of records: %w", err)
	}
	defer folder.Close()
	if err := folder.Sync(); err != nil {
		return fmt.Errorf("write folder of records to the disk: %w", err)
	}
	return nil
}
