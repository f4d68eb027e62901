package records

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/einwahl/einwahl/gateway/peertest/killtest"
)

// asWriter makes the test binary be a program that writes records: where writer tells.
const asWriter = "EINWAHL_TEST_AS_WRITER"

// writer is the value of asWriter: a folder, and behind it the database, if that is
// elsewhere.
func writer(c Config) string { return c.Directory + "\n" + string(c.Postgres) }

func TestMain(m *testing.M) {
	if dir, dsn, ok := strings.Cut(os.Getenv(asWriter), "\n"); ok {
		c := in(dir)
		c.Postgres = Secret(dsn)
		fmt.Fprintln(os.Stderr, writeUntilKilled(c))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// writeUntilKilled writes, and says of each record that it lasts.
func writeUntilKilled(c Config) error {
	b, err := Open(c, zerolog.Nop())
	if err != nil {
		return err
	}
	go func() { _ = b.Run(context.Background()) }()
	return writeOn(b, strconv.Itoa(os.Getpid()), func(id string) { fmt.Println(id) }) // one write, so that the line is whole
}

// writeOn appends consents and calls from many goroutines, until none can any more,
// and has each told that lasts.
func writeOn(b *Book, as string, lasts func(id string)) (err error) {
	const writers = 8
	failed := make(chan error, writers)
	for w := range writers {
		go func() {
			for n := 0; ; n++ {
				id := fmt.Sprintf("%s-%d-%d", as, w, n)
				err := b.AppendConsent(Consent{Call: id, Answer: "agreed"})
				if err == nil && n%4 == 0 {
					err = b.AppendCall(Call{Call: id})
				}
				if err != nil {
					failed <- err
					return
				}
				lasts(id)
			}
		}()
	}
	for range writers {
		err = errors.Join(err, <-failed)
	}
	return err
}

// TestNothingIsLostAtKill kills programs 200 times while they write, each time
// to go on where they were: whatever they have said that it lasts is there, and
// the chain fits.
func TestNothingIsLostAtKill(t *testing.T) {
	t.Parallel()
	const ledgers, kills = 10, 20
	for n := range ledgers {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			c := in(filepath.Join(t.TempDir(), "records"))
			lasting := map[string]bool{}
			for k := range kills {
				for _, id := range killtest.Run(t, asWriter, writer(c), 1+(n+k)%17, 0) {
					lasting[id] = true
				}
			}
			report := whole(t, c)
			isThere(t, c, lasting)
			t.Logf("%d acknowledged of %d entries in %d writes", len(lasting), report.Entries, report.Checkpoints)
		})
	}
}

// isThere looks for records by what their writers have said of them.
func isThere(t *testing.T, c Config, lasting map[string]bool) {
	t.Helper()
	agreed, ended := map[string]bool{}, map[string]bool{}
	_, told := consents(t, c)
	for _, consent := range told {
		agreed[consent.Call] = true
	}
	for _, call := range calls(t, c) {
		ended[call.Call] = true
	}
	for id := range lasting {
		if !agreed[id] {
			t.Errorf("consent %s is lost", id)
		}
		if withCall := strings.HasSuffix(id, "-0"); withCall && !ended[id] {
			t.Errorf("call %s is lost", id)
		}
	}
}
