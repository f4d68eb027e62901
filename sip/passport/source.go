package passport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// source fetches certificates and remembers them.
type source struct {
	hosts  []string
	client *http.Client
	now    func() time.Time

	mu   sync.Mutex
	kept map[string]*file
}

// file is what was found at an address. All but done is set before done is
// closed.
type file struct {
	done  chan struct{}
	chain chain
	err   error
	until time.Time
}

func (f *file) ready() bool {
	select {
	case <-f.done:
		return true
	default:
		return false
	}
}

// newSource makes a source. A client that is given is used for its connections
// only: redirects are never followed.
func newSource(hosts []string, client *http.Client, now func() time.Time) *source {
	if client == nil {
		client = newClient()
	}
	c := *client
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	s := &source{client: &c, now: now, kept: map[string]*file{}}
	for _, h := range hosts {
		s.hosts = append(s.hosts, strings.ToLower(h))
	}
	return s
}

// newClient connects to public machines. It keeps no connection: certificates
// are fetched once an hour.
func newClient() *http.Client {
	dialer := &net.Dialer{Timeout: maxFetch, Control: notOurselves}
	return &http.Client{Transport: &http.Transport{
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    maxFetch,
		ResponseHeaderTimeout:  maxFetch,
		MaxResponseHeaderBytes: 16 << 10,
		DisableKeepAlives:      true,
	}}
}

// notOurselves refuses this machine and its neighbours by link: a name that
// leads there is a mistake or a trap.
func notOurselves(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if ip := at.Addr().Unmap(); ip.IsLoopback() || ip.IsUnspecified() || ip.IsMulticast() || ip.IsLinkLocalUnicast() {
		return fmt.Errorf("%s is no place for certificates", ip)
	}
	return nil
}

// allowed reports whether certificates may be fetched from an address: one of
// our hosts, at the ports that carriers have agreed on (ATIS-1000074).
func (s *source) allowed(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Opaque != "" || u.User != nil || u.Fragment != "" || u.RawQuery != "":
		return errors.New("address of the certificate cannot be used")
	case u.Scheme != "https":
		return errors.New("address of the certificate is not https")
	case u.Port() != "" && u.Port() != "443" && u.Port() != "8443":
		return errors.New("address of the certificate has another port than 443 and 8443")
	case !slices.Contains(s.hosts, strings.ToLower(u.Hostname())):
		return fmt.Errorf("host of the certificate is not in certificate_hosts: %.64q", u.Hostname())
	}
	return nil
}

// get finds the certificates at an address. Whoever asks first fetches, and
// brings it to its end though their call may be over; others wait, as long as
// ctx lets them.
func (s *source) get(ctx context.Context, address string) (chain, error) {
	if err := s.allowed(address); err != nil {
		return nil, err
	}
	f, mine := s.file(address)
	if f == nil {
		return nil, errors.New("too many certificates are being fetched")
	}
	if mine {
		s.fill(context.WithoutCancel(ctx), f, address)
	}
	select {
	case <-f.done:
		return f.chain, f.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// file finds what is known of an address, and whether the caller is to fetch
// it; nil when there is no room.
func (s *source) file(address string) (f *file, mine bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if f, ok := s.kept[address]; ok && (!f.ready() || now.Before(f.until)) {
		return f, false
	}
	if len(s.kept) >= maxKept && !s.forget(now) {
		return nil, false
	}
	f = &file{done: make(chan struct{})}
	s.kept[address] = f
	return f, true
}

// forget makes room: it takes out what is old, and if nothing is, what would be
// next.
func (s *source) forget(now time.Time) bool {
	next := ""
	for address, f := range s.kept {
		if !f.ready() {
			continue
		}
		if !now.Before(f.until) {
			delete(s.kept, address)
		} else if next == "" || f.until.Before(s.kept[next].until) {
			next = address
		}
	}
	if len(s.kept) >= maxKept {
		delete(s.kept, next)
	}
	return len(s.kept) < maxKept
}

// fill fetches.
func (s *source) fill(ctx context.Context, f *file, address string) {
	defer close(f.done)
	f.err = errors.New("certificate could not be fetched") // should what follows panic
	f.until = s.now().Add(leastKept)
	ctx, cancel := context.WithTimeout(ctx, maxFetch)
	defer cancel()
	text, kept, err := s.fetch(ctx, address)
	if err != nil {
		f.err = fmt.Errorf("fetch certificate: %w", err)
		return
	}
	f.chain, f.err = parseChain(text)
	f.until = s.now().Add(kept)
}

func (s *source) fetch(ctx context.Context, address string) ([]byte, time.Duration, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, 0, err
	}
	req.Header.Set("Accept", "application/pem-certificate-chain, application/x-pem-file")
	req.Header.Set("User-Agent", "") // none
	res, err := s.client.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, 0, fmt.Errorf("answer is %d", res.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, maxFile+1))
	if err != nil {
		return nil, 0, err
	}
	if len(text) > maxFile {
		return nil, 0, fmt.Errorf("more than %d bytes", maxFile)
	}
	return text, keptFor(res.Header.Get("Cache-Control")), nil
}

// keptFor is how long an answer is remembered (RFC 9111 section 5.2.2), within
// our bounds.
func keptFor(control string) time.Duration {
	kept := usualKept
	for part := range strings.SplitSeq(strings.ToLower(control), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "no-store", "no-cache":
			return leastKept
		case "max-age":
			if n, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31); err == nil {
				kept = time.Duration(n) * time.Second
			}
		}
	}
	return min(max(kept, leastKept), mostKept)
}
