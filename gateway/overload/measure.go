package overload

import (
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// computed is the time that this process has computed, in user mode and in the
// kernel.
func computed() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// inUse is the memory that Go holds and uses, in bytes.
func inUse() uint64 {
	s := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/free:bytes"}, {Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(s)
	return s[0].Value.Uint64() - s[1].Value.Uint64() - s[2].Value.Uint64()
}

// limits are what this process may use.
type limits struct {
	cores  float64
	memory uint64 // bytes; 0 is not known
}

// limitsOf finds them below root, which is / but in tests.
func limitsOf(root string) limits {
	l := limits{cores: float64(runtime.GOMAXPROCS(0)), memory: memTotal(filepath.Join(root, "proc", "meminfo"))}
	if limit := debug.SetMemoryLimit(-1); limit < math.MaxInt64 {
		l.least(uint64(limit))
	}
	own, _ := os.ReadFile(filepath.Join(root, "proc", "self", "cgroup"))
	for line := range strings.Lines(string(own)) {
		if path, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			l.group(filepath.Join(root, "sys", "fs", "cgroup"), path)
		}
	}
	return l
}

func (l *limits) least(memory uint64) {
	if memory > 0 && (l.memory == 0 || memory < l.memory) {
		l.memory = memory
	}
}

// group takes the limits of a control group and of those around it (cgroup v2:
// cpu.max is a quota and a period in microseconds, or max).
func (l *limits) group(root, path string) {
	for ; ; path = filepath.Dir(path) {
		if fields := fieldsOf(filepath.Join(root, path, "cpu.max")); len(fields) == 2 {
			quota, err1 := strconv.ParseFloat(fields[0], 64)
			period, err2 := strconv.ParseFloat(fields[1], 64)
			if err1 == nil && err2 == nil && quota > 0 && period > 0 {
				l.cores = min(l.cores, quota/period)
			}
		}
		if fields := fieldsOf(filepath.Join(root, path, "memory.max")); len(fields) == 1 {
			if bytes, err := strconv.ParseUint(fields[0], 10, 64); err == nil {
				l.least(bytes)
			}
		}
		if path == "/" || path == "." {
			return
		}
	}
}

func fieldsOf(file string) []string {
	content, _ := os.ReadFile(file) // what is not there limits nothing
	return strings.Fields(string(content))
}

// memTotal is the memory of the machine (proc_meminfo(5), in kibibytes).
func memTotal(file string) uint64 {
	content, _ := os.ReadFile(file)
	for line := range strings.Lines(string(content)) {
		if rest, ok := strings.CutPrefix(line, "MemTotal:"); ok {
			kibibytes, _ := strconv.ParseUint(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kibibytes << 10
		}
	}
	return 0
}
