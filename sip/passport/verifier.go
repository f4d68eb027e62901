package passport

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Verifier checks signatures. Its methods may be called from any goroutine, and
// it starts none.
type Verifier struct {
	roots  atomic.Pointer[x509.CertPool]
	source *source
	now    func() time.Time
}

// New makes a verifier that fetches certificates from hosts and believes those
// of roots. client is how it connects; nil: as it should.
func New(hosts []string, roots *x509.CertPool, client *http.Client) *Verifier {
	return newVerifier(hosts, roots, client, time.Now)
}

func newVerifier(hosts []string, roots *x509.CertPool, client *http.Client, now func() time.Time) *Verifier {
	v := &Verifier{source: newSource(hosts, client, now), now: now}
	v.Believe(roots)
	return v
}

// Believe replaces the roots, for signatures that come from now on.
func (v *Verifier) Believe(roots *x509.CertPool) { v.roots.Store(roots) }

// Call is what a signature is held against. Numbers in E.164 have their plus;
// another can turn out to be the one that was signed, and where it does not,
// nothing is known, because it may be the same in another form.
type Call struct {
	Caller string // who calls, as others will see it
	Called string // whom the call was for
	// Others are further numbers that the request names, for a call that was
	// sent on by somebody on its way: a signature about one of them is no
	// forgery, and says nothing about this call.
	Others []string
	Date   time.Time // of the request; zero: it does not say
}

// silent is why a signature says nothing, neither good nor bad.
type silent struct{ error }

func (s silent) Unwrap() error { return s.error }

// Verify says what the Identity headers of a request prove about the caller:
// Full, Partial, Gateway, Failed, or nothing. The error says why it is not one
// of the first three; it is not meant for strangers.
func (v *Verifier) Verify(ctx context.Context, values []string, c Call) (string, error) {
	verdict, why := "", errors.New("no signature")
	for _, value := range split(values) {
		attest, err := v.verify(ctx, value, c)
		if err == nil {
			return attest, nil
		}
		if verdict == Failed {
			continue
		}
		why = err
		if _, ok := errors.AsType[silent](err); !ok {
			verdict = Failed
		}
	}
	return verdict, why
}

// split finds the tokens, of which a header may hold several.
func split(values []string) []string {
	var all []string
	for _, value := range values {
		for parts := 0; len(all) < maxTokens && parts < maxTokens && value != ""; parts++ {
			end := strings.IndexByte(value, ',')
			if open, shut := strings.IndexByte(value, '<'), strings.IndexByte(value, '>'); open >= 0 && open < end && end < shut {
				end = -1
				if next := strings.IndexByte(value[shut:], ','); next >= 0 {
					end = shut + next
				}
			}
			one := value
			if end >= 0 {
				one = value[:end]
			}
			value = strings.TrimPrefix(value[len(one):], ",")
			if one = strings.TrimSpace(one); one != "" {
				all = append(all, one)
			}
		}
	}
	return all
}

// verify checks one token: first what costs nothing, then the certificate.
func (v *Verifier) verify(ctx context.Context, value string, c Call) (string, error) {
	t, err := Parse(value)
	if err != nil {
		return "", fmt.Errorf("identity: %w", err)
	}
	if t.Kind != "shaken" && t.Kind != "" {
		// Others are about other things, div about a call that was sent on.
		return "", silent{fmt.Errorf("PASSporT of kind %.16q says nothing about the caller", t.Kind)}
	}
	if t.Kind != "" && t.Compact {
		return "", silent{errors.New("compact PASSporT leaves out what it attests (RFC 8588 section 7)")}
	}
	if t.Algorithm != "ES256" {
		return "", errors.New("signature is not ES256")
	}
	t = t.complete(c)
	if err := v.fits(t, c); err != nil {
		return "", err
	}
	chain, err := v.source.get(ctx, t.Source)
	if err != nil {
		return "", silent{err}
	}
	key, err := chain.key(v.roots.Load(), v.now(), t.Orig)
	if err != nil {
		return "", err
	}
	if !t.signedBy(key) {
		return "", errors.New("signature is wrong")
	}
	return level(t)
}

// fits compares what was signed with the call.
func (v *Verifier) fits(t Token, c Call) error {
	if age := v.now().Sub(t.Issued); age > Fresh || age < -Fresh {
		return fmt.Errorf("signature is %v old, of at most %v", age.Round(time.Second), Fresh)
	}
	switch {
	case t.Orig == "" || len(t.Dest) == 0:
		return silent{errors.New("signature is not about telephone numbers")}
	case t.Compact && (plain(c.Caller) == c.Caller || plain(c.Called) == c.Called):
		return silent{errors.New("what was signed cannot be told: a number is not in E.164")}
	case t.Orig != plain(c.Caller):
		return c.mismatch("caller", c.Caller, t.Orig)
	case !slices.Contains(t.Dest, plain(c.Called)):
		return c.mismatch("called number", c.Called, t.Dest...)
	}
	return nil
}

// plain is a number as a PASSporT has it.
func plain(number string) string { return strings.TrimPrefix(number, "+") }

// mismatch is why a number is not the one that was signed.
func (c Call) mismatch(what, number string, signed ...string) error {
	err := fmt.Errorf("%s is not the one that was signed", what)
	other := slices.ContainsFunc(c.Others, func(n string) bool { return slices.Contains(signed, plain(n)) })
	if other || plain(number) == number {
		return silent{err}
	}
	return err
}

// level reads how much the signer says.
func level(t Token) (string, error) {
	switch {
	case t.Kind == "":
		return "", silent{errors.New("signature is right, and says nothing of how the caller is known")}
	case t.Attest == Full || t.Attest == Partial || t.Attest == Gateway:
		return t.Attest, nil
	}
	return "", errors.New("attest is none of A, B, C")
}
