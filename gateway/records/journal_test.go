package records

import (
	"errors"
	"path/filepath"
	"runtime"
	"testing"
)

// Ten records come while the disk is busy with another, and it fails at the ten.
func TestRecordsThatWaitGoToTheDiskTogether(t *testing.T) {
	j, err := openJournal(filepath.Join(t.TempDir(), "calls.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.close() }()
	broken := errors.New("broken disk")
	busy, free, syncs := make(chan struct{}), make(chan struct{}), 0
	j.sync = func() error {
		switch syncs++; syncs {
		case 1:
			close(busy)
			<-free
		case 2:
			return broken
		}
		return nil
	}
	first, rest := make(chan error), make(chan error)
	go func() { first <- j.append(Call{Call: "first"}) }()
	<-busy
	for range 10 {
		go func() { rest <- j.append(Call{Call: "waits"}) }()
	}
	for waiting := 0; waiting < 10; runtime.Gosched() {
		j.mu.Lock()
		if j.batch != nil {
			waiting = j.batch.lines
		}
		j.mu.Unlock()
	}
	close(free)
	if err := <-first; err != nil {
		t.Errorf("the first: %v", err)
	}
	for range 10 {
		if err := <-rest; !errors.Is(err, broken) {
			t.Errorf("of a record that is not on the disk it is said: %v", err)
		}
	}
	if err := j.append(Call{Call: "last"}); err != nil {
		t.Errorf("the last: %v", err)
	}
	if syncs != 3 {
		t.Errorf("12 records went to the disk in %d turns, want 3", syncs)
	}
}
