package admission

import (
	"fmt"
	"slices"
	"testing"
)

// TestEveryRuleIsNeeded changes the rules in every small way there is, one at
// a time, and wants the truth table to notice: a rule that could be dropped, a
// term that could be dropped or turned round, another decision, another order.
func TestEveryRuleIsNeeded(t *testing.T) {
	rows, mutants := table(), 0
	for _, m := range mutate(rules()) {
		mutants++
		if survives(rows, m.rules) {
			t.Errorf("nobody notices: %s", m.what)
		}
	}
	if mutants < 100 {
		t.Errorf("only %d mutants", mutants)
	}
	if !survives(rows, rules()) {
		t.Error("the rules themselves do not pass the table")
	}
}

// survives reports whether every row of the table still holds.
func survives(rows []row, rules []rule) bool {
	return !slices.ContainsFunc(rows, func(r row) bool { return decide(rules, r.facts) != r.want })
}

type mutant struct {
	what  string
	rules []rule
}

func mutate(original []rule) []mutant {
	var all []mutant
	add := func(what string, change func([]rule) []rule) {
		all = append(all, mutant{what, change(slices.Clone(original))})
	}
	for i, r := range original {
		add("without: "+r.name, func(rules []rule) []rule { return slices.Delete(rules, i, i+1) })
		for n := range r.when {
			add(fmt.Sprintf("%s, without term %d", r.name, n), func(rules []rule) []rule {
				rules[i].when = slices.Delete(slices.Clone(r.when), n, n+1)
				return rules
			})
			add(fmt.Sprintf("%s, term %d turned round", r.name, n), func(rules []rule) []rule {
				rules[i].when = slices.Clone(r.when)
				rules[i].when[n] = not(r.when[n])
				return rules
			})
		}
		for _, d := range otherDecisions(r.then) {
			add(fmt.Sprintf("%s: %+v", r.name, d), func(rules []rule) []rule {
				rules[i].then = d
				return rules
			})
		}
		if i > 0 && original[i-1].then != r.then && !exclusive(original[i-1], r) {
			add("the other way round: "+original[i-1].name+", "+r.name, func(rules []rule) []rule {
				rules[i-1], rules[i] = rules[i], rules[i-1]
				return rules
			})
		}
	}
	return all
}

func otherDecisions(d Decision) []Decision {
	voice, notice, reason, verdict := d, d, d, d
	voice.Voice, notice.Notice = !d.Voice, !d.Notice
	reason.Reason = Open
	verdict.Verdict = (d.Verdict + 1) % (Admit + 1)
	return []Decision{voice, notice, reason, verdict}
}

// exclusive reports whether two rules can never apply to the same facts, so
// that their order does not matter.
func exclusive(a, b rule) bool {
	for f := range allFacts {
		if a.applies(f) && b.applies(f) {
			return false
		}
	}
	return true
}

// TestFactsAreReadRight wants each of these terms to look at its own fact: they
// meet in rules where another would do as well.
func TestFactsAreReadRight(t *testing.T) {
	base := with()
	for _, tt := range []struct {
		name   string
		holds  term
		change func(*Facts)
	}{
		{"a removal", removed, wasRemoved},
		{"a lobby", lobby, hasLobby},
		{"being let in", admitted, letIn},
		{"a guest list", registeredOnly, guestList},
		{"a host", host, asHost},
		{"a seat", not(atDoor), inside},
	} {
		changed := base
		tt.change(&changed)
		if tt.holds(base).holds || !tt.holds(changed).holds {
			t.Errorf("%s is not read right", tt.name)
		}
	}
}
