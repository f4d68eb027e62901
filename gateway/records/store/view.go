package store

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/einwahl/einwahl/gateway/records/ledger"
)

// View is the database as it was at one moment. Several things can be gone
// through at once, and each row is read in pages, so that much does not need
// much memory.
type View struct {
	ctx   context.Context // that it was begun with: it ends with it, whatever it waits for
	tx    *sql.Tx
	vault vault
}

// page is how many rows are read at once.
const page = 500

// View begins to look. Close ends it.
func (s *Store) View(ctx context.Context) (*View, error) {
	tx, err := s.reading.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return nil, fmt.Errorf("begin to read: %w", err)
	}
	return &View{ctx, tx, s.vault}, nil
}

// Close ends the view.
func (v *View) Close() error { return v.tx.Rollback() }

// Entries are the entries from a place on.
func (v *View) Entries(from uint64) iter.Seq2[ledger.Entry, error] {
	return paged(v, "SELECT seq, time, kind, class, commitment, prev, hash, key, body FROM ledger_entries WHERE seq >= $1 ORDER BY seq LIMIT $2",
		int64(from), func(e ledger.Entry) int64 { return int64(e.Seq) + 1 }, v.readEntry)
}

// Checkpoints are all checkpoints.
func (v *View) Checkpoints() iter.Seq2[ledger.Checkpoint, error] {
	return paged(v, "SELECT seq, time, hash, key, signature FROM ledger_checkpoints WHERE seq >= $1 ORDER BY seq LIMIT $2",
		0, func(c ledger.Checkpoint) int64 { return int64(c.Seq) + 1 }, readCheckpoint)
}

// Calls are the call records from an ID on.
func (v *View) Calls(from int64) iter.Seq2[Call, error] {
	return paged(v, "SELECT id, ended, subject, body FROM calls WHERE id >= $1 ORDER BY id LIMIT $2",
		from, func(c Call) int64 { return c.ID + 1 }, v.readCall)
}

// Kept are the entries of a class that have a body, from the first to the last of
// those that are older than a moment.
func (v *View) Kept(class string, before time.Time) iter.Seq2[Kept, error] {
	var first, last sql.NullInt64
	err := v.tx.QueryRowContext(v.ctx, "SELECT MIN(seq), MAX(seq) FROM ledger_entries WHERE seq > 0 AND class = $1 AND time < $2 AND body IS NOT NULL", class, before.UnixNano()).Scan(&first, &last)
	if err != nil || !first.Valid {
		return func(yield func(Kept, error) bool) {
			if err != nil {
				yield(Kept{}, fmt.Errorf("read entries: %w", err))
			}
		}
	}
	return paged(v, "SELECT seq, time FROM ledger_entries WHERE seq >= $1 AND class = $3 AND seq <= $4 AND body IS NOT NULL ORDER BY seq LIMIT $2",
		first.Int64, func(k Kept) int64 { return int64(k.Seq) + 1 }, readKept, class, last.Int64)
}

// Kept is an entry that can be erased.
type Kept struct {
	Seq  uint64
	Time time.Time
}

// Found is an entry that somebody asks for.
type Found struct {
	Seq   uint64
	Class string
	Kept  bool // it has its body
}

// Find finds entries by their places; those that are not there are left out.
func (v *View) Find(seqs []uint64) ([]Found, error) {
	return among(v, "SELECT seq, class, body IS NOT NULL FROM ledger_entries WHERE seq IN ", seqs, func(rows *sql.Rows) (f Found, err error) {
		var seq int64
		err = rows.Scan(&seq, &f.Class, &f.Kept)
		f.Seq = uint64(seq)
		return f, err
	})
}

// FindCalls finds which calls of these IDs are there.
func (v *View) FindCalls(ids []int64) ([]int64, error) {
	return among(v, "SELECT id FROM calls WHERE id IN ", ids, readID)
}

// among reads what a statement that ends with a list of keys gives.
func among[K int64 | uint64, T any](v *View, statement string, keys []K, read func(*sql.Rows) (T, error)) (all []T, err error) {
	for some := range slices.Chunk(keys, atOnce) {
		rows, err := v.tx.QueryContext(v.ctx, statement+numbered(0, len(some)), values(some)...)
		if err != nil {
			return nil, fmt.Errorf("read records: %w", err)
		}
		found, err := collect(rows, read)
		if err != nil {
			return nil, fmt.Errorf("read records: %w", err)
		}
		all = append(all, found...)
	}
	return all, nil
}

func readID(rows *sql.Rows) (id int64, err error) { return id, rows.Scan(&id) }

// Older are the IDs of calls that ended before a moment, at most limit.
func (v *View) Older(before time.Time, limit int) ([]int64, error) {
	rows, err := v.tx.QueryContext(v.ctx, "SELECT id FROM calls WHERE ended < $1 ORDER BY ended LIMIT $2", before.UnixNano(), limit)
	if err != nil {
		return nil, fmt.Errorf("read calls: %w", err)
	}
	return collect(rows, readID)
}

