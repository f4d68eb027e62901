package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/gateway/admission"
	telephone "github.com/einwahl/einwahl/gateway/call"
	"github.com/einwahl/einwahl/gateway/config"
)

// explainCommand is `einwahl explain`.
type explainCommand struct {
	file
	Number  string `required:"" placeholder:"NUMBER" help:"The called number, as the trunk sends it."`
	Trunk   string `placeholder:"NAME" help:"The trunk that brings the call. Without it: the first one on which the number is called."`
	Meeting string `placeholder:"NUMBER" help:"The meeting that the caller keys in. Without it: the only one behind the number."`

	From     string `placeholder:"NUMBER" help:"The caller's number, in any form that the trunk may send, or anonymous. Without it: some number."`
	Attested string `enum:"off,A,B,C" default:"off" help:"How much of it a carrier has signed: A, B, C or off."`
	Asserted bool   `help:"A trunk with trust_identity has named it."`
	Secure   bool   `help:"The call came with TLS and SRTP."`

	PIN        string `name:"pin" placeholder:"DIGITS" help:"The PIN that is keyed in. Without it: that of the meeting."`
	PINDigits  int    `name:"pin-digits" placeholder:"N" help:"How long it is, for a meeting that is supposed."`
	Host       bool   `help:"The caller keys in the host's PIN."`
	Registrant string `placeholder:"NAME" help:"The caller keys in the PIN of this registrant."`

	At         string `placeholder:"TIME" help:"When, such as 2026-11-23T08:30:00+01:00. Without it: now."`
	Encryption string `placeholder:"LEVEL" help:"Encryption of the meeting: unknown, none, transport, enhanced or e2ee. It also supposes a meeting that is not there."`
	Region     string `placeholder:"NAME" help:"Where the meeting's sound is processed."`
	Recording  string `placeholder:"STATE" help:"Recording of the meeting: unknown, off, prepared, on or paused."`
	Answer     string `placeholder:"ANSWER" help:"The caller's answer to it: unanswered, informed, agreed or declined."`
	People     int    `placeholder:"N" help:"People who are in."`
	HostThere  bool   `name:"host-there" help:"A host is there."`
	LetIn      bool   `name:"let-in" help:"A host has let the caller in."`
	Locked     bool   `help:"A host has locked the meeting."`
	Seated     bool   `help:"The caller is in already."`
}

// Help is what --help adds.
func (explainCommand) Help() string {
	return `Tells what becomes of a call, rule by rule in the order in which they are asked:
each with what is so, and with the setting that was looked at, where in the file
it stands and what it says there. A rule with "yes" decides. What the file does not
say of the meeting, such as that a host is there, the flags do.

    einwahl explain -c einwahl.yaml --number +49305550100 --meeting 100000009 --from anonymous

Nothing is started, and no running gateway is asked.`
}

// errNoNumber reports a number that nobody answers.
var errNoNumber = errors.New("the call is refused with 404")

// Run explains one decision.
func (e explainCommand) Run() error {
	c, err := e.load(os.Stderr)
	if err != nil {
		return err
	}
	number, trunk, ok := e.called(c)
	if !ok {
		return fmt.Errorf("%s: numbers has no entry for this number on %s: %w", e.Number, cmp.Or(e.Trunk, "any trunk"), errNoNumber)
	}
	f, meeting, err := e.facts(c, number, trunk)
	if err != nil {
		return err
	}
	c.Announcements.Cache = "" // nothing is left behind
	library, err := announcements.Open(c.Announcements, zerolog.Nop())
	if err != nil {
		return fmt.Errorf("announcements: %w", err)
	}
	w := os.Stdout
	_, _ = fmt.Fprintf(w, "number   %s (%s), trunk %s\n", number.Number, number.Key, trunk)
	_, _ = fmt.Fprintf(w, "meeting  %s\n", meeting)
	_, _ = fmt.Fprintf(w, "caller   %s, %s\n\n", e.caller(f), f.Now.Format("Mon 2006-01-02 15:04 MST"))
	writeSteps(w, admission.Explain(f))
	writeOutcome(w, f, number, library)
	return nil
}

