package records

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/einwahl/einwahl/gateway/records/ledger"
	"github.com/einwahl/einwahl/gateway/records/store"
)

// together is how many records are deleted in one write: those who wait for
// theirs wait no longer for it.
const together = 1000

// Erase deletes the contents of single entries with their keys, for a reason
// that the ledger tells; it must not name a person. What stays of them is that
// there was an entry of a kind at a time. Nothing is erased where one of them is
// not there, or tells what the ledger tells of itself: without such a one the
// erasures it tells of would look like tampering.
func (b *Book) Erase(entries []uint64, why string) error {
	_, err := b.erase(entries, why)
	return err
}

// erase is Erase, and tells how many are gone: also where the others are not.
func (b *Book) erase(entries []uint64, why string) (count int, err error) {
	if entries, err = within(entries, b.erasable); err != nil {
		return 0, err
	}
	for some := range slices.Chunk(entries, together) {
		r := request{erase: some}
		if err := b.tell(&r, ledger.KindErased, ledger.Erasure{Entries: some, Count: len(some), Why: why}); err != nil {
			return count, err
		}
		count += len(some)
	}
	return count, b.submit(request{tidy: true})
}

// within looks for records, for no longer than anybody waits.
func within[T any](records []T, look func(context.Context, []T) ([]T, error)) ([]T, error) {
	ctx, cancel := bounded()
	defer cancel()
	return look(ctx, records)
}

// erasable are those of the entries that have a body yet.
func (b *Book) erasable(ctx context.Context, entries []uint64) (kept []uint64, err error) {
	entries = slices.Compact(slices.Sorted(slices.Values(entries)))
	view, err := b.store.View(ctx)
	if err != nil {
		return nil, err
	}
	found, err := view.Find(entries)
	if err = errors.Join(err, view.Close()); err != nil {
		return nil, err
	}
	there := map[uint64]store.Found{}
	for _, f := range found {
		there[f.Seq] = f
	}
	for _, seq := range entries {
		switch f, ok := there[seq]; {
		case !ok:
			return nil, fmt.Errorf("there is no entry %d", seq)
		case f.Class == string(classLedger):
			return nil, fmt.Errorf("entry %d tells what was erased: it stays", seq)
		case f.Kept:
			kept = append(kept, seq)
		}
	}
	return kept, nil
}

// EraseCalls deletes single call records by their IDs, for a reason that the
// ledger tells. Those that are gone already are left out.
func (b *Book) EraseCalls(ids []int64, why string) error {
	_, err := b.eraseCalls(ids, why)
	return err
}

// eraseCalls is EraseCalls, and tells how many are gone: also where the others are
// not.
func (b *Book) eraseCalls(ids []int64, why string) (count int, err error) {
	if ids, err = within(ids, b.erasableCalls); err != nil {
		return 0, err
	}
	for some := range slices.Chunk(ids, together) {
		r := request{remove: some}
		if err := b.tell(&r, ledger.KindErased, ledger.Erasure{Class: string(ClassCall), Count: len(some), Why: why}); err != nil {
			return count, err
		}
		count += len(some)
	}
	return count, b.submit(request{tidy: true})
}

// erasableCalls are those of the calls that are there yet.
func (b *Book) erasableCalls(ctx context.Context, ids []int64) ([]int64, error) {
	view, err := b.store.View(ctx)
	if err != nil {
		return nil, err
	}
	kept, err := view.FindCalls(ids)
	return kept, errors.Join(err, view.Close())
}

// Purge deletes the contents of all entries of a class that are older than
// before, and tells how many that were.
func (b *Book) Purge(ctx context.Context, class Class, before time.Time) (count int, err error) {
	if class == classLedger {
		return 0, errors.New("what the ledger tells of itself is never purged")
	}
	view, err := b.store.View(ctx)
	if err != nil {
		return 0, err
	}
	ranges, err := outdated(view.Kept(string(class), before), before)
	if err = errors.Join(err, view.Close()); err != nil || len(ranges) == 0 {
		return 0, err
	}
	for _, seqs := range ranges {
		x := ledger.Erasure{Class: string(class), From: seqs[0], To: seqs[len(seqs)-1], Before: before, Count: len(seqs)}
		r := request{erase: seqs}
		if err := b.tell(&r, ledger.KindPurged, x); err != nil {
			return count, err
		}
		count += len(seqs)
	}
	return count, b.submit(request{tidy: true})
}

// outdated are the entries that are older than before, in ranges between which
// others are that stay, and which are not too long for one write.
func outdated(kept iter.Seq2[store.Kept, error], before time.Time) (ranges [][]uint64, err error) {
	open := false
	for k, err := range kept {
		if err != nil {
			return nil, err
		}
		if !k.Time.Before(before) {
			open = false
			continue
		}
		if last := len(ranges) - 1; open && len(ranges[last]) < together {
			ranges[last] = append(ranges[last], k.Seq)
			continue
		}
		ranges, open = append(ranges, []uint64{k.Seq}), true
	}
	return ranges, nil
}

// PurgeCalls deletes all records of calls that ended before a moment, and tells
// how many that were.
func (b *Book) PurgeCalls(ctx context.Context, before time.Time) (count int, err error) {
	for {
		view, err := b.store.View(ctx)
		if err != nil {
			return count, err
		}
		ids, err := view.Older(before, together)
		if err = errors.Join(err, view.Close()); err != nil {
			return count, err
		}
		if len(ids) == 0 && count > 0 {
			return count, b.submit(request{tidy: true})
		}
		if len(ids) == 0 {
			return 0, nil
		}
		r := request{remove: ids}
		x := ledger.Erasure{Class: string(ClassCall), From: uint64(slices.Min(ids)), To: uint64(slices.Max(ids)), Before: before, Count: len(ids)}
		if err := b.tell(&r, ledger.KindPurged, x); err != nil {
			return count, err
		}
		count += len(ids)
	}
}

// tell has a request done together with the entry that tells of it.
func (b *Book) tell(r *request, kind string, x ledger.Erasure) error {
	body, err := json.Marshal(x)
	if err != nil {
		return fmt.Errorf("encode erasure: %w", err)
	}
	r.drafts = []ledger.Draft{{Kind: kind, Class: string(classLedger), Body: body}}
	return b.submit(*r)
}
