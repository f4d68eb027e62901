package sip

import "testing"

// The rules are proved in package identity; here, that a request's own headers
// get there, and what a trunk's settings do.
func TestCaller(t *testing.T) {
	trusted := func(c *TrunkConfig) { c.TrustIdentity, c.Country = true, "DE" }
	german := func(c *TrunkConfig) { c.Country = "DE" }
	for _, tt := range []struct {
		name, uri, from, extra string
		trunk                  func(*TrunkConfig)
		account                string
		to                     string
		want                   Caller
	}{
		{name: "a number", uri: "sip:+4930123@gw", from: `"Anna" <sip:+49171@carrier>`, to: "+4930123", want: Caller{User: "+49171", Display: "Anna"}},
		{name: "an escaped number", uri: "sip:%2B4930123@gw", from: `<sip:%2B49171@carrier>`, to: "+4930123", want: Caller{User: "+49171"}},
		{name: "parameters in the user part", uri: "sip:+4930123;npdi;rn=1@gw", from: `<sip:+49171;phone-context=a@carrier>`, to: "+4930123", want: Caller{User: "+49171"}},
		{name: "a telephone address", uri: "tel:+49-30-123;phone-context=x", from: `<tel:+49171>`, to: "+4930123", want: Caller{User: "+49171"}},
		{name: "anonymous by name", uri: "sip:en@gw", from: `"Anonymous" <sip:anonymous@anonymous.invalid>`, to: "en", want: Caller{User: "anonymous", Anonymous: true}},
		{name: "anonymous by wish", uri: "sip:en@gw", from: `<sip:+49171@carrier>`, extra: "Privacy: id;critical\r\n", to: "en", want: Caller{User: "+49171", Anonymous: true}},
		{name: "no privacy is asked for", uri: "sip:en@gw", from: `<sip:+49171@carrier>`, extra: "Privacy: none\r\n", to: "en", want: Caller{User: "+49171"}},
		{name: "nobody", uri: "sip:gw", from: `<sip:carrier>`, to: "", want: Caller{Anonymous: true}},
		{name: "control characters", uri: "sip:%0d%0aen%00@gw", from: `<sip:a%1bb@carrier>`, to: "en", want: Caller{User: "ab"}},
		{name: "a national number of a trunk whose country is known", trunk: german, uri: "sip:030123@gw", from: `<sip:01715550100@carrier>`, to: "030123", want: Caller{User: "+491715550100"}},
		{name: "an assertion of a trunk that is not trusted", trunk: german, uri: "sip:en@gw", from: `<sip:01715550100@carrier>`, extra: "P-Asserted-Identity: <sip:+4930555@carrier>\r\n", to: "en", want: Caller{User: "+491715550100"}},
		{name: "an assertion of a trunk that is", trunk: trusted, uri: "sip:en@gw", from: `<sip:01715550100@carrier>`, extra: "p-asserted-identity: \"A, B\"\r\n <sip:+493055501@carrier>\r\n", to: "en", want: Caller{User: "+493055501", Display: "A, B", Asserted: true}},
		{name: "a call to an account", account: "pbx", uri: "sip:pbx@gw", from: `<sip:+49171@carrier>`, to: "en", want: Caller{User: "+49171"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			config := DefaultTrunkConfig()
			if tt.trunk != nil {
				tt.trunk(&config)
			}
			in := incoming{Request: request(t, "INVITE "+tt.uri+" SIP/2.0\r\nFrom: "+tt.from+";tag=1\r\nTo: <sip:en@gw>\r\n"+tt.extra+"Content-Length: 0\r\n\r\n"), account: tt.account}
			in.trunk = &trunk{TrunkConfig: config}
			if got := calledNumber(in); got != tt.to {
				t.Errorf("To: %q, want %q", got, tt.to)
			}
			if got := callerOf(in); got != tt.want {
				t.Errorf("From: %+v, want %+v", got, tt.want)
			}
		})
	}
}
