package offer

import "strings"

// Codec is an encoding of sound that we can speak.
type Codec struct {
	Name  string // as in a=rtpmap
	Clock int    // the RTP clock in hertz, as in a=rtpmap; 8000 for G.722
	// Channels as in a=rtpmap; 1 is not written. It is no promise of stereo:
	// Opus always says 2.
	Channels int
	// Type is the payload type in our own offers. Below 96 it is the static
	// one, which needs no a=rtpmap to be understood (RFC 3551).
	Type uint8
	// Parameters is our a=fmtp, empty for none.
	Parameters string
}

// opusParameters say that no more than wideband speech is played and sent:
// whoever heeds it saves us and themselves half the work. A lost packet is
// recovered from the one after it.
const opusParameters = "maxplaybackrate=16000;sprop-maxcapturerate=16000;stereo=0;sprop-stereo=0;useinbandfec=1"

// known lists the encodings that are built, by their name in the operator's
// file.
func known(name string) (Codec, bool) {
	switch strings.ToLower(name) {
	case "opus":
		return Codec{Name: "opus", Clock: 48000, Channels: 2, Type: 111, Parameters: opusParameters}, true
	case "g722":
		return Codec{Name: "G722", Clock: 8000, Channels: 1, Type: 9}, true
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
		names = []string{"opus", "g722", "pcma", "pcmu"}
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
