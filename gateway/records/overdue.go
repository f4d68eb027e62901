package records

import (
	"fmt"
	"math"
	"time"
)

// Overdue tells what is there yet that should be gone: at a moment, or, where
// all should be gone, at all.
func (r *Reader) Overdue(now time.Time, all bool) (left []string, err error) {
	for _, d := range r.config.due(now) {
		if all {
			d.before = never()
		}
		n, err := r.older(d)
		if err != nil {
			return left, err
		}
		if n > 0 {
			left = append(left, fmt.Sprintf("%d of %s", n, d))
		}
		if n := r.vault.Overdue(string(d.class), d.before); n > 0 {
			left = append(left, fmt.Sprintf("keys of %d days, of %s", n, d))
		}
	}
	if n := r.vault.Days(); all && n > 0 {
		left = append(left, fmt.Sprintf("keys of %d days", n))
	}
	return left, nil
}

// String is what is to be gone.
func (d due) String() string {
	if d.before.Equal(never()) {
		return string(d.class)
	}
	return fmt.Sprintf("%s, older than %s", d.class, d.before.UTC().Format(time.DateTime))
}

// older counts the records of a class that are older than they may be.
func (r *Reader) older(d due) (n int, err error) {
	if d.class == ClassCall {
		ids, err := r.view.Older(d.before, math.MaxInt32)
		return len(ids), err
	}
	for k, err := range r.view.Kept(string(d.class), d.before) {
		if err != nil {
			return n, err
		}
		if k.Time.Before(d.before) {
			n++
		}
	}
	return n, nil
}
