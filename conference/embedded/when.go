package embedded

import (
	"fmt"
	"time"
)

// When is a point in time in the operator's file. Its zero value is none.
type When struct{ time.Time }

// UnmarshalText reads a time with its date and offset (RFC 3339), or nothing.
func (w *When) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		w.Time = time.Time{}
		return nil
	}
	at, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return fmt.Errorf("%q: want a time with its offset, such as 2026-12-01T09:00:00+01:00", text)
	}
	w.Time = at
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (w When) MarshalText() ([]byte, error) {
	if w.IsZero() {
		return []byte{}, nil
	}
	return w.AppendFormat(nil, time.RFC3339), nil
}
