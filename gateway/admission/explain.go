package admission

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/einwahl/einwahl/conference"
)

// Step is a rule that was asked, and what it has found.
type Step struct {
	Rule     string
	Applies  bool
	Findings []Finding // all where the rule applies, else the one that kept it from that
}

// Finding is what is so of a caller, a meeting or the file.
type Finding struct {
	Fact string // such as "no host is there"
	// Setting is the full key of the operator's setting that was looked at, and
	// Value what stands there; empty where none was.
	Setting, Value string
}

// String is the finding in a line.
func (x Finding) String() string {
	if x.Setting == "" {
		return x.Fact
	}
	return fmt.Sprintf("%s (%s: %s)", x.Fact, x.Setting, x.Value)
}

// String is the step in a line.
func (s Step) String() string {
	facts := make([]string, len(s.Findings))
	for i, x := range s.Findings {
		facts[i] = x.String()
	}
	return map[bool]string{true: "yes", false: "no"}[s.Applies] + ": " + s.Rule + ": " + strings.Join(facts, "; ")
}

// Explain tells how [Decide] has come to its answer: the rules that it asks, up
// to the one that applies. Where the last step does not apply, nothing stands
// against admission.
func Explain(f Facts) []Step {
	var steps []Step
	for _, r := range rules() {
		step := Step{Rule: r.name, Applies: true}
		for _, t := range r.when {
			x := t(f)
			finding := f.find(x)
			if !x.holds {
				step.Applies, step.Findings = false, []Finding{finding}
				break
			}
			step.Findings = append(step.Findings, finding)
		}
		if steps = append(steps, step); step.Applies {
			break
		}
	}
	return steps
}

// find adds to a fact where the operator has said what it looked at.
func (f Facts) find(x fact) Finding {
	words := strings.TrimSpace(x.words + " " + x.value)
	if x.setting == "" || f.itself(x.setting) {
		return Finding{Fact: words}
	}
	setting, value := f.Policy.origin(x.setting)
	return Finding{Fact: words, Setting: setting, Value: value}
}

// itself reports whether it is the meeting that has said what a setting says for
// others.
func (f Facts) itself(setting string) bool {
	switch setting {
	case "consent":
		return f.Meeting.Consent == Consent(f)
	case "after_no":
		return f.Meeting.AfterNo == AfterNo(f)
	}
	return false
}

// orUnknown is a word for what nobody has said.
func orUnknown(word string) string { return cmp.Or(word, conference.Unknown.String()) }
