package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/gateway/admission"
	"github.com/einwahl/einwahl/gateway/config"
)

// facts are those that the file and the flags make, of a call on a trunk, and the
// meeting in words.
func (e explainCommand) facts(c config.Config, number config.Number, trunk string) (admission.Facts, string, error) {
	now := time.Now()
	if e.At != "" {
		var err error
		if now, err = time.Parse(time.RFC3339, e.At); err != nil {
			return admission.Facts{}, "", fmt.Errorf("--at: %q: want a time such as 2026-11-23T08:30:00+01:00", e.At)
		}
	}
	id := cmp.Or(e.Meeting, number.Meeting)
	if id == "" && !number.Admission.EndToEnd { // there nobody gets as far as that
		return admission.Facts{}, "", errors.New("--meeting: want the meeting that the caller keys in; the number leads to none by itself")
	}
	f := admission.Facts{
		Now:         now,
		WaitingRoom: slices.ContainsFunc(backends(c), func(b backend) bool { return b.name == number.Backend && b.can.Lobby }),
		Seated:      e.Seated,
		SecureLeg:   e.Secure,
		Caller: admission.Caller{
			Anonymous: e.From == "anonymous", Asserted: e.Asserted, Attested: admission.ParseAttestation(e.Attested),
		},
		Policy: admission.NewPolicy(c.Admission, c.Recording).Number(number.Key+".admission", number.Admission).Meeting(id),
	}
	if !f.Caller.Anonymous {
		f.Caller.Number = c.Plan(trunk).Canonical(e.From)
	}
	words, err := e.visit(c, number, id, &f)
	if err != nil {
		return f, "", err
	}
	return f, words, e.change(&f)
}

// visit finds out about the meeting, and who keys in what. The built-in service has
// no meetings but those of the file and those made: another one can be supposed only.
func (e explainCommand) visit(c config.Config, number config.Number, id string, f *admission.Facts) (string, error) {
	if id == "" {
		return "none, since the caller cannot key in one", nil
	}
	made, err := c.Conference.Embedded.Made()
	if err != nil {
		return "", err
	}
	all := slices.Concat(c.Meetings, made)
	i := slices.IndexFunc(all, func(m embedded.MeetingConfig) bool { return m.ID == id })
	if i < 0 {
		f.Proven, f.PIN.Digits, f.Identity = true, e.PINDigits, conference.Identity{Host: e.Host, Registered: e.Registrant != ""}
		f.Meeting = conference.State{Recording: conference.NotRecording}
		if number.Backend == config.Embedded && e.Encryption == "" {
			f.Proven = false
			return id + ", which is neither in the file nor made: no PIN is right; with --encryption it is supposed to be there", nil
		}
		return id + ", which is neither in the file nor made: what is not said of it is unknown", nil
	}
	m := all[i]
	pin, err := e.keyed(m)
	if err != nil {
		return "", err
	}
	f.Identity, f.Meeting, err = c.Conference.Embedded.Foresee(m, pin, f.Now)
	f.Proven = err == nil
	if f.PIN = admission.Grade(pin, id); e.PINDigits > 0 {
		f.PIN.Digits = e.PINDigits
	}
	where := fmt.Sprintf("meetings[%d]", i)
	if i >= len(c.Meetings) {
		where = "einwahl meetings"
	}
	return fmt.Sprintf("%s %q (%s)", id, m.Title, where), nil
}

// keyed is the PIN that is keyed in.
func (e explainCommand) keyed(m embedded.MeetingConfig) (string, error) {
	switch {
	case e.PIN != "":
		return e.PIN, nil
	case e.Host && m.HostPIN == "":
		return "", fmt.Errorf("--host: meeting %s has no host_pin", m.ID)
	case e.Host:
		return string(m.HostPIN), nil
	case e.Registrant == "":
		return string(m.PIN), nil
	}
	for _, r := range m.Registrants {
		if r.Name == e.Registrant {
			return string(r.PIN), nil
		}
	}
	return "", fmt.Errorf("--registrant: meeting %s has nobody called %q", m.ID, e.Registrant)
}

// change puts in what the flags say of the meeting.
func (e explainCommand) change(f *admission.Facts) error {
	m := &f.Meeting
	m.HostPresent = m.HostPresent || e.HostThere
	m.Locked = m.Locked || e.Locked
	m.You.Admitted = m.You.Admitted || e.LetIn
	m.People, m.Region = max(m.People, e.People), cmp.Or(e.Region, m.Region)
	if e.Encryption != "" {
		level, err := conference.ParseEncryption(e.Encryption)
		if err != nil {
			return fmt.Errorf("--encryption: %w", err)
		}
		m.Encryption = level
	}
	return errors.Join(
		pick("recording", e.Recording, &m.Recording, conference.RecordingUnknown, conference.NotRecording, conference.RecordingPrepared, conference.RecordingOn, conference.RecordingPaused),
		pick("answer", e.Answer, &f.Answer, conference.Unanswered, conference.Informed, conference.Agreed, conference.Declined),
	)
}

// pick puts the one of all that has a name into what a flag changes.
func pick[T fmt.Stringer](flag, name string, into *T, all ...T) error {
	if name == "" {
		return nil
	}
	names := make([]string, len(all))
	for i, one := range all {
		if names[i] = one.String(); names[i] == name {
			*into = one
			return nil
		}
	}
	return fmt.Errorf("--%s: %q is none of %s", flag, name, strings.Join(names, ", "))
}
