package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/gateway/admission"
)

// Number is one of "numbers": a called number, and what answers there.
type Number struct {
	// Number is the called number as the trunk sends it, or the same in E.164
	// where the trunk's country is known. A trailing * stands for whatever follows.
	Number string `yaml:"number"`
	// Trunks names those on which this number may be called.
	Trunks []string `yaml:"trunks"`
	// Languages are spoken here; where there are several the caller is asked.
	Languages []string `yaml:"languages"`
	// Backend is the conference service that holds the meetings.
	Backend string `yaml:"backend"`
	// Meeting, where it is set, is the only one behind this number, and the
	// caller is not asked for its number.
	Meeting string `yaml:"meeting"`
	// Message is said to those who wait, where the meeting says nothing itself.
	Message announcements.Texts `yaml:"message"`
	// Refuse is when a refusal that is known before answering is said: Answered
	// or Early.
	Refuse string `yaml:"refuse"`
	// Admission is what is otherwise for calls to this number.
	Admission admission.NumberOverride `yaml:"admission"`
	// MaxCalls are the calls that it takes at a time, and MaxCallsPerSecond those
	// that may begin in one second, all its trunks together; 0: the trunks' alone.
	MaxCalls          int `yaml:"max_calls"`
	MaxCallsPerSecond int `yaml:"max_calls_per_second"`
	// Key is where the number stands in the file, such as numbers[2].
	Key string `yaml:"-"`
}

// When a refusal is said.
const (
	Answered = "answer" // the call is answered for it
	Early    = "early"  // it is not: early media, then the final status
)

// DefaultNumber is what a number has where the file is silent.
func DefaultNumber() Number {
	return Number{Languages: []string{"en"}, Backend: Embedded, Refuse: Answered}
}

// Validate reports every mistake that can be seen in the number alone.
func (n Number) Validate() error {
	var errs []error
	switch before, after, star := strings.Cut(n.Number, "*"); {
	case n.Number == "":
		errs = append(errs, errors.New(`number: want the called number, such as "+49305550100", or "*" for any`))
	case star && after != "":
		errs = append(errs, fmt.Errorf("number: %q: a * may only be the last character", n.Number))
	case strings.ContainsAny(before, " \t@:;<>\"/") || strings.HasPrefix(before, "+") && strings.Trim(before[1:], "0123456789") != "":
		errs = append(errs, fmt.Errorf("number: %q: want digits or the user part of a SIP address, without spaces and without @", n.Number))
	}
	if len(n.Trunks) == 0 {
		errs = append(errs, errors.New("trunks: want the names of the trunks on which this number is called"))
	}
	if len(n.Languages) == 0 {
		errs = append(errs, errors.New("languages: want at least one, such as [en]"))
	}
	if len(n.Languages) > 9 {
		errs = append(errs, errors.New("languages: want at most nine, one for each of the keys 1 to 9"))
	}
	for _, limit := range []struct {
		key string
		n   int
	}{{"max_calls", n.MaxCalls}, {"max_calls_per_second", n.MaxCallsPerSecond}} {
		if limit.n < 0 {
			errs = append(errs, fmt.Errorf("%s: %d: want a number of calls, or 0 for no limit but the trunks'", limit.key, limit.n))
		}
	}
	for _, mistake := range messages(n.Admission.Validate()) {
		errs = append(errs, errors.New("admission."+mistake))
	}
	errs = append(errs, oneOf("refuse", n.Refuse, Answered, Early))
	errs = append(errs, twice("trunks", n.Trunks)...)
	errs = append(errs, twice("languages", n.Languages)...)
	return errors.Join(errs...)
}

// Numbers is the section "numbers".
type Numbers []Number

// twice reports what stands in a list of names more than once.
func twice(key string, names []string) []error {
	var errs []error
	first := map[string]int{}
	for i, name := range names {
		if j, again := first[name]; again {
			errs = append(errs, fmt.Errorf("%s[%d]: %q is already %s[%d]: want each once", key, i, name, key, j))
			continue
		}
		first[name] = i
	}
	return errs
}
