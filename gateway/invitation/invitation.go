// Package invitation writes what people are sent who are to come to a meeting:
// the numbers to dial, the meeting's number, the PIN, and what a mobile
// telephone dials at one tap.
//
// It is pure: the words stand in words.json, one set a language, and the layout
// is the same in all of them.
package invitation

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Meeting is what an invitation tells of a meeting.
type Meeting struct {
	ID, Title string
	PIN       string    // empty: none is asked
	Start     time.Time // zero: it has none
	Page      string    // address of its page; empty: none is named
	Phones    Phones
}

// Phones is whether telephones can come in.
type Phones int

const (
	// Welcome telephones dial in.
	Welcome Phones = iota
	// Closed is a meeting that takes no telephones.
	Closed
	// Sealed is one that is end-to-end encrypted, which no telephone can be.
	Sealed
)

// Number is a telephone number that leads to the meeting.
type Number struct {
	Number    string
	Languages []string // with several, the caller chooses by key first
	Direct    bool     // it leads to this meeting alone
}

// Text is the whole invitation, in a language that Languages names.
func Text(language string, m Meeting, numbers []Number) string {
	w := in(language)
	return join(w.intro(m), w.phone(language, m, numbers), w.pin(m), w.tap(language, m, numbers), w.page(m))
}

// Public is the invitation without the PIN, and says that it comes another way.
func Public(language string, m Meeting, numbers []Number) string {
	w := in(language)
	apart := ""
	if m.PIN != "" {
		apart = w.Apart
	}
	return join(w.intro(m), w.phone(language, m, numbers), apart, w.page(m))
}

// Private is the PIN alone; empty where there is none.
func Private(language string, m Meeting, numbers []Number) string {
	if m.PIN == "" {
		return ""
	}
	w := in(language)
	return join(fmt.Sprintf("%s: %s", w.Meeting, called(m)), w.pin(m), w.tap(language, m, numbers))
}

// OneTap is what a mobile telephone dials, each comma a pause of two seconds:
// number, language where it is asked, meeting, PIN. It is empty where the number
// is none that can be dialled so.
func OneTap(language string, m Meeting, n Number) string {
	if digits, plus := strings.CutPrefix(n.Number, "+"); !plus || strings.Trim(digits, "0123456789") != "" {
		return ""
	}
	steps := []string{n.Number}
	if len(n.Languages) > 1 {
		steps = append(steps, fmt.Sprint(1+max(0, slices.Index(n.Languages, spoken(language, n.Languages)))))
	}
	if !n.Direct {
		steps = append(steps, m.ID+"#")
	}
	if m.PIN != "" {
		steps = append(steps, m.PIN+"#")
	}
	return strings.Join(steps, ",,")
}

// spoken is the language of a number that comes nearest to the invitation's.
func spoken(language string, there []string) string {
	base, _, _ := strings.Cut(language, "-")
	for _, l := range there {
		if own, _, _ := strings.Cut(l, "-"); own == base {
			return l
		}
	}
	return ""
}

func called(m Meeting) string {
	if m.Title != "" {
		return m.Title
	}
	return grouped(m.ID)
}

// grouped writes digits so that people can read them out.
func grouped(s string) string {
	var groups []string
	for len(s) > 4 {
		groups, s = append(groups, s[:3]), s[3:]
	}
	return strings.Join(append(groups, s), " ")
}

// join puts an empty line between the parts that there are.
func join(parts ...string) string {
	parts = slices.DeleteFunc(parts, func(p string) bool { return p == "" })
	return strings.Join(parts, "\n\n") + "\n"
}
