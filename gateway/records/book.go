package records

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
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
	time   *timekeeper
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
	b.time = openClock(b.config.Directory, signed)
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

// AppendConsent writes c. When it returns nil, c is on the disk.
func (b *Book) AppendConsent(c Consent) error {
	if c.Kind == "" {
		c.Kind = KindRecording
	}
	ctx, cancel := bounded()
	defer cancel()
	if err := b.name(ctx, &c); err != nil {
		return err
	}
	body, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode record: %w", err)
	}
	return b.await(ctx, request{drafts: []ledger.Draft{{Kind: c.Kind, Class: string(c.Class()), Body: body}}})
}

// name has what stands for the caller's number take its place.
func (b *Book) name(ctx context.Context, c *Consent) (err error) {
	switch {
	case c.Telephone == "":
	case b.sealTo != nil && c.Class() == ClassConsent:
		c.Sealed, err = b.sealTo.Seal(c.Telephone)
	default:
		c.Subject, err = b.pseudonym(ctx, c.Class(), b.time.date(c.Time), c.Telephone)
	}
	return err
}

// pseudonym is how a number is known on a day, in a record of a class. The first
// of a day makes a key, and that is for Run to do: no call waits for the disk
// itself.
func (b *Book) pseudonym(ctx context.Context, class Class, at time.Time, number string) (string, error) {
	if name, ok := b.vault.Pseudonym(string(class), at, spelled(number)); ok {
		return name, nil
	}
	if err := b.await(ctx, request{naming: &naming{class, at}}); err != nil {
		return "", err
	}
	name, ok := b.vault.Pseudonym(string(class), at, spelled(number))
	if !ok {
		return "", fmt.Errorf("the day of %v is over, and its keys are destroyed", at)
	}
	return name, nil
}

// Days is Config.Days of the settings that are in force.
func (b *Book) Days(now time.Time) int { return b.config.Days(now) }

// AppendCall writes c. When it returns nil, c is on the disk.
func (b *Book) AppendCall(c Call) error {
	var r request
	ctx, cancel := bounded()
	defer cancel()
	ended := b.time.date(c.Start.Add(c.Duration))
	if c.Telephone != "" {
		var err error
		if c.Subject, err = b.pseudonym(ctx, ClassCall, ended, c.Telephone); err != nil {
			return err
		}
		c.LastDigits = lastDigits(c.Telephone, b.config.LastDigits)
		if b.config.Bills(ended) {
			body, err := json.Marshal(Billed{c.Start, c.Duration, c.Call, c.Telephone, c.Number, c.Trunk})
			if err != nil {
				return fmt.Errorf("encode record: %w", err)
			}
			r.drafts = []ledger.Draft{{Kind: KindBilling, Class: string(ClassBilling), Body: body}}
		}
	}
	body, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode record: %w", err)
	}
	r.calls = []store.Call{{Ended: ended, Subject: c.Subject, Body: body}}
	return b.await(ctx, r)
}

// bounded ends when somebody has waited for as long as they may.
func bounded() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), longest)
}

// submit has a request written, and waits until it is.
func (b *Book) submit(r request) error {
	ctx, cancel := bounded()
	defer cancel()
	return b.await(ctx, r)
}

// await is submit, until ctx ends. A disk that hangs holds nobody up for good:
// the request may then be written yet, or not.
func (b *Book) await(ctx context.Context, r request) error {
	r.done = make(chan error, 1)
	select {
	case b.requests <- r:
	case <-ctx.Done():
		return errHangs
	case <-b.over:
		return errOver
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		return errHangs
	case <-b.over:
	}
	select {
	case err := <-r.done: // both at once
		return err
	default:
		return errOver
	}
}

// Close closes the records. Run must have returned, or never have begun. It is
// safe to call twice.
func (b *Book) Close() error {
	b.end.Do(func() { close(b.over) })
	return b.store.Close()
}
