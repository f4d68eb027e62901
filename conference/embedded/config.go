package embedded

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/transcode/opus"
)

// Config is the section "conference.embedded" of the operator's file.
type Config struct {
	WebRTC WebRTC `yaml:"webrtc"`
	// Recordings is the directory that recordings are written to. It is
	// created, for its owner only, when the first one begins.
	Recordings string `yaml:"recordings"`
	// RecordingKeys is the directory of their keys, one file for each. Empty: beside
	// Recordings, with ".keys" behind its name; the gateway has a better place.
	RecordingKeys string `yaml:"recording_keys"`
	// SealRecordingsTo are the public keys of those who alone may open recordings;
	// without any the gateway keeps the keys. What they stand for is up to
	// SealTo, which must be there where they are.
	SealRecordingsTo []string `yaml:"seal_recordings_to"`
	// SealTo seals the keys of recordings to SealRecordingsTo; who composes the
	// gateway fills it in.
	SealTo Sealer `yaml:"-"`
	// Witness is told of each recording that has ended; who composes the gateway
	// fills it in.
	Witness Witness `yaml:"-"`
	// Directory is where meetings are kept that are made while the gateway runs,
	// sealed. It is made, for its owner only, with the first of them.
	Directory string `yaml:"directory"`
	// KeyFile holds the key that they are sealed with. Empty: it is in Directory.
	KeyFile string `yaml:"key_file"`
	// Page is where browsers reach the meeting page from outside, such as
	// https://meet.example.org; invitations name it.
	Page string `yaml:"page"`
	// Keep is for how many days recordings are kept after their end, and Reason
	// why so long where that is more than half a year.
	Keep   int    `yaml:"keep"`
	Reason string `yaml:"keep_reason"`
	// Region is where this machine stands, and so where the sound of the meetings
	// is processed: admission compares it with what it allows. Empty: untold.
	Region string `yaml:"region"`
	// Proxies are reverse proxies whose X-Forwarded-For is believed when wrong
	// PINs and connections are counted per address. Without it all who come
	// through a proxy count as one.
	Proxies []netip.Prefix `yaml:"proxies"`
	// Consent is what a meeting asks of those it records where its own entry
	// is silent: the operator's recording policy, filled in by who composes
	// the file. Empty is the strictest, required.
	Consent string `yaml:"-"`
	// AfterNo is what becomes of who says no where a meeting's own entry is
	// silent: listen, leave, talk; it is filled in likewise.
	AfterNo string `yaml:"-"`
	// Encoders lends the encoders of Opus; who composes the gateway fills it
	// in. Without it each is made for itself.
	Encoders *opus.Pool `yaml:"-"`
}

// WebRTC is how browsers reach the media of the meetings.
type WebRTC struct {
	// Listen are the local addresses that media is taken on. Empty is all of
	// them, loopback included.
	Listen []netip.Addr `yaml:"listen"`
	// Ports is one UDP port that all browsers share, or a range with a port
	// for each connection. 0 lets the system choose.
	Ports Ports `yaml:"ports"`
	// Advertise is the public address where the gateway stands behind a 1:1
	// NAT. Empty advertises the local addresses.
	Advertise netip.Addr `yaml:"advertise"`
}

// Ports is a range of UDP ports, both ends included.
type Ports struct{ First, Last uint16 }

// UnmarshalText reads "30000" or "30000-30999".
func (p *Ports) UnmarshalText(text []byte) error {
	first, last, isRange := strings.Cut(strings.TrimSpace(string(text)), "-")
	if !isRange {
		last = first
	}
	a, errA := strconv.ParseUint(strings.TrimSpace(first), 10, 16)
	z, errZ := strconv.ParseUint(strings.TrimSpace(last), 10, 16)
	if errA != nil || errZ != nil {
		return fmt.Errorf("%q: want a UDP port such as 30000, or a range such as 30000-30999", text)
	}
	p.First, p.Last = uint16(a), uint16(z)
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (p Ports) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

func (p Ports) String() string {
	if p.First == p.Last {
		return strconv.Itoa(int(p.First))
	}
	return fmt.Sprintf("%d-%d", p.First, p.Last)
}

// DefaultConfig returns the settings used where the file is silent: a browser
// on the same machine, or on the same network, needs nothing more.
func DefaultConfig() Config {
	return Config{
		WebRTC:     WebRTC{Ports: Ports{First: 30000, Last: 30000}},
		Recordings: "data/recordings",
		Keep:       30,
		Directory:  "data/meetings",
	}
}

// Validate reports every mistake at once, each under its key.
func (c Config) Validate() error {
	var errs []error
	p := c.WebRTC.Ports
	switch {
	case p.First > p.Last:
		errs = append(errs, fmt.Errorf("webrtc.ports: %v ends before it begins", p))
	case p.First == 0 && p.Last != 0:
		errs = append(errs, fmt.Errorf("webrtc.ports: %v: a range begins at 1 or above", p))
	}
	for i, a := range c.WebRTC.Listen {
		if !a.IsValid() || a.IsMulticast() {
			errs = append(errs, fmt.Errorf("webrtc.listen[%d]: want an address of this machine", i))
		}
	}
	if a := c.WebRTC.Advertise; a.IsValid() && (a.IsUnspecified() || a.IsMulticast()) {
		errs = append(errs, fmt.Errorf("webrtc.advertise: %v: want the address that browsers reach", a))
	}
	if err := checkRegion(c.Region); err != nil {
		errs = append(errs, err)
	}
	if u, err := url.Parse(c.Page); c.Page != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		errs = append(errs, fmt.Errorf("page: %q: want an address such as https://meet.example.org", c.Page))
	}
	if c.Directory == "" {
		errs = append(errs, errors.New("directory: want a folder"))
	}
	if c.Recordings == "" {
		errs = append(errs, errors.New("recordings: want a directory"))
	}
	if a := c.archive(); within(a.recordings, a.keys) {
		errs = append(errs, errors.New("recording_keys: want a folder outside of recordings: who copies those must not have the keys"))
	}
	switch {
	case c.Keep < 1:
		errs = append(errs, fmt.Errorf("keep: %d: want 1 or more days; recordings are not kept for good", c.Keep))
	case c.Keep > longWithoutReason && strings.TrimSpace(c.Reason) == "":
		errs = append(errs, fmt.Errorf("keep_reason: want a reason to keep recordings for more than %d days", longWithoutReason))
	}
	if _, err := conference.ParseConsent(c.Consent); err != nil {
		errs = append(errs, fmt.Errorf("consent: %w", err))
	}
	return errors.Join(errs...)
}
