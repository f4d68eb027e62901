package records

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/einwahl/einwahl/gateway/records/ledger"
)

// Purged is what was purged of a class.
type Purged struct {
	Class  Class     `json:"class"`
	Before time.Time `json:"before"` // what was older is gone
	Count  int       `json:"count"`
	Keys   int       `json:"keys"` // days whose keys were destroyed, with what backups have of them
}

// PurgeDue deletes what has been kept for long enough at a moment that is to be
// believed (see Book.Believe), and then the keys of what is gone. It tells the
// classes of which there was something. Where one cannot be purged the others are
// all the same, and the next time finds what was left.
func (b *Book) PurgeDue(ctx context.Context, now time.Time) (all []Purged, err error) {
	for _, d := range b.config.due(now) {
		p, fault := b.purge(ctx, d)
		if p.Count > 0 || p.Keys > 0 {
			all = append(all, p)
		}
		err = errors.Join(err, fault)
	}
	dated, fault := b.purgeAhead(ctx, now)
	return append(all, dated...), errors.Join(err, fault)
}

func (b *Book) purge(ctx context.Context, d due) (p Purged, err error) {
	p = Purged{Class: d.class, Before: d.before}
	if d.class == ClassCall {
		p.Count, err = b.PurgeCalls(ctx, d.before)
	} else {
		p.Count, err = b.Purge(ctx, d.class, d.before)
	}
	if err != nil {
		return p, err
	}
	p.Keys, err = b.vault.Destroy(string(d.class), d.before)
	return p, err
}

// never is a moment that no record is dated after, whatever a clock has shown.
func never() time.Time { return time.Unix(0, math.MaxInt64) }

// PurgeAll deletes every content and every call, and destroys all keys: for the
// end of a gateway's life. What stays is a chain that still fits, and is about
// nobody.
func (b *Book) PurgeAll(ctx context.Context) (all []Purged, err error) {
	for _, d := range b.config.due(never()) {
		p, fault := b.purge(ctx, due{d.class, never()})
		if p.Count > 0 || p.Keys > 0 {
			all = append(all, p)
		}
		err = errors.Join(err, fault)
	}
	if err != nil {
		return all, err
	}
	return all, b.vault.DestroyAll()
}

// TellPurged has the ledger tell what was purged elsewhere, for the same reasons
// as records are.
func (b *Book) TellPurged(p Purged) error {
	x := ledger.Erasure{Class: string(p.Class), Before: p.Before, Count: p.Count}
	return b.tell(&request{}, ledger.KindPurged, x)
}
