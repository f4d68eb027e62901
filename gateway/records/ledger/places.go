package ledger

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
)

// origin is the place that an entry was written for which stands in another.
type origin struct{ at, mark uint64 }

// mark tells entries apart well enough to see that one is a copy of another.
func (e Entry) mark() uint64 { return binary.BigEndian.Uint64(e.Hash[:]) }

// places tells apart what was altered, removed, inserted and reordered: by
// where each entry stands and where it was written.
func (v *verifier) places() {
	elsewhere := v.elsewhere()
	for stands, from := range v.moved {
		v.fault(Reordered, stands, stands, "written "+from.distance(stands))
		_, strange := v.strange[from.at]
		_, occupied := v.moved[from.at]
		if !strange && !occupied && from.at <= v.last.Seq {
			v.inserted(from.at, stands)
		}
		if _, there := elsewhere[stands]; !there && stands <= v.highest {
			v.fault(Removed, stands, stands, "another stands in its place")
		}
	}
	for seq, why := range v.strange {
		if stands, there := elsewhere[seq]; there {
			v.inserted(seq, stands)
		} else {
			v.fault(Altered, seq, seq, why)
		}
	}
	for _, g := range v.gaps {
		v.gap(g[0], g[1], slices.Sorted(maps.Keys(elsewhere)))
	}
}

func (v *verifier) inserted(seq, stands uint64) {
	v.fault(Inserted, seq, seq, fmt.Sprintf("the entry that was written there stands at %d", stands))
}

// elsewhere are the entries that stand in another place than they were written
// for: by that place, where they stand. Copies of entries that are there as well
// take the place of what is gone.
func (v *verifier) elsewhere() map[uint64]uint64 {
	claimed, whole := map[uint64]bool{}, map[origin]bool{} // whole: those that stand in their place as well
	for _, from := range v.moved {
		claimed[from.at] = true
	}
	for _, b := range v.bodies {
		if _, moved := v.moved[b.seq]; claimed[b.seq] && !moved {
			whole[origin{b.seq, b.mark}] = true
		}
	}
	all := map[uint64]uint64{}
	for _, stands := range slices.Sorted(maps.Keys(v.moved)) {
		from := v.moved[stands]
		if _, twice := all[from.at]; twice || whole[from] {
			v.copied(stands, from.at)
			delete(v.moved, stands)
			continue
		}
		all[from.at] = stands
	}
	return all
}

// copied tells of a copy; behind the end it takes nothing's place.
func (v *verifier) copied(stands, from uint64) {
	if stands <= v.highest {
		v.fault(Removed, stands, stands, fmt.Sprintf("a copy of entry %d stands in its place", from))
		return
	}
	v.fault(Inserted, stands, stands, fmt.Sprintf("it is a copy of entry %d", from))
}

func (o origin) distance(stands uint64) string {
	if o.at > stands {
		return fmt.Sprintf("%d further on", o.at-stands)
	}
	return fmt.Sprintf("%d further up", stands-o.at)
}

// gap tells of places without an entry, but for those whose entries stand
// elsewhere.
func (v *verifier) gap(from, to uint64, elsewhere []uint64) {
	for _, at := range elsewhere {
		if at < from || at > to {
			continue
		}
		if at > from {
			v.fault(Removed, from, at-1, "nothing stands in its place")
		}
		from = at + 1
	}
	if from <= to {
		v.fault(Removed, from, to, "nothing stands in its place")
	}
}
