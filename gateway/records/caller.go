package records

import (
	"strings"
	"time"
)

// Billed is what a call costs somebody: the only record with a number that can
// be read, and only where the operator has set records.billing.
type Billed struct {
	Start     time.Time     `json:"start"`
	Duration  time.Duration `json:"duration_ns"`
	Call      string        `json:"call"`
	Telephone string        `json:"telephone"`
	Number    string        `json:"number"` // that was called
	Trunk     string        `json:"trunk"`
}

// spelled is the one spelling of a number under which it is known, however the
// trunk writes it: +49 30 55501-00 and 0049305550100 are 49305550100. What is no
// telephone number stays as it is.
func spelled(number string) string {
	plain := strings.NewReplacer(" ", "", "-", "", ".", "", "/", "", "(", "", ")", "").Replace(number)
	digits, international := strings.CutPrefix(plain, "+")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return number
	}
	if !international {
		digits = strings.TrimPrefix(digits, "00")
	}
	return digits
}

// lastDigits are the last n of a number that has more than twice as many.
func lastDigits(number string, n int) string {
	digits := spelled(number)
	if n == 0 || len(digits) <= 2*n || strings.Trim(digits, "0123456789") != "" {
		return ""
	}
	return digits[len(digits)-n:]
}
