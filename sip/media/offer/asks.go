package offer

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pion/sdp/v3"
)

// Asks is what they ask of the sound that we send. The zero value asks nothing.
type Asks struct {
	Longest time.Duration // no packet may be longer (a=maxptime); 0: any
	Metrics bool          // reports of how they sound (a=rtcp-xr:voip-metrics, RFC 3611 section 5)
	// What follows is of Opus (RFC 7587 section 6.1).
	Bitrate int  // at most, in bits per second; 0: any
	Rate    int  // that they play no more than, in hertz; 0: any
	CBR     bool // each packet as long as the others
	DTX     bool // next to nothing in silence
	FEC     bool // each packet with a copy of the one before
}

// longest reads a=maxptime.
func longest(m *sdp.MediaDescription) time.Duration {
	value, _ := m.Attribute("maxptime")
	n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 16)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Millisecond
}

// metrics reads a=rtcp-xr, which may stand for all streams or for one.
func metrics(d *description, m *sdp.MediaDescription) bool {
	for _, attributes := range [][]sdp.Attribute{m.Attributes, d.Attributes} {
		for _, a := range attributes {
			if a.Key == "rtcp-xr" {
				return slices.Contains(strings.Fields(a.Value), "voip-metrics")
			}
		}
	}
	return false
}

// asks reads a=fmtp of the encoding that we send.
func asks(f Format, longest time.Duration) Asks {
	a := Asks{Longest: longest}
	if !strings.EqualFold(f.Name, "opus") {
		return a
	}
	for parameter := range strings.SplitSeq(f.Parameters, ";") {
		name, value, _ := strings.Cut(parameter, "=")
		n, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil {
			continue
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "maxaveragebitrate":
			a.Bitrate = max(n, 0)
		case "maxplaybackrate":
			a.Rate = max(n, 0)
		case "cbr":
			a.CBR = n == 1
		case "usedtx":
			a.DTX = n == 1
		case "useinbandfec":
			a.FEC = n == 1
		}
	}
	return a
}
