package call

import (
	"strings"
	"testing"
	"time"
)

func TestTheDefaultsAreValid(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
	if err := DefaultPrivacyConfig().Validate(); err != nil {
		t.Error(err)
	}
}

func TestEveryMistakeIsNamed(t *testing.T) {
	err := Config{Lookup: -time.Second, WrongDelay: -1, MutedFrom: -1}.Validate()
	if err == nil {
		t.Fatal("nothing is wrong with nothing")
	}
	for _, key := range []string{
		"tries:", "rounds:", "max_digits:", "muted_from:", "first_digit:", "between_digits:", "choose:",
		"lookup:", "wrong_delay:", "backend:", "consent:", "remind:", "wait:",
	} {
		if !strings.Contains(err.Error(), key) {
			t.Errorf("%s is not named in %q", key, err)
		}
	}
	if err := (PrivacyConfig{CallerNumber: "some"}).Validate(); err == nil {
		t.Error("any choice of numbers is taken")
	}
}

// TestTimesForAKeyReachAMinute: who is slow, or has a relay operator type for them,
// can be given so much.
func TestTimesForAKeyReachAMinute(t *testing.T) {
	for key, set := range map[string]func(*Config, time.Duration){
		"first_digit:":    func(c *Config, d time.Duration) { c.FirstDigit = d },
		"between_digits:": func(c *Config, d time.Duration) { c.BetweenDigits = d },
		"consent:":        func(c *Config, d time.Duration) { c.Consent = d },
	} {
		c := DefaultConfig()
		if set(&c, time.Minute); c.Validate() != nil {
			t.Errorf("a minute: %v", c.Validate())
		}
		set(&c, 61*time.Second)
		if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), key) {
			t.Errorf("61 s: got %v, want a mistake of %s", err, key)
		}
	}
}

func TestWhatOthersSeeOfANumber(t *testing.T) {
	for _, tt := range []struct {
		name, choice, number string
		nth                  int
		want                 string
		shown                int
	}{
		{"a masked number keeps its beginning", NumberMasked, "+493012345678", 2, "Phone +49301... (2)", 2},
		{"a number as a trunk sends it", NumberMasked, "03012345678", 2, "Phone 03012... (2)", 2},
		{"a short number is an extension and shows nothing", NumberMasked, "1234", 2, "Phone 2", 2},
		{"a name is no number", NumberMasked, "anna.muster", 2, "Phone 2", 2},
		{"a suppressed number stays suppressed", NumberFull, "", 2, "Phone 2", 2},
		{"a hidden number", NumberHidden, "+493012345678", 2, "Phone 2", 2},
		{"a full number", NumberFull, "+493012345678", 2, "Phone +493012345678", 0},
		{"a name is not shown in full either", NumberFull, "anna.muster", 2, "Phone 2", 2},
		{"a plus alone", NumberMasked, "+", 2, "Phone 2", 2},
		{"a masked number before any meeting", NumberMasked, "+493012345678", 0, "Phone +49301...", 0},
		{"a hidden number before any meeting", NumberHidden, "+493012345678", 0, "Phone", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, shown := PrivacyConfig{CallerNumber: tt.choice}.Label(tt.number, tt.nth)
			if got != tt.want || shown != tt.shown {
				t.Errorf("Label = %q with %d, want %q with %d", got, shown, tt.want, tt.shown)
			}
		})
	}
}
