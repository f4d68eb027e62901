package peertest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// SIPp runs a scenario against target ("127.0.0.1:port"), calls times, and
// fails the test unless every call went as the scenario wants. Keys of vars
// stand in the scenario as [name].
func SIPp(t testing.TB, scenario, target string, calls int, vars map[string]string) {
	t.Helper()
	if out, err := RunSIPp(t, scenario, target, calls, vars); err != nil {
		t.Fatalf("sipp: %v\n%s", err, out)
	}
}

// RunSIPp is SIPp for scenarios that may fail: it returns what SIPp wrote
// about errors, and its verdict.
func RunSIPp(t testing.TB, scenario, target string, calls int, vars map[string]string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "scenario.xml")
	if err := os.WriteFile(file, []byte(scenario), 0o600); err != nil {
		t.Fatal(err)
	}
	own := "127.0.0.1"
	if strings.HasPrefix(target, "[") {
		own = "::1"
	}
	args := []string{target, "-sf", file, "-i", own, "-mi", own, "-m", fmt.Sprint(calls), "-l", fmt.Sprint(max(calls, 1)), "-r", fmt.Sprint(max(calls, 20)), "-nostdin", "-timeout", "90s", "-timeout_error", "-trace_err", "-error_file", filepath.Join(dir, "errors.log")}
	for name, value := range vars {
		if name == "transport" {
			args = append(args, "-t", value)
			continue
		}
		args = append(args, "-key", name, value)
	}
	p := start(t, dir, "sipp", args...)
	select {
	case <-p.done:
	case <-time.After(2 * time.Minute):
		p.kill()
		t.Fatal("sipp did not end")
	}
	report, _ := os.ReadFile(filepath.Join(dir, "errors.log"))
	return string(report) + tail(strings.TrimSpace(p.printed()), 1500), p.err
}

// RawAudio writes encoded sound to a file, as SIPp's rtp_stream plays it.
func RawAudio(t testing.TB, payload []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sound.raw")
	if err := os.WriteFile(path, payload, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
