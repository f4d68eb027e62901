package sip

// AuthConfig are the accounts of which a caller must prove one (RFC 3261
// section 22, RFC 8760). None: a trunk is known by its address alone.
type AuthConfig struct {
	// Realm names us in the challenge; empty: the trunk's name.
	Realm string       `yaml:"realm"`
	Users []UserConfig `yaml:"users"`
}

// UserConfig is one account.
type UserConfig struct {
	User     string   `yaml:"user"`
	Password Password `yaml:"password"`
}

// challenge asks a request outside of any dialog for proof, where its trunk
// wants one. ok is whether there is something to answer.
func (s *Server) challenge(in incoming) (refusal, bool) { return refusal{}, false }

// claim finds the trunk that a request belongs to among those that share its
// address, by the account it was sent to, and that account.
func (s *Server) claim(in incoming) (t *trunk, account string) { return in.trunk, "" }
