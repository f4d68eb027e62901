package app_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/gateway/admin"
	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/gateway/records"
)

// TestARunningGatewayDeletesWhatIsDue has a gateway find a call and a recording
// that are too old, and a call that is not.
func TestARunningGatewayDeletesWhatIsDue(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	recording := filepath.Join(folder, "recordings", "100000001-20260101T000000Z")
	g := startGateway(t, func(c *config.Config) {
		c.Records.Directory, c.Conference.Embedded.Recordings = filepath.Join(folder, "records"), filepath.Dir(recording)
		keepOld(t, c.Records)
		if err := os.MkdirAll(recording, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(recording, "manifest.json"), []byte(`{"ended": "2026-01-01T01:00:00Z"}`), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	peertest.Eventually(t, "what is too old is gone", func() bool {
		_, err := os.Stat(recording)
		text := g.records()
		return os.IsNotExist(err) && !strings.Contains(text, "old") && strings.Contains(text, `"class":"call"`) && strings.Contains(text, `"class":"recording"`)
	})
	if text := g.records(); !strings.Contains(text, "young") {
		t.Errorf("what is young is gone too: %s", text)
	}
	g.verifyRecords()
}

// TestARunningGatewayDeletesNothingByAClockThatIsDoubted has a gateway start that
// last ran years ago, as after a clock that has leapt, and an operator who then
// says that the clock is right.
func TestARunningGatewayDeletesNothingByAClockThatIsDoubted(t *testing.T) {
	t.Parallel()
	g := startGateway(t, func(c *config.Config) {
		c.Records.Directory = filepath.Join(t.TempDir(), "records")
		keepOld(t, c.Records)
		if err := os.WriteFile(filepath.Join(c.Records.Directory, "clock.json"), []byte(`{"believed": "2020-01-01T00:00:00Z"}`), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	peertest.Eventually(t, "it says that it deletes nothing", func() bool {
		return strings.Contains(g.log.String(), "this gateway last ran at 2020-01-01T00:00:00Z: nothing is deleted")
	})
	if text := g.records(); !strings.Contains(text, "old") {
		t.Errorf("what is old is gone: %s", text)
	}
	g.request(http.MethodPost, "/api/v1/records/purge", admin.Purge{RightClock: true}, nil)
	if text := g.records(); strings.Contains(text, "old") || !strings.Contains(text, "young") {
		t.Errorf("after somebody has said that the clock is right: %s", text)
	}
	g.verifyRecords()
}

// keepOld keeps an old call and a young one.
func keepOld(t *testing.T, c records.Config) {
	t.Helper()
	err := records.Alone(t.Context(), c, zerolog.Nop(), func(b *records.Book) (err error) {
		for call, days := range map[string]int{"old": 8, "young": 5} {
			err = errors.Join(err, b.AppendCall(records.Call{Start: time.Now().AddDate(0, 0, -days), Call: call, Telephone: "+4930123456"}))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
