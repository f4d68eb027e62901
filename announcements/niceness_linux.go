package announcements

import "golang.org/x/sys/unix"

// standBack has a program go no sooner than others, though the gateway that has begun
// it may: words can wait for sound. Where it cannot be done nothing is lost by it.
func standBack(pid int) {
	const ordinary = 20 // what Getpriority answers for a niceness of 0, and more for less
	if now, err := unix.Getpriority(unix.PRIO_PROCESS, pid); err == nil && now > ordinary {
		_ = unix.Setpriority(unix.PRIO_PROCESS, pid, 0)
	}
}
