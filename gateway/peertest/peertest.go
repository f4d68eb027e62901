// Package peertest drives real telephones and browsers for the gateway's
// tests: baresip, SIPp and Chromium, as separate processes over loopback.
//
// A driver fails the test when its program is missing: a proof that was
// skipped proves nothing. Every process that a driver starts ends with the
// test, by its own process ID.
package peertest

import (
	"bytes"
	"errors"
	"io/fs"
	"os/exec"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Patience is how long a test waits for something that a peer must do. It is
// a bound, not a measure: machines are shared.
const Patience = 60 * time.Second

// Eventually waits until what holds, and fails the test when it does not
// within Patience.
func Eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(Patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain: %s", Patience, what)
		}
		<-tick.C
	}
}

// meter is what baresip prints five times a second.
var meter = regexp.MustCompile(`\[\d+:\d+:\d+\] audio=\d+/\d+ \(bit/s\)\s*`)

// process is a peer's program, and what it has printed.
type process struct {
	cmd  *exec.Cmd
	mu   sync.Mutex
	out  bytes.Buffer
	done chan struct{}
	err  error
}

// Write collects what the program prints.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

func (p *process) printed() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// start runs a program in a process group of its own, so that what it started
// ends with it.
func start(t testing.TB, dir, name string, args ...string) *process {
	t.Helper()
	return launch(t, dir, nil, name, args...)
}

// launch is start with a say in how the program is run.
func launch(t testing.TB, dir string, prepare func(*exec.Cmd) error, name string, args ...string) *process {
	t.Helper()
	path, err := exec.LookPath(name)
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("%s is not installed: run `make deps`", name)
	}
	p := &process{cmd: exec.Command(path, args...), done: make(chan struct{})}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, p, p
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if prepare != nil {
		if err := prepare(p.cmd); err != nil {
			t.Fatalf("prepare %s: %v", name, err)
		}
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%s printed:\n%s", name, tail(meter.ReplaceAllString(p.printed(), ""), 4000))
		}
	})
	return p
}

func (p *process) kill() {
	select {
	case <-p.done:
	default:
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-p.done
	}
}

func tail(s string, n int) string {
	if len(s) > n {
		return "..." + s[len(s)-n:]
	}
	return s
}
