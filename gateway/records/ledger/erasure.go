package ledger

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Kinds of entries that the ledger itself understands.
const (
	KindErased = "erased" // single bodies were erased; see Erasure
	KindPurged = "purged" // all bodies of a class were, up to a time
)

// Erasure is the body of an entry that tells which bodies were erased. Without
// one that covers it, a body that is not there counts as removed.
type Erasure struct {
	Entries []uint64  `json:"entries,omitempty"` // single ones
	Class   string    `json:"class,omitempty"`   // or all that there are of this class
	From    uint64    `json:"from,omitempty"`    // in this range, both ends included
	To      uint64    `json:"to,omitempty"`
	Before  time.Time `json:"before,omitzero"` // what was older
	Count   int       `json:"count"`           // how many records that were
	Why     string    `json:"why,omitempty"`
}

// ReadErasure decodes the body of an entry that is KindErased or KindPurged.
func ReadErasure(body []byte) (Erasure, error) {
	var x Erasure
	if err := json.Unmarshal(body, &x); err != nil {
		return Erasure{}, fmt.Errorf("decode erasure: %w", err)
	}
	return x, nil
}

// body is what an erasure may concern.
type body struct {
	seq    uint64
	class  string
	erased bool
	mark   uint64
}

// erasures are all that a ledger tells of.
type erasures struct {
	single map[uint64]bool
	ranges map[string][][2]uint64 // by class
}

// add takes what the entry of a place tells: nothing of what was not written
// yet.
func (a *erasures) add(x Erasure, place uint64) {
	if a.single == nil {
		a.single, a.ranges = map[uint64]bool{}, map[string][][2]uint64{}
	}
	for _, seq := range x.Entries {
		if seq < place {
			a.single[seq] = true
		}
	}
	if to := min(x.To, place-1); x.Class != "" && x.From <= to {
		a.ranges[x.Class] = append(a.ranges[x.Class], [2]uint64{x.From, to})
	}
}

// settle makes the ranges of each class ascend and not overlap.
func (a *erasures) settle() {
	for class, all := range a.ranges {
		slices.SortFunc(all, func(x, y [2]uint64) int { return cmp.Compare(x[0], y[0]) })
		merged := all[:1]
		for _, r := range all[1:] {
			if last := &merged[len(merged)-1]; r[0] <= last[1] {
				last[1] = max(last[1], r[1])
			} else {
				merged = append(merged, r)
			}
		}
		a.ranges[class] = merged
	}
}

// cover reports whether an erasure tells of b. The ranges are settled.
func (a *erasures) cover(b body) bool {
	ranges := a.ranges[b.class]
	i, exact := slices.BinarySearchFunc(ranges, b.seq, func(r [2]uint64, seq uint64) int { return cmp.Compare(r[0], seq) })
	return a.single[b.seq] || exact || i > 0 && b.seq <= ranges[i-1][1]
}
