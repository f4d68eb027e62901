package admin

import (
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
)

// Config is the section "admin" of the operator's file.
type Config struct {
	// Listen is where HTTP is served: dashboard, API, metrics, health and the
	// meeting page.
	Listen string `yaml:"listen"`
	// TokenFile holds the operator's token. Where it is empty the environment
	// variable EINWAHL_ADMIN_TOKEN is used, and without that a token is made at
	// each start.
	TokenFile string `yaml:"token_file"`
}

// DefaultConfig returns the settings used where the file is silent.
func DefaultConfig() Config { return Config{Listen: "127.0.0.1:8080"} }

// Validate reports every mistake at once, each under its key in the file.
func (c Config) Validate() error {
	_, port, err := net.SplitHostPort(c.Listen)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("listen: %q: want an address and a port, such as 127.0.0.1:8080", c.Listen)
	}
	return nil
}

// TokenVariable is the environment variable that may hold the operator's token.
const TokenVariable = "EINWAHL_ADMIN_TOKEN"

// Token finds the operator's token: in the file, else in the environment, else
// it makes one and reports that it did.
func Token(c Config) (token string, made bool, err error) {
	if c.TokenFile != "" {
		content, err := os.ReadFile(c.TokenFile)
		if err != nil {
			return "", false, fmt.Errorf("admin.token_file: %w", err)
		}
		token = strings.TrimSpace(string(content))
		if token == "" {
			return "", false, fmt.Errorf("admin.token_file: %s is empty: want the token that the operator gives", c.TokenFile)
		}
	} else if token = strings.TrimSpace(os.Getenv(TokenVariable)); token == "" {
		return rand.Text(), true, nil
	}
	return token, false, nil
}
