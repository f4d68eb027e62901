package sip

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip/passport"
)

func TestSTIRConfig(t *testing.T) {
	authorities := peertest.NewCarriers(t).Roots()
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, want string
		c          STIRConfig
	}{
		{"nothing is verified", "", STIRConfig{}},
		{"a host and roots", "", STIRConfig{CertificateHosts: []string{"cr.example.net"}, Authorities: authorities}},
		{"roots alone do no harm", "", STIRConfig{Authorities: authorities}},
		{"hosts need roots", "stir.authorities: want a PEM file", STIRConfig{CertificateHosts: []string{"cr.example.net"}}},
		{"roots must be readable", "stir.authorities: open ", STIRConfig{Authorities: empty + "x"}},
		{"roots must be certificates", "holds no certificate in PEM", STIRConfig{Authorities: empty}},
		{"a host is a name", "stir.certificate_hosts[0]:", STIRConfig{CertificateHosts: []string{"192.0.2.1"}, Authorities: authorities}},
		{"a host is no address of a page", "stir.certificate_hosts[1]:", STIRConfig{CertificateHosts: []string{"a.example", "https://a.example"}, Authorities: authorities}},
		{"a host has no port", "stir.certificate_hosts[0]:", STIRConfig{CertificateHosts: []string{"a.example:8443"}, Authorities: authorities}},
		{"a host is not this machine", "stir.certificate_hosts[0]:", STIRConfig{CertificateHosts: []string{"localhost"}, Authorities: authorities}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var all []string
			for _, err := range tt.c.validate() {
				all = append(all, err.Error())
			}
			if got := strings.Join(all, "\n"); (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
				t.Errorf("mistakes %q, want %q", got, tt.want)
			}
		})
	}
}

// signed is a call from a trusted trunk that has verified the caller itself, and
// passes the signature on.
func signed(t *testing.T, signature string) incoming {
	t.Helper()
	in := incoming{Request: request(t, "INVITE sip:0305550100@gw SIP/2.0\r\nFrom: <sip:030123456;verstat=TN-Validation-Passed-B@carrier>;tag=1\r\nTo: <sip:0305550100@gw>\r\nIdentity: "+signature+"\r\nContent-Length: 0\r\n\r\n")}
	config := DefaultTrunkConfig()
	config.TrustIdentity, config.Country = true, "DE"
	in.trunk = &trunk{TrunkConfig: config}
	return in
}

func TestWhatWeVerifyStandsOverWhatTheTrunkHas(t *testing.T) {
	carriers := peertest.NewCarriers(t)
	carrier := carriers.Carrier("carrier", peertest.CarrierCode("709J"), nil)
	verifier, err := STIRConfig{CertificateHosts: []string{peertest.CertificateHost}, Authorities: carriers.Roots(), Client: carriers.Client()}.verifier()
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := *carrier
	elsewhere.Source = "https://elsewhere.example/carrier.pem"
	now := time.Now()
	for _, tt := range []struct {
		name, signature, want string
		verifier              *passport.Verifier
	}{
		{"a better signature", carrier.Sign("A", "4930123456", "49305550100", now), "A", verifier},
		{"a lesser one", carrier.Sign("C", "4930123456", "49305550100", now), "C", verifier},
		{"a wrong one", carrier.Sign("A", "4930999999", "49305550100", now), "failed", verifier},
		{"one that cannot be verified leaves the trunk's", elsewhere.Sign("A", "4930123456", "49305550100", now), "B", verifier},
		{"nothing is verified where nothing is to be", "nonsense", "B", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &Server{stir: tt.verifier, log: zerolog.Nop()}
			in := signed(t, tt.signature)
			if got := s.vouched(t.Context(), in, callerOf(in)); got.Attested != tt.want || got.User != "+4930123456" {
				t.Errorf("%+v, want it attested %q", got, tt.want)
			}
		})
	}
}

// Authorities are taken up when the file is read again, and kept where they have
// gone bad.
func TestAuthoritiesAreReadAgain(t *testing.T) {
	carriers := peertest.NewCarriers(t)
	carrier := carriers.Carrier("carrier", peertest.CarrierCode("709J"), nil)
	file := filepath.Join(t.TempDir(), "roots.pem")
	use := func(from string) {
		content, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(file, content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	strangers := peertest.NewCarriers(t).Roots()
	use(strangers)
	c := DefaultConfig()
	c.STIR = STIRConfig{CertificateHosts: []string{peertest.CertificateHost}, Authorities: file, Client: carriers.Client()}
	s, err := newServer(c, nil, zerolog.Nop(), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	attested := func() string {
		in := signed(t, carrier.Sign("A", "4930123456", "49305550100", time.Now()))
		return s.vouched(t.Context(), in, callerOf(in)).Attested
	}
	if got := attested(); got != "failed" {
		t.Errorf("attested %q by somebody whom nobody believes", got)
	}
	use(carriers.Roots())
	if err := s.SetTrunks(nil); err != nil || attested() != "A" {
		t.Errorf("the new authorities are not believed: %v", err)
	}
	if err := os.WriteFile(file, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.SetTrunks(nil); err == nil || !strings.Contains(err.Error(), "sip.stir.authorities") || attested() != "A" {
		t.Errorf("a file that has gone bad: %v", err)
	}
}

// hanging never answers by itself.
type hanging struct{}

func (hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestACallDoesNotWaitForCertificates(t *testing.T) {
	carriers := peertest.NewCarriers(t)
	carrier, roots := carriers.Carrier("carrier", peertest.CarrierCode("709J"), nil), carriers.Roots()
	synctest.Test(t, func(t *testing.T) {
		verifier, err := STIRConfig{CertificateHosts: []string{peertest.CertificateHost}, Authorities: roots, Client: &http.Client{Transport: hanging{}}}.verifier()
		if err != nil {
			t.Fatal(err)
		}
		s := &Server{stir: verifier, log: zerolog.Nop()}
		begun := time.Now()
		in := signed(t, carrier.Sign("A", "4930123456", "49305550100", begun))
		if got := s.vouched(t.Context(), in, callerOf(in)).Attested; got != "B" {
			t.Errorf("attested %q, want what the trunk says", got)
		}
		if took := time.Since(begun); took > vouchTime {
			t.Errorf("the call waited for %v, want %v at most", took, vouchTime)
		}
	})
}
