package config

import (
	"testing"

	"github.com/einwahl/einwahl/sip"
)

func TestDirectory(t *testing.T) {
	german, plain := []string{"german"}, []string{"plain"}
	c := Config{
		Trunks: []sip.TrunkConfig{{Name: "german", Country: "DE"}, {Name: "plain"}, {Name: "american", Country: "US"}},
		Numbers: Numbers{
			{Number: "*", Trunks: plain, Meeting: "any"},
			{Number: "4930*", Trunks: []string{"plain", "german"}, Meeting: "berlin"},
			{Number: "493055*", Trunks: plain, Meeting: "office"},
			{Number: "49305501", Trunks: plain, Meeting: "desk"},
			{Number: "+49305550100", Trunks: []string{"german", "plain"}, Meeting: "board"},
			{Number: "0305550199", Trunks: german, Meeting: "fax"},
			{Number: "+4940555*", Trunks: german, Meeting: "hamburg"},
			{Number: "0405559*", Trunks: german, Meeting: "harbour"},
			{Number: "service", Trunks: german, Meeting: "service"},
			{Number: "115", Trunks: german, Meeting: "short"},
			{Number: "+12025550123", Trunks: []string{"american"}, Meeting: "washington"},
		},
	}
	d := c.Directory()
	for _, tt := range []struct{ name, trunk, called, want string }{
		{"the whole number", "plain", "49305501", "desk"},
		{"the longest beginning", "plain", "49305599", "office"},
		{"a shorter beginning", "plain", "49301", "berlin"},
		{"any number", "plain", "en", "any"},
		{"numbers of other trunks do not count", "german", "49305501", "berlin"},
		{"a number that nobody has", "german", "en", ""},
		{"an unknown trunk has no numbers", "c", "49305501", ""},

		{"E.164", "german", "+49305550100", "board"},
		{"with the international prefix", "german", "0049305550100", "board"},
		{"national", "german", "0305550100", "board"},
		{"without a plus, where a beginning fits as it is written", "german", "49305550100", "board"},
		{"the file may be national and the call not", "german", "+49305550199", "fax"},
		{"a beginning in E.164 and a national call", "german", "0405551234", "hamburg"},
		{"a national beginning and a call in E.164", "german", "+494055591", "harbour"},
		{"a name", "german", "service", "service"},
		{"a short number", "german", "115", "short"},
		{"a trunk without a country knows one form", "plain", "+49305550100", "board"},
		{"and takes others for other numbers", "plain", "0305550100", "any"},
		{"America, ten digits", "american", "2025550123", "washington"},
		{"America, eleven", "american", "12025550123", "washington"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n, ok := d.Find(tt.trunk, tt.called)
			if n.Meeting != tt.want || ok != (tt.want != "") {
				t.Errorf("Find = %q, %v, want %q", n.Meeting, ok, tt.want)
			}
		})
	}
}
