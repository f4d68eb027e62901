package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/gateway/admission"
)

// hintsOfAdmission looks for meetings that no telephone can enter, whatever happens
// there, because the file wants what the file does not give.
func (c Config) hintsOfAdmission(now time.Time) []string {
	var all []string
	general := admission.NewPolicy(c.Admission, c.Recording)
	for i, m := range c.Meetings {
		for j, n := range c.Numbers {
			if n.Backend != Embedded || n.Meeting != "" && n.Meeting != m.ID {
				continue
			}
			policy := general.Number(at("numbers", j)+".admission", n.Admission).Meeting(m.ID)
			if why := c.hopeless(m, policy, now); why != "" {
				all = append(all, fmt.Sprintf("%s: no telephone can come in by %s: %s", at("meetings", i), at("numbers", j), why))
				break
			}
		}
	}
	return slices.Concat(all, c.hintsOfCallers(), c.hintsOfSecureNumbers())
}

// hopeless is what keeps every caller with a right PIN out of a meeting although
// nothing else could stand against them; empty where somebody comes in, and where
// it is what the operator has said in so many words.
func (c Config) hopeless(m embedded.MeetingConfig, policy admission.Policy, now time.Time) string {
	pins := []string{string(m.PIN), string(m.HostPIN)}
	for _, r := range m.Registrants {
		pins = append(pins, string(r.PIN))
	}
	why := ""
	for _, pin := range pins {
		who, state, err := c.Conference.Embedded.Foresee(m, pin, now)
		if err != nil {
			continue // no host's PIN
		}
		f := welcome(policy, state)
		f.Identity, f.PIN = who, admission.Grade(pin, m.ID)
		switch d := admission.Decide(f); d.Reason {
		case admission.WeakPIN, admission.RegionPolicy, admission.NotRegistered:
			steps := admission.Explain(f)
			why = findings(steps[len(steps)-1])
		default:
			return ""
		}
	}
	return why
}

// welcome are the best facts that there could be at a meeting.
func welcome(p admission.Policy, m conference.State) admission.Facts {
	m.HostPresent, m.You.Admitted, m.NotStarted, m.Locked = true, true, false, false
	p.Hours = nil
	f := admission.Facts{
		Meeting: m, WaitingRoom: true, Proven: true, SecureLeg: true, Answer: conference.Agreed, Policy: p,
		Caller: admission.Caller{Asserted: true, Attested: admission.FullyAttested},
	}
	if len(p.Numbers) > 0 {
		f.Caller.Number = strings.TrimSuffix(p.Numbers[0], "*")
	}
	return f
}

// findings are those that a setting has a part in.
func findings(s admission.Step) string {
	var all []string
	for _, finding := range s.Findings {
		if finding.Setting != "" {
			all = append(all, finding.String())
		}
	}
	return strings.Join(all, ", ")
}

// hintsOfSecureNumbers looks for numbers that want encrypted calls, on trunks that
// bring none.
func (c Config) hintsOfSecureNumbers() []string {
	var all []string
	for i, n := range c.Numbers {
		if wants := n.Admission.SecureLeg; wants == nil || !*wants || c.Admission.SecureLeg {
			continue
		}
		var bare []string
		for j, t := range c.Trunks {
			if key, _ := c.bare(t); key != "" && slices.Contains(n.Trunks, t.Name) {
				bare = append(bare, at("trunks", j)+"."+key)
			}
		}
		if len(bare) == len(n.Trunks) {
			all = append(all, fmt.Sprintf("%s.admission.secure_leg: none of its calls can come encrypted (%s), and the others are refused", at("numbers", i), strings.Join(bare, ", ")))
		}
	}
	return all
}
