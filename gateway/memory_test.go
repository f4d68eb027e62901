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
			if got := garbageAfter(tt.percent, little, tt.collections); got != tt.want {
				t.Errorf("%d %%, want %d %%", got, tt.want)
			}
		})
	}
}

func TestGarbageIsWorthCollectingWhereThereIsSome(t *testing.T) {
	for _, tt := range []struct {
		name string
		live uint64
		want int
	}{
		{"nothing is in use yet", 0, much},
		{"a gateway that has just begun", 3 * room / 2, 6 * little},
		{"with calls the share falls", 4 * room, 2 * little},
		{"with many it is little", 100 * room, little},
	} {
		t.Run(tt.name, func(t *testing.T) {
			least := leastGarbage(tt.live)
			if least != tt.want {
				t.Errorf("%d %%, want %d %%", least, tt.want)
			}
			if got := garbageAfter(least, least, 0); got != least {
				t.Errorf("it goes on from %d %% to %d %%", least, got)
			}
		})
	}
}

func TestOnlyCollectionsThatNobodyAskedForCount(t *testing.T) {
	before, _ := collections()
	for range 10 {
		runtime.GC()
	}
	if after, _ := collections(); after-before >= 10 {
		t.Errorf("%d collections, all of which were asked for", after-before)
	}
}
