package ledger

import (
	"cmp"
	"fmt"
	"slices"
)

// What is wrong with a ledger.
const (
	Altered   = "altered"   // not what was written or signed
	Emptied   = "emptied"   // the body is gone, and no entry says why
	Removed   = "removed"   // the entry is gone
	Inserted  = "inserted"  // it was not written by the gateway
	Reordered = "reordered" // it stands in another place
	Unsigned  = "unsigned"  // at the end, and nobody has signed it
	Forged    = "forged"    // a checkpoint that the gateway has not signed
	Returned  = "returned"  // a body that was erased is there again
)

// Fault is one thing that is wrong, of entries From to To. Both are 0 where it is
// of none.
type Fault struct {
	Kind     string
	From, To uint64
	Detail   string
}

// String names the entries and says what is wrong with them.
func (f Fault) String() string {
	if f.To == 0 {
		return f.Kind + ": " + f.Detail
	}
	if f.From == f.To {
		return fmt.Sprintf("entry %d %s: %s", f.From, f.Kind, f.Detail)
	}
	return fmt.Sprintf("entries %d to %d %s: %s", f.From, f.To, f.Kind, f.Detail)
}

// inOrder sorts faults by place and makes one of those that belong together.
func inOrder(all []Fault) []Fault {
	slices.SortStableFunc(all, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Kind, b.Kind))
	})
	var merged []Fault
	last := map[string]int{} // where the last fault of a kind and detail is
	for _, f := range all {
		if i, ok := last[f.Kind+f.Detail]; ok && f.From <= merged[i].To+1 {
			merged[i].To = max(merged[i].To, f.To)
			continue
		}
		last[f.Kind+f.Detail] = len(merged)
		merged = append(merged, f)
	}
	return merged
}
