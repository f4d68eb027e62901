package sip

import "time"

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
func (s *Server) Registrations() []Registration { return nil }

// validateAccounts checks auth and register.
func (c TrunkConfig) validateAccounts() []error { return nil }
