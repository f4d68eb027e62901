package embedded

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// wrongTries is how many wrong answers an address has at once, and
	// wrongEvery how soon it gets another.
	wrongTries = 10
	wrongEvery = 6 * time.Second
	// answerTime is how long a yes or no at the door takes, whatever is wrong.
	answerTime = 300 * time.Millisecond
	// maxAddresses bounds how many addresses are remembered.
	maxAddresses = 4096
)

// doors counts wrong tries per address. Only wrong ones count, and a page that
// has been in a meeting carries a key which proves that its PIN was right: it
// is let in again whatever its neighbours at the same address have tried.
type doors struct {
	secret [32]byte

	mu        sync.Mutex
	addresses map[netip.Addr]*rate.Limiter
}

func newDoors() *doors {
	d := &doors{addresses: map[netip.Addr]*rate.Limiter{}}
	_, _ = rand.Read(d.secret[:]) // never fails
	return d
}

// open reports whether an address may try.
func (d *doors) open(a netip.Addr) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	l, ok := d.addresses[a]
	return !ok || l.Tokens() >= 1
}

// wrong counts a wrong try.
func (d *doors) wrong(a netip.Addr) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l, ok := d.addresses[a]
	if !ok {
		d.makeRoom()
		l = rate.NewLimiter(rate.Every(wrongEvery), wrongTries)
		d.addresses[a] = l
	}
	l.Allow()
}

// makeRoom forgets addresses that have all their tries again, and if there are
// still too many, any of them. d.mu is held.
func (d *doors) makeRoom() {
	if len(d.addresses) < maxAddresses {
		return
	}
	for a, l := range d.addresses {
		if l.Tokens() >= wrongTries {
			delete(d.addresses, a)
		}
	}
	for a := range d.addresses {
		if len(d.addresses) < maxAddresses {
			return
		}
		delete(d.addresses, a)
	}
}

// key proves that who holds it was let into the meeting with this PIN.
func (d *doors) key(meeting, pin string) string {
	mac := hmac.New(sha256.New, d.secret[:])
	mac.Write([]byte(meeting + "\x00" + pin))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (d *doors) knows(key, meeting, pin string) bool {
	return key != "" && hmac.Equal([]byte(key), []byte(d.key(meeting, pin)))
}

// address is where a request comes from, as far as tries are counted: a whole
// /64 of IPv6 is one place.
func (c Config) address(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	a, _ := netip.ParseAddr(host)
	a = a.Unmap()
	forwarded := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(forwarded) - 1; i >= 0 && c.trusts(a); i-- {
		next, err := netip.ParseAddr(strings.TrimSpace(forwarded[i]))
		if err != nil {
			break
		}
		a = next.Unmap()
	}
	if a.Is6() {
		if p, err := a.Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return a.WithZone("")
}

func (c Config) trusts(a netip.Addr) bool {
	return slices.ContainsFunc(c.Proxies, func(p netip.Prefix) bool { return p.Contains(a) })
}
