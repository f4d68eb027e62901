package disclosure

import (
	"slices"
	"time"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/sip"
	"github.com/einwahl/einwahl/sip/media/offer"
)

// facts are what the templates tell of a file.
type facts struct {
	Controller, Address, DPO, Basis, Recipients, Transfer, Authority, Where string

	CallerNumber string // masked, hidden or full
	Processing   bool   // consent to the processing itself is asked
	Consent      string // to recordings: off, notice or required
	AfterNo      string // listen, leave or talk
	Lowered      []string
	Tone         time.Duration

	Days           days
	Billing        string // the last day on which full numbers are kept
	LastDigits     int
	Window, Lock   time.Duration // of guessing
	Records        string        // the folder
	Recordings     string
	Meetings       string
	Postgres       bool
	Sealed         bool // numbers, to a key that is kept elsewhere
	LogLevel       string
	Regions        []string
	Region         string
	SecureLeg      bool
	MinPIN         int
	Anonymous      string
	Page           string
	Offered, Taken []string // suites of SRTP
	LeastTLS       string
	Trunks         []trunk
	Wideband       bool // each trunk may speak so
}

// days are for how many days something is kept at most.
type days struct{ Calls, Consents, Refusals, Recordings int }

// trunk is one of those who bring calls.
type trunk struct {
	Name, SRTP string
	Ways       []string // by which its calls may come
	Proofs     []string // by which it is known: address, password, certificate
	Clear      bool     // a call may come without encryption
}

func factsOf(c config.Config, lang string) facts {
	p, text := c.Privacy, func(t announcements.Texts) string { return t.In(lang) }
	f := facts{
		Controller: text(p.Controller), Address: text(p.Address), DPO: text(p.DPO), Basis: text(p.Basis),
		Recipients: text(p.Recipients), Transfer: text(p.Transfer), Authority: text(p.Authority), Where: text(p.URL),
		CallerNumber: p.CallerNumber, Processing: p.Consent,
		Consent: c.Recording.Consent, AfterNo: c.Recording.AfterNo, Tone: c.Recording.Tone, Lowered: lowered(c),
		Days:    days{c.Records.Keep.Calls, c.Records.Keep.Consents, c.Records.Keep.Refusals, c.Conference.Embedded.Keep},
		Billing: c.Records.Billing, LastDigits: c.Records.LastDigits,
		Window: c.Limits.Guessing.Window, Lock: c.Limits.Guessing.Lock,
		Records: c.Records.Directory, Recordings: c.Conference.Embedded.Recordings, Meetings: c.Conference.Embedded.Directory,
		Postgres: c.Records.Postgres != "", Sealed: c.Records.SealTo != "", LogLevel: c.Log.Level,
		Regions: c.Admission.Regions, Region: c.Conference.Embedded.Region, SecureLeg: c.Admission.SecureLeg,
		MinPIN: c.Admission.MinPIN, Anonymous: string(c.Admission.Caller.Anonymous), Page: c.Conference.Embedded.Page,
		Offered: offer.Offered(), Taken: offer.Taken(), LeastTLS: sip.LeastTLS, Wideband: true,
	}
	for _, t := range c.Trunks {
		f.Trunks = append(f.Trunks, trunkOf(c, t))
		f.Wideband = f.Wideband && (slices.Contains(t.Codecs, "opus") || slices.Contains(t.Codecs, "g722"))
	}
	return f
}

// lowered are the meetings, numbers and rules that ask for less than consent, or may
// ask for something else than the file does in general.
func lowered(c config.Config) (keys []string) {
	less := func(consent string) bool { return consent == "off" || consent == "notice" }
	for _, m := range c.Meetings {
		if less(m.Consent) && m.Consent != c.Recording.Consent {
			keys = append(keys, "meetings "+m.ID+": "+m.Consent)
		}
	}
	for _, m := range c.Admission.Meetings {
		if less(m.Consent) && m.Consent != c.Recording.Consent {
			keys = append(keys, "admission.meetings "+m.Meeting+": "+m.Consent)
		}
	}
	return keys
}

func trunkOf(c config.Config, of sip.TrunkConfig) trunk {
	t := trunk{Name: of.Name, SRTP: of.SRTP, Ways: c.Ways(of), Clear: c.MayBeClear(of)}
	if len(of.Peers)+len(of.Servers)+len(of.Register) > 0 {
		t.Proofs = append(t.Proofs, "IP")
	}
	if len(of.Clients) > 0 {
		t.Proofs = append(t.Proofs, "mTLS")
	}
	if len(of.Auth.Users) > 0 {
		t.Proofs = append(t.Proofs, "Digest")
	}
	return t
}
