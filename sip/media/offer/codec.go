package offer

import "strings"

// Codec is an encoding of sound that we can speak.
type Codec struct {
	Name  string // as in a=rtpmap, upper case
	Clock int    // the RTP clock in hertz, as in a=rtpmap
	// Channels as in a=rtpmap; 1 is not written. It is no promise of stereo:
	// Opus always says 2.
	Channels int
	// Type is the payload type in our own offers. Below 96 it is the static
	// one, which needs no a=rtpmap to be understood (RFC 3551).
	Type uint8
	// Parameters is our a=fmtp, empty for none.
	Parameters string
}

// known lists the encodings that are built, by their name in the operator's
// file.
func known(name string) (Codec, bool) {
	switch strings.ToLower(name) {
	case "pcma":
		return Codec{Name: "PCMA", Clock: 8000, Channels: 1, Type: 8}, true
	case "pcmu":
		return Codec{Name: "PCMU", Clock: 8000, Channels: 1, Type: 0}, true
	}
	return Codec{}, false
}

// Codecs turns the names of the operator's file, in order of preference, into
// encodings. A name that is not built is left out; no names at all means
// everything that is.
func Codecs(names []string) []Codec {
	if len(names) == 0 {
		names = []string{"pcma", "pcmu"}
	}
	codecs := make([]Codec, 0, len(names))
	for _, name := range names {
		if c, ok := known(name); ok {
			codecs = append(codecs, c)
		}
	}
	return codecs
}

// static returns the encoding that a payload type below 96 means where no
// a=rtpmap says otherwise.
func static(payload uint8) (name string, clock int) {
	switch payload {
	case 0:
		return "PCMU", 8000
	case 8:
		return "PCMA", 8000
	case 9:
		return "G722", 8000
	case 13:
		return "CN", 8000
	}
	return "", 0
}
