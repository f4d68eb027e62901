//go:build linux

package app_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/einwahl/einwahl/gateway/admin"
)

// tick is the unit in which the kernel tells CPU time, on every architecture
// that Go runs on.
const tick = time.Second / 100

// ask gets a page of the gateway's own.
func (p *process) ask(path string) []byte {
	p.tb.Helper()
	req, err := http.NewRequest(http.MethodGet, p.http+path, nil)
	if err != nil {
		p.tb.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.tb.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		p.tb.Fatalf("%s: %s, %v", path, res.Status, err)
	}
	return body
}

// phase is how many calls are in one.
func (p *process) phase(name string) (n int) {
	p.tb.Helper()
	var all struct{ Calls []admin.Call }
	if err := json.Unmarshal(p.ask("/api/v1/calls"), &all); err != nil {
		p.tb.Fatal(err)
	}
	for _, c := range all.Calls {
		if c.Phase == name {
			n++
		}
	}
	return n
}

// muted is how many callers in meetings may not speak, or not yet.
func (p *process) muted() (n int) {
	p.tb.Helper()
	var all struct{ Meetings []admin.Meeting }
	if err := json.Unmarshal(p.ask("/api/v1/meetings"), &all); err != nil {
		p.tb.Fatal(err)
	}
	for _, m := range all.Meetings {
		for _, who := range m.People {
			if who.Phone && who.Muted {
				n++
			}
		}
	}
	return n
}

// figures are all metrics, by name and labels as they are written.
type figures map[string]float64

func (p *process) figures() figures {
	p.tb.Helper()
	all := figures{}
	for lines := bufio.NewScanner(bytes.NewReader(p.ask("/metrics"))); lines.Scan(); {
		name, value, ok := cutLast(lines.Text(), " ")
		if n, err := strconv.ParseFloat(value, 64); ok && err == nil && !strings.HasPrefix(name, "#") {
			all[name] = n
		}
	}
	return all
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// figure is a metric that must be there.
func (p *process) figure(name string) float64 {
	p.tb.Helper()
	n, ok := p.figures()[name]
	if !ok {
		p.tb.Fatalf("there is no metric %s", name)
	}
	return n
}

// complexityMetric is how thorough Opus encoders may be.
const complexityMetric = "einwahl_opus_complexity"

// lateness is the least step of the clock's histogram that a share of the beats
// between two readings does not exceed; +Inf where it is beyond the last step.
func lateness(before, after figures, share float64) (seconds float64) {
	const all, step = "einwahl_clock_lateness_seconds_count", "einwahl_clock_lateness_seconds_bucket"
	beats := after[all] - before[all]
	seconds = math.Inf(1)
	for name, n := range after {
		label, ok := strings.CutPrefix(name, step+`{le="`)
		bound, err := strconv.ParseFloat(strings.TrimSuffix(label, `"}`), 64)
		if ok && err == nil && n-before[name] >= share*beats {
			seconds = min(seconds, bound)
		}
	}
	return seconds
}

// cpu is the time that the process has computed, and how much of it in the
// kernel (proc_pid_stat(5)).
func (p *process) cpu() (all, kernel time.Duration) {
	p.tb.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		p.tb.Fatal(err)
	}
	// The second field, the name, is in parentheses and may hold anything.
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	user, err := strconv.Atoi(fields[11])
	if err != nil {
		p.tb.Fatal(err)
	}
	system, err := strconv.Atoi(fields[12])
	if err != nil {
		p.tb.Fatal(err)
	}
	return time.Duration(user+system) * tick, time.Duration(system) * tick
}

// spent is what was computed: at a moment since the beginning of time, or between
// two of them.
type spent struct{ at, gateway, kernel, own, machine time.Duration }

func (p *process) spent() (s spent) {
	p.tb.Helper()
	s.gateway, s.kernel = p.cpu()
	s.at = time.Duration(time.Now().UnixNano())
	s.own, s.machine = ownTime(), machineTime(s.at)
	return s
}

func (s spent) since(before spent) spent {
	return spent{s.at - before.at, s.gateway - before.gateway, s.kernel - before.kernel, s.own - before.own, s.machine - before.machine}
}

// percent is a part of it in percent of a core.
func (s spent) percent(d time.Duration) float64 { return 100 * d.Seconds() / s.at.Seconds() }

// others is what programs took that are neither the gateway nor this one.
func (s spent) others() float64 { return max(0, s.percent(s.machine-s.own-s.gateway)) }

// ownTime is what this process has computed.
func ownTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// machineTime is what all processors have done for anybody until now, counted from
// any moment: the time in which they were not idle (proc_stat(5)). The kernel tells
// what they were busy with as well, but only what it sees at each tick, and work
// that begins at whole milliseconds falls in with that: it would be off by half.
func machineTime(now time.Duration) (busy time.Duration) {
	const idle, iowait = 4, 5
	data, _ := os.ReadFile("/proc/stat") // what is not there was not used
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) <= iowait || !strings.HasPrefix(fields[0], "cpu") || fields[0] == "cpu" {
			continue
		}
		busy += now
		for _, field := range fields[idle : iowait+1] {
			n, _ := strconv.Atoi(field)
			busy -= time.Duration(n) * tick
		}
	}
	return busy
}

// memory is what the process holds in RAM, in bytes.
func (p *process) memory() float64 {
	p.tb.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.tb.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "VmRSS:" {
			kilobytes, err := strconv.ParseFloat(fields[1], 64)
			if err != nil {
				p.tb.Fatal(err)
			}
			return kilobytes * 1024
		}
	}
	p.tb.Fatal("the kernel tells no VmRSS")
	return 0
}
