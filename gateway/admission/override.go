package admission

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Override is what is otherwise for a called number or for some meetings. What
// it leaves out stays as it is.
type Override struct {
	Encryption LevelOverride  `yaml:"encryption"`
	SecureLeg  *bool          `yaml:"secure_leg"`
	Phones     *bool          `yaml:"phones"`
	Caller     CallerOverride `yaml:"caller"`
	Registered *bool          `yaml:"registered"`
	MinPIN     *int           `yaml:"min_pin"`
	Regions    []string       `yaml:"regions"`
	Host       Choice         `yaml:"host"`
	Lobby      Lobby          `yaml:"lobby"`
	Hours      []Hours        `yaml:"hours"`
	// Consent and AfterNo are at least so strict where the meeting says it itself;
	// talk is the least strict of what a no can mean, leave the most.
	Consent string `yaml:"consent"`
	AfterNo string `yaml:"after_no"`
}

// LevelOverride has no e2ee and no unknown: of those nothing can be said.
type LevelOverride struct {
	None      Choice `yaml:"none"`
	Transport Choice `yaml:"transport"`
	Enhanced  Choice `yaml:"enhanced"`
}

// CallerOverride is CallerConfig where everything may be left out.
type CallerOverride struct {
	Attestation string   `yaml:"attestation"`
	Anonymous   Choice   `yaml:"anonymous"`
	Numbers     []string `yaml:"numbers"`
}

// NumberOverride is "admission" of a called number.
type NumberOverride struct {
	Override `yaml:",inline"`
	// EndToEnd keeps the number for meetings that are end-to-end encrypted: every
	// telephone is told so and let go before it is answered.
	EndToEnd bool `yaml:"e2ee"`
}

// MeetingOverride is one of "admission.meetings".
type MeetingOverride struct {
	// Meeting is a meeting's number; a trailing * stands for whatever follows. Of
	// several that fit, the longest counts.
	Meeting  string `yaml:"meeting"`
	Override `yaml:",inline"`
}

// over is o, and where o is silent what is below it.
func (o Override) over(below Override) Override {
	return Override{
		Encryption: LevelOverride{
			None:      cmp.Or(o.Encryption.None, below.Encryption.None),
			Transport: cmp.Or(o.Encryption.Transport, below.Encryption.Transport),
			Enhanced:  cmp.Or(o.Encryption.Enhanced, below.Encryption.Enhanced),
		},
		SecureLeg: cmp.Or(o.SecureLeg, below.SecureLeg),
		Phones:    cmp.Or(o.Phones, below.Phones),
		Caller: CallerOverride{
			Attestation: cmp.Or(o.Caller.Attestation, below.Caller.Attestation),
			Anonymous:   cmp.Or(o.Caller.Anonymous, below.Caller.Anonymous),
			Numbers:     either(o.Caller.Numbers, below.Caller.Numbers),
		},
		Registered: cmp.Or(o.Registered, below.Registered),
		MinPIN:     cmp.Or(o.MinPIN, below.MinPIN),
		Regions:    either(o.Regions, below.Regions),
		Host:       cmp.Or(o.Host, below.Host),
		Lobby:      cmp.Or(o.Lobby, below.Lobby),
		Hours:      either(o.Hours, below.Hours),
		Consent:    cmp.Or(o.Consent, below.Consent),
		AfterNo:    cmp.Or(o.AfterNo, below.AfterNo),
	}
}

// either is the first list that has anything in it.
func either[T any](first, second []T) []T {
	if len(first) > 0 {
		return first
	}
	return second
}

// Validate reports every mistake at once, each under its key.
func (o Override) Validate() error { return errors.Join(o.mistakes("")...) }

// mistakes checks o. silence is a further value that each choice may have: the
// empty one where o may leave things out.
func (o Override) mistakes(silence ...string) []error {
	attestations := slices.Clone(attestationNames[:])
	slices.Reverse(attestations)
	var errs []error
	for _, row := range []struct {
		key, value string
		choices    []string
	}{
		{"encryption.none", string(o.Encryption.None), []string{"admit", "refuse"}},
		{"encryption.transport", string(o.Encryption.Transport), []string{"admit", "refuse"}},
		{"encryption.enhanced", string(o.Encryption.Enhanced), []string{"admit", "refuse"}},
		{"caller.attestation", o.Caller.Attestation, attestations},
		{"caller.anonymous", string(o.Caller.Anonymous), []string{"admit", "wait", "refuse"}},
		{"host", string(o.Host), []string{"wait", "refuse"}},
		{"lobby", string(o.Lobby), []string{"meeting", "always"}},
		{"consent", o.Consent, []string{"off", "notice", "required"}},
		{"after_no", o.AfterNo, []string{"listen", "leave", "talk"}},
	} {
		errs = append(errs, chosen(row.key, row.value, silence, row.choices))
	}
	if o.MinPIN != nil && (*o.MinPIN < 0 || *o.MinPIN > longestPIN) {
		errs = append(errs, fmt.Errorf("min_pin: %d: want a number of digits from 0 to %d", *o.MinPIN, longestPIN))
	}
	for i, number := range o.Caller.Numbers { // told by its place: mistakes are logged
		if digits := strings.TrimSuffix(strings.TrimPrefix(number, "+"), "*"); digits == "" || strings.Trim(digits, "0123456789") != "" {
			errs = append(errs, fmt.Errorf("caller.numbers[%d]: want a telephone number without spaces, such as +4930555010, or its beginning and a *", i))
		}
	}
	for i, region := range o.Regions {
		if region == "" || strings.Contains(strings.TrimSuffix(region, "*"), "*") {
			errs = append(errs, fmt.Errorf("regions[%d]: %q: want the name of a region, such as eu-central, or its beginning and a *", i, region))
		}
	}
	return errs
}

