package sealed

import (
	"fmt"
	"maps"
	"slices"
)

// Kind is what was done to a block.
type Kind string

// What may have been done.
const (
	Altered  Kind = "altered"
	Missing  Kind = "missing"
	Moved    Kind = "in another place"
	Repeated Kind = "there twice"
	Inserted Kind = "behind bytes that are not of this file"
	Appended Kind = "added behind the end"
)

// Fault is something that does not fit, about blocks in a row.
type Fault struct {
	Kind     Kind
	From, To uint32 // the first block is 0
}

// String names the blocks.
func (f Fault) String() string {
	if f.From == f.To {
		return fmt.Sprintf("block %d is %s", f.From, f.Kind)
	}
	return fmt.Sprintf("blocks %d to %d are %s", f.From, f.To, f.Kind)
}

// Report is what was found.
type Report struct {
	Blocks uint32 // that are what was written
	// Ended reports whether the end is there. Where it is not, the process was
	// killed that wrote the file, or writes yet, or somebody has cut the end off.
	Ended  bool
	Faults []Fault
}

// Whole reports whether nothing is wrong. The end may be missing.
func (r Report) Whole() bool { return len(r.Faults) == 0 }

func (o *opener) report() Report {
	r := Report{Blocks: o.blocks, Ended: o.ended}
	for _, number := range slices.Sorted(maps.Keys(o.faults)) {
		last := len(r.Faults) - 1
		if kind := o.faults[number]; last >= 0 && r.Faults[last].Kind == kind && r.Faults[last].To+1 == number {
			r.Faults[last].To = number
		} else {
			r.Faults = append(r.Faults, Fault{kind, number, number})
		}
	}
	return r
}
