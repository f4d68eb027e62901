package sip

import (
	"hash/maphash"
	"sync/atomic"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// dismissals are the calls that were turned away last, and why. An INVITE that
// comes again gets the same answer (RFC 3261 section 8.2.7), though there may be
// room by then: the first answer is on its way, and who has it will not be there
// for a call. One that comes to the place of another takes it.
type dismissals struct {
	seed maphash.Seed // nobody outside can choose their place
	last [1 << 13]atomic.Pointer[dismissed]
}

type dismissed struct {
	key uint64
	why Cause
	at  time.Time
}

func newDismissals() *dismissals { return &dismissals{seed: maphash.MakeSeed()} }

// keyOf is made of the mark of an INVITE.
func (d *dismissals) keyOf(callID []byte, branch string) uint64 {
	var h maphash.Hash
	h.SetSeed(d.seed)
	_, _ = h.Write(callID)
	_ = h.WriteByte(0)
	_, _ = h.WriteString(branch)
	return h.Sum64()
}

func (d *dismissals) place(key uint64) *atomic.Pointer[dismissed] {
	return &d.last[key%uint64(len(d.last))]
}

// put notes why a call was turned away when it came first.
func (d *dismissals) put(key uint64, why Cause) {
	if _, again := d.find(key); !again {
		d.place(key).Store(&dismissed{key, why, time.Now()})
	}
}

// find is why a call was turned away, for as long as its INVITE may come again.
func (d *dismissals) find(key uint64) (Cause, bool) {
	was := d.place(key).Load()
	if was == nil || was.key != key || time.Since(was.at) > sipmsg.Timer_B {
		return Cause{}, false
	}
	return was.why, true
}
