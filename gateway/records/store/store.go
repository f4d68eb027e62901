// Package store keeps a ledger and call records in a database: in a file of
// SQLite's, or in PostgreSQL.
//
// A [Store] has one writer, which holds it to the exclusion of all others for as
// long as it is open, and writes batches: all of a batch is on the disk when
// Commit returns, or nothing of it ever is. Readers look at a [View], which is
// the database as it was at one moment, whatever is written meanwhile.
//
// Contents are encrypted before they get there ([Store.Encrypt]).
//
// The statements are the same for both databases. What differs is in sqlite.go
// and postgres.go, with the tables.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/einwahl/einwahl/gateway/records/ledger"
)

// Call is a call record. Calls are not in the chain and can be deleted.
type Call struct {
	ID      int64 // given by the store, ascending
	Ended   time.Time
	Subject string // the caller's pseudonym, by which the record can be found; may be empty
	Body    []byte // JSON
}

// Batch is what is written together.
type Batch struct {
	Entries    []ledger.Entry
	Checkpoint *ledger.Checkpoint // of the last entry
	Calls      []Call
	Erase      []uint64 // entries whose bodies and keys are deleted
	Delete     []int64  // calls that are deleted
}

// ErrInUse tells that another gateway writes here.
var ErrInUse = errors.New("another gateway writes to these records")

// schema is the version of the tables that this program knows.
const schema = 1

// Store is a database that is open.
type Store struct {
	db      *sql.DB // with one connection, for what is written
	reading *sql.DB
	tidy    string // what makes deleted content vanish from the disk
	release func() error
	vault   vault
}

// connect looks whether the writer can work, and makes the tables where they
// are missing.
func (s *Store) connect(ctx context.Context, tables string) error {
	if _, err := s.db.ExecContext(ctx, tables); err != nil {
		return fmt.Errorf("make tables: %w", err)
	}
	var version int
	if err := s.db.QueryRowContext(ctx, "SELECT version FROM records_schema").Scan(&version); err != nil {
		return fmt.Errorf("read version of the tables: %w", err)
	}
	if version != schema {
		return fmt.Errorf("the tables have version %d, and this program knows %d: it is older than they are", version, schema)
	}
	return nil
}

// Close releases the database. It is safe to call twice.
func (s *Store) Close() error {
	err := errors.Join(s.reading.Close(), s.db.Close())
	if s.release != nil {
		err = errors.Join(err, s.release())
	}
	if err != nil {
		return fmt.Errorf("close records: %w", err)
	}
	return nil
}

// Commit writes a batch. When it returns nil, the batch lasts. After an error
// it may be there or not: Tail tells.
func (s *Store) Commit(ctx context.Context, b Batch) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin to write: %w", err)
	}
	if err := s.write(ctx, tx, b); err != nil {
		_ = tx.Rollback() // the first error is the one to tell
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// Tidy makes what was deleted vanish from the disk, as far as the database can
// be asked to. While somebody reads it waits for a moment, and then leaves it to
// the next time.
func (s *Store) Tidy(ctx context.Context) error {
	if s.tidy == "" {
		return nil
	}
	if _, err := s.db.ExecContext(ctx, s.tidy); err != nil {
		return fmt.Errorf("overwrite what was deleted: %w", err)
	}
	return nil
}

func (s *Store) write(ctx context.Context, tx *sql.Tx, b Batch) error {
	entries := make([][]any, 0, len(b.Entries))
	for _, e := range b.Entries {
		key, body, err := s.concealed(e)
		if err != nil {
			return fmt.Errorf("write entries: %w", err)
		}
		entries = append(entries, []any{int64(e.Seq), e.Time.UnixNano(), e.Kind, e.Class, e.Commitment[:], e.Prev[:], e.Hash[:], key, body})
	}
	if err := insert(ctx, tx, "ledger_entries (seq, time, kind, class, commitment, prev, hash, key, body)", entries); err != nil {
		return fmt.Errorf("write entries: %w", err)
	}
	if c := b.Checkpoint; c != nil {
		row := [][]any{{int64(c.Seq), c.Time.UnixNano(), c.Hash[:], []byte(c.Key), c.Signature}}
		if err := insert(ctx, tx, "ledger_checkpoints (seq, time, hash, key, signature)", row); err != nil {
			return fmt.Errorf("write checkpoint: %w", err)
		}
	}
	calls := make([][]any, 0, len(b.Calls))
	for _, c := range b.Calls {
		body, err := s.conceal(ClassCall, c.Ended, c.Body)
		if err != nil {
			return fmt.Errorf("write calls: %w", err)
		}
		calls = append(calls, []any{c.Ended.UnixNano(), c.Subject, body})
	}
	if err := insert(ctx, tx, "calls (ended, subject, body)", calls); err != nil {
		return fmt.Errorf("write calls: %w", err)
	}
	if err := on(ctx, tx, "UPDATE ledger_entries SET key = NULL, body = NULL WHERE seq IN ", b.Erase); err != nil {
		return fmt.Errorf("erase entries: %w", err)
	}
	if err := on(ctx, tx, "DELETE FROM calls WHERE id IN ", b.Delete); err != nil {
		return fmt.Errorf("delete calls: %w", err)
	}
	return nil
}

// atOnce is how many rows one statement has. To a database elsewhere each is a
// way there and back; but SQLite compares each $1 with those before it.
const atOnce = 20

// insert writes rows into the columns of a table.
func insert(ctx context.Context, tx *sql.Tx, into string, rows [][]any) error {
	for some := range slices.Chunk(rows, atOnce) {
		var values []any
		var places []string
		for _, row := range some {
			places = append(places, numbered(len(values), len(row)))
			values = append(values, row...)
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO "+into+" VALUES "+strings.Join(places, ", "), values...); err != nil {
			return err
		}
	}
	return nil
}

// on runs a statement that ends with a list of keys.
func on[T int64 | uint64](ctx context.Context, tx *sql.Tx, statement string, keys []T) error {
	for some := range slices.Chunk(keys, atOnce) {
		if _, err := tx.ExecContext(ctx, statement+numbered(0, len(some)), values(some)...); err != nil {
			return err
		}
	}
	return nil
}

// values are keys as the database takes them.
func values[T int64 | uint64](keys []T) []any {
	all := make([]any, len(keys))
	for i, k := range keys {
		all[i] = int64(k)
	}
	return all
}

// numbered is a list of n values, such as ($3, $4), after so many others.
func numbered(after, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = "$" + strconv.Itoa(after+i+1)
	}
	return "(" + strings.Join(list, ", ") + ")"
}

// Tail is where the next entry goes.
func (s *Store) Tail(ctx context.Context) (ledger.Tail, error) { return tail(ctx, s.db) }

// readable is a database or a transaction.
type readable interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func tail(ctx context.Context, in readable) (ledger.Tail, error) {
	var seq int64
	var hash []byte
	err := in.QueryRowContext(ctx, "SELECT seq, hash FROM ledger_entries ORDER BY seq DESC LIMIT 1").Scan(&seq, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		return ledger.Tail{}, nil
	}
	if err != nil {
		return ledger.Tail{}, fmt.Errorf("read the last entry: %w", err)
	}
	return ledger.Tail{Seq: uint64(seq), Hash: hashOf(hash)}, nil
}
