package records

import (
	"context"
	"errors"
	"math"
	"time"
)

// ahead tells that records were found to be dated later than it was: a clock had
// run ahead, and was set right. None of them is younger than the moment at which
// they were found.
type ahead struct {
	Found time.Time `json:"found"`
	Entry int64     `json:"entry"` // the last that there was
	Call  int64     `json:"call"`
}

// of is the last of a class.
func (a ahead) of(class Class) int64 {
	if class == ClassCall {
		return a.Call
	}
	return a.Entry
}

// whyAhead is what the ledger tells of them.
const whyAhead = "dated by a clock that ran ahead, and kept for long enough"

// purgeAhead deletes records that are dated ahead when they have been kept for
// long enough since they were found: by their dates they would stay for years.
// Those of which nobody knew yet it finds.
func (b *Book) purgeAhead(ctx context.Context, now time.Time) (all []Purged, err error) {
	known := b.clock.known().Ahead
	if known == (ahead{}) {
		return nil, b.findAhead(ctx, now)
	}
	left := false
	for _, d := range b.config.due(now) {
		ids, fault := b.later(ctx, d.class, known.Found, known.of(d.class))
		err = errors.Join(err, fault)
		if len(ids) == 0 {
			continue
		}
		if !known.Found.Before(d.before) {
			left = true
			continue
		}
		p, fault := b.eraseAhead(ctx, d, ids, now)
		if p.Count > 0 {
			all = append(all, p)
		}
		err = errors.Join(err, fault)
	}
	if left || err != nil {
		return all, err
	}
	return all, b.clock.change(func(c *clock) { c.Ahead = ahead{} })
}

// eraseAhead deletes records of a class, and the keys of days that have not begun,
// unless others need them that were found later.
func (b *Book) eraseAhead(ctx context.Context, d due, ids []int64, now time.Time) (p Purged, err error) {
	p = Purged{Class: d.class, Before: d.before}
	if d.class == ClassCall {
		p.Count, err = b.eraseCalls(ids, whyAhead)
	} else {
		seqs := make([]uint64, len(ids))
		for i, id := range ids {
			seqs[i] = uint64(id)
		}
		p.Count, err = b.erase(seqs, whyAhead)
	}
	if err != nil {
		return p, err
	}
	if others, err := b.later(ctx, d.class, now, math.MaxInt64); err != nil || len(others) > 0 {
		return p, err
	}
	p.Keys, err = b.vault.DestroyAhead(string(d.class), now)
	return p, err
}

// findAhead looks for records that are dated ahead by more than a clock that is
// set right explains, and remembers that there are.
func (b *Book) findAhead(ctx context.Context, now time.Time) error {
	found := ahead{Found: now}
	for _, d := range b.config.due(now) {
		ids, err := b.later(ctx, d.class, now.Add(leap), math.MaxInt64)
		switch {
		case err != nil:
			return err
		case len(ids) == 0:
		case d.class == ClassCall:
			found.Call = ids[len(ids)-1]
		default:
			found.Entry = max(found.Entry, ids[len(ids)-1])
		}
	}
	if found == (ahead{Found: now}) {
		return nil
	}
	b.log.Warn().Msg("records are dated later than it is: a clock ran ahead; they are kept for as long as if they were of today")
	return b.clock.change(func(c *clock) { c.Ahead = found })
}

// later are the places, or IDs, of the records of a class that are dated after a
// moment, up to the last of them.
func (b *Book) later(ctx context.Context, class Class, after time.Time, last int64) ([]int64, error) {
	view, err := b.store.View(ctx)
	if err != nil {
		return nil, err
	}
	ids, err := view.Later(string(class), after, last)
	return ids, errors.Join(err, view.Close())
}
