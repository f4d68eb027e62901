package records

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/gateway/records/ledger"
	"github.com/einwahl/einwahl/gateway/records/seal"
	"github.com/einwahl/einwahl/gateway/records/store"
	"github.com/einwahl/einwahl/gateway/records/vault"
)

// Book is the records of one gateway. Its methods may be called from several
// goroutines. What is appended is written while Run runs.
type Book struct {
	config Config
	log    zerolog.Logger
	store  *store.Store
	key    ed25519.PrivateKey
	vault  *vault.Vault
	clock  *timekeeper
	sealTo *seal.Recipient // nil: numbers are not sealed

	requests chan request
	over     chan struct{} // closed when nothing is written any more
	end      sync.Once

	// These belong to Run.
	tail     ledger.Tail
	tried    ledger.Tail // what the last write would have led to
	unsure   bool        // the last write failed, or seemed to
	head     *ledger.Checkpoint
	anchored uint64 // up to there a checkpoint is in the file
}

// Why a record was not written.
var (
	errOver  = errors.New("records are closed")
	errHangs = errors.New("the disk, or the database, does not answer")
)

// keysFile is the name of the file without which no record can be read.
const keysFile = "records.keys"

// opening bounds how long looking through the records may take at start.
const opening = 10 * time.Minute

// Open opens the records, or makes them, and looks through the ledger. Where
// it was tampered with that is an error, unless the operator accepts it.
func Open(c Config, log zerolog.Logger) (*Book, error) {
	ctx, cancel := context.WithTimeout(context.Background(), opening)
	defer cancel()
	if err := os.MkdirAll(c.Directory, 0o700); err != nil {
		return nil, fmt.Errorf("make folder for records: %w", err)
	}
	b := &Book{config: c, log: log, requests: make(chan request, queue), over: make(chan struct{})}
	if c.SealTo != "" {
		to, err := seal.ParseRecipient(c.SealTo)
		if err != nil {
			return nil, err
		}
		b.sealTo = &to
	}
	var err error
	if c.Postgres != "" {
		b.store, err = store.OpenPostgres(ctx, string(c.Postgres), c.Directory)
	} else {
		b.store, err = store.OpenSQLite(ctx, c.Directory)
	}
	if err != nil {
		return nil, err
	}
	// Not before: whoever wrote until now may have made keys, and destroyed some.
	if b.vault, err = vault.Open(filepath.Join(c.Directory, keysFile)); err != nil {
		return nil, errors.Join(err, b.store.Close())
	}
	b.store.Encrypt(b.vault)
	if err := b.begin(ctx); err != nil {
		return nil, errors.Join(err, b.store.Close())
	}
	return b, nil
}

// begin takes the key and looks through the ledger.
func (b *Book) begin(ctx context.Context) error {
	var err error
	if b.tail, err = b.store.Tail(ctx); err != nil {
		return err
	}
	fresh := b.tail.Seq == 0 || b.config.Broken == Accept
	key, made, err := openKey(b.config.Directory, fresh)
	if errors.Is(err, errNoKey) {
		return fmt.Errorf("%w; with records.broken: accept another is made", err)
	}
	if err != nil {
		return err
	}
	b.key = key
	if made {
		b.log.Info().Str("key", ledger.FormatKey(key.Public().(ed25519.PublicKey))).
			Msg("a key was made that signs the records: keep this public half elsewhere, to verify them with")
	}
	began := time.Now()
	report, err := b.verify(ctx)
	if err != nil {
		return err
	}
	signed := time.Now() // a gateway that has signed nothing has nothing to lose
	if b.head != nil {
		signed = b.head.Time
	}
	b.clock = openClock(b.config.Directory, signed)
	b.log.Info().Uint64("entries", report.Entries).Dur("took", time.Since(began)).Int("faults", len(report.Faults)).Msg("records looked through")
	if report.Whole() {
		return nil
	}
	if b.config.Broken != Accept {
		return brokenError{report.Faults}
	}
	b.log.Error().Stringer("first", report.Faults[0]).Int("faults", len(report.Faults)).
		Msg("the records were tampered with, and records.broken accepts it: what is written from here on can be shown, what was before cannot")
	return nil
}

// verify goes through the ledger as it is at start.
func (b *Book) verify(ctx context.Context) (ledger.Report, error) {
	view, err := b.store.View(ctx)
	if err != nil {
		return ledger.Report{}, err
	}
	report, err := verify(view, b.config, nil, nil, true)
	head, signed, fault := view.Head()
	if signed {
		b.head = &head
	}
	known, _, unread := ownAnchors(b.config) // verify has told what is damaged
	for _, c := range known {
		b.anchored = max(b.anchored, c.Seq)
	}
	if !report.Whole() {
		b.anchored = 0 // the file may be ahead of what there is
	}
	return report, errors.Join(err, fault, unread, view.Close())
}

// brokenError tells that the ledger does not fit.
type brokenError struct{ faults []ledger.Fault }

// Error tells the first faults.
func (e brokenError) Error() string {
	const told = 3
	text := "the records were tampered with"
	for _, f := range e.faults[:min(told, len(e.faults))] {
		text += "; " + f.String()
	}
	if more := len(e.faults) - told; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text + ". `einwahl records verify` names all of it; with records.broken: accept the gateway starts all the same"
}

// Days is Config.Days of the settings that are in force.
func (b *Book) Days(now time.Time) int { return b.config.Days(now) }

// Close closes the records. Run must have returned, or never have begun. It is
// safe to call twice.
func (b *Book) Close() error {
	b.end.Do(func() { close(b.over) })
	return b.store.Close()
}
