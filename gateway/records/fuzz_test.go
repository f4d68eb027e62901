package records

import (
	"strings"
	"testing"

	"github.com/einwahl/einwahl/gateway/records/seal"
)

func FuzzParseAnchors(f *testing.F) {
	f.Add("einwahl-checkpoint-1 1 2026-11-22T08:00:00Z 00 00 00\n")
	f.Add("\n\n")
	f.Fuzz(func(t *testing.T, content string) {
		all, damaged := parseAnchors("file", content)
		for _, c := range all {
			if !c.Signed() {
				t.Errorf("%v is not signed", c)
			}
		}
		if lines := strings.Count(content, "\n"); len(all)+len(damaged) > lines+1 {
			t.Errorf("%d checkpoints and %d damaged ones in %d lines", len(all), len(damaged), lines)
		}
	})
}

func FuzzParseKey(f *testing.F) {
	f.Add("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n-----END PRIVATE KEY-----\n")
	f.Add("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n")
	f.Fuzz(func(t *testing.T, content string) {
		if key, err := parseKey([]byte(content)); err == nil && len(key) != 64 {
			t.Errorf("a key of %d bytes", len(key))
		}
	})
}

// FuzzUnseal reads exports that somebody else has written.
func FuzzUnseal(f *testing.F) {
	f.Add("[\n{\"seq\":1,\"content\":{\"sealed\":\"YWdl\"}}\n]")
	f.Add("[]")
	f.Fuzz(func(_ *testing.T, export string) {
		_ = Unseal(new(strings.Builder), strings.NewReader(export), identity)
	})
}

func FuzzParseRecipient(f *testing.F) {
	f.Add(recipient)
	f.Add("age1pq")
	f.Fuzz(func(t *testing.T, text string) {
		to, err := seal.ParseRecipient(text)
		if err != nil {
			return
		}
		if _, err := to.Seal("+4930"); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	})
}
