package admission

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones also where the machine has none
)

// Hours is a time of the week, such as "mon-fri 08:00-18:00 Europe/Berlin". One
// that does not end after it begins goes on after midnight, and belongs to the day
// on which it begins.
type Hours struct {
	text     string
	days     [7]bool // by time.Weekday
	from, to string  // on the clock; 24:00 is the end of the day
	zone     *time.Location
}

var (
	hoursForm = regexp.MustCompile(`^([a-z]{3})(?:-([a-z]{3}))? +([0-9:]{5})-([0-9:]{5}) +(\S+)$`)
	clockForm = regexp.MustCompile(`^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$`)
	weekdays  = [...]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
)

// ParseHours reads days, times and a zone of the IANA database.
func ParseHours(text string) (Hours, error) {
	wrong := func(why string) (Hours, error) {
		return Hours{}, fmt.Errorf(`%q: %s; want days, times and a zone, such as "mon-fri 08:00-18:00 Europe/Berlin"`, text, why)
	}
	part := hoursForm.FindStringSubmatch(text)
	if part == nil {
		return wrong("is no time of the week")
	}
	h := Hours{text: text, from: part[3], to: part[4]}
	first, last := slices.Index(weekdays[:], part[1]), slices.Index(weekdays[:], part[2])
	if part[2] == "" {
		last = first
	}
	if first < 0 || last < 0 {
		return wrong("days are " + strings.Join(weekdays[:], ", "))
	}
	if !clockForm.MatchString(h.from) || !clockForm.MatchString(h.to) || h.from == "24:00" {
		return wrong("times are from 00:00 to 24:00")
	}
	zone, err := time.LoadLocation(part[5])
	if err != nil {
		return wrong("there is no such zone")
	}
	h.zone = zone
	for i := range weekdays {
		// Days are counted from the first on, so that sat-mon is three of them.
		h.days[i] = (i-first+7)%7 <= (last-first+7)%7
	}
	return h, nil
}

// UnmarshalText is ParseHours, for the operator's file.
func (h *Hours) UnmarshalText(text []byte) error {
	read, err := ParseHours(string(text))
	if err == nil {
		*h = read
	}
	return err
}

// MarshalText writes what UnmarshalText reads.
func (h Hours) MarshalText() ([]byte, error) { return []byte(h.text), nil }

func (h Hours) String() string { return h.text }

// hold reports whether now is within h. Without a zone there are no hours.
func (h Hours) hold(now time.Time) bool {
	if h.zone == nil {
		return false
	}
	local := now.In(h.zone)
	clock, today, yesterday := local.Format("15:04"), h.days[local.Weekday()], h.days[local.AddDate(0, 0, -1).Weekday()]
	if h.from < h.to {
		return today && clock >= h.from && clock < h.to
	}
	return today && clock >= h.from || yesterday && clock < h.to
}
