package media

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/einwahl/einwahl/transcode/opus"
)

// Config is the "media" section of the operator's file.
type Config struct {
	// Ports are the UDP ports for RTP and RTCP, one even/odd pair per call.
	Ports PortRange `yaml:"ports"`
	// Advertise is the public address written into SDP; empty: the address
	// from which the caller's signalling is answered.
	Advertise string `yaml:"advertise"`
	// SilentTimeout ends a call that sends no RTP for this long and is not
	// held; 0 never.
	SilentTimeout time.Duration `yaml:"silent_timeout"`
	// PortRest is how long the ports of an ended call are still listened to,
	// and what arrives thrown away, before another call gets them.
	PortRest time.Duration `yaml:"port_rest"`
	// Encoders lends the encoders of Opus; who composes the gateway fills it
	// in. Without it each leg makes its own.
	Encoders *opus.Pool `yaml:"-"`
}

// DefaultConfig returns the settings used where the file is silent.
func DefaultConfig() Config {
	return Config{
		Ports:         PortRange{First: 20000, Last: 29999},
		SilentTimeout: 60 * time.Second,
		PortRest:      5 * time.Second,
	}
}

// Validate reports every mistake at once, each under its key in the section.
func (c Config) Validate() error {
	var errs []error
	if c.Ports.Pairs() < 1 {
		errs = append(errs, fmt.Errorf("ports: %v holds no pair of an even port and the odd one after it", c.Ports))
	}
	if c.Advertise != "" {
		if a, err := netip.ParseAddr(c.Advertise); err != nil || a.IsUnspecified() {
			errs = append(errs, fmt.Errorf("advertise: %q is no IP address that a caller could send to", c.Advertise))
		}
	}
	if c.SilentTimeout < 0 || c.SilentTimeout > 0 && c.SilentTimeout < time.Second {
		errs = append(errs, fmt.Errorf("silent_timeout: want 0 (never) or at least 1s, not %v", c.SilentTimeout))
	}
	if c.PortRest < 0 || c.PortRest > 10*time.Minute {
		errs = append(errs, fmt.Errorf("port_rest: want 0 to 10m, not %v", c.PortRest))
	}
	return errors.Join(errs...)
}

// PortRange is a range of UDP ports, both ends included.
type PortRange struct {
	First, Last uint16
}

// Pairs is how many even/odd pairs the range holds.
func (r PortRange) Pairs() int {
	first := (int(r.First) + 1) &^ 1
	if r.First == 0 || int(r.Last) < first {
		return 0
	}
	return (int(r.Last) + 1 - first) / 2
}

func (r PortRange) String() string { return fmt.Sprintf("%d-%d", r.First, r.Last) }

// MarshalText writes the range as it stands in the operator's file.
func (r PortRange) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a range such as 20000-29999.
func (r *PortRange) UnmarshalText(text []byte) error {
	first, last, ok := strings.Cut(string(text), "-")
	a, errA := strconv.ParseUint(strings.TrimSpace(first), 10, 16)
	b, errB := strconv.ParseUint(strings.TrimSpace(last), 10, 16)
	if !ok || errA != nil || errB != nil || a == 0 || b < a {
		return fmt.Errorf("%q is no range of ports: want for example 20000-29999", text)
	}
	*r = PortRange{First: uint16(a), Last: uint16(b)}
	return nil
}
