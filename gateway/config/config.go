// Package config reads the operator's file. It owns hardly a key of it: each
// section belongs to the package that acts on it, with its defaults and its
// validation. Here they are composed, checked against each other, and every
// mistake is reported at once, under its full key and with its line.
//
// Reading has no side effect, so a file can be tried while calls are running.
package config

import (
	"path/filepath"
	"reflect"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/gateway/admin"
	"github.com/einwahl/einwahl/gateway/admission"
	"github.com/einwahl/einwahl/gateway/call"
	"github.com/einwahl/einwahl/gateway/overload"
	"github.com/einwahl/einwahl/gateway/records"
	"github.com/einwahl/einwahl/sip"
	"github.com/einwahl/einwahl/sip/media"
)

// Config is the operator's file. What is marked with restart takes effect at
// the next start; the rest, when the file is read again, for new calls.
type Config struct {
	SIP           sip.Config                `yaml:"sip" reload:"restart"`
	Media         media.Config              `yaml:"media" reload:"restart"`
	Trunks        []sip.TrunkConfig         `yaml:"trunks"`
	Numbers       Numbers                   `yaml:"numbers"`
	Conference    Conference                `yaml:"conference" reload:"restart"`
	Meetings      []embedded.MeetingConfig  `yaml:"meetings"`
	Admission     admission.Config          `yaml:"admission"`
	Recording     admission.RecordingConfig `yaml:"recording"`
	Privacy       call.PrivacyConfig        `yaml:"privacy"`
	Announcements announcements.Config      `yaml:"announcements" reload:"restart"`
	Limits        call.Config               `yaml:"limits"`
	Overload      overload.Config           `yaml:"overload"`
	Records       records.Config            `yaml:"records" reload:"restart"`
	Admin         admin.Config              `yaml:"admin" reload:"restart"`
	Log           Log                       `yaml:"log"`
}

// Embedded is the name of the backend that is built in.
const Embedded = "embedded"

// Conference is the section "conference": the conference services.
type Conference struct {
	Embedded embedded.Config `yaml:"embedded"`
}

// BuiltIn is conference.embedded as it is in force: where it names no folder for the
// keys of recordings they are kept with those of the records.
func (c Config) BuiltIn() embedded.Config {
	e := c.Conference.Embedded
	if e.RecordingKeys == "" {
		e.RecordingKeys = filepath.Join(c.Records.Directory, "recordings.keys")
	}
	return e
}

// Backends names the conference services that numbers may lead to.
func (c Conference) Backends() []string { return []string{Embedded} }

// Default returns the settings used where the file is silent. It has no
// trunks, no numbers and no meetings: who may call is never a default.
func Default() Config {
	return Config{
		SIP:           sip.DefaultConfig(),
		Media:         media.DefaultConfig(),
		Conference:    Conference{Embedded: embedded.DefaultConfig()},
		Admission:     admission.DefaultConfig(),
		Recording:     admission.DefaultRecordingConfig(),
		Privacy:       call.DefaultPrivacyConfig(),
		Announcements: announcements.DefaultConfig(),
		Limits:        call.DefaultConfig(),
		Overload:      overload.DefaultConfig(),
		Records:       records.DefaultConfig(),
		Admin:         admin.DefaultConfig(),
		Log:           DefaultLog(),
	}
}

// elements are the defaults of what stands in lists.
func elements() map[reflect.Type]reflect.Value {
	all := map[reflect.Type]reflect.Value{}
	for _, v := range []any{sip.DefaultTrunkConfig(), sip.DefaultRegisterConfig(), DefaultNumber(), embedded.DefaultMeetingConfig()} {
		all[reflect.TypeOf(v)] = reflect.ValueOf(v)
	}
	return all
}
