//go:build linux

package app_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/peertest"
)

// buildGateway builds the program as `make build` does, but that it can be
// profiled.
func buildGateway(tb testing.TB) string {
	tb.Helper()
	program := filepath.Join(tb.TempDir(), "einwahl")
	args := slices.Concat([]string{"build", "-tags", "profile", "-o", program}, peertest.BuildFlags(), []string{"github.com/einwahl/einwahl/gateway"})
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		tb.Fatalf("build the gateway: %v\n%s", err, out)
	}
	return program
}

// process is the gateway in a process of its own.
type process struct {
	tb       testing.TB
	cmd      *exec.Cmd
	sip      string // host:port
	http     string // http://host:port
	profiles string // Unix socket
	end      func()

	mu  sync.Mutex
	log bytes.Buffer
}

// startProcess starts the gateway with so many meetings, each behind a number
// of its own.
func startProcess(tb testing.TB, program string, meetings int) *process {
	tb.Helper()
	p := startProcessWith(tb, program, func(dir string) string { return benchFile(dir, meetings) })
	// Phones can call a moment before the meetings are open.
	peertest.Eventually(tb, "the meetings are open", func() bool {
		res, err := http.Get(p.http + "/meet/" + benchMeeting(0) + "/ws")
		return err == nil && res.Body.Close() == nil && res.StatusCode != http.StatusServiceUnavailable
	})
	return p
}

// startProcessWith starts the gateway with an operator's file, which may use a
// folder of its own.
func startProcessWith(tb testing.TB, program string, content func(dir string) string) *process {
	tb.Helper()
	dir := tb.TempDir()
	file := filepath.Join(dir, "einwahl.yaml")
	if err := os.WriteFile(file, []byte(content(dir)), 0o600); err != nil {
		tb.Fatal(err)
	}
	p := &process{tb: tb, cmd: exec.Command(program, "run", "--config", file), profiles: filepath.Join(dir, "profiles")}
	p.cmd.Env = peertest.Environment("EINWAHL_ADMIN_TOKEN="+token, "EINWAHL_PROFILE="+p.profiles)
	if os.Getenv("PROFILE") != "" {
		p.cmd.Env = append(p.cmd.Env, "GODEBUG=memprofilerate=4096") // calls are small
	}
	said, err := p.cmd.StderrPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	ready, ended := make(chan struct{}), make(chan struct{})
	go p.read(bufio.NewScanner(said), ready, ended)
	p.end = sync.OnceFunc(func() { p.stop(ended) })
	tb.Cleanup(p.end)
	select {
	case <-ready:
	case <-ended:
		tb.Fatalf("the gateway does not start:\n%s", p.text())
	case <-time.After(30 * time.Second):
		tb.Fatalf("the gateway is not ready:\n%s", p.text())
	}
	return p
}

// benchFile is an operator's file with the usual settings, on ports that the
// system chooses.
func benchFile(dir string, meetings int) string {
	var f strings.Builder
	fmt.Fprintf(&f, `
sip: {listen: ["udp://127.0.0.1:0"]}
media: {ports: 10000-14999}
trunks: [{name: bench, peers: ["127.0.0.0/8"], max_calls: 2000, max_calls_per_second: 500}]
conference: {embedded: {webrtc: {listen: [127.0.0.1], ports: 0}, recordings: %q}}
records: {directory: %q}
admin: {listen: "127.0.0.1:0"}
limits: {muted_from: 0}
log: {format: json}
`, filepath.Join(dir, "recordings"), filepath.Join(dir, "records"))
	fmt.Fprintln(&f, "numbers:")
	for i := range meetings {
		fmt.Fprintf(&f, "  - {number: %q, trunks: [bench], meeting: %q}\n", benchNumber(i), benchMeeting(i))
	}
	fmt.Fprintln(&f, "meetings:")
	for i := range meetings {
		fmt.Fprintf(&f, "  - {id: %q, title: \"Bench\"}\n", benchMeeting(i))
	}
	return f.String()
}

func benchNumber(i int) string { return fmt.Sprintf("bench%d", i) }

func benchMeeting(i int) string { return strconv.Itoa(200000000 + i) }

// read takes the log, and from it where the gateway is.
func (p *process) read(log *bufio.Scanner, ready, ended chan struct{}) {
	defer close(ended)
	for log.Scan() {
		p.mu.Lock()
		p.log.Write(log.Bytes())
		p.log.WriteByte('\n')
		p.mu.Unlock()
		var line struct {
			Message, HTTP string
			SIP           []string
		}
		if json.Unmarshal(log.Bytes(), &line) == nil && line.Message == "gateway ready" {
			p.http, p.sip = line.HTTP, strings.TrimPrefix(line.SIP[0], "udp://")
			close(ready)
		}
	}
}

func (p *process) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

func (p *process) stop(ended chan struct{}) {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-ended:
	case <-time.After(30 * time.Second):
		p.tb.Error("the gateway does not end")
		_ = p.cmd.Process.Kill()
	}
	if err := p.cmd.Wait(); err != nil || p.tb.Failed() {
		p.tb.Logf("the gateway ended with %v:\n%s", err, p.text())
	}
}
