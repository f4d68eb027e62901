package ledger

import (
	"testing"
	"time"
)

func FuzzParseCheckpoint(f *testing.F) {
	f.Add(write(3, 1).checkpoints[2].String())
	f.Add("einwahl-checkpoint-1 1 0000-01-01T00:00:00Z 00 00 00")
	f.Fuzz(func(t *testing.T, line string) {
		c, err := ParseCheckpoint(line)
		if err != nil {
			return
		}
		again, err := ParseCheckpoint(c.String())
		if err != nil || again.String() != c.String() {
			t.Errorf("%q became %q, %v", line, again, err)
		}
	})
}

func FuzzReadErasure(f *testing.F) {
	f.Add([]byte(`{"entries":[1,2],"count":2}`), uint64(1))
	f.Add([]byte(`{"class":"consent","from":3,"to":1}`), uint64(2))
	f.Fuzz(func(_ *testing.T, text []byte, seq uint64) {
		if x, err := ReadErasure(text); err == nil {
			var all erasures
			all.add(x, 1<<63)
			all.settle()
			all.cover(body{seq: seq, class: x.Class})
		}
	})
}

// FuzzVerify alters one field of one entry or checkpoint: whatever it is, it
// shows.
func FuzzVerify(f *testing.F) {
	f.Add(uint8(7), uint8(0), uint64(3), []byte("x"))
	f.Add(uint8(3), uint8(9), uint64(1<<63), []byte(`{"n":4}`))
	f.Add(uint8(24), uint8(7), uint64(137), []byte("\x00"))
	f.Fuzz(func(t *testing.T, at, field uint8, n uint64, text []byte) {
		k := write(12, 1+int(n%5))
		e := &k.entries[int(at)%len(k.entries)]
		before := *e
		switch field % 9 {
		case 0:
			e.Seq = n
		case 1:
			e.Time = time.Unix(0, int64(n))
		case 2:
			e.Kind = string(text)
		case 3:
			e.Class = string(text)
		case 4:
			copy(e.Commitment[:], text)
		case 5:
			copy(e.Prev[:], text)
		case 6:
			copy(e.Hash[:], text)
		case 7:
			e.Key = text
		case 8:
			e.Body = text
		}
		same := e.digest() == before.digest() && e.Hash == before.Hash && string(e.Key) == string(before.Key) && string(e.Body) == string(before.Body)
		if r := k.verify(); r.Whole() != same {
			t.Errorf("field %d of entry %d: whole %v, want %v: %v", field%9, before.Seq, r.Whole(), same, r.Faults)
		}
	})
}
