package interop

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip"
)

// saying is a SIPp call in which a trunk says who calls whom.
type saying struct {
	uri, from, to string
	headers       []string
}

func (s saying) String() string {
	uri, from, to := s.uri, s.from, s.to
	if uri == "" {
		uri = "sip:+49305550100@[remote_ip]:[remote_port]"
	}
	if from == "" {
		from = "<sip:+4930123456@[local_ip]>"
	}
	if to == "" {
		to = "<sip:+49305550100@[remote_ip]>"
	}
	request := func(method, branch, tag, headers, body string) string {
		return fmt.Sprintf(`<send><![CDATA[

%s %s SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=%s
From: %s;tag=[pid]from[call_number]
To: %s%s
Call-ID: [call_id]
CSeq: %s
Contact: <sip:sipp@[local_ip]:[local_port]>
Max-Forwards: 70
%sContent-Length: [len]

%s
]]></send>
`, method, uri, branch, from, to, tag, map[string]string{"INVITE": "1 INVITE", "ACK": "1 ACK", "BYE": "2 BYE"}[method], headers, body)
	}
	extra := "Content-Type: application/sdp\n"
	for _, h := range s.headers {
		extra += h + "\n"
	}
	const sdp = "v=0\no=- 1 1 IN IP4 [local_ip]\ns=-\nc=IN IP4 [local_ip]\nt=0 0\nm=audio [auto_media_port] RTP/AVP 8\n"
	return "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n<scenario name=\"identity\">\n" +
		request("INVITE", "[branch]", "", extra, sdp) +
		"<recv response=\"100\" optional=\"true\"></recv>\n<recv response=\"180\" optional=\"true\"></recv>\n<recv response=\"200\"></recv>\n" +
		request("ACK", "[branch]", "[peer_tag_param]", "", "") +
		request("BYE", "[branch]", "[peer_tag_param]", "", "") +
		"<recv response=\"200\"></recv>\n</scenario>\n"
}

// told lets SIPp say it to a gateway and returns the call as the gateway has
// understood it.
func told(t *testing.T, s saying, tweak func(*settings)) *sip.Call {
	t.Helper()
	g := start(t, tweak)
	peertest.SIPp(t, s.String(), g.address("udp"), 1, nil)
	c := <-g.calls
	for _, number := range []string{c.From().User, "123456"} {
		if len(number) > 5 && strings.Contains(g.log.String(), number) {
			t.Errorf("a caller's number is in the log: %s", number)
		}
	}
	return c
}

func trusting(s *settings) { s.trunk.TrustIdentity, s.trunk.Country = true, "DE" }

// Row 10: who calls is whom the trunk names, where it is trusted, and never who
// does not want to be named.
func TestCallerIsWhomATrustedTrunkNames(t *testing.T) {
	t.Parallel()
	const pai = "P-Asserted-Identity: \"Doe, J\" <sip:+4930777001@carrier.example;user=phone>, <tel:+4930777001>"
	german := func(s *settings) { s.trunk.Country = "DE" }
	for _, tt := range []struct {
		name  string
		tweak func(*settings)
		saying
		want sip.Caller
	}{
		{"From, where nothing else is said", nil, saying{}, sip.Caller{User: "+4930123456"}},
		{"an assertion of a trunk that is not trusted", german, saying{headers: []string{pai}}, sip.Caller{User: "+4930123456"}},
		{"an assertion of a trusted trunk", trusting, saying{headers: []string{pai}}, sip.Caller{User: "+4930777001", Display: "Doe, J", Asserted: true}},
		{"what a caller would prefer", trusting, saying{headers: []string{strings.Replace(pai, "Asserted", "Preferred", 1)}}, sip.Caller{User: "+4930123456"}},
		{"an assertion in upper case without angles", trusting, saying{headers: []string{"P-ASSERTED-IDENTITY:tel:030-777001"}}, sip.Caller{User: "+4930777001", Asserted: true}},
		{"privacy", trusting, saying{headers: []string{pai, "Privacy: id"}}, sip.Caller{User: "+4930777001", Asserted: true, Anonymous: true}},
		{"privacy from who is not trusted", german, saying{headers: []string{"Privacy: user;critical"}}, sip.Caller{User: "+4930123456", Anonymous: true}},
		{"an anonymous From", trusting, saying{from: `"Anonymous" <sip:anonymous@anonymous.invalid>`, headers: []string{pai}}, sip.Caller{User: "+4930777001", Asserted: true, Anonymous: true}},
		{"Remote-Party-ID", trusting, saying{headers: []string{"Remote-Party-ID: <sip:030777001@pbx>;party=calling;screen=yes;privacy=off"}}, sip.Caller{User: "+4930777001", Asserted: true}},
		{"a national number", german, saying{from: "<sip:030123456@[local_ip];user=phone>"}, sip.Caller{User: "+4930123456"}},
		{"a telephone address", german, saying{from: "<tel:030-123456;phone-context=+49>"}, sip.Caller{User: "+4930123456"}},
		{"a verdict of a trusted trunk", trusting, saying{headers: []string{"P-Asserted-Identity: <tel:+4930777001;verstat=TN-Validation-Passed-A>"}}, sip.Caller{User: "+4930777001", Asserted: true, Attested: "A"}},
		{"a verdict that a caller has written", german, saying{from: "<sip:+4930123456;verstat=TN-Validation-Passed-A@[local_ip]>"}, sip.Caller{User: "+4930123456"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := told(t, tt.saying, tt.tweak).From(); got != tt.want {
				t.Errorf("caller = %+v, want %+v", got, tt.want)
			}
		})
	}
}

