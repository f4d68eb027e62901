package digest

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/icholy/digest"
)

// Limits are how patient a guard is.
type Limits struct {
	// Lifetime is how long a nonce may be used.
	Lifetime time.Duration
	// Tries are how many wrong proofs one address may give within Silence before
	// it is not answered for as long.
	Tries   int
	Silence time.Duration
	// Remembered bounds the nonces in use, and the addresses that were wrong.
	Remembered int
}

// DefaultLimits are generous to a telephone and useless for guessing.
func DefaultLimits() Limits {
	return Limits{Lifetime: 5 * time.Minute, Tries: 10, Silence: time.Minute, Remembered: 8192}
}

// Guard asks callers for proof and judges it. Its memory is bounded whoever
// sends what; it may be used from any goroutine.
type Guard struct {
	limits Limits
	now    func() time.Time
	start  time.Time // from which nonces count, so that no change of the clock moves them
	key    [32]byte
	used   *replays
	wrong  *tries
}

// NewGuard makes a guard whose nonces nobody else can make.
func NewGuard(limits Limits, now func() time.Time) *Guard {
	g := &Guard{limits: limits, now: now, start: now(), used: newReplays(limits.Remembered), wrong: newTries(limits)}
	_, _ = rand.Read(g.key[:]) // never fails
	return g
}

// Account is a name and its password.
type Account struct{ User, Password string }

// Claim is what a request brings along.
type Claim struct {
	Realm  string
	Source netip.Addr
	Method string
	// Algorithms are those that were offered, as in Challenges.
	Algorithms []string
	// Proofs are the values of Authorization.
	Proofs []string
}

// Verdict is what to do with a request.
type Verdict int

// The verdicts.
const (
	// Ask wants a proof: there was none, or none that counts.
	Ask Verdict = iota
	// Renew wants the same proof for a new nonce.
	Renew
	// Pass is proven.
	Pass
	// Refuse is a wrong name or password; ask again.
	Refuse
	// Locked is the last wrong one for a while: do not answer, but tell the
	// operator.
	Locked
	// Ignore is for an address that was wrong too often: do not answer.
	Ignore
)

// Judge decides about a request. Unknown names take the same path and time as
// wrong passwords.
func (g *Guard) Judge(accounts []Account, c Claim) Verdict {
	now := g.now()
	if g.wrong.silenced(c.Source, now) {
		return Ignore
	}
	proof := proofFor(c)
	if proof == nil {
		return Ask
	}
	right := proves(accounts, proof, c)
	made, ours := g.made(proof.Nonce, c.Realm, c.Source)
	switch {
	case !ours:
		// Whether it is right is not told: who cannot hear our challenge, or
		// will not ask for one, is not given an oracle.
		return Ask
	case !right:
		if g.wrong.add(c.Source, now) {
			return Locked
		}
		return Refuse
	case now.Sub(made) > g.limits.Lifetime || !g.used.first(proof.Nonce, made, proof.Nc, now.Add(-g.limits.Lifetime)):
		return Renew
	}
	return Pass
}

// Challenges are the values of WWW-Authenticate, one for each of the algorithms
// of the claim.
func (g *Guard) Challenges(c Claim, stale bool) []string {
	nonce := g.nonce(c.Realm, c.Source, g.now())
	values := make([]string, 0, len(c.Algorithms))
	for _, algorithm := range c.Algorithms {
		ch := digest.Challenge{Realm: c.Realm, Nonce: nonce, Algorithm: algorithm, QOP: []string{"auth"}, Stale: stale}
		values = append(values, ch.String())
	}
	return values
}

// proofFor reads the proof for our realm, nil where there is none.
func proofFor(c Claim) *digest.Credentials {
	for _, value := range c.Proofs {
		if len(value) > maxChallenge {
			continue
		}
		if p, err := digest.ParseCredentials(value); err == nil && p.Realm == c.Realm {
			return p
		}
	}
	return nil
}

// proves reports whether one of the accounts has made this proof. Every account
// is looked at, and a response computed in any case.
func proves(accounts []Account, p *digest.Credentials, c Claim) bool {
	name := sha256.Sum256([]byte(p.Username))
	password, known := "", 0
	for _, a := range accounts {
		own := sha256.Sum256([]byte(a.User))
		if same := subtle.ConstantTimeCompare(own[:], name[:]); same == 1 {
			password, known = a.Password, 1
		}
	}
	algorithm := p.Algorithm
	if algorithm == "" {
		algorithm = "MD5"
	}
	sound := 1
	offered := slices.ContainsFunc(c.Algorithms, func(a string) bool { return strings.EqualFold(a, algorithm) })
	if !offered || !strings.EqualFold(p.QOP, "auth") || p.Nc < 1 || p.Userhash {
		sound = 0
	}
	if strength(algorithm) == 0 {
		algorithm = "SHA-256"
	}
	want, err := digest.Digest(
		&digest.Challenge{Realm: p.Realm, Nonce: p.Nonce, Algorithm: algorithm, QOP: []string{"auth"}},
		digest.Options{Method: c.Method, URI: p.URI, Count: p.Nc, Username: p.Username, Password: password, Cnonce: p.Cnonce})
	if err != nil {
		return false
	}
	same := subtle.ConstantTimeCompare([]byte(want.Response), []byte(strings.ToLower(p.Response)))
	return same&known&sound == 1
}
