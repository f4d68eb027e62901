package config

import (
	"slices"
	"strings"

	"github.com/einwahl/einwahl/sip/identity"
)

// Directory is where a called number is looked up. It is made once of a file
// and does not change.
type Directory struct{ trunks map[string]*listing }

// listing is what may be called on one trunk.
type listing struct {
	plan      identity.Plan
	written   map[string]Number // as the file has them
	read      map[string]Number // in E.164
	beginning []beginning       // the longest first
}

// beginning is an entry with a * at its end.
type beginning struct {
	written, read string
	number        Number
}

// Directory makes the directory of all numbers. Where two entries mean the
// same number the first counts.
func (c Config) Directory() Directory {
	d := Directory{trunks: map[string]*listing{}}
	for _, t := range c.Trunks {
		plan, _ := identity.NewPlan(t.Country) // a mistake there is told of the trunk
		l := &listing{plan: plan, written: map[string]Number{}, read: map[string]Number{}}
		for i, n := range c.Numbers {
			n.Key = at("numbers", i)
			if slices.Contains(n.Trunks, t.Name) {
				l.add(n)
			}
		}
		slices.SortStableFunc(l.beginning, func(a, b beginning) int { return len(b.read) - len(a.read) })
		d.trunks[t.Name] = l
	}
	return d
}

func (l *listing) add(n Number) {
	if prefix, star := strings.CutSuffix(n.Number, "*"); star {
		l.beginning = append(l.beginning, beginning{prefix, l.plan.Beginning(prefix), n})
		return
	}
	putFirst(l.written, n.Number, n)
	putFirst(l.read, l.plan.Canonical(n.Number), n)
}

func putFirst(in map[string]Number, key string, n Number) {
	if _, taken := in[key]; !taken {
		in[key] = n
	}
}

// Plan is how a trunk writes numbers, callers' too; the zero plan for one that is not
// there.
func (c Config) Plan(trunk string) identity.Plan {
	var plan identity.Plan
	for _, t := range c.Trunks {
		if t.Name == trunk {
			plan, _ = identity.NewPlan(t.Country) // a mistake there is told of the trunk
		}
	}
	return plan
}

// meant is what an entry stands for on a trunk, so that two that mean the same
// are seen to.
func (c Config) meant(trunk, number string) string {
	plan := c.Plan(trunk)
	if prefix, star := strings.CutSuffix(number, "*"); star {
		return plan.Beginning(prefix) + "*"
	}
	return plan.Canonical(number)
}

// Find tells which number was called. The most exact entry counts: the number
// as it is written, then the same number in another form, then the longest
// beginning with a *. Entries of other trunks are as if they were not there.
func (d Directory) Find(trunk, called string) (Number, bool) {
	l, ok := d.trunks[trunk]
	if !ok {
		return Number{}, false
	}
	if n, ok := l.written[called]; ok {
		return n, true
	}
	read := l.plan.Canonical(called)
	if n, ok := l.read[read]; ok {
		return n, true
	}
	for _, b := range l.beginning {
		if strings.HasPrefix(called, b.written) || strings.HasPrefix(read, b.read) {
			return b.number, true
		}
	}
	return Number{}, false
}