// Row 11: the called number is found where the trunk has it, and in whatever
// form, it is the operator's number.
func TestCalledNumberIsFoundWhereTheTrunkHasIt(t *testing.T) {
	t.Parallel()
	place := func(called string) func(*settings) {
		return func(s *settings) { s.trunk.Called, s.trunk.Country = called, "DE" }
	}
	const elsewhere = "sip:+4940999@[remote_ip]:[remote_port]"
	for _, tt := range []struct {
		name  string
		tweak func(*settings)
		saying
	}{
		{"the request", place("auto"), saying{}},
		{"the request, national", place("auto"), saying{uri: "sip:0305550100@[remote_ip]:[remote_port]"}},
		{"the request, international", place("auto"), saying{uri: "sip:0049305550100@[remote_ip]:[remote_port]"}},
		{"the request, without a plus", place("auto"), saying{uri: "sip:49305550100@[remote_ip]:[remote_port]"}},
		{"the request, escaped, with separators and parameters", place("auto"), saying{uri: "sip:%2B49-30-5550100;npdi;rn=+49199@[remote_ip]:[remote_port];user=phone"}},
		{"the request, in its country", place("auto"), saying{uri: "sip:0305550100;phone-context=+49@[remote_ip]:[remote_port];user=phone"}},
		{"a telephone address", place("request"), saying{uri: "tel:+49-30-5550100"}},
		{"To", place("to"), saying{uri: elsewhere}},
		{"To as a telephone address", place("to"), saying{uri: elsewhere, to: "<tel:030-5550100;phone-context=+49>"}},
		{"P-Called-Party-ID", place("called_party"), saying{uri: elsewhere, headers: []string{"P-Called-Party-ID: <sip:+49305550100@ims.example;user=phone>"}}},
		{"Diversion", place("diversion"), saying{uri: elsewhere, headers: []string{"Diversion: \"Us, here\" <sip:0305550100@carrier>;reason=unconditional;counter=1, <sip:+4940111@carrier>"}}},
		{"History-Info", place("history"), saying{uri: elsewhere, headers: []string{"History-Info: <sip:+49305550100@carrier?Reason=SIP%3Bcause%3D302&Privacy=history>;index=1", "History-Info: <sip:+4940999@gateway;cause=302>;index=1.1;mp=1"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var file config.Config
			c := told(t, tt.saying, func(s *settings) {
				tt.tweak(s)
				file.Trunks = append(file.Trunks, s.trunk)
			})
			file.Numbers = config.Numbers{{Number: "+49305550100", Trunks: []string{c.Trunk()}}}
			if _, found := file.Directory().Find(c.Trunk(), c.To()); !found {
				t.Errorf("%q is not found as +49305550100", c.To())
			}
		})
	}
}

// STIR/SHAKEN: what a carrier has signed is believed, and what somebody has made
// of it is not.
func TestSignedCallerNumbers(t *testing.T) {
	t.Parallel()
	carriers := peertest.NewCarriers(t)
	carrier := carriers.Carrier("carrier", peertest.CarrierCode("709J"), nil)
	strangers := peertest.NewCarriers(t).Carrier("carrier", peertest.CarrierCode("709J"), nil)
	carriers.Put("/stranger.pem", strangers.Certificate)
	strangers.Source = "https://" + peertest.CertificateHost + "/stranger.pem"
	const caller, called = "4930123456", "49305550100"
	// Each is signed when its call begins: a signature is good for a minute.
	identity := func(c *peertest.Carrier, attest, caller, called string) func() string {
		return func() string { return "Identity: " + c.Sign(attest, caller, called, time.Now()) }
	}
	good := identity(carrier, "A", caller, called)
	verifying := func(s *settings) {
		s.trunk.Country = "DE"
		s.sip.STIR = sip.STIRConfig{CertificateHosts: []string{peertest.CertificateHost}, Authorities: carriers.Roots(), Client: carriers.Client()}
	}
	national := saying{uri: "sip:0305550100@[remote_ip]:[remote_port]", from: "<sip:030123456@[local_ip];user=phone>"}
	for _, tt := range []struct {
		name   string
		signed func() string
		saying
		want string
	}{
		{"full attestation", good, saying{}, "A"},
		{"partial attestation", identity(carrier, "B", caller, called), saying{}, "B"},
		{"attestation of the gateway, in a compact header", func() string { return "y: " + carrier.Sign("C", caller, called, time.Now()) }, saying{}, "C"},
		{"signed in E.164 and sent as national numbers", good, national, "A"},
		{"no signature", func() string { return "X-Nothing: 1" }, saying{}, ""},
		{"forged by somebody without a certificate of the authority", identity(strangers, "A", caller, called), saying{}, "failed"},
		{"expired", func() string { return "Identity: " + carrier.Sign("A", caller, called, time.Now().Add(-2*time.Minute)) }, saying{}, "failed"},
		{"for another caller", identity(carrier, "A", "4930999999", called), saying{}, "failed"},
		{"for another call", identity(carrier, "A", caller, "4930999999"), saying{}, "failed"},
		{"changed on its way", func() string { return strings.Replace(good(), ".", ".A", 1) }, saying{}, "failed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := tt.saying
			s.headers = []string{tt.signed()}
			if got := told(t, s, verifying).From().Attested; got != tt.want {
				t.Errorf("attested %q, want %q", got, tt.want)
			}
		})
	}
}
