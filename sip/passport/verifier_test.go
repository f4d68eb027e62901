package passport

import (
	"context"
	"crypto/x509"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/einwahl/einwahl/gateway/peertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	caller = "12025550123"
	called = "12025550199"
	third  = "12025550177"
)

func verifier(c *peertest.Carriers) *Verifier {
	roots := x509.NewCertPool()
	roots.AddCert(c.Root())
	return New([]string{peertest.CertificateHost}, roots, c.Client())
}

func TestVerify(t *testing.T) {
	carriers := peertest.NewCarriers(t)
	carriers.CacheControl = "max-age=600"
	v := verifier(carriers)
	now := time.Now()
	code := peertest.CarrierCode("709J")
	good := carriers.Carrier("good", code, nil)
	plain := carriers.Carrier("plain", nil, nil)
	old := carriers.Carrier("old", code, func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = now.Add(-2*time.Hour), now.Add(-time.Hour)
	})
	critical := carriers.Carrier("critical", code, func(c *x509.Certificate) { c.ExtraExtensions[0].Critical = true })
	range1 := carriers.Carrier("range", peertest.NumberRange("12025550120", 5, "12025550150"), nil)
	elsewhere := carriers.Carrier("elsewhere", peertest.NumberRange("12025550124", 5, "12025550150"), nil)
	broken := carriers.Carrier("broken", []byte{0x30, 0x00}, nil)
	foreign := peertest.NewCarriers(t).Carrier("good", code, nil)
	carriers.Put("/foreign.pem", foreign.Certificate)
	unread := carriers.Carrier("unread", code, nil)
	carriers.Put("/unread.pem", []byte("hello"))
	large := carriers.Carrier("large", code, nil)
	carriers.Put("/large.pem", []byte(strings.Repeat("x", maxFile+1)))
	missing := *good
	missing.Source = "https://" + peertest.CertificateHost + "/missing.pem"
	from := func(source string) *peertest.Carrier { c := *good; c.Source = source; return &c }

	call := Call{Caller: "+" + caller, Called: "+" + called, Others: []string{"+" + third}}
	sign := func(c *peertest.Carrier) string { return c.Sign("A", caller, called, now) }
	header := func(change ...any) map[string]any {
		h := map[string]any{"alg": "ES256", "ppt": "shaken", "typ": "passport", "x5u": good.Source}
		for i := 0; i < len(change); i += 2 {
			h[change[i].(string)] = change[i+1]
		}
		return h
	}
	payload := func(change ...any) map[string]any {
		p := map[string]any{"attest": "A", "dest": map[string]any{"tn": []string{called}}, "iat": now.Unix(), "orig": map[string]any{"tn": caller}}
		for i := 0; i < len(change); i += 2 {
			p[change[i].(string)] = change[i+1]
		}
		return p
	}
	changed := func(value string) string {
		parts := strings.SplitN(value, ".", 3)
		other := strings.SplitN(good.Sign("B", caller, called, now), ".", 3)
		return parts[0] + "." + other[1] + "." + parts[2]
	}
	compact := func(at time.Time) string {
		full := good.SignAny(map[string]any{"alg": "ES256", "typ": "passport", "x5u": good.Source}, map[string]any{"dest": map[string]any{"tn": []string{called}}, "iat": at.Unix(), "orig": map[string]any{"tn": caller}})
		value, _, _ := strings.Cut(full[strings.LastIndexByte(strings.SplitN(full, ";", 2)[0], '.'):], ";")
		return "." + value + ";info=<" + good.Source + ">"
	}
	for _, tt := range []struct {
		name   string
		values []string
		want   string
		why    string
	}{
		{"full attestation", []string{sign(good)}, "A", ""},
		{"partial attestation", []string{good.Sign("B", caller, called, now)}, "B", ""},
		{"attestation of the gateway", []string{good.Sign("C", caller, called, now)}, "C", ""},
		{"numbers may have their plus", []string{good.Sign("A", "+"+caller, "+"+called, now)}, "A", ""},
		{"a clock may be ahead", []string{good.Sign("A", caller, called, now.Add(50*time.Second))}, "A", ""},
		{"a signature may be on its way for a while", []string{good.Sign("A", caller, called, now.Add(-50*time.Second))}, "A", ""},
		{"one of several called numbers", []string{good.SignAny(header(), payload("dest", map[string]any{"tn": []string{third, called}}))}, "A", ""},
		{"a list of numbers that may not be overlooked", []string{sign(critical)}, "A", ""},
		{"a certificate for a row with the number", []string{sign(range1)}, "A", ""},
		{"other PASSporTs beside it", []string{good.SignAny(header("ppt", "div"), payload()), sign(good)}, "A", ""},
		{"several in one header", []string{good.SignAny(header("ppt", "rph"), payload()) + ", " + sign(good)}, "A", ""},
		{"a good one beside a wrong one", []string{changed(sign(good)), sign(good)}, "A", ""},

		{"no signature", nil, "", "no signature"},
		{"a call that was sent on", []string{good.SignAny(header("ppt", "div"), payload())}, "", "div"},
		{"a signature about another number of the request's", []string{good.Sign("A", third, called, now)}, "", "caller"},
		{"a signature for another number of the request's", []string{good.Sign("A", caller, third, now)}, "", "called number"},
		{"addresses that are no numbers", []string{good.SignAny(header(), payload("orig", map[string]any{"uri": "sip:a@b"}))}, "", "telephone numbers"},
		{"a compact one that attests nothing", []string{compact(now)}, "", "signature is right"},
		{"a compact SHAKEN", []string{compact(now) + ";ppt=shaken"}, "", "compact"},
		{"a host that nobody has named", []string{sign(from("https://evil.example/good.pem"))}, "", "certificate_hosts"},
		{"a host that only looks like it", []string{sign(from("https://" + peertest.CertificateHost + ".evil.example/good.pem"))}, "", "certificate_hosts"},
		{"a host that stands where a user does", []string{sign(from("https://" + peertest.CertificateHost + "@evil.example/good.pem"))}, "", "cannot be used"},
		{"clear HTTP", []string{sign(from("http://" + peertest.CertificateHost + "/good.pem"))}, "", "https"},
		{"another port", []string{sign(from("https://" + peertest.CertificateHost + ":22/good.pem"))}, "", "port"},
		{"a certificate that is not there", []string{sign(&missing)}, "", "404"},
		{"a file that is no certificate", []string{sign(unread)}, "", "no certificate"},
		{"a file without end", []string{sign(large)}, "", "more than"},

		{"a forged caller", []string{good.Sign("A", "12025550111", called, now)}, "failed", "caller"},
		{"a signature for another call", []string{good.Sign("A", caller, "12025550111", now)}, "failed", "called number"},
		{"a signature of yesterday", []string{good.Sign("A", caller, called, now.Add(-24*time.Hour))}, "failed", "old"},
		{"a signature of tomorrow", []string{good.Sign("A", caller, called, now.Add(24*time.Hour))}, "failed", "old"},
		{"a changed payload", []string{changed(sign(good))}, "failed", "signature is wrong"},
		{"somebody else's certificate", []string{sign(from(range1.Source))}, "failed", "signature is wrong"},
		{"an authority that is not believed", []string{sign(moved(foreign, "/foreign.pem"))}, "failed", "unknown authority"},
		{"a certificate without a list of numbers", []string{sign(plain)}, "failed", "TNAuthList"},
		{"a certificate with an empty list", []string{sign(broken)}, "failed", "list of numbers"},
		{"a certificate that has run out", []string{sign(old)}, "failed", "expired"},
		{"a certificate for other numbers", []string{sign(elsewhere)}, "failed", "number"},
		{"another algorithm", []string{good.SignAny(header("alg", "none"), payload())}, "failed", "ES256"},
		{"another type of token", []string{good.SignAny(header("typ", "jwt"), payload())}, "failed", "typ"},
		{"a level that does not exist", []string{good.Sign("D", caller, called, now)}, "failed", "attest"},
		{"a compact one of another minute", []string{compact(now.Add(-time.Minute / 2))}, "failed", "signature is wrong"},
		{"nonsense", []string{"nonsense"}, "failed", "PASSporT"},
		{"no signature in the token", []string{"a.b."}, "failed", "ES256"},
		{"ppt that was not signed", []string{strings.Replace(sign(good), `ppt="shaken"`, `ppt="div"`, 1)}, "failed", "ppt"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := call
			c.Date = now
			got, err := v.Verify(t.Context(), tt.values, c)
			switch {
			case got != tt.want:
				t.Errorf("got %q (%v), want %q", got, err, tt.want)
			case (err == nil) != (tt.why == ""), err != nil && !strings.Contains(err.Error(), tt.why):
				t.Errorf("because of %v, want %q", err, tt.why)
			}
			if err != nil && (strings.Contains(err.Error(), caller) || strings.Contains(err.Error(), called)) {
				t.Errorf("a number is in the error: %v", err)
			}
		})
	}
}

