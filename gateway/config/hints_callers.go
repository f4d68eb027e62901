package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/einwahl/einwahl/sip/identity"
)

// callers are the numbers of one list of callers, and the trunks that may bring
// them.
type callers struct {
	key     string
	numbers []string
	trunks  []string
}

// callers are all lists of callers.
func (c Config) callers() []callers {
	var every []string
	for _, t := range c.Trunks {
		every = append(every, t.Name)
	}
	all := []callers{{"admission.caller.numbers", c.Admission.Caller.Numbers, every}}
	for i, m := range c.Admission.Meetings {
		all = append(all, callers{at("admission.meetings", i) + ".caller.numbers", m.Caller.Numbers, every})
	}
	for i, n := range c.Numbers {
		all = append(all, callers{at("numbers", i) + ".admission.caller.numbers", n.Admission.Caller.Numbers, n.Trunks})
	}
	return slices.DeleteFunc(all, func(l callers) bool { return len(l.numbers) == 0 })
}

// hintsOfCallers looks for lists of callers of which nobody can be one. They are
// logged, so the numbers themselves are not in them.
func (c Config) hintsOfCallers() []string {
	var all []string
	for _, l := range c.callers() {
		if !c.vouches() {
			all = append(all, l.key+": nobody answers for callers' numbers, so none of these counts: want trust_identity on a trunk, or certificate_hosts in sip.stir")
			continue
		}
		var plans []identity.Plan
		for _, trunk := range l.trunks {
			plans = append(plans, c.Plan(trunk))
		}
		var never []string
		for i, number := range l.numbers {
			if !slices.ContainsFunc(plans, func(p identity.Plan) bool { return mayCall(p, number) }) {
				never = append(never, at("", i))
			}
		}
		if len(never) > 0 {
			all = append(all, fmt.Sprintf("%s%s: no caller has a number in this form: it is compared in E.164, so want a + and the code of the country", l.key, strings.Join(never, ", ")))
		}
	}
	return all
}

// mayCall reports whether a caller on a trunk can be one whom an entry means: callers
// are known by their numbers in E.164, as far as the trunk's plan can tell.
func mayCall(plan identity.Plan, entry string) bool {
	number, star := strings.CutSuffix(entry, "*")
	return plan.Canonical(number) == number && (!star || plan.Beginning(number) == number)
}
