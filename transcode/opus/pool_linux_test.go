package opus

import (
	"fmt"
	"os"
	"testing"
)

// resident is how much memory this process has, in bytes.
func resident(t *testing.T) int {
	t.Helper()
	stat, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var size, pages int
	if _, err := fmt.Sscan(string(stat), &size, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// All begin to talk at once, and few go on.
func TestTidyPoolReturnsWhatIsNotNeeded(t *testing.T) {
	const encoders = 400
	p := NewPool()
	defer p.Close()
	before := resident(t)
	var all []*Encoder
	for range encoders {
		all = append(all, lend(t, p, 8000))
	}
	peak := resident(t)
	if peak-before < encoders*20<<10 {
		t.Fatalf("%d encoders take up no more than %d KB", encoders, (peak-before)>>10)
	}
	last := all[encoders-1] // on top, where the C library gives back by itself
	for _, e := range all[:encoders-1] {
		e.Close()
	}
	p.Tidy()
	if left := resident(t) - before; left > (peak-before)/2 {
		t.Errorf("of %d KB %d are left", (peak-before)>>10, left>>10)
	}
	said(t, last, 8000)
	last.Close()
}
