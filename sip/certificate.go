package sip

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// lookEvery is how often the files of certificates are looked at, at most.
const lookEvery = time.Second

// keyring is our certificate and the authorities that we believe, as they are
// in their files now. Files that have gone bad are told of, and the last good
// ones stay in force.
type keyring struct {
	files TLSConfig
	log   zerolog.Logger
	every time.Duration

	mu     sync.Mutex
	looked time.Time
	seen   [3]stamp
	now    credentials
}

// credentials are what the files hold.
type credentials struct {
	own   *tls.Certificate // nil: none
	roots *x509.CertPool   // nil: the machine's
}

// stamp tells a file that was changed from one that was not.
type stamp struct {
	changed time.Time
	size    int64
}

func newKeyring(files TLSConfig, log zerolog.Logger) (*keyring, error) {
	k := &keyring{files: files, log: log, every: lookEvery, looked: time.Now()}
	k.seen = files.stamps()
	var err error
	k.now, err = files.read()
	return k, err
}

func (c TLSConfig) stamps() (all [3]stamp) {
	for i, path := range []string{c.Certificate, c.Key, c.Authorities} {
		if info, err := os.Stat(path); err == nil {
			all[i] = stamp{info.ModTime(), info.Size()}
		}
	}
	return all
}

// read reads the files.
func (c TLSConfig) read() (credentials, error) {
	var now credentials
	var errs []error
	if c.Certificate != "" && c.Key != "" {
		pair, err := tls.LoadX509KeyPair(c.Certificate, c.Key)
		if err != nil {
			errs = append(errs, fmt.Errorf("tls.certificate: want PEM files of a certificate and of the key that fits, readable by the gateway: %w", err))
		}
		now.own = &pair
	}
	if c.Authorities != "" {
		roots, err := readAuthorities(c.Authorities)
		if err != nil {
			errs = append(errs, fmt.Errorf("tls.authorities: %w", err))
		}
		now.roots = roots
	}
	return now, errors.Join(errs...)
}

func readAuthorities(path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read PEM file: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no PEM certificate", text(path))
	}
	return roots, nil
}

// current are the credentials of a new connection.
func (k *keyring) current() credentials {
	k.mu.Lock()
	defer k.mu.Unlock()
	if time.Since(k.looked) < k.every {
		return k.now
	}
	k.looked = time.Now()
	seen := k.files.stamps()
	if seen == k.seen {
		return k.now
	}
	k.seen = seen
	now, err := k.files.read()
	if err != nil {
		k.log.Error().Err(err).Msg("certificate files have changed and cannot be used; the last good ones stay in force: mend sip.tls")
		return k.now
	}
	k.now = now
	line := k.log.Info()
	if now.own != nil && now.own.Leaf != nil {
		line.Time("valid_until", now.own.Leaf.NotAfter)
	}
	line.Msg("certificate files have changed and are in force")
	return now
}

// Expired tells of a certificate of ours that is not valid now: the gateway runs
// with it, and whoever looks at it does not talk to us.
func (c TLSConfig) Expired(now time.Time) error {
	held, err := c.read()
	if err != nil || held.own == nil {
		return nil //nolint:nilerr // what cannot be read is told by Validate
	}
	return expired(held.own.Leaf, now)
}

func expired(own *x509.Certificate, now time.Time) error {
	switch {
	case own == nil:
	case now.After(own.NotAfter):
		return fmt.Errorf("it was valid until %s: peers that look at it refuse us", own.NotAfter.Format(time.DateOnly))
	case now.Before(own.NotBefore):
		return fmt.Errorf("it is not valid before %s: peers that look at it refuse us, or the clock of this machine is wrong", own.NotBefore.Format(time.DateOnly))
	}
	return nil
}
