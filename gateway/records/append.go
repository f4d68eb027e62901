package records

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/einwahl/einwahl/gateway/records/ledger"
	"github.com/einwahl/einwahl/gateway/records/store"
)

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
		c.Subject, err = b.pseudonym(ctx, c.Class(), b.clock.date(c.Time), c.Telephone)
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

// AppendCall writes c. When it returns nil, c is on the disk.
func (b *Book) AppendCall(c Call) error {
	var r request
	ctx, cancel := bounded()
	defer cancel()
	ended := b.clock.date(c.Start.Add(c.Duration))
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
