package media

import "testing"

// FuzzRecords: no bytes break us, and a record in front hides no alert.
func FuzzRecords(f *testing.F) {
	f.Add([]byte{22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1})
	f.Add([]byte{20, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 22, 254, 253, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255})
	alert := []byte{recordAlert, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 40}
	f.Fuzz(func(t *testing.T, p []byte) {
		heeds(p, true)
		front := append([]byte{20, 254, 253, 0, 1, 0, 0, 0, 0, 0, 0, byte(len(p) >> 8), byte(len(p))}, p...)
		if len(p) < 1<<16 && heeds(append(front, alert...), false) {
			t.Error("an alert gets through")
		}
	})
}
