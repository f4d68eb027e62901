package pace

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// kernelAlarm rings by a timer of the kernel that Go's poller waits for like
// for a socket. It is for what is set again and again and hardly ever rings: a
// timer of Go's that is put off wakes a thread all the same.
type kernelAlarm struct {
	file *os.File
	fd   int
	buf  [8]byte // how often it has rung
}

// newKernelAlarm makes an alarm, a plain one where the kernel has none to spare.
func newKernelAlarm() alarm {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return newPlainAlarm()
	}
	file := polled(fd)
	if file == nil {
		return newPlainAlarm()
	}
	return &kernelAlarm{file: file, fd: fd}
}

// polled gives fd to Go's poller, or closes it where the poller does not take it.
func polled(fd int) *os.File {
	file := os.NewFile(uintptr(fd), "alarm")
	if file.SetReadDeadline(time.Time{}) != nil {
		_ = file.Close()
		return nil
	}
	return file
}

func (a *kernelAlarm) set(after time.Duration) {
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(max(after, 1)))} // 0 would stop it
	_ = unix.TimerfdSettime(a.fd, 0, &spec, nil)                              // nothing about it can be wrong
}

func (a *kernelAlarm) wait()  { _, _ = a.file.Read(a.buf[:]) }
func (a *kernelAlarm) close() { _ = a.file.Close() }