// longestPIN bounds what can be demanded of a PIN.
const longestPIN = 20

func chosen(key, value string, silence, choices []string) error {
	if slices.Contains(choices, value) || slices.Contains(silence, value) {
		return nil
	}
	last := len(choices) - 1
	return fmt.Errorf("%s: %q is no choice: want %s or %s", key, value, strings.Join(choices[:last], ", "), choices[last])
}

// validateMeetings checks each entry, and that none is there twice.
func validateMeetings(all []MeetingOverride) []error {
	var errs []error
	first := map[string]int{}
	for i, o := range all {
		key := "meetings[" + strconv.Itoa(i) + "]."
		if strings.Trim(strings.TrimSuffix(o.Meeting, "*"), "0123456789") != "" || o.Meeting == "" {
			errs = append(errs, fmt.Errorf("%smeeting: %q: want a meeting's number, or its beginning and a *", key, o.Meeting))
		}
		if j, again := first[o.Meeting]; again {
			errs = append(errs, fmt.Errorf("%smeeting: %q is already meetings[%d]", key, o.Meeting, j))
		} else {
			first[o.Meeting] = i
		}
		for _, err := range o.mistakes("") {
			if err != nil {
				errs = append(errs, fmt.Errorf("%s%w", key, err))
			}
		}
	}
	return errs
}

// fits reports whether text is what pattern stands for: the same, or, where the
// pattern ends in *, what begins so.
func fits(pattern, text string) bool {
	beginning, star := strings.CutSuffix(pattern, "*")
	return beginning == text || star && strings.HasPrefix(text, beginning)
}

// settings tell, by key, what a part of the file says, empty where it is silent.
func settings() map[string]func(Override) string {
	return map[string]func(Override) string{
		"encryption.none":      func(o Override) string { return string(o.Encryption.None) },
		"encryption.transport": func(o Override) string { return string(o.Encryption.Transport) },
		"encryption.enhanced":  func(o Override) string { return string(o.Encryption.Enhanced) },
		"secure_leg":           func(o Override) string { return written(o.SecureLeg) },
		"phones":               func(o Override) string { return written(o.Phones) },
		"caller.attestation":   func(o Override) string { return o.Caller.Attestation },
		"caller.anonymous":     func(o Override) string { return string(o.Caller.Anonymous) },
		"caller.numbers":       func(o Override) string { return strings.Join(o.Caller.Numbers, ", ") },
		"registered":           func(o Override) string { return written(o.Registered) },
		"min_pin":              func(o Override) string { return written(o.MinPIN) },
		"regions":              func(o Override) string { return strings.Join(o.Regions, ", ") },
		"host":                 func(o Override) string { return string(o.Host) },
		"lobby":                func(o Override) string { return string(o.Lobby) },
		"hours":                func(o Override) string { return joined(o.Hours) },
		"consent":              func(o Override) string { return o.Consent },
		"after_no":             func(o Override) string { return o.AfterNo },
	}
}

// Says is what o says, such as "secure_leg: false", in the order of the keys. It is
// handed on to others, so of caller.numbers, which are people's own, it has only how
// many there are.
func (o Override) Says() (all []string) {
	values := settings()
	values["caller.numbers"] = func(o Override) string { return listed(len(o.Caller.Numbers)) }
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if value := values[key](o); value != "" {
			all = append(all, key+": "+value)
		}
	}
	return all
}

// listed is how many there are; empty where there is none.
func listed(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n) + " listed"
}

func written[T any](value *T) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(*value)
}

func joined(all []Hours) string {
	texts := make([]string, len(all))
	for i, h := range all {
		texts[i] = h.text
	}
	return strings.Join(texts, ", ")
}
