package digest

import (
	"strings"
	"testing"
)

func TestClientTakesTheStrongestChallenge(t *testing.T) {
	for _, tt := range []struct {
		name   string
		values []string
		want   string // algorithm; "" for none
	}{
		{"one", []string{`Digest realm="r", nonce="n"`}, "MD5"},
		{"the weaker first", []string{`Digest realm="r", nonce="n", algorithm=MD5`, `Digest realm="r", nonce="m", algorithm=SHA-256, qop="auth"`}, "SHA-256"},
		{"one that we lack", []string{`Digest realm="r", nonce="n", algorithm=AKAv1-MD5`, `Digest realm="r", nonce="m", algorithm=MD5`}, "MD5"},
		{"qualities with white space", []string{`Digest realm="r", nonce="n", qop="auth-int, auth"`}, "MD5"},
		{"another quality only", []string{`Digest realm="r", nonce="n", qop="auth-int"`}, ""},
		{"another scheme", []string{`Basic realm="r"`}, ""},
		{"no nonce", []string{`Digest realm="r"`}, ""},
		{"endless", []string{`Digest realm="r", nonce="` + strings.Repeat("n", maxChallenge) + `"`}, ""},
		{"nothing", nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := Client{User: "u", Password: "p"}
			_, err := c.Challenged(tt.values)
			if (err != nil) != (tt.want == "") || c.Ready() != (err == nil) {
				t.Fatalf("error %v", err)
			}
			if err != nil {
				return
			}
			answer, err := c.Answer("REGISTER", "sip:r")
			if err != nil || tt.want != "MD5" && !strings.Contains(answer, "algorithm="+tt.want) {
				t.Errorf("%v, %s", err, answer)
			}
		})
	}
}

func TestClientCountsTheUsesOfANonce(t *testing.T) {
	c := Client{User: "u", Password: "p"}
	if stale, err := c.Challenged([]string{`Digest realm="r", nonce="n", qop="auth", stale=TRUE`}); err != nil || !stale {
		t.Fatalf("stale %v, %v", stale, err)
	}
	for _, want := range []string{"nc=00000001", "nc=00000002", "nc=00000003"} {
		if answer, _ := c.Answer("REGISTER", "sip:r"); !strings.Contains(answer, want) {
			t.Errorf("%s, want %s", answer, want)
		}
	}
	_, _ = c.Challenged([]string{`Digest realm="r", nonce="m", qop="auth"`})
	if answer, _ := c.Answer("REGISTER", "sip:r"); !strings.Contains(answer, "nc=00000001") {
		t.Errorf("a new nonce begins anew: %s", answer)
	}
}

func FuzzChallenged(f *testing.F) {
	f.Add(`Digest realm="r", nonce="n", qop="auth, auth-int", algorithm=SHA-256, stale=true`)
	f.Fuzz(func(t *testing.T, value string) {
		c := Client{User: "u", Password: "p"}
		if _, err := c.Challenged([]string{value}); err == nil {
			if _, err := c.Answer("REGISTER", "sip:r"); err != nil {
				t.Errorf("%q was taken and cannot be answered: %v", value, err)
			}
		}
	})
}
