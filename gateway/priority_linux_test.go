package main

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

func TestEveryThreadGoesFirstWhereTheKernelAllowsIt(t *testing.T) {
	mayRise := os.Geteuid() == 0
	defer func() {
		if err := setNiceness(0); err != nil {
			t.Error(err)
		}
	}()
	err := goFirst()
	if !mayRise && (errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM)) {
		mine(t, 0)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	mine(t, urgent)
	began, over := make(chan struct{}), make(chan struct{})
	defer close(over)
	for range 4 { // threads that come later
		go func() {
			runtime.LockOSThread() // and end with the goroutine
			began <- struct{}{}
			<-over
		}()
	}
	for range 4 {
		<-began
	}
	mine(t, urgent)
}

func TestNicenessThatTheOperatorGaveIsKept(t *testing.T) {
	const given, again = 5, "EINWAHL_TEST_NICENESS"
	if os.Getenv(again) != "" { // as the operator has begun it
		if err := goFirst(); err != nil {
			t.Error(err)
		}
		mine(t, given)
		return
	}
	cmd := exec.CommandContext(t.Context(), "nice", "-n", strconv.Itoa(given), os.Args[0], "-test.run", "^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), again+"=yes")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// mine fails t where a thread of this process has another niceness.
func mine(t *testing.T, want int) {
	t.Helper()
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, thread := range threads {
		id, err := strconv.Atoi(thread.Name())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := unix.Getpriority(unix.PRIO_PROCESS, id); err == nil && ordinary-got != want {
			t.Errorf("a thread has niceness %d, want %d", ordinary-got, want)
		}
	}
}
