package records

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/gateway/peertest/killtest"
)

// server is one of PostgreSQL of the test's own, on a socket that only this machine
// has. It does not wait for the disk (fsync=off): what a kill leaves is shown all the
// same, since that takes nothing from the system's memory, and what a power cut leaves
// is PostgreSQL's affair.
type server struct {
	dsn     string // how to reach it
	dir     string
	as      *syscall.SysProcAttr
	log     strings.Builder
	process *exec.Cmd
}

// postgres makes a server, and starts it.
func postgres(t *testing.T) *server {
	t.Helper()
	dir, err := os.MkdirTemp("", "pg") // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s := &server{dir: dir, as: unprivileged(t, dir), dsn: fmt.Sprintf("host=%s user=einwahl dbname=postgres", dir)}
	if out, err := s.command(t, "initdb", "-D", s.data(), "-U", "einwahl", "-A", "trust", "-E", "UTF8", "--no-sync").CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	s.start(t)
	t.Cleanup(func() {
		_ = s.process.Process.Signal(syscall.SIGINT)
		_ = s.process.Wait()
		if t.Failed() {
			t.Logf("postgres: %s", &s.log)
		}
	})
	return s
}

func (s *server) data() string { return filepath.Join(s.dir, "data") }

func (s *server) command(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.Command(tool(t, name), args...)
	c.Dir, c.SysProcAttr = s.dir, s.as
	c.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	return c
}

// start starts the server, and waits until it answers.
func (s *server) start(t *testing.T) {
	t.Helper()
	s.process = s.command(t, "postgres", "-D", s.data(), "-k", s.dir, "-c", "listen_addresses=", "-c", "fsync=off")
	s.process.Stderr = &s.log
	if err := s.process.Start(); err != nil {
		t.Fatal(err)
	}
	db := database(t, s.dsn)
	for deadline := time.Now().Add(time.Minute); ; {
		err := db.Ping()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("postgres does not answer: %v", err)
		}
		time.Sleep(20 * time.Millisecond) // there is nothing to wait for but an answer
	}
}

// tool finds a program of Debian's package, which is not in the path.
func tool(t *testing.T, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	all, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(all) == 0 {
		t.Fatalf("%s is missing: .ci/deps test", name)
	}
	return all[len(all)-1]
}

