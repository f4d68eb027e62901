package admission

import (
	"strings"
	"testing"
	"time"
)

// at is a time with its day of the week.
func at(text string) time.Time {
	t, err := time.Parse("Mon 2006-01-02 15:04 -0700", text)
	if err != nil {
		panic(err)
	}
	return t
}

func TestHoursAreTimesOfTheWeek(t *testing.T) {
	for _, tt := range []struct {
		name, hours, now string
		want             bool
	}{
		{"within", "mon-fri 08:00-18:00 UTC", "Mon 2026-11-23 12:00 +0000", true},
		{"from the first minute on", "mon-fri 08:00-18:00 UTC", "Mon 2026-11-23 08:00 +0000", true},
		{"not before", "mon-fri 08:00-18:00 UTC", "Mon 2026-11-23 07:59 +0000", false},
		{"to the last", "mon-fri 08:00-18:00 UTC", "Mon 2026-11-23 17:59 +0000", true},
		{"and no longer", "mon-fri 08:00-18:00 UTC", "Mon 2026-11-23 18:00 +0000", false},
		{"on the last day", "mon-fri 08:00-18:00 UTC", "Fri 2026-11-27 12:00 +0000", true},
		{"not on the next", "mon-fri 08:00-18:00 UTC", "Sat 2026-11-28 12:00 +0000", false},
		{"nor on the one before", "mon-fri 08:00-18:00 UTC", "Sun 2026-11-29 12:00 +0000", false},
		{"a single day", "wed 08:00-18:00 UTC", "Wed 2026-11-25 12:00 +0000", true},
		{"and no other", "wed 08:00-18:00 UTC", "Thu 2026-11-26 12:00 +0000", false},
		{"days may go over the weekend", "sat-mon 08:00-18:00 UTC", "Sun 2026-11-29 12:00 +0000", true},
		{"and leave out the week", "sat-mon 08:00-18:00 UTC", "Tue 2026-11-24 12:00 +0000", false},
		{"the first day of the table is a day", "sun 08:00-18:00 UTC", "Sun 2026-11-29 12:00 +0000", true},
		{"also where it is the last", "sat-sun 08:00-18:00 UTC", "Sun 2026-11-29 12:00 +0000", true},
		{"twice the same time is a whole day", "mon 08:00-08:00 UTC", "Mon 2026-11-23 12:00 +0000", true},
		{"that goes on to it", "mon 08:00-08:00 UTC", "Tue 2026-11-24 07:59 +0000", true},
		{"a day may be whole", "mon 00:00-24:00 UTC", "Mon 2026-11-23 23:59 +0000", true},
		{"and ends with itself", "mon 00:00-24:00 UTC", "Tue 2026-11-24 00:00 +0000", false},
		{"the clock is that of the zone", "mon-fri 08:00-18:00 Europe/Berlin", "Mon 2026-11-23 07:30 +0000", true},
		{"in summer too", "mon-fri 08:00-18:00 Europe/Berlin", "Mon 2026-06-22 06:30 +0000", true},
		{"and so is the day", "mon 00:00-06:00 Asia/Tokyo", "Sun 2026-11-22 16:00 +0000", true},
		{"a night begins on its day", "fri 22:00-06:00 UTC", "Fri 2026-11-27 23:00 +0000", true},
		{"from its first minute on", "fri 22:00-06:00 UTC", "Fri 2026-11-27 22:00 +0000", true},
		{"and goes on after midnight", "fri 22:00-06:00 UTC", "Sat 2026-11-28 05:59 +0000", true},
		{"to its end", "fri 22:00-06:00 UTC", "Sat 2026-11-28 06:00 +0000", false},
		{"it has nothing before it begins", "fri 22:00-06:00 UTC", "Fri 2026-11-27 21:59 +0000", false},
		{"nor the night before", "fri 22:00-06:00 UTC", "Fri 2026-11-27 03:00 +0000", false},
		{"nor the night after", "fri 22:00-06:00 UTC", "Sat 2026-11-28 23:00 +0000", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := hours(tt.hours).hold(at(tt.now)); got != tt.want {
				t.Errorf("%s at %s: %v", tt.hours, tt.now, got)
			}
			f := with(func(f *Facts) {
				f.Policy.Hours, f.Now = []Hours{{}, hours(tt.hours)}, at(tt.now)
			})
			if d := Decide(f); (d == in) != tt.want {
				t.Errorf("Decide = %+v", d)
			}
		})
	}
}

func TestHoursAreReadStrictly(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "no time of the week",
		"08:00-18:00":                 "no time of the week",
		"mon-fri 08:00-18:00":         "no time of the week",
		"mon-fri 8:00-18:00 UTC":      "no time of the week",
		"mon-fri 08:00-18:00 UTC now": "no time of the week",
		"mo-fr 08:00-18:00 UTC":       "no time of the week",
		"mon-xyz 08:00-18:00 UTC":     "days are sun, mon",
		"abc 08:00-18:00 UTC":         "days are sun, mon",
		"mon 08:60-18:00 UTC":         "times are from",
		"mon 08:00-24:01 UTC":         "times are from",
		"mon 24:00-08:00 UTC":         "times are from",
		"mon 08:00-18:00 Mars/North":  "no such zone",
		"mon 08:00-18:00 ../etc":      "no such zone",
	} {
		if _, err := ParseHours(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	var h Hours
	const good = "mon-fri 08:00-18:00 Europe/Berlin"
	if err := h.UnmarshalText([]byte(good)); err != nil || h.String() != good {
		t.Errorf("%q, %v", h, err)
	}
	if text, err := h.MarshalText(); err != nil || string(text) != good {
		t.Errorf("%q, %v", text, err)
	}
	if err := h.UnmarshalText([]byte("never")); err == nil || h.String() != good {
		t.Errorf("%q after %v", h, err)
	}
	if (Hours{}).hold(time.Now()) {
		t.Error("no hours hold")
	}
}

// FuzzParseHours wants what is read to be read again as the same.
func FuzzParseHours(f *testing.F) {
	for _, text := range []string{"mon-fri 08:00-18:00 Europe/Berlin", "sat 22:00-06:00 UTC", "x", "mon 00:00-24:00 Local"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h, err := ParseHours(text)
		if err != nil {
			return
		}
		again, err := ParseHours(h.String())
		if err != nil || again.days != h.days || again.from != h.from || again.to != h.to {
			t.Errorf("%q is read as %+v and %+v (%v)", text, h, again, err)
		}
		h.hold(time.Unix(0, 0))
	})
}

func TestPINsThatAnybodyWouldTry(t *testing.T) {
	for pin, guessable := range map[string]bool{
		"": false, "1111": true, "000000": true, "123456": true, "4321": true, "7890": true, "0987": true,
		"1112": false, "1235": false, "13579": false, "90210": false, "5": true,
		"4711": true, "000471": true, // of meeting 1000471100
		"48151": false,
	} {
		if got := Grade(pin, "1000471100"); got.Guessable != guessable || got.Digits != len(pin) {
			t.Errorf("%q: %+v", pin, got)
		}
	}
}
