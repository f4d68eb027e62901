package digest

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/icholy/digest"
)

var (
	office   = netip.MustParseAddr("192.0.2.1")
	accounts = []Account{{"pbx", "right"}, {"other", "second"}}
	asked    = Claim{Realm: "gw", Source: office, Method: "INVITE", Algorithms: []string{"SHA-256", "MD5"}}
)

// watch is a guard whose clock the test moves.
type watch struct {
	*Guard
	now time.Time
}

func newWatch(l Limits) *watch {
	w := &watch{now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
	w.Guard = NewGuard(l, func() time.Time { return w.now })
	return w
}

// proof answers a challenge as a caller would.
func (w *watch) proof(user, password string, nc int, tweak func(*digest.Credentials)) string {
	ch, err := digest.ParseChallenge(w.Challenges(asked, false)[0])
	if err != nil {
		panic(err)
	}
	return prove(ch, user, password, nc, tweak)
}

func prove(ch *digest.Challenge, user, password string, nc int, tweak func(*digest.Credentials)) string {
	cred, err := digest.Digest(ch, digest.Options{Method: "INVITE", URI: "sip:en@gw", Username: user, Password: password, Count: nc})
	if err != nil {
		panic(err)
	}
	if tweak != nil {
		tweak(cred)
	}
	return cred.String()
}

func (w *watch) judge(proofs ...string) Verdict {
	c := asked
	c.Proofs = proofs
	return w.Judge(accounts, c)
}

func TestVerdicts(t *testing.T) {
	for _, tt := range []struct {
		name           string
		user, password string
		tweak          func(*digest.Credentials)
		want           Verdict
	}{
		{"the right password", "pbx", "right", nil, Pass},
		{"another account", "other", "second", nil, Pass},
		{"a wrong password", "pbx", "wrong", nil, Refuse},
		{"the password of another account", "pbx", "second", nil, Refuse},
		{"an unknown name", "nobody", "right", nil, Refuse},
		{"an unknown name without a password", "nobody", "", nil, Refuse},
		{"without a quality of protection there is no count", "pbx", "right", func(c *digest.Credentials) { c.QOP = "" }, Refuse},
		{"an algorithm that was not offered", "pbx", "right", func(c *digest.Credentials) { c.Algorithm = "SHA-512-256" }, Refuse},
		{"an algorithm that nobody knows", "pbx", "right", func(c *digest.Credentials) { c.Algorithm = "ROT13" }, Refuse},
		{"another realm", "pbx", "right", func(c *digest.Credentials) { c.Realm = "else" }, Ask},
		{"a nonce that is not ours", "pbx", "right", func(c *digest.Credentials) { c.Nonce = strings.Repeat("A", 43) }, Ask},
		{"no nonce", "pbx", "right", func(c *digest.Credentials) { c.Nonce = "" }, Ask},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWatch(DefaultLimits())
			if got := w.judge(w.proof(tt.user, tt.password, 1, tt.tweak)); got != tt.want {
				t.Errorf("verdict %d, want %d", got, tt.want)
			}
		})
	}
	if got := newWatch(DefaultLimits()).judge(); got != Ask {
		t.Errorf("no proof: %d", got)
	}
}

func TestBothAlgorithmsAreOfferedTheStrongerFirst(t *testing.T) {
	w := newWatch(DefaultLimits())
	values := w.Challenges(asked, true)
	if len(values) != 2 || !strings.Contains(values[0], "SHA-256") || !strings.Contains(values[1], "MD5") || !strings.Contains(values[0], "stale=true") {
		t.Fatalf("challenges %q", values)
	}
	for _, v := range values {
		ch, _ := digest.ParseChallenge(v)
		w := newWatch(DefaultLimits())
		w.key = [32]byte{}
		ch.Nonce = w.nonce("gw", office, w.now)
		if got := w.judge(prove(ch, "pbx", "right", 1, nil)); got != Pass {
			t.Errorf("%s: %d", ch.Algorithm, got)
		}
	}
}

func TestAnAlgorithmThatIsNotOfferedProvesNothing(t *testing.T) {
	w := newWatch(DefaultLimits())
	strong := asked
	strong.Algorithms = []string{"SHA-256"}
	for _, algorithm := range []string{"MD5", ""} {
		ch, _ := digest.ParseChallenge(w.Challenges(strong, false)[0])
		ch.Algorithm = algorithm
		strong.Proofs = []string{prove(ch, "pbx", "right", 1, nil)}
		if got := w.Judge(accounts, strong); got != Refuse {
			t.Errorf("algorithm %q: %d", algorithm, got)
		}
	}
}

