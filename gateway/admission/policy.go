package admission

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/einwahl/einwahl/conference"
)

// Policy is the operator's part of a decision: what the file says in general, of
// the number that was called and of the meeting, the last before the first. Its
// zero value admits nobody and requires consent.
type Policy struct {
	EndToEnd                  bool // the number is kept for end-to-end encryption
	None, Transport, Enhanced bool // telephones may be in meetings of this level
	SecureLeg                 bool // calls must be encrypted
	Phones                    bool // telephones may come in
	Anonymous                 Choice
	Attestation               Attestation
	Numbers                   []string // callers who count as registered
	Registered                bool     // others do not come in
	MinPIN                    int
	Regions                   []string // in lower case
	Host                      Choice   // what becomes of callers while there is none
	Lobby                     bool     // all wait to be let in
	Hours                     []Hours

	// Consent is asked where the meeting does not say it, and LeastConsent where
	// it says less; AfterNo and LeastAfterNo likewise.
	Consent, LeastConsent conference.Consent
	AfterNo, LeastAfterNo conference.AfterNo

	parts    []part // that concern this call, the most special first
	meetings []MeetingOverride
	meeting  bool // the first of parts is of the meeting
}

// part is one place in the file that says something.
type part struct {
	key  string // where it stands
	says Override
}

// NewPolicy makes the policy that holds in general, of two valid sections of the
// operator's file.
func NewPolicy(c Config, r RecordingConfig) Policy {
	p := Policy{parts: []part{{"admission", c.general(r)}}, meetings: c.Meetings}
	return p.settled()
}

// Number is the policy for calls to a number, whose entry stands under key in
// the file.
func (p Policy) Number(key string, o NumberOverride) Policy {
	p.parts = append([]part{{key, o.Override}}, p.parts...)
	p.EndToEnd = o.EndToEnd
	return p.settled()
}

// Meeting is the policy for a meeting, by its number.
func (p Policy) Meeting(id string) Policy {
	best := -1
	for i, o := range p.meetings {
		if fits(o.Meeting, id) && (best < 0 || len(o.Meeting) > len(p.meetings[best].Meeting)) {
			best = i
		}
	}
	return p.under(best)
}

// all are the policies for the meetings of which something is said.
func (p Policy) all() []Policy {
	all := make([]Policy, len(p.meetings))
	for i := range all {
		all[i] = p.under(i)
	}
	return all
}

// under is the policy with the i-th entry of the meetings over it, or with none.
func (p Policy) under(i int) Policy {
	if i < 0 && !p.meeting {
		return p
	}
	if p.meeting {
		p.parts = p.parts[1:]
	}
	if p.meeting = i >= 0; p.meeting {
		p.parts = append([]part{{"admission.meetings[" + strconv.Itoa(i) + "]", p.meetings[i].Override}}, p.parts...)
	}
	return p.settled()
}

// settled is the policy that its parts make.
func (p Policy) settled() Policy {
	var special Override // what is said beyond the general
	for _, part := range p.parts[:len(p.parts)-1] {
		special = special.over(part.says)
	}
	all := special.over(p.parts[len(p.parts)-1].says)
	p.None = all.Encryption.None == ChoiceAdmit
	p.Transport = all.Encryption.Transport == ChoiceAdmit
	p.Enhanced = all.Encryption.Enhanced == ChoiceAdmit
	p.SecureLeg, p.Phones, p.Registered, p.MinPIN = *all.SecureLeg, *all.Phones, *all.Registered, *all.MinPIN
	p.Anonymous, p.Attestation, p.Numbers = all.Caller.Anonymous, ParseAttestation(all.Caller.Attestation), all.Caller.Numbers
	p.Host, p.Lobby, p.Hours = all.Host, all.Lobby == LobbyAlways, all.Hours
	p.Regions = nil
	for _, region := range all.Regions {
		p.Regions = append(p.Regions, strings.ToLower(region))
	}
	p.Consent, p.LeastConsent = consentOf(all.Consent), consentOf(special.Consent)
	p.AfterNo, p.LeastAfterNo = afterNoOf(all.AfterNo), afterNoOf(special.AfterNo)
	return p
}

// consentOf is what text asks; what makes no sense is required.
func consentOf(text string) conference.Consent {
	c, _ := conference.ParseConsent(text) // ConsentRequired beside an error
	return c
}

// afterNoOf is what text says of a no.
func afterNoOf(text string) conference.AfterNo {
	a, _ := conference.ParseAfterNo(text) // AfterNoListen beside an error
	return a
}

// Consent is what is asked of the caller before they are recorded: what the
// meeting says, else what the operator says, and not less than the operator says
// of this number or meeting. What nobody has said, and what makes no sense, is
// required.
func Consent(f Facts) conference.Consent {
	said := cmp.Or(f.Meeting.Consent, f.Policy.Consent)
	least := cmp.Or(f.Policy.LeastConsent, conference.ConsentOff)
	return max(sane(said), sane(least))
}

func sane(c conference.Consent) conference.Consent {
	if c == conference.ConsentOff || c == conference.ConsentNotice {
		return c
	}
	return conference.ConsentRequired
}

// AfterNo is what becomes of a caller who does not want to be recorded: what the
// meeting says, else what the operator says, and not more than the operator says
// of this number or meeting. They talk on only where the meeting itself says so:
// nobody else can keep their voice out of its files.
func AfterNo(f Facts) conference.AfterNo {
	said := cmp.Or(f.Meeting.AfterNo, f.Policy.AfterNo)
	most := cmp.Or(f.Policy.LeastAfterNo, conference.AfterNoTalk)
	switch {
	case said == conference.AfterNoLeave, most == conference.AfterNoLeave:
		return conference.AfterNoLeave
	case f.Meeting.AfterNo == conference.AfterNoTalk && most == conference.AfterNoTalk:
		return conference.AfterNoTalk
	}
	return conference.AfterNoListen
}

// origin is where in the file a setting stands that holds for this call, and
// what it says there.
func (p Policy) origin(key string) (where, value string) {
	if key == "e2ee" {
		return p.sealedAt(), strconv.FormatBool(p.EndToEnd)
	}
	says := settings()[key]
	i := slices.IndexFunc(p.parts, func(part part) bool { return says(part.says) != "" })
	if i < 0 {
		return "admission." + key, "[]"
	}
	where, value = p.parts[i].key+"."+key, says(p.parts[i].says)
	if i == len(p.parts)-1 && (key == "consent" || key == "after_no") {
		where = "recording." + key
	}
	return where, value
}

// sealedAt is where a number is kept for end-to-end encryption.
func (p Policy) sealedAt() string {
	for _, part := range p.parts {
		if strings.HasPrefix(part.key, "numbers") {
			return part.key + ".e2ee"
		}
	}
	return "numbers[].admission.e2ee"
}
