package admission

import "strings"

// PIN is what may be known of a PIN once it was right. The PIN itself is not
// part of any decision, so that no decision can tell it.
type PIN struct {
	// Digits is its length; 0: none was needed.
	Digits int
	// Guessable PINs are among the first that somebody would try.
	Guessable bool
}

// Grade judges the PIN of a meeting.
func Grade(pin, meeting string) PIN {
	return PIN{Digits: len(pin), Guessable: guessable(pin, meeting)}
}

// guessable are digits that are all the same, that count up or down, or that
// stand in the meeting's number.
func guessable(pin, meeting string) bool {
	const up, down = "01234567890", "09876543210"
	return pin != "" && (strings.Trim(pin, pin[:1]) == "" ||
		strings.Contains(up, pin) || strings.Contains(down, pin) || strings.Contains(meeting, pin))
}