func TestANonceServesInOrderAndForAWhile(t *testing.T) {
	w := newWatch(DefaultLimits())
	ch, _ := digest.ParseChallenge(w.Challenges(asked, false)[0])
	first := prove(ch, "pbx", "right", 1, nil)
	for _, tt := range []struct {
		name  string
		proof string
		want  Verdict
	}{
		{"for the first time", first, Pass},
		{"the same again is a replay", first, Renew},
		{"counted on", prove(ch, "pbx", "right", 3, nil), Pass},
		{"counted back", prove(ch, "pbx", "right", 2, nil), Renew},
	} {
		if got := w.judge(tt.proof); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
	elsewhere := Claim{Realm: "gw", Source: netip.MustParseAddr("192.0.2.2"), Method: "INVITE", Proofs: []string{prove(ch, "pbx", "right", 4, nil)}}
	if got := w.Judge(accounts, elsewhere); got != Ask {
		t.Errorf("overheard by another address: %d", got)
	}
	w.now = w.now.Add(DefaultLimits().Lifetime + time.Second)
	if got := w.judge(prove(ch, "pbx", "right", 5, nil)); got != Renew {
		t.Errorf("too old: %d", got)
	}
	if got := w.judge(prove(ch, "pbx", "wrong", 6, nil)); got != Refuse {
		t.Errorf("too old and wrong: %d", got)
	}
}

// A clock that is set while we run must neither make nonces old nor young
// again, so they hold no time of day: only how long after our start they were
// made, which Go counts by itself.
func TestANonceHoldsNoTimeOfDay(t *testing.T) {
	w := newWatch(DefaultLimits())
	w.now = w.now.Add(3 * time.Second)
	nonce, err := base64.RawURLEncoding.DecodeString(w.nonce("gw", office, w.now))
	if err != nil || binary.BigEndian.Uint64(nonce[:8]) != uint64(3*time.Second) {
		t.Errorf("nonce %x, %v", nonce, err)
	}
}

func TestGuessingEndsInSilence(t *testing.T) {
	l := DefaultLimits()
	w := newWatch(l)
	for i := 1; i <= l.Tries; i++ {
		want := Refuse
		if i == l.Tries {
			want = Locked
		}
		if got := w.judge(w.proof("pbx", fmt.Sprint(i), 1, nil)); got != want {
			t.Fatalf("try %d: %d, want %d", i, got, want)
		}
	}
	if got := w.judge(w.proof("pbx", "right", 1, nil)); got != Ignore {
		t.Errorf("the right one comes too late: %d", got)
	}
	if got := w.Judge(accounts, Claim{Realm: "gw", Source: netip.MustParseAddr("192.0.2.2")}); got != Ask {
		t.Errorf("others are asked as before: %d", got)
	}
	w.now = w.now.Add(l.Silence)
	if got := w.judge(w.proof("pbx", "right", 1, nil)); got != Pass {
		t.Errorf("after the silence: %d", got)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	l := Limits{Lifetime: time.Hour, Tries: 3, Silence: time.Hour, Remembered: 8}
	w := newWatch(l)
	old := w.proof("pbx", "right", 1, nil)
	if w.judge(old) != Pass {
		t.Fatal("the first")
	}
	for i := range 50 {
		w.now = w.now.Add(time.Second)
		if got := w.judge(w.proof("pbx", "right", 1, nil)); got != Pass {
			t.Fatalf("proof %d: %d", i, got)
		}
		w.wrong.add(netip.AddrFrom4([4]byte{10, 0, 0, byte(i)}), w.now)
	}
	if n, m := len(w.used.count), len(w.wrong.of); n > l.Remembered || m > l.Remembered || len(w.used.made) != n {
		t.Errorf("%d nonces and %d places are kept", n, m)
	}
	if got := w.judge(old); got != Renew {
		t.Errorf("a nonce that was forgotten: %d", got)
	}
}

func FuzzJudge(f *testing.F) {
	w := newWatch(DefaultLimits())
	f.Add(w.proof("pbx", "right", 1, nil))
	f.Add(`Digest username="pbx", realm="gw", nonce="", uri="sip:x", response="", qop=auth, nc=-1`)
	f.Add("Basic cGJ4OnJpZ2h0")
	f.Fuzz(func(t *testing.T, proof string) {
		if got := newWatch(DefaultLimits()).judge(proof); got == Pass {
			t.Errorf("%q passes", proof)
		}
	})
}
