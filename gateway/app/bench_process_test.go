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
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/admin"
	"github.com/einwahl/einwahl/gateway/peertest"
)

// buildGateway builds the program as `make build` does.
func buildGateway(b *testing.B) string {
	b.Helper()
	program := filepath.Join(b.TempDir(), "einwahl")
	if out, err := exec.Command("go", "build", "-o", program, "github.com/einwahl/einwahl/gateway").CombinedOutput(); err != nil {
		b.Fatalf("build the gateway: %v\n%s", err, out)
	}
	return program
}

// process is the gateway in a process of its own.
type process struct {
	b    *testing.B
	cmd  *exec.Cmd
	sip  string // host:port
	http string // http://host:port
	end  func()

	mu  sync.Mutex
	log bytes.Buffer
}

// startProcess starts the gateway with so many meetings, each behind a number
// of its own.
func startProcess(b *testing.B, program string, meetings int) *process {
	b.Helper()
	p := startProcessWith(b, program, func(dir string) string { return benchFile(dir, meetings) })
	// Phones can call a moment before the meetings are open.
	peertest.Eventually(b, "the meetings are open", func() bool {
		res, err := http.Get(p.http + "/meet/" + benchMeeting(0) + "/ws")
		return err == nil && res.Body.Close() == nil && res.StatusCode != http.StatusServiceUnavailable
	})
	return p
}

// startProcessWith starts the gateway with an operator's file, which may use a
// folder of its own.
func startProcessWith(b *testing.B, program string, content func(dir string) string) *process {
	b.Helper()
	dir := b.TempDir()
	file := filepath.Join(dir, "einwahl.yaml")
	if err := os.WriteFile(file, []byte(content(dir)), 0o600); err != nil {
		b.Fatal(err)
	}
	p := &process{b: b, cmd: exec.Command(program, "run", "--config", file)}
	p.cmd.Env = append(os.Environ(), "EINWAHL_ADMIN_TOKEN="+token)
	said, err := p.cmd.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	ready, ended := make(chan struct{}), make(chan struct{})
	go p.read(bufio.NewScanner(said), ready, ended)
	p.end = sync.OnceFunc(func() { p.stop(ended) })
	b.Cleanup(p.end)
	select {
	case <-ready:
	case <-ended:
		b.Fatalf("the gateway does not start:\n%s", p.text())
	case <-time.After(30 * time.Second):
		b.Fatalf("the gateway is not ready:\n%s", p.text())
	}
	return p
}

// benchFile is an operator's file with the usual settings, on ports that the
// system chooses.
func benchFile(dir string, meetings int) string {
	var f strings.Builder
	fmt.Fprintf(&f, `
sip: {listen: ["udp://127.0.0.1:0"]}
media: {ports: 10000-13999}
trunks: [{name: bench, peers: ["127.0.0.0/8"], max_calls: 500, max_calls_per_second: 500}]
conference: {embedded: {webrtc: {listen: [127.0.0.1], ports: 0}, recordings: %q}}
records: {directory: %q}
admin: {listen: "127.0.0.1:0"}
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
		p.b.Error("the gateway does not end")
		_ = p.cmd.Process.Kill()
	}
	if err := p.cmd.Wait(); err != nil || p.b.Failed() {
		p.b.Logf("the gateway ended with %v:\n%s", err, p.text())
	}
}

// informing is how many callers hear the privacy notice.
func (p *process) informing() (n int) {
	p.b.Helper()
	req, err := http.NewRequest(http.MethodGet, p.http+"/api/v1/calls", nil)
	if err != nil {
		p.b.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.b.Fatal(err)
	}
	defer res.Body.Close()
	var all struct{ Calls []admin.Call }
	if err := json.NewDecoder(res.Body).Decode(&all); err != nil {
		p.b.Fatal(err)
	}
	for _, c := range all.Calls {
		if c.Phase == "informing" {
			n++
		}
	}
	return n
}

// cpu is the time that the process has computed, and how much of it in the
// kernel (proc_pid_stat(5)). The kernel counts in hundredths of a second on
// every architecture that Go runs on.
func (p *process) cpu() (all, kernel time.Duration) {
	p.b.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		p.b.Fatal(err)
	}
	// The second field, the name, is in parentheses and may hold anything.
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	user, err := strconv.Atoi(fields[11])
	if err != nil {
		p.b.Fatal(err)
	}
	system, err := strconv.Atoi(fields[12])
	if err != nil {
		p.b.Fatal(err)
	}
	const tick = time.Second / 100
	return time.Duration(user+system) * tick, time.Duration(system) * tick
}

// memory is what the process holds in RAM, in bytes.
func (p *process) memory() float64 {
	p.b.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.b.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "VmRSS:" {
			kilobytes, err := strconv.ParseFloat(fields[1], 64)
			if err != nil {
				p.b.Fatal(err)
			}
			return kilobytes * 1024
		}
	}
	p.b.Fatal("the kernel tells no VmRSS")
	return 0
}