// unprivileged is who the server runs as, since it refuses to be root.
func unprivileged(t *testing.T, dir string) *syscall.SysProcAttr {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

func database(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func exec1(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.Exec(statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	server := postgres(t)
	dsn := server.dsn
	admin := database(t, dsn)
	// each part has a ledger of its own
	config := func(t *testing.T, name string) Config {
		exec1(t, admin, "CREATE SCHEMA "+name)
		c := in(t.TempDir())
		c.Postgres = Secret(dsn + " search_path=" + name)
		return c
	}

	t.Run("many write, and a restart goes on", func(t *testing.T) {
		c := config(t, "many")
		for range 2 {
			b, end := open(t, c)
			var wg sync.WaitGroup
			for range 20 {
				wg.Go(func() {
					for range 5 {
						answered(t, b, "agreed")
						if err := b.AppendCall(Call{Call: "c", Meeting: "1\x002"}); err != nil {
							t.Error(err)
						}
					}
				})
			}
			wg.Wait()
			end()
		}
		if r := whole(t, c); r.Entries != 200 || r.Checkpoints >= 200 {
			t.Errorf("%d entries, %d checkpoints", r.Entries, r.Checkpoints)
		}
		if told := calls(t, c); len(told) != 200 {
			t.Errorf("%d calls", len(told))
		}
	})

	t.Run("what is erased and purged is told", func(t *testing.T) {
		c := config(t, "erased")
		b, _ := open(t, c)
		answered(t, b, "agreed", "declined", "agreed")
		if err := b.Erase([]uint64{1}, "asked for"); err != nil {
			t.Fatal(err)
		}
		if n, err := b.Purge(t.Context(), ClassRefusal, time.Now()); n != 1 || err != nil {
			t.Errorf("purged %d, %v", n, err)
		}
		if err := b.AppendCall(Call{Call: "c", Subject: "s"}); err != nil {
			t.Fatal(err)
		}
		if n, err := b.PurgeCalls(t.Context(), time.Now()); n != 1 || err != nil {
			t.Errorf("purged %d calls, %v", n, err)
		}
		if r := whole(t, c); r.Erased != 2 || r.Entries != 6 {
			t.Errorf("%+v", r)
		}
	})

	t.Run("what is dated ahead goes in time", func(t *testing.T) { datedAhead(t, config(t, "ahead")) })

	t.Run("one gateway only", func(t *testing.T) {
		c := config(t, "one")
		_, end := open(t, c)
		if _, err := Open(c, zerolog.Nop()); err == nil || !strings.Contains(err.Error(), "another gateway") {
			t.Errorf("opened twice: %v", err)
		}
		elsewhere := c
		elsewhere.Directory = t.TempDir()
		if _, err := Open(elsewhere, zerolog.Nop()); err == nil || !strings.Contains(err.Error(), "another gateway") {
			t.Errorf("the same schema, from another folder: %v", err)
		}
		another := config(t, "another") // a schema of its own
		shared := another
		shared.Directory = c.Directory
		if _, err := Open(shared, zerolog.Nop()); err == nil || !strings.Contains(err.Error(), "records.lock: another gateway") {
			t.Errorf("the keys of two gateways in one file: %v", err)
		}
		open(t, another)
		end()
		open(t, c)
	})

	t.Run("the administrator of the database is found out", func(t *testing.T) {
		c := config(t, "tampered")
		b, end := open(t, c)
		answered(t, b, "agreed", "declined", "agreed")
		end()
		exec1(t, admin, "DELETE FROM tampered.ledger_entries WHERE seq = 3; DELETE FROM tampered.ledger_checkpoints WHERE seq = 3")
		if _, err := Open(c, zerolog.Nop()); err == nil || !strings.Contains(err.Error(), "entry 3 removed") {
			t.Errorf("started: %v", err)
		}
	})

	t.Run("a connection that is lost comes back", func(t *testing.T) {
		c := config(t, "lost")
		b, _ := open(t, c)
		answered(t, b, "agreed")
		exec1(t, admin, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
		goesOn(t, b)
		answered(t, b, "agreed")
		whole(t, c)
	})

	t.Run("a database that hangs holds up nobody who looks for what to erase", func(t *testing.T) {
		c := config(t, "hangs")
		b, _ := open(t, c)
		answered(t, b, "agreed")
		held, err := admin.Begin()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = held.Rollback() }()
		if _, err := held.Exec("LOCK hangs.ledger_entries, hangs.calls IN ACCESS EXCLUSIVE MODE"); err != nil {
			t.Fatal(err)
		}
		for name, look := range map[string]func(context.Context) error{
			"entries": func(ctx context.Context) error { _, err := b.erasable(ctx, []uint64{1}); return err },
			"calls":   func(ctx context.Context) error { _, err := b.erasableCalls(ctx, []int64{1}); return err },
		} {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			if err := look(ctx); err == nil || ctx.Err() == nil {
				t.Errorf("%s: %v", name, err)
			}
			cancel()
		}
	})

	t.Run("a database that cannot hold every name is refused", func(t *testing.T) {
		exec1(t, admin, "CREATE DATABASE narrow ENCODING 'SQL_ASCII' TEMPLATE template0")
		c := in(t.TempDir())
		c.Postgres = Secret(strings.Replace(dsn, "dbname=postgres", "dbname=narrow", 1))
		if _, err := Open(c, zerolog.Nop()); err == nil || !strings.Contains(err.Error(), "SQL_ASCII") {
			t.Errorf("opened: %v", err)
		}
	})

	t.Run("nothing is lost where the gateway is killed", func(t *testing.T) {
		c := config(t, "killed")
		lasting := map[string]bool{}
		for k := range 10 {
			for _, id := range killtest.Run(t, asWriter, writer(c), 1+2*k, 0) {
				lasting[id] = true
			}
		}
		whole(t, c)
		isThere(t, c, lasting)
	})

	t.Run("nothing is lost where the server is killed", func(t *testing.T) { // the last: it has no other's connections back
		c := config(t, "serverkilled")
		b, end := open(t, c)
		lasting := map[string]bool{}
		for k := range 3 {
			killed := server.process
			var mu sync.Mutex
			err := writeOn(b, fmt.Sprintf("before %d", k), func(id string) {
				mu.Lock()
				defer mu.Unlock()
				if lasting[id] = true; len(lasting) > 50*(k+1) {
					_ = killed.Process.Kill() // that it was shows below
				}
			})
			if err == nil || killed.Wait() == nil || killed.ProcessState.Exited() {
				t.Fatalf("it was not killed: %v", err)
			}
			server.start(t)
			goesOn(t, b)
		}
		end()
		whole(t, c)
		isThere(t, c, lasting)
	})
}

// goesOn waits until a gateway writes again.
func goesOn(t *testing.T, b *Book) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); b.AppendConsent(sample) != nil; {
		if time.Now().After(deadline) {
			t.Fatal("it does not")
		}
	}
}
