package records

import (
	"errors"
	"fmt"
	"time"
)

// Keep is for how many days records are kept at most.
type Keep struct {
	Calls    int `yaml:"calls"`    // and notices, which tell of calls
	Consents int `yaml:"consents"` // and who has exported recordings
	Refusals int `yaml:"refusals"`
}

// longestBilling is how many days ahead numbers may be kept for billing, and how
// old they may become.
const longestBilling = 183

// mostDigits is how many of a number's last digits a record may show.
const mostDigits = 4

func (k Keep) validate() error {
	var errs []error
	for _, n := range []struct {
		key     string
		n, most int
		why     string
	}{
		{"calls", k.Calls, 30, "who called whom is needed to find faults and abuse, and no longer"},
		{"consents", k.Consents, 3*365 + 1, "claims lapse after three years"},
		{"refusals", k.Refusals, 365, "a no needs no proof for longer"},
	} {
		if n.n < 1 || n.n > n.most {
			errs = append(errs, fmt.Errorf("keep.%s: %d: want 1 to %d days; %s", n.key, n.n, n.most, n.why))
		}
	}
	return errors.Join(errs...)
}

// billingUntil is the moment from which no full numbers are kept: false where
// none ever are.
func (c Config) billingUntil() (until time.Time, ok bool) {
	last, err := time.Parse(time.DateOnly, c.Billing)
	return last.AddDate(0, 0, 1), err == nil
}

// Bills reports whether full numbers are kept now.
func (c Config) Bills(now time.Time) bool {
	until, ok := c.billingUntil()
	return ok && now.Before(until)
}

func (c Config) validateBilling(now time.Time) error {
	until, ok := c.billingUntil()
	switch {
	case c.Billing == "":
	case !ok:
		return fmt.Errorf("billing: %q is no day: want one such as 2027-03-31, or nothing", c.Billing)
	case until.After(dayOf(now).AddDate(0, 0, longestBilling+1)):
		return fmt.Errorf("billing: %s is more than %d days ahead, and numbers may not be kept for longer", c.Billing, longestBilling)
	}
	return nil
}

// dayOf is the beginning of a day. Days are those of UTC, wherever the gateway
// is.
func dayOf(now time.Time) time.Time { return now.UTC().Truncate(24 * time.Hour) }

// due is what is to be gone of a class.
type due struct {
	class  Class
	before time.Time
}

// due tells what is to be gone. Whole days go, so that their keys can go with
// them, and early enough that at the end of the day nothing is too old.
func (c Config) due(now time.Time) []due {
	before := func(days int) time.Time { return dayOf(now).AddDate(0, 0, 1-days) }
	all := []due{
		{ClassCall, before(c.Keep.Calls)},
		{ClassNotice, before(c.Keep.Calls)},
		{ClassRefusal, before(c.Keep.Refusals)},
		{ClassConsent, before(c.Keep.Consents)},
		{ClassAccess, before(c.Keep.Consents)},
	}
	if c.Bills(now) {
		return append(all, due{ClassBilling, before(longestBilling)})
	}
	return append(all, due{ClassBilling, now})
}

// Days is after how many days at most all that tells of a call now is deleted,
// evidence apart: what callers are told.
func (c Config) Days(now time.Time) int {
	if !c.Bills(now) {
		return c.Keep.Calls
	}
	until, _ := c.billingUntil()
	return max(c.Keep.Calls, min(longestBilling, int(until.Sub(dayOf(now))/(24*time.Hour))))
}
