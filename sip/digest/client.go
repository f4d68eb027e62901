package digest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/icholy/digest"
)

// ErrNoChallenge reports that none of the challenges can be answered: they want
// an algorithm or a scheme that we do not have.
var ErrNoChallenge = errors.New("no challenge that we can answer: want Digest with SHA-512-256, SHA-256 or MD5")

// maxChallenge bounds a challenge: its nonce is repeated in each request.
const maxChallenge = 2048

// strength orders the algorithms (RFC 8760 section 2.1). An answer to the
// strongest keeps somebody on the way from choosing the weakest for us.
func strength(algorithm string) int {
	switch strings.ToUpper(algorithm) {
	case "SHA-512-256":
		return 3
	case "SHA-256":
		return 2
	case "MD5", "":
		return 1
	}
	return 0
}

// Client answers the challenges of one server with one account. It is for one
// goroutine. The zero Client has no challenge yet.
type Client struct {
	User, Password string

	challenge *digest.Challenge
	count     int // how often its nonce was used
}

// Challenged takes the values of WWW-Authenticate or Proxy-Authenticate, of
// which it keeps the strongest. stale is whether the server says that only our
// nonce was too old.
func (c *Client) Challenged(values []string) (stale bool, err error) {
	var best *digest.Challenge
	for _, v := range values {
		if len(v) > maxChallenge {
			continue
		}
		ch, err := digest.ParseChallenge(v)
		if err != nil || strength(ch.Algorithm) == 0 || ch.Nonce == "" || !tidy(ch) {
			continue
		}
		if best == nil || strength(ch.Algorithm) > strength(best.Algorithm) {
			best = ch
		}
	}
	if best == nil {
		return false, ErrNoChallenge
	}
	c.challenge, c.count = best, 0
	return best.Stale, nil
}

// tidy takes the white space out of the list of qualities, and reports whether
// one of them is ours. None at all is the old way of RFC 2069.
func tidy(ch *digest.Challenge) bool {
	if len(ch.QOP) == 0 {
		return true
	}
	for i := range ch.QOP {
		ch.QOP[i] = strings.ToLower(strings.TrimSpace(ch.QOP[i]))
	}
	return ch.SupportsQOP("auth")
}

// Ready reports that there is a challenge to answer.
func (c *Client) Ready() bool { return c.challenge != nil }

// Forget drops the challenge, for another server.
func (c *Client) Forget() { c.challenge, c.count = nil, 0 }

// Answer is the value of Authorization or Proxy-Authorization for a request.
func (c *Client) Answer(method, uri string) (string, error) {
	c.count++
	cred, err := digest.Digest(c.challenge, digest.Options{Method: method, URI: uri, Count: c.count, Username: c.User, Password: c.Password})
	if err != nil {
		return "", fmt.Errorf("answer challenge: %w", err)
	}
	return cred.String(), nil
}