// Later are the places of the entries of a class that have a body and are dated
// after a moment, or the IDs of such calls, up to the last, in this order.
func (v *View) Later(class string, after time.Time, last int64) ([]int64, error) {
	query, values := "SELECT id FROM calls WHERE ended > $1 AND id <= $2 ORDER BY id", []any{after.UnixNano(), last}
	if class != ClassCall {
		query = "SELECT seq FROM ledger_entries WHERE time > $1 AND seq > 0 AND seq <= $2 AND class = $3 AND body IS NOT NULL ORDER BY seq"
		values = append(values, class)
	}
	rows, err := v.tx.QueryContext(v.ctx, query, values...)
	if err != nil {
		return nil, fmt.Errorf("read records: %w", err)
	}
	return collect(rows, readID)
}

// CallsOf are the call records of a pseudonym.
func (v *View) CallsOf(subject string) iter.Seq2[Call, error] {
	return paged(v, "SELECT id, ended, subject, body FROM calls WHERE id >= $1 AND subject = $3 AND subject <> '' ORDER BY id LIMIT $2",
		0, func(c Call) int64 { return c.ID + 1 }, v.readCall, subject)
}

// Last is the end of the ledger.
func (v *View) Last() (ledger.Tail, error) { return tail(v.ctx, v.tx) }

// Strays counts the rows before the first place, which Entries passes over: the
// gateway writes none.
func (v *View) Strays() (n int, err error) {
	if err := v.tx.QueryRowContext(v.ctx, "SELECT COUNT(*) FROM ledger_entries WHERE seq < 1").Scan(&n); err != nil {
		return 0, fmt.Errorf("read records: %w", err)
	}
	return n, nil
}

// LastCall is the highest ID of a call; 0 where there is none.
func (v *View) LastCall() (id int64, err error) {
	if err := v.tx.QueryRowContext(v.ctx, "SELECT COALESCE(MAX(id), 0) FROM calls").Scan(&id); err != nil {
		return 0, fmt.Errorf("read calls: %w", err)
	}
	return id, nil
}

// Head is the newest checkpoint; false where there is none.
func (v *View) Head() (ledger.Checkpoint, bool, error) {
	rows, err := v.tx.QueryContext(v.ctx, "SELECT seq, time, hash, key, signature FROM ledger_checkpoints ORDER BY seq DESC LIMIT 1")
	if err != nil {
		return ledger.Checkpoint{}, false, fmt.Errorf("read checkpoint: %w", err)
	}
	all, err := collect(rows, readCheckpoint)
	if err != nil || len(all) == 0 {
		return ledger.Checkpoint{}, false, err
	}
	return all[0], true, nil
}

// paged goes through what a query gives, a page at a time. The query takes where
// to begin, how many rows, and what more there is; next is where to go on after a
// row.
func paged[T any](v *View, query string, from int64, next func(T) int64, read func(*sql.Rows) (T, error), more ...any) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			rows, err := v.tx.QueryContext(v.ctx, query, append([]any{from, page}, more...)...)
			var all []T
			if err == nil {
				all, err = collect(rows, read)
			}
			if err != nil {
				var none T
				yield(none, fmt.Errorf("read records: %w", err))
				return
			}
			for _, row := range all {
				if !yield(row, nil) {
					return
				}
				from = next(row)
			}
			if len(all) < page {
				return
			}
		}
	}
}

func collect[T any](rows *sql.Rows, read func(*sql.Rows) (T, error)) ([]T, error) {
	defer func() { _ = rows.Close() }()
	var all []T
	for rows.Next() {
		row, err := read(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

func (v *View) readEntry(rows *sql.Rows) (e ledger.Entry, err error) {
	var seq, at int64
	var commitment, prev, hash []byte
	var body sql.NullString
	err = rows.Scan(&seq, &at, &e.Kind, &e.Class, &commitment, &prev, &hash, &e.Key, &body)
	e.Seq, e.Time = uint64(seq), time.Unix(0, at)
	e.Commitment, e.Prev, e.Hash = hashOf(commitment), hashOf(prev), hashOf(hash)
	if body.Valid {
		v.reveal(&e, body.String)
	}
	return e, err
}

func readKept(rows *sql.Rows) (k Kept, err error) {
	var seq, at int64
	err = rows.Scan(&seq, &at)
	return Kept{uint64(seq), time.Unix(0, at)}, err
}

func readCheckpoint(rows *sql.Rows) (c ledger.Checkpoint, err error) {
	var seq, at int64
	var hash, key []byte
	err = rows.Scan(&seq, &at, &hash, &key, &c.Signature)
	c.Seq, c.Time, c.Hash, c.Key = uint64(seq), time.Unix(0, at), hashOf(hash), ed25519.PublicKey(key)
	return c, err
}

func (v *View) readCall(rows *sql.Rows) (c Call, err error) {
	var ended int64
	var body string
	err = rows.Scan(&c.ID, &ended, &c.Subject, &body)
	c.Ended = time.Unix(0, ended)
	c.Body = v.open(ClassCall, c.Ended, body)
	return c, err
}

// hashOf takes what a column has. One of another length is none that fits.
func hashOf(b []byte) (h ledger.Hash) {
	if len(b) != len(h) {
		return sha256.Sum256(b)
	}
	copy(h[:], b)
	return h
}