// called looks the number up.
func (e explainCommand) called(c config.Config) (config.Number, string, bool) {
	directory := c.Directory()
	for _, t := range c.Trunks {
		if e.Trunk != "" && t.Name != e.Trunk {
			continue
		}
		if n, ok := directory.Find(t.Name, e.Number); ok {
			return n, t.Name, true
		}
	}
	return config.Number{}, "", false
}

// caller says who calls.
func (e explainCommand) caller(f admission.Facts) string {
	row := []string{"some number"}
	switch {
	case f.Caller.Anonymous:
		row[0] = "without a number"
	case f.Caller.Number != "":
		row[0] = f.Caller.Number
	}
	if f.Caller.Attested > admission.Unattested {
		row = append(row, "attested "+f.Caller.Attested.String())
	}
	if f.Caller.Asserted {
		row = append(row, "named by a trusted trunk")
	}
	if f.SecureLeg {
		return strings.Join(append(row, "encrypted"), ", ")
	}
	return strings.Join(append(row, "not encrypted"), ", ")
}

func writeSteps(w io.Writer, steps []admission.Step) {
	for i, step := range steps {
		answer := "no"
		if step.Applies {
			answer = "yes"
		}
		_, _ = fmt.Fprintf(w, "%2d  %-3s  %s\n", i+1, answer, step.Rule)
		for _, finding := range step.Findings {
			_, _ = fmt.Fprintf(w, "         %s\n", finding)
		}
	}
}

// writeOutcome says what the decision is for the caller and for the trunk.
func writeOutcome(w io.Writer, f admission.Facts, number config.Number, library *announcements.Library) {
	d, early := decided(f, number)
	_, _ = fmt.Fprintf(w, "\n%s: %s\n", d.Verdict, d.Reason)
	if later := admission.Decide(f); d.Reason != later.Reason {
		_, _ = fmt.Fprintf(w, "  before   the call is answered nothing else is asked; without refuse: early it would be %s\n", later.Reason)
	}
	switch d.Verdict {
	case admission.Refuse:
		row, cause, _ := telephone.Farewell(d.Reason)
		for _, p := range row {
			_, _ = fmt.Fprintf(w, "  hears    %s: %s\n", p, library.Text(number.Languages[0], p))
		}
		_, _ = fmt.Fprintf(w, "  trunk    %d, Q.850 cause %d, %q%s\n", cause.Status, cause.Q850, cause.Text, map[bool]string{true: ", before the call is answered"}[early])
	case admission.Wait:
		p := map[bool]announcements.Prompt{true: announcements.WaitHost, false: announcements.WaitRoom}[d.Reason == admission.NoHost]
		_, _ = fmt.Fprintf(w, "  hears    %s: %s\n  then     music, and nobody hears them\n", p, library.Text(number.Languages[0], p))
	case admission.AskConsent:
		_, _ = fmt.Fprintf(w, "  hears    the question about the recording, and nobody hears them\n")
	case admission.Admit:
		_, _ = fmt.Fprintf(w, "  is in    %s\n", voice(d))
	}
}

// decided is what becomes of the caller, and whether they hear it before the call
// is answered. By then only what the call is itself, or a meeting without a PIN, can
// have been looked at, so that another rule may decide than later.
func decided(f admission.Facts, number config.Number) (d admission.Decision, early bool) {
	d = admission.Decide(f)
	why, unwelcome := admission.Unwelcome(f, number.Meeting)
	switch {
	case f.Seated || number.Refuse != config.Early && why != admission.EndToEndNumber:
		return d, false
	case unwelcome:
		return admission.Decision{Verdict: admission.Refuse, Reason: why}, true
	}
	return d, number.Meeting != "" && f.PIN.Digits == 0
}

func voice(d admission.Decision) string {
	switch {
	case d.Notice:
		return "and is heard once they have been told of the recording"
	case d.Voice:
		return "and can be heard"
	}
	return "and listens"
}
