package records

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/einwahl/einwahl/gateway/peertest/killtest"
)

// asWriter makes the test binary be a program that writes records.
const asWriter = "EINWAHL_TEST_AS_WRITER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(asWriter); dir != "" {
		fmt.Fprintln(os.Stderr, writeUntilKilled(in(dir)))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// writeUntilKilled appends consents and calls from many goroutines, and says of
// each that it lasts.
func writeUntilKilled(c Config) error {
	b, err := Open(c, zerolog.Nop())
	if err != nil {
		return err
	}
	go func() { _ = b.Run(context.Background()) }()
	failed := make(chan error)
	for w := range 8 {
		go func() {
			for n := 0; ; n++ {
				id := fmt.Sprintf("%d-%d-%d", os.Getpid(), w, n)
				err := b.AppendConsent(Consent{Call: id, Answer: "agreed"})
				if err == nil && n%4 == 0 {
					err = b.AppendCall(Call{Call: id})
				}
				if err != nil {
					failed <- err
					return
				}
				fmt.Println(id) // one write, so that the line is whole
			}
		}()
	}
	return <-failed
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
				for _, id := range killtest.Run(t, asWriter, c.Directory, 1+(n+k)%17, 0) {
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
