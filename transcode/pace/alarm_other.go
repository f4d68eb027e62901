//go:build !linux

package pace

func newKernelAlarm() alarm { return newPlainAlarm() }
func newThreadAlarm() alarm { return newPlainAlarm() }
