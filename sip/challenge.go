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

// silence is the status of a refusal that is not sent.
const silence = 0

// challenge asks a request outside of any dialog for proof, where its trunk
// wants one. ok is whether there is something to answer.
func (s *Server) challenge(in incoming) (refusal, bool) { return refusal{}, false }
