package config

import _ "embed"

//go:embed sample.yaml
var sampleFile []byte

// SampleFile is the commented file with all defaults, and with trunks, numbers
// and meetings to try. `einwahl config` prints it.
func SampleFile() []byte { return append([]byte(nil), sampleFile...) }

// Sample is the sample file as it is read: what the gateway runs with when it
// is given no file.
func Sample() Config {
	c, err := parse(sampleFile, surroundings{})
	if err != nil {
		panic("config: the sample is wrong: " + err.Error())
	}
	return c
}
