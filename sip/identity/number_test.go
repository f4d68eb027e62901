package identity

import (
	"strings"
	"testing"
)

func plan(t testing.TB, country string) Plan {
	t.Helper()
	p, err := NewPlan(country)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCanonical(t *testing.T) {
	for _, tt := range []struct{ name, country, number, want string }{
		{"with a plus", "DE", "+49305550100", "+49305550100"},
		{"with the international prefix", "DE", "0049305550100", "+49305550100"},
		{"with the prefix of long-distance calls", "DE", "0305550100", "+49305550100"},
		{"with the country code and no plus", "DE", "49305550100", "+49305550100"},
		{"with separators", "DE", "+49-30-555.01(00)", "+49305550100"},
		{"with separators, national", "DE", "030 5550100", "+49305550100"},
		{"with the 0 that is not dialled from abroad", "DE", "+49(0)305550100", "+49305550100"},
		{"an extension is part of it", "DE", "030555010123", "+4930555010123"},
		{"a mobile number", "DE", "015112345678", "+4915112345678"},
		{"a foreign number", "DE", "0033123456789", "+33123456789"},
		{"a foreign number with a plus", "DE", "+33123456789", "+33123456789"},
		{"a number free of charge", "DE", "08005550100", "+498005550100"},

		{"an emergency number stays", "DE", "112", "112"},
		{"a service number stays", "DE", "115", "115"},
		{"an extension stays", "DE", "4711", "4711"},
		{"a number without its area stays", "DE", "5550100", "5550100"},
		{"digits that could be anything stay", "DE", "305550100", "305550100"},
		{"an account that begins like the country stays", "DE", "4912", "4912"},
		{"a name stays", "DE", "en", "en"},
		{"a name with digits stays", "DE", "room-12", "room-12"},
		{"a code for the exchange stays", "DE", "*21#", "*21#"},
		{"nothing stays nothing", "DE", "", ""},
		{"a plus alone stays", "DE", "+", "+"},
		{"endless digits stay", "DE", "0" + strings.Repeat("3", 60), "0" + strings.Repeat("3", 60)},
		{"letters behind digits stay", "DE", "030555x1", "030555x1"},

		{"without a country a national number stays", "", "0305550100", "0305550100"},
		{"without a country 00 stays", "", "0049305550100", "0049305550100"},
		{"without a country a plus is enough", "", "+49-30-5550100", "+49305550100"},
		{"a number that is in no plan keeps its plus", "", "+9991234567", "+9991234567"},

		{"America without the 1", "US", "2025550123", "+12025550123"},
		{"America with the 1", "US", "12025550123", "+12025550123"},
		{"America's international prefix", "US", "01149305550100", "+49305550100"},
		{"00 on an American trunk", "US", "0049305550100", "+49305550100"},
		{"seven digits in America stay", "US", "5550123", "5550123"},
		{"Italy keeps its 0", "IT", "0669812345", "+390669812345"},
		{"Spain dials no prefix", "ES", "912345678", "+34912345678"},
		{"Spain with its code", "ES", "34912345678", "+34912345678"},
		{"Britain", "GB", "02079460123", "+442079460123"},
		{"Austria", "AT", "0043 1 58858", "+43158858"},
		{"Switzerland", "CH", "0446681800", "+41446681800"},
		{"Russia's 8", "RU", "84951234567", "+74951234567"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := plan(t, tt.country).Canonical(tt.number); got != tt.want {
				t.Errorf("Canonical(%q) in %q = %q, want %q", tt.number, tt.country, got, tt.want)
			}
		})
	}
}

func TestBeginning(t *testing.T) {
	for _, tt := range []struct{ name, country, prefix, want string }{
		{"with a plus", "DE", "+4930555", "+4930555"},
		{"with the international prefix", "DE", "004930555", "+4930555"},
		{"with the prefix of long-distance calls", "DE", "030555", "+4930555"},
		{"without any it may be an extension", "DE", "49", "49"},
		{"a name", "DE", "conf-", "conf-"},
		{"everything", "DE", "", ""},
		{"without a country", "", "030555", "030555"},
		{"without a country, with a plus", "", "+49-30", "+4930"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := plan(t, tt.country).Beginning(tt.prefix); got != tt.want {
				t.Errorf("Beginning(%q) = %q, want %q", tt.prefix, got, tt.want)
			}
		})
	}
}

func TestNoSuchCountry(t *testing.T) {
	for _, country := range []string{"XX", "Germany", "49", " "} {
		if _, err := NewPlan(country); err == nil || !strings.Contains(err.Error(), "DE") {
			t.Errorf("NewPlan(%q): %v, want it to say what is wanted", country, err)
		}
	}
}

func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{"+49305550100", "0049305550100", "030/5550100", "en", "00", "+", "0", "112", "+49(0)30", "0049000000000100", "%2B49", "\xff", "١٢٣٤٥٦٧"} {
		f.Add("DE", seed)
		f.Add("US", seed)
		f.Add("", seed)
	}
	f.Fuzz(func(t *testing.T, country, number string) {
		p, err := NewPlan(country)
		if err != nil {
			return
		}
		got := p.Canonical(number)
		if again := p.Canonical(got); again != got {
			t.Errorf("Canonical(%q) = %q, and of that %q", number, got, again)
		}
		if got != number && (!strings.HasPrefix(got, "+") || strings.Trim(got[1:], "0123456789") != "") {
			t.Errorf("Canonical(%q) = %q: no number of E.164", number, got)
		}
		_ = p.Beginning(number)
	})
}
