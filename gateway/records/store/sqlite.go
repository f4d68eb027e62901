package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"syscall"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// sqliteTables are made where they are missing.
const sqliteTables = `
CREATE TABLE IF NOT EXISTS records_schema (version INTEGER NOT NULL) STRICT;
INSERT INTO records_schema SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM records_schema);
CREATE TABLE IF NOT EXISTS ledger_entries (
	seq        INTEGER PRIMARY KEY,
	time       INTEGER NOT NULL,
	kind       TEXT NOT NULL,
	class      TEXT NOT NULL,
	commitment BLOB NOT NULL,
	prev       BLOB NOT NULL,
	hash       BLOB NOT NULL,
	key        BLOB,
	body       TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS ledger_checkpoints (
	seq       INTEGER PRIMARY KEY,
	time      INTEGER NOT NULL,
	hash      BLOB NOT NULL,
	key       BLOB NOT NULL,
	signature BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS calls (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	ended   INTEGER NOT NULL,
	subject TEXT NOT NULL,
	body    TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS ledger_entries_kept ON ledger_entries (class, time) WHERE body IS NOT NULL;
CREATE INDEX IF NOT EXISTS calls_ended ON calls (ended);
CREATE INDEX IF NOT EXISTS calls_subject ON calls (subject) WHERE subject <> '';
`

// sqliteFile is the name of the database in its folder.
const sqliteFile = "records.db"

// lockFile is the name of the file in a folder that is held while it is written
// to.
const lockFile = "records.lock"

// OpenSQLite opens the database in a folder for writing, or makes it. Only one
// program at a time can.
func OpenSQLite(ctx context.Context, folder string) (*Store, error) {
	release, err := lock(filepath.Join(folder, lockFile))
	if err != nil {
		return nil, err
	}
	file := filepath.Join(folder, sqliteFile)
	// SQLite makes its files as open as the umask allows: the first is made here,
	// and the others get its mode.
	made, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("make records: %w", err), release())
	}
	_ = made.Close()
	s := &Store{
		db:      sqlite(file, "immediate", "journal_mode(WAL)", "synchronous(FULL)", "secure_delete(ON)"),
		reading: reader(file),
		tidy:    "PRAGMA wal_checkpoint(TRUNCATE)",
		release: release,
	}
	s.db.SetMaxOpenConns(1)
	if err := s.connect(ctx, sqliteTables); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// ReadSQLite opens the database of a folder to look at, also while a gateway
// writes.
func ReadSQLite(folder string) (*Store, error) {
	file := filepath.Join(folder, sqliteFile)
	if _, err := os.Stat(file); err != nil {
		return nil, fmt.Errorf("open records: %w", err)
	}
	return &Store{db: reader(file), reading: reader(file)}, nil
}

// reader names a database that is only looked at. It holds no connection while
// nobody looks.
func reader(file string) *sql.DB {
	db := sqlite(file, "deferred", "query_only(ON)")
	db.SetMaxIdleConns(0)
	return db
}

// sqlite names a database; transactions begin as lock says. Connections keep at
// most 1 MiB of it in memory, and wait for two seconds where another program
// writes.
func sqlite(file, lock string, pragmas ...string) *sql.DB {
	name := url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath()}
	name.RawQuery = url.Values{
		"_pragma": append([]string{"busy_timeout(2000)", "cache_size(-1024)"}, pragmas...),
		"_txlock": {lock},
	}.Encode()
	db, _ := sql.Open("sqlite", name.String()) // connects later
	return db
}

// lock takes a file to the exclusion of others until it is released.
func lock(path string) (release func() error, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return nil, errors.Join(fmt.Errorf("%s: %w", path, ErrInUse), file.Close())
	case err != nil:
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), file.Close())
	}
	return func() error {
		if err := file.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			return err
		}
		return nil
	}, nil
}
