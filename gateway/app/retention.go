package app

import (
	"context"
	"errors"
	"time"

	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/gateway/records"
)

// retaining is how often what has been kept for long enough is looked for: the
// first time after a day (UTC) has ended finds it, and the others what could not
// be deleted then.
const retaining = time.Hour

// retain deletes what has been kept for long enough until ctx ends.
func (a *App) retain(ctx context.Context) error {
	for {
		now := time.Now()
		if _, err := a.purge(ctx, now); err != nil && ctx.Err() == nil {
			a.log.Error().Err(err).Msg("what has been kept for long enough could not be deleted; it is tried again within an hour")
		}
		tomorrow := now.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1)
		wait := time.NewTimer(min(retaining, tomorrow.Sub(now)))
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
			return nil
		}
	}
}

// purge deletes what has been kept for long enough at a moment, and tells what
// that was.
func (a *App) purge(ctx context.Context, now time.Time) ([]records.Purged, error) {
	all, err := PurgeDue(ctx, a.book, a.kept, now)
	for _, p := range all {
		a.log.Info().Str("class", string(p.Class)).Int("count", p.Count).Int("keys", p.Keys).Time("before", p.Before).Msg("kept for long enough: deleted")
	}
	return all, err
}

// PurgeDue deletes the records and recordings that have been kept for long enough
// at a moment, and tells what that was: nothing where the machine's clock is
// doubted. What cannot be deleted here keeps nothing there.
func PurgeDue(ctx context.Context, book *records.Book, kept embedded.Config, now time.Time) ([]records.Purged, error) {
	if err := book.Believe(now); err != nil {
		return nil, err
	}
	all, err := book.PurgeDue(ctx, now)
	n, fault := embedded.PurgeRecordings(kept, now)
	err = errors.Join(err, fault)
	if n == 0 {
		return all, err
	}
	p := records.Purged{Class: records.ClassRecording, Before: now.AddDate(0, 0, -kept.Keep), Count: n}
	return append(all, p), errors.Join(err, book.TellPurged(p))
}

// keeping is what an operator deletes.
type keeping struct{ *App }

// Purge deletes what is due.
func (k keeping) Purge(ctx context.Context, rightClock bool) ([]records.Purged, error) {
	now := time.Now()
	if rightClock {
		if err := k.book.Trust(now); err != nil {
			return nil, err
		}
	}
	return k.purge(ctx, now)
}

// Access tells the ledger who takes a recording.
func (k keeping) Access(a records.Access) error { return k.book.AppendAccess(a) }

// Erase deletes single records.
func (k keeping) Erase(entries []uint64, calls []int64, why string) error {
	if err := k.book.Erase(entries, why); err != nil {
		return err
	}
	return k.book.EraseCalls(calls, why)
}