// moved is a carrier that names another address.
func moved(c *peertest.Carrier, path string) *peertest.Carrier {
	m := *c
	m.Source = "https://" + peertest.CertificateHost + path
	return &m
}

func TestNumbersThatCannotBeCompared(t *testing.T) {
	carriers := peertest.NewCarriers(t)
	v, good := verifier(carriers), carriers.Carrier("good", peertest.CarrierCode("709J"), nil)
	signature := []string{good.Sign("A", caller, called, time.Now())}
	for _, tt := range []struct {
		name string
		call Call
		want string
	}{
		{"the same digits without a plus", Call{Caller: caller, Called: called}, "A"},
		{"a number in another form", Call{Caller: "2025550123", Called: "+" + called}, ""},
		{"a called name", Call{Caller: "+" + caller, Called: "en"}, ""},
		{"nobody calls", Call{Called: "+" + called}, ""},
		{"another number", Call{Caller: "+" + third, Called: "+" + called}, "failed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := v.Verify(t.Context(), signature, tt.call); got != tt.want {
				t.Errorf("got %q (%v), want %q", got, err, tt.want)
			}
		})
	}
}

func TestCertificatesAreFetchedOnce(t *testing.T) {
	carriers := peertest.NewCarriers(t)
	carriers.CacheControl = "max-age=600"
	good := carriers.Carrier("good", peertest.CarrierCode("709J"), nil)
	now := time.Now()
	clock := now
	roots := x509.NewCertPool()
	roots.AddCert(carriers.Root())
	v := newVerifier([]string{peertest.CertificateHost}, roots, carriers.Client(), func() time.Time { return clock })
	call := Call{Caller: caller, Called: called}
	var calls sync.WaitGroup
	for range 20 {
		calls.Go(func() {
			if got, err := v.Verify(context.Background(), []string{good.Sign("A", caller, called, now)}, call); got != "A" {
				t.Errorf("got %q: %v", got, err)
			}
		})
	}
	calls.Wait()
	if n := carriers.Fetched.Load(); n != 1 {
		t.Errorf("fetched %d times for calls at once, want once", n)
	}
	for _, step := range []struct {
		after time.Duration
		want  int64
	}{{9 * time.Minute, 1}, {11 * time.Minute, 2}} {
		clock = now.Add(step.after)
		_, _ = v.Verify(context.Background(), []string{good.Sign("A", caller, called, clock)}, call)
		if n := carriers.Fetched.Load(); n != step.want {
			t.Errorf("fetched %d times after %v, want %d", n, step.after, step.want)
		}
	}
}

