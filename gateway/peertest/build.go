package peertest

import (
	"os"
	"runtime/debug"
)

// BuildFlags are those with which the go command makes programs as this test is made,
// with the race detector or without: most of what they consist of is compiled then.
func BuildFlags() []string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "-race" && s.Value == "true" {
				return []string{"-race"}
			}
		}
	}
	return nil
}

// Environment is that of such programs, and of a test that is called as a program: the
// race detector has each of them wait for a second at its end.
func Environment(more ...string) []string {
	return append(append(os.Environ(), "GORACE=atexit_sleep_ms=0"), more...)
}
