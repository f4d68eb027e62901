package sip

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/einwahl/einwahl/sip/identity"
	"github.com/einwahl/einwahl/sip/passport"
)

// vouchTime is how long a call waits at most for what is signed about its
// caller: for a certificate, that is, which is fetched once for all calls.
const vouchTime = 2 * time.Second

// STIRConfig is whose word about callers' numbers counts (RFC 8224).
type STIRConfig struct {
	// CertificateHosts are those from which certificates may be fetched, by
	// HTTPS; none: nothing is verified.
	CertificateHosts []string `yaml:"certificate_hosts"`
	// Authorities is a PEM file with the roots that are believed.
	Authorities string `yaml:"authorities"`
	// Client fetches the certificates; nil: one that connects to no address of
	// this machine. It is not in the file.
	Client *http.Client `yaml:"-" json:"-"`
}

func (c STIRConfig) validate() []error {
	var errs []error
	for i, host := range c.CertificateHosts {
		if _, err := netip.ParseAddr(host); err == nil || !isHost(host) || !strings.Contains(host, ".") {
			errs = append(errs, fmt.Errorf("stir.certificate_hosts[%d]: %q is no host name: want for example cr.example.net, without https:// and port", i, text(host)))
		}
	}
	switch _, err := c.roots(); {
	case err != nil:
		errs = append(errs, fmt.Errorf("stir.authorities: %w", err))
	case len(c.CertificateHosts) > 0 && c.Authorities == "":
		errs = append(errs, errors.New("stir.authorities: want a PEM file with the roots that are believed, since certificate_hosts names hosts: without roots every signature is wrong"))
	}
	return errs
}

// roots reads the file.
func (c STIRConfig) roots() (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	if c.Authorities == "" {
		return pool, nil
	}
	file, err := os.ReadFile(c.Authorities)
	if err != nil {
		return nil, err
	}
	if !pool.AppendCertsFromPEM(file) {
		return nil, fmt.Errorf("%s holds no certificate in PEM", text(c.Authorities))
	}
	return pool, nil
}

// verifier checks signatures; nil: nothing is to be checked.
func (c STIRConfig) verifier() (*passport.Verifier, error) {
	if len(c.CertificateHosts) == 0 {
		return nil, nil
	}
	roots, err := c.roots()
	if err != nil {
		return nil, fmt.Errorf("stir.authorities: %w", err)
	}
	return passport.New(c.CertificateHosts, roots, c.Client), nil
}

// rereadRoots takes up the authorities that are in their file now. They change
// every few years, and calls should not have to end for it.
func (s *Server) rereadRoots() error {
	if s.stir == nil {
		return nil
	}
	roots, err := s.config.STIR.roots()
	if err != nil {
		return fmt.Errorf("sip.stir.authorities: %w", err)
	}
	s.stir.Believe(roots)
	return nil
}

// vouched looks at what others have signed about the caller, and returns who
// calls with it. What we find out ourselves stands over what the trunk says it
// has. It may fetch a certificate, and does not wait past vouchTime.
func (s *Server) vouched(ctx context.Context, in incoming, c Caller) Caller {
	signed := values(in, "identity", "y")
	if s.stir == nil || len(signed) == 0 {
		return c
	}
	ctx, cancel := context.WithTimeout(ctx, vouchTime)
	defer cancel()
	found, why := s.stir.Verify(ctx, signed, signedCall(in, c))
	if why != nil {
		s.log.Debug().Str("trunk", in.trunk.Name).Str("attested", found).Str("why", text(why.Error())).Msg("signature of the caller's number not believed")
	}
	if found != "" {
		c.Attested = found
	}
	return c
}

// signedCall is what a signature must fit: the numbers of the call, in E.164
// where they can be, and those that stand beside them in the request.
func signedCall(in incoming, c Caller) passport.Call {
	plan, r := in.trunk.plan(), claims(in)
	call := passport.Call{Caller: c.User, Called: plan.Canonical(calledNumber(in))}
	for _, other := range []string{r.Calling(false).Number, r.Calling(true).Number, r.Called(identity.FromTo, false), r.Called(identity.FromRequest, false)} {
		call.Others = append(call.Others, plan.Canonical(other))
	}
	if date := in.GetHeader("date"); date != nil {
		call.Date, _ = time.Parse(http.TimeFormat, date.Value())
	}
	return call
}
