package admission

import (
	"errors"
	"fmt"
	"time"

	"github.com/einwahl/einwahl/conference"
)

// Choice is what an operator decides about an encryption level, a kind of
// caller, or a meeting without its host.
type Choice string

const (
	// ChoiceAdmit lets telephones in.
	ChoiceAdmit Choice = "admit"
	// ChoiceWait lets them wait until somebody in the meeting has done something.
	ChoiceWait Choice = "wait"
	// ChoiceRefuse keeps them out.
	ChoiceRefuse Choice = "refuse"
)

// Lobby is who decides whether callers wait to be let in.
type Lobby string

const (
	// LobbyMeeting leaves it to the meeting.
	LobbyMeeting Lobby = "meeting"
	// LobbyAlways lets all wait, whatever the meeting says.
	LobbyAlways Lobby = "always"
)

// Config is the "admission" section of the operator's file.
type Config struct {
	Encryption Levels `yaml:"encryption"`
	// SecureLeg refuses calls that came without TLS and SRTP.
	SecureLeg bool `yaml:"secure_leg"`
	// Phones may come in at all. A meeting that takes none takes none in any case.
	Phones bool `yaml:"phones"`
	// Caller is who may call.
	Caller CallerConfig `yaml:"caller"`
	// Registered wants a personal PIN, or a number of Caller.Numbers that somebody
	// answers for.
	Registered bool `yaml:"registered"`
	// MinPIN is the least number of digits of the PIN that was keyed, and keeps out
	// PINs that anybody would try first; 0: any PIN, or none.
	MinPIN int `yaml:"min_pin"`
	// Regions are those where a meeting's sound may be processed; a trailing * stands
	// for whatever follows. Empty: anywhere.
	Regions []string `yaml:"regions"`
	// Host is what becomes of callers while there is no host.
	Host Choice `yaml:"host"`
	// Lobby is who decides whether callers wait to be let in.
	Lobby Lobby `yaml:"lobby"`
	// Hours are when telephones may come in. Empty: at any time.
	Hours []Hours `yaml:"hours"`
	// Meetings are what is otherwise for some of them.
	Meetings []MeetingOverride `yaml:"meetings"`
}

// CallerConfig decides about callers by what is known of their number. It lets
// nobody in by itself: a number is no proof of who calls.
type CallerConfig struct {
	// Attestation is the least that a carrier must have signed about the number:
	// A, B or C; off: nothing.
	Attestation string `yaml:"attestation"`
	// Anonymous is what becomes of callers who do not show their number.
	Anonymous Choice `yaml:"anonymous"`
	// Numbers are callers that count as registered, where the number is attested A
	// or asserted by a trunk that is trusted for it.
	Numbers []string `yaml:"numbers"`
}

// Levels decides about each encryption level. The last two are there so that a
// file can say what is always true; it cannot say anything else.
type Levels struct {
	None      Choice `yaml:"none"`
	Transport Choice `yaml:"transport"`
	Enhanced  Choice `yaml:"enhanced"`
	EndToEnd  Choice `yaml:"e2ee"`
	Unknown   Choice `yaml:"unknown"`
}

// DefaultConfig returns the settings used where the file is silent. A meeting
// without any encryption is refused: who runs one may say so. Callers without a
// number wait to be let in, since many cannot help it.
func DefaultConfig() Config {
	return Config{
		Encryption: Levels{
			None:      ChoiceRefuse,
			Transport: ChoiceAdmit,
			Enhanced:  ChoiceAdmit,
			EndToEnd:  ChoiceRefuse,
			Unknown:   ChoiceRefuse,
		},
		Phones: true,
		Caller: CallerConfig{Attestation: Unattested.String(), Anonymous: ChoiceWait},
		Host:   ChoiceWait,
		Lobby:  LobbyMeeting,
	}
}

// general is what the section says, in the terms of what may be otherwise.
func (c Config) general(r RecordingConfig) Override {
	return Override{
		Encryption: LevelOverride{None: c.Encryption.None, Transport: c.Encryption.Transport, Enhanced: c.Encryption.Enhanced},
		SecureLeg:  &c.SecureLeg,
		Phones:     &c.Phones,
		Caller:     CallerOverride(c.Caller),
		Registered: &c.Registered,
		MinPIN:     &c.MinPIN,
		Regions:    c.Regions,
		Host:       c.Host,
		Lobby:      c.Lobby,
		Hours:      c.Hours,
		Consent:    r.Consent,
		AfterNo:    r.AfterNo,
	}
}

// Validate reports every mistake at once, each under its key in the file.
func (c Config) Validate() error {
	errs := c.general(DefaultRecordingConfig()).mistakes()
	for _, level := range []struct {
		key    string
		choice Choice
	}{{"e2ee", c.Encryption.EndToEnd}, {"unknown", c.Encryption.Unknown}} {
		switch level.choice {
		case ChoiceRefuse:
		case ChoiceAdmit:
			errs = append(errs, fmt.Errorf("encryption.%s: telephones are always refused here; a telephone cannot encrypt end to end", level.key))
		default:
			errs = append(errs, fmt.Errorf("encryption.%s: %q is no choice: want refuse", level.key, level.choice))
		}
	}
	return errors.Join(append(errs, validateMeetings(c.Meetings)...)...)
}

// RecordingConfig is the "recording" section of the operator's file.
type RecordingConfig struct {
	// Consent is what is asked of callers of meetings that do not say it
	// themselves: off, notice or required.
	Consent string `yaml:"consent"`
	// AfterNo is what a no means in meetings that do not say it themselves: listen,
	// leave or talk.
	AfterNo string `yaml:"after_no"`
	// Tone is how often those who are recorded hear that they are; 0: never.
	Tone time.Duration `yaml:"tone"`
}

// Bounds of Tone: more often disturbs, and less often reminds nobody.
const (
	shortestTone = 10 * time.Second
	longestTone  = 10 * time.Minute
)

// DefaultRecordingConfig returns the settings used where the file is silent.
func DefaultRecordingConfig() RecordingConfig {
	return RecordingConfig{Consent: conference.ConsentRequired.String(), AfterNo: conference.AfterNoListen.String(), Tone: time.Minute}
}

// Validate reports every mistake at once, each under its key in the file.
func (c RecordingConfig) Validate() error {
	var tone error
	if c.Tone != 0 && (c.Tone < shortestTone || c.Tone > longestTone) {
		tone = fmt.Errorf("tone: %v: want 0 for none, or a time from %v to %v", c.Tone, shortestTone, longestTone)
	}
	return errors.Join(
		chosen("consent", c.Consent, nil, []string{"off", "notice", "required"}),
		chosen("after_no", c.AfterNo, nil, []string{"listen", "leave", "talk"}),
		tone,
	)
}
