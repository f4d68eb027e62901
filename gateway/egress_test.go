package main

import (
	"context"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/sip/siptest"
)

// TestNobodyElseIsSpokenTo looks whom the program sends something to: the trunk and
// the page, which are on loopback here, and nobody else, not even a name server.
func TestNobodyElseIsSpokenTo(t *testing.T) {
	told := addresses(t, traced(t, "connect,sendto,sendmsg,sendmmsg"))
	t.Logf("it speaks to %v", told)
	if len(told) < 2 {
		t.Errorf("strace has seen it speak to %v: want the telephone and the page", told)
	}
	for _, to := range told {
		if !to.Addr().Unmap().IsLoopback() || to.Port() == 53 {
			t.Errorf("the program speaks to %v", to)
		}
	}
}

// TestACallIsWrittenDownInRecordsAlone looks which files the program writes to, with
// a log that tells all it can: its records, and no other, so that neither sound nor
// signalling stays anywhere. What is in the records and the log other tests look at.
func TestACallIsWrittenDownInRecordsAlone(t *testing.T) {
	written := regexp.MustCompile(`(?:open|openat|openat2|creat)\((?:AT_FDCWD, )?"([^"]+)", [^)\n]*(?:O_WRONLY|O_RDWR|O_CREAT)`)
	named := regexp.MustCompile(`^(records\.(db|db-wal|db-shm|db-journal|keys|keys\.new|lock)|ledger\.key\.new|checkpoints\.txt|(clock|guessing)\.json(\.new)?)$`)
	seen := map[string]bool{}
	for _, found := range written.FindAllStringSubmatch(string(traced(t, "open,openat,openat2,creat")), -1) {
		path := found[1]
		folder, name := filepath.Split(path)
		if records := strings.HasSuffix(filepath.Clean(folder), filepath.Join("data", "records")) && named.MatchString(name); !records && path != os.DevNull {
			t.Errorf("the program writes to %s", path)
		}
		seen[name] = true
	}
	if !seen["records.db"] || !seen["guessing.json.new"] {
		t.Errorf("strace has seen it write to %v: want its records among them", seen)
	}
}

// traced runs the program with a call, a page and a reload, and returns what strace
// has written down of some calls to the system.
func traced(t *testing.T, calls string) []byte {
	t.Helper()
	const file = "sip: {listen: ['udp://127.0.0.1:0']}\nadmin: {listen: '127.0.0.1:0'}\n" +
		"conference: {embedded: {webrtc: {ports: 0, listen: ['127.0.0.1']}}}\n" +
		"trunks: [{name: loopback, peers: ['127.0.0.1'], ping: 5s}]\nnumbers: [{number: en, trunks: [loopback]}]\n" +
		"meetings: [{id: 100000001}]\nlimits: {drain: 0s}\nlog: {format: json, level: debug}\n"
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	trace := filepath.Join(t.TempDir(), "trace")
	config := write(t, "", file)
	plain := program(ctx, t.TempDir(), "run", "--config", config)
	c := exec.CommandContext(ctx, "strace", append([]string{"-f", "-qq", "-e", "trace=" + calls, "-o", trace, "--"}, plain.Args...)...)
	c.Dir, c.Env = plain.Dir, plain.Env
	r := begin(t, c) // strace, and it in there
	child := firstChild(t, c.Process.Pid)
	var over atomic.Bool
	context.AfterFunc(ctx, func() { // it outlives strace, and would keep the log open that is read to its end
		if !over.Load() {
			_ = syscall.Kill(child, syscall.SIGKILL)
		}
	})
	phone := siptest.New(t, siptest.Config{Gateway: r.sip})
	call := phone.Call("en")
	call.Press("100000001##")
	page := webtest.Dial(t, r.http, "100000001", webtest.Join{Name: "Ada"})
	page.Joined()
	call.Hangup()
	for _, signal := range []syscall.Signal{syscall.SIGHUP, syscall.SIGTERM} {
		if err := syscall.Kill(child, signal); err != nil {
			t.Fatal(err)
		}
		if signal == syscall.SIGHUP {
			r.until("operator's file read again")
		}
	}
	if err := r.wait(); err != nil {
		t.Errorf("the program ended with %v", err)
	}
	over.Store(true)
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// firstChild is the program that strace has started.
func firstChild(t *testing.T, parent int) int {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range all {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it has gone meanwhile
		}
		_, after, _ := strings.Cut(string(stat), ") ")
		fields := strings.Fields(after)
		if len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			return whole(t, filepath.Base(filepath.Dir(path)))
		}
	}
	t.Fatal("strace has started nothing")
	return 0
}

// addresses are those that stand in a trace, each once.
func addresses(t *testing.T, trace []byte) []netip.AddrPort {
	t.Helper()
	seen := map[netip.AddrPort]bool{}
	var all []netip.AddrPort
	of := regexp.MustCompile(`sin6?_port=htons\((\d+)\)[^}]*?(?:inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)")`)
	for _, found := range of.FindAllStringSubmatch(string(trace), -1) {
		a, err := netip.ParseAddr(found[2] + found[3])
		if err != nil {
			t.Fatalf("%s: %v", found[0], err)
		}
		to := netip.AddrPortFrom(a, uint16(whole(t, found[1])))
		if !seen[to] {
			seen[to], all = true, append(all, to)
		}
	}
	return all
}

func whole(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
