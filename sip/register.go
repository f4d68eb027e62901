package sip

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Password is a secret that is never printed.
type Password string

// String keeps the secret.
func (Password) String() string { return "<secret>" }

// GoString keeps the secret.
func (Password) GoString() string { return "<secret>" }

// MarshalText keeps the secret.
func (Password) MarshalText() ([]byte, error) { return []byte("<secret>"), nil }

// RegisterConfig is one account of ours with a trunk (RFC 3261 section 10).
type RegisterConfig struct {
	// Server is the registrar, as sip:host, sip:host:port;transport=tcp or
	// sips:host. A name without a port is looked up by RFC 3263.
	Server string `yaml:"server"`
	// Domain is that of our address of record; empty: the host of Server.
	Domain string `yaml:"domain"`
	// User is the account, and the user part of our Contact, by which its calls
	// are known.
	User string `yaml:"user"`
	// AuthUser is the name for the password; empty: User.
	AuthUser string   `yaml:"auth_user"`
	Password Password `yaml:"password"`
	// Expires is for how long we ask to be registered.
	Expires time.Duration `yaml:"expires"`
}

// DefaultRegisterConfig is what an account has where the file is silent.
func DefaultRegisterConfig() RegisterConfig { return RegisterConfig{Expires: 10 * time.Minute} }

// key names an account within its trunk.
func (c RegisterConfig) key() string { return c.Server + "\x00" + c.Domain + "\x00" + c.User }

// Registration is the state of one account.
type Registration struct {
	Trunk   string
	User    string // the account
	Server  string
	State   string    // registering, registered, failed, stopped
	Since   time.Time // of the state
	Expires time.Time // of the registration; zero: not registered
	Error   string    // of the last attempt; empty: it went well
}

// Registrations are the accounts of all trunks, in the order of the file.
func (s *Server) Registrations() []Registration { return s.accounts.list() }

// validateAccounts checks auth, register and ping.
func (c TrunkConfig) validateAccounts() []error {
	errs := append(c.Auth.validate(), c.validatePing()...)
	seen := map[string]int{}
	for i, r := range c.Register {
		for _, err := range r.validate(c.Transports) {
			errs = append(errs, fmt.Errorf("register[%d].%w", i, err))
		}
		if first, twice := seen[r.key()]; twice {
			errs = append(errs, fmt.Errorf("register[%d].user: register[%d] already has this account with this server", i, first))
		} else {
			seen[r.key()] = i
		}
	}
	return errs
}

// validate reports the mistakes of one account, each under its key.
func (c RegisterConfig) validate(transports []string) []error {
	var errs []error
	if err := validateServer(c.Server, transports); err != nil {
		errs = append(errs, fmt.Errorf("server: %w", err))
	}
	if c.Domain != "" && !isHost(strings.Trim(c.Domain, "[]")) {
		errs = append(errs, fmt.Errorf("domain: %q is no host name, such as tel.example.net", text(c.Domain)))
	}
	if c.User == "" || c.User != text(c.User) || strings.ContainsAny(c.User, "@; \t") {
		errs = append(errs, errors.New("user: name the account, as the carrier has given it, without @ and domain"))
	}
	if c.AuthUser != text(c.AuthUser) {
		errs = append(errs, errors.New("auth_user: it holds characters that cannot be sent"))
	}
	if c.Password == "" {
		errs = append(errs, errors.New("password: the registrar will ask for one: set it, or password_file"))
	}
	if c.Expires < time.Minute || c.Expires > maxExpires {
		errs = append(errs, fmt.Errorf("expires: want 1m to %v, not %v", maxExpires, c.Expires))
	}
	return errs
}

// validateServer checks a server of a trunk, known by its name or not.
func validateServer(s string, transports []string) error {
	server, err := serverOf(s)
	if err != nil {
		return err
	}
	if transport := cmp.Or(server.Transport, "udp"); len(transports) > 0 && !slices.Contains(transports, transport) {
		return fmt.Errorf("over %s, which is not in transports of the trunk: add it there, or say ;transport=", transport)
	}
	return nil
}
