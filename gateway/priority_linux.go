package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

const (
	// urgent is the niceness that sound asks for: before what else the machine does,
	// and behind what systemd and the kernel keep for themselves.
	urgent = -10
	// ordinary is what Getpriority answers for a niceness of 0: it counts down from it.
	ordinary = 20
)

// goFirst has the kernel let this process go before others: a beat that waits for a
// program beside it is a gap that callers hear. A niceness that the operator has
// given it is left as it is. The kernel allows it to root, and to others within
// their RLIMIT_NICE; the error is that it did not.
func goFirst() error {
	switch now, err := unix.Getpriority(unix.PRIO_PROCESS, 0); {
	case err != nil:
		return fmt.Errorf("ask for the niceness: %w", err)
	case now != ordinary:
		return nil
	}
	return setNiceness(urgent)
}

// setNiceness sets that of all threads. The kernel knows it of each, and a new one
// has that of the thread that began it, which may not have been reached yet: so it
// looks until it finds none that has another.
func setNiceness(niceness int) error {
	for again := true; again; {
		again = false
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return fmt.Errorf("list the threads: %w", err)
		}
		for _, t := range threads {
			id, err := strconv.Atoi(t.Name())
			if err != nil {
				return fmt.Errorf("list the threads: %w", err)
			}
			changed, err := setThread(id, niceness)
			switch {
			case errors.Is(err, unix.ESRCH): // it has ended meanwhile
			case err != nil:
				return fmt.Errorf("set the niceness to %d: %w", niceness, err)
			case changed:
				again = true
			}
		}
	}
	return nil
}

// setThread sets the niceness of a thread and reports whether it had another.
func setThread(id, niceness int) (changed bool, err error) {
	now, err := unix.Getpriority(unix.PRIO_PROCESS, id)
	if err != nil || now == ordinary-niceness {
		return false, err
	}
	return true, unix.Setpriority(unix.PRIO_PROCESS, id, niceness)
}
