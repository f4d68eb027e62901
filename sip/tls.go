package sip

// TLSConfig is our own certificate, and whose we believe. Paths are of PEM files
// and are read again when they change.
type TLSConfig struct {
	// Certificate and Key are ours, with what lies between it and its root.
	Certificate string `yaml:"certificate"`
	Key         string `yaml:"key"`
	// Authorities are those whose certificates we believe, of callers that must
	// show one and of servers that we connect to; empty: the machine's own.
	Authorities string `yaml:"authorities"`
}

func (c TLSConfig) validate() []error { return nil }

// validateWays checks how and from where a trunk may come.
func (c TrunkConfig) validateWays() []error { return nil }