func TestKeptFor(t *testing.T) {
	for _, tt := range []struct {
		name, control string
		want          time.Duration
	}{
		{"nothing said", "", usualKept},
		{"a time", "public, max-age=7200", 2 * time.Hour},
		{"a short time", "max-age=1", leastKept},
		{"a year", "max-age=31536000", mostKept},
		{"not at all", "no-store, max-age=600", leastKept},
		{"nonsense", "max-age=-1", usualKept},
		{"more than fits", "max-age=99999999999999999999", usualKept},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := keptFor(tt.control); got != tt.want {
				t.Errorf("kept for %v, want %v", got, tt.want)
			}
		})
	}
}

// slow never answers by itself.
type slow struct{}

func (slow) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestServerThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSource([]string{"a.example"}, &http.Client{Transport: slow{}}, time.Now)
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		go func() { _, _ = s.get(t.Context(), "https://a.example/x") }()
		synctest.Wait()
		if _, err := s.get(ctx, "https://a.example/x"); err == nil || time.Since(begun) != time.Second {
			t.Errorf("who waits went on after %v with %v, want one second", time.Since(begun), err)
		}
		if _, err := s.get(t.Context(), "https://a.example/x"); err == nil || time.Since(begun) != maxFetch {
			t.Errorf("a fetch ended after %v with %v", time.Since(begun), err)
		}
		if _, err := s.get(t.Context(), "https://a.example/x"); err == nil || time.Since(begun) != maxFetch {
			t.Errorf("what failed is tried again at once, after %v", time.Since(begun))
		}
	})
}

func TestMemoryHasAnEnd(t *testing.T) {
	now := time.Now()
	s := newSource([]string{"a.example"}, &http.Client{Transport: refusing{}}, func() time.Time { return now })
	for i := range 3 * maxKept {
		now = now.Add(time.Millisecond)
		_, _ = s.get(t.Context(), "https://a.example/"+strings.Repeat("x", i))
	}
	if n := len(s.kept); n > maxKept {
		t.Errorf("%d addresses are remembered, want at most %d", n, maxKept)
	}
	now = now.Add(mostKept)
	_, _ = s.get(t.Context(), "https://a.example/last")
	if n := len(s.kept); n != 1 {
		t.Errorf("%d addresses are remembered after a day, want the last", n)
	}
}

type refusing struct{}

func (refusing) RoundTrip(*http.Request) (*http.Response, error) { return nil, os.ErrPermission }

func TestRedirectsAreNotFollowed(t *testing.T) {
	asked := 0
	s := newSource([]string{"a.example"}, &http.Client{Transport: sendingOn{&asked}}, time.Now)
	if _, err := s.get(t.Context(), "https://a.example/x"); err == nil || asked != 1 {
		t.Errorf("%d requests, %v", asked, err)
	}
}

type sendingOn struct{ asked *int }

func (s sendingOn) RoundTrip(r *http.Request) (*http.Response, error) {
	*s.asked++
	return &http.Response{StatusCode: http.StatusFound, Header: http.Header{"Location": {"https://a.example/y"}}, Body: http.NoBody, Request: r}, nil
}

func TestThisMachineIsNoPlaceForCertificates(t *testing.T) {
	for _, address := range []string{"127.0.0.1:443", "[::1]:443", "0.0.0.0:443", "169.254.169.254:443", "[fe80::1]:443", "[::ffff:127.0.0.1]:443", "224.0.0.1:443"} {
		if notOurselves("tcp", address, nil) == nil {
			t.Errorf("%s is dialled", address)
		}
	}
	if err := notOurselves("tcp", "192.0.2.1:443", nil); err != nil {
		t.Error(err)
	}
}
