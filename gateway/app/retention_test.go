package app_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

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

// keepOld keeps an old call and a young one.
func keepOld(t *testing.T, c records.Config) {
	t.Helper()
	b, err := records.Open(c, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- b.Run(ctx) }()
	for call, days := range map[string]int{"old": 8, "young": 5} {
		if err := b.AppendCall(records.Call{Start: time.Now().AddDate(0, 0, -days), Call: call, Telephone: "+4930123456"}); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	if err := errors.Join(<-ran, b.Close()); err != nil {
		t.Fatal(err)
	}
}
