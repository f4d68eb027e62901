package main

import (
	"runtime"
	"testing"
)

func TestGarbageIsCollectedSeldomWhileCallsAreSetUp(t *testing.T) {
	for _, tt := range []struct {
		name        string
		percent     int
		collections uint64
		want        int
	}{
		{"little garbage is kept", little, 0, little},
		{"a few collections change nothing", little, often, little},
		{"too many let more of it be", little, often + 1, 2 * little},
		{"but no more than Go itself would", much, 100, much},
		{"half as often is still no reason to go back", 2 * little, (often + 1) / 2, 2 * little},
		{"with nothing to do it goes back", much, 0, much / 2},
		{"step by step, to where it was", 2 * little, 0, little},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := garbageAfter(tt.percent, tt.collections); got != tt.want {
				t.Errorf("%d %%, want %d %%", got, tt.want)
			}
		})
	}
}

func TestOnlyCollectionsThatNobodyAskedForCount(t *testing.T) {
	before := collections()
	for range 10 {
		runtime.GC()
	}
	if n := collections() - before; n >= 10 {
		t.Errorf("%d collections, all of which were asked for", n)
	}
}
