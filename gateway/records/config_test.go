package records

import (
	"fmt"
	"strings"
	"testing"

	"github.com/einwahl/einwahl/gateway/records/seal"
)

// A pair of keys that age-keygen has made for these tests.
const (
	recipient = "age1637m0a7202sux7xk0s0uyqrg5hrtsujatutds57tvlck9g5gwu4symqhl9"
	identity  = "AGE-SECRET-KEY-1DRZEAFJ79JP93W6MUKSMKVU7AZSMMCZ9CPFX0TYEWQA0J4VCHM7Q4ELYJJ"
)

func identities(t testing.TB) seal.Identities {
	t.Helper()
	all, err := seal.ParseIdentities("# created by age-keygen\n" + identity + "\n")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestConfig(t *testing.T) {
	for _, tt := range []struct {
		name string
		set  func(*Config)
		want string // empty: valid
	}{
		{"the defaults are valid", func(*Config) {}, ""},
		{"all of it", func(c *Config) { c.SealTo, c.Postgres, c.Broken = recipient, "postgres://e@db/e", Accept }, ""},
		{"records need a folder", func(c *Config) { c.Directory = "" }, "directory: want a folder"},
		{"a recipient is a public key", func(c *Config) { c.SealTo = "age1x" }, "seal_to: "},
		{"an identity is none", func(c *Config) { c.SealTo = identity }, "seal_to: "},
		{"a database is named by a connection string", func(c *Config) { c.Postgres = "postgres://:geheim@%zz" }, "postgres: this is no connection string"},
		{"there are two choices", func(c *Config) { c.Broken = "ignore" }, `broken: "ignore" is no choice`},
	} {
		c := DefaultConfig()
		tt.set(&c)
		err := c.Validate()
		switch {
		case tt.want == "" && err != nil, tt.want != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.want)):
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		case err != nil && (strings.Contains(err.Error(), "geheim") || strings.Contains(err.Error(), identity)):
			t.Errorf("%s: the mistake tells a secret: %v", tt.name, err)
		}
	}
	c := Config{Postgres: "postgres://:geheim@db"}
	if text := fmt.Sprintf("%v %+v %#v", c, c, c); strings.Contains(text, "geheim") {
		t.Errorf("printed: %s", text)
	}
}
