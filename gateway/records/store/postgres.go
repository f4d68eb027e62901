package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// postgresTables are made where they are missing.
const postgresTables = `
CREATE TABLE IF NOT EXISTS records_schema (version INTEGER NOT NULL);
INSERT INTO records_schema SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM records_schema);
CREATE TABLE IF NOT EXISTS ledger_entries (
	seq        BIGINT PRIMARY KEY,
	time       BIGINT NOT NULL,
	kind       TEXT NOT NULL,
	class      TEXT NOT NULL,
	commitment BYTEA NOT NULL,
	prev       BYTEA NOT NULL,
	hash       BYTEA NOT NULL,
	key        BYTEA,
	body       TEXT
);
CREATE TABLE IF NOT EXISTS ledger_checkpoints (
	seq       BIGINT PRIMARY KEY,
	time      BIGINT NOT NULL,
	hash      BYTEA NOT NULL,
	key       BYTEA NOT NULL,
	signature BYTEA NOT NULL
);
CREATE TABLE IF NOT EXISTS calls (
	id      BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	ended   BIGINT NOT NULL,
	subject TEXT NOT NULL,
	body    TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS ledger_entries_kept ON ledger_entries (class, time) WHERE body IS NOT NULL;
CREATE INDEX IF NOT EXISTS calls_ended ON calls (ended);
CREATE INDEX IF NOT EXISTS calls_subject ON calls (subject) WHERE subject <> '';
`

// OpenPostgres opens the database of a connection string for writing. Only one
// program at a time can: the connection that writes holds an advisory lock. Nor
// do two share a folder, where the keys are: each would write over the other's.
func OpenPostgres(ctx context.Context, dsn, folder string) (*Store, error) {
	config, err := parse(dsn)
	if err != nil {
		return nil, err
	}
	release, err := lock(filepath.Join(folder, lockFile))
	if err != nil {
		return nil, err
	}
	s := &Store{
		db:      stdlib.OpenDB(*config, stdlib.OptionAfterConnect(own)),
		reading: stdlib.OpenDB(*config),
		release: release,
	}
	s.db.SetMaxOpenConns(1)
	s.reading.SetMaxIdleConns(0)
	if err := s.connect(ctx, postgresTables); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// ReadPostgres opens the database to look at, also while a gateway writes.
func ReadPostgres(dsn string) (*Store, error) {
	config, err := parse(dsn)
	if err != nil {
		return nil, err
	}
	s := &Store{db: stdlib.OpenDB(*config), reading: stdlib.OpenDB(*config)}
	s.reading.SetMaxIdleConns(0)
	return s, nil
}

// CheckPostgres reports what is wrong with a connection string. It connects
// nowhere.
func CheckPostgres(dsn string) error {
	_, err := parse(dsn)
	return err
}

// parse reads a connection string. What is wrong with it is told without the
// string, which may have a password.
func parse(dsn string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, errors.New("this is no connection string of PostgreSQL, such as postgres://user@host/database?sslmode=verify-full")
	}
	return config, nil
}

// lockKey is the advisory lock of the one who writes, within one database:
// "einwahl" in ASCII.
const lockKey = 0x65696e7761686c

// own makes a new connection the only one that writes.
func own(ctx context.Context, c *pgx.Conn) error {
	if encoding := c.PgConn().ParameterStatus("server_encoding"); !strings.EqualFold(encoding, "UTF8") {
		return fmt.Errorf("the database has encoding %s: records need one with UTF8", encoding)
	}
	// A schema of one's own is a ledger of one's own. The server may hold a lock for
	// a moment after its holder has gone.
	const take = "SET lock_timeout = '3s'; SELECT pg_advisory_lock(%d # hashtext(current_schema())::bigint); RESET lock_timeout"
	_, err := c.Exec(ctx, fmt.Sprintf(take, int64(lockKey)))
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == lockNotAvailable {
		return ErrInUse
	}
	if err != nil {
		return fmt.Errorf("lock records: %w", err)
	}
	return nil
}

// lockNotAvailable is what the server answers when the time for a lock is over.
const lockNotAvailable = "55P03"
