package disclosure

import (
	"slices"
	"strings"
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
	Tone         time.Duration
	Otherwise    []string // what is so for some numbers or meetings

	Days           days
	Billing        string // the last day on which full numbers are kept
	LastDigits     int
	Guesses        bool // wrong pairs count
	Window, Lock   time.Duration
	Records        string // the folder
	Recordings     string
	Meetings       string
	Postgres       bool
	Sealed         bool   // numbers, to a key that the gateway does not have
	KeySealed      bool   // those of recordings, likewise
	KeepReason     string // for which recordings are kept for long
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
	Wideband       bool // there are trunks, and each may speak so
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
		Consent: c.Recording.Consent, AfterNo: c.Recording.AfterNo, Tone: c.Recording.Tone, Otherwise: otherwise(c),
		Days:    days{c.Records.Keep.Calls, c.Records.Keep.Consents, c.Records.Keep.Refusals, c.Conference.Embedded.Keep},
		Billing: c.Records.Billing, LastDigits: c.Records.LastDigits,
		Guesses: c.Limits.Guessing.PerCaller+c.Limits.Guessing.PerNumber+c.Limits.Guessing.PerMeeting > 0,
		Window:  c.Limits.Guessing.Window, Lock: c.Limits.Guessing.Lock,
		Records: c.Records.Directory, Recordings: c.Conference.Embedded.Recordings, Meetings: c.Conference.Embedded.Directory,
		Postgres: c.Records.Postgres != "", Sealed: c.Records.SealTo != "", KeySealed: len(c.Conference.Embedded.SealRecordingsTo) > 0,
		KeepReason: c.Conference.Embedded.Reason, LogLevel: c.Log.Level,
		Regions: c.Admission.Regions, Region: c.Conference.Embedded.Region, SecureLeg: c.Admission.SecureLeg,
		MinPIN: c.Admission.MinPIN, Anonymous: string(c.Admission.Caller.Anonymous), Page: c.Conference.Embedded.Page,
		Offered: offer.Offered(), Taken: offer.Taken(), LeastTLS: sip.LeastTLS, Wideband: len(c.Trunks) > 0,
	}
	for _, t := range c.Trunks {
		f.Trunks = append(f.Trunks, trunkOf(c, t))
		f.Wideband = f.Wideband && (slices.Contains(t.Codecs, "opus") || slices.Contains(t.Codecs, "g722"))
	}
	return f
}

// otherwise is what is so for some called numbers or meetings only, as the file
// says it.
func otherwise(c config.Config) (rows []string) {
	add := func(which string, says []string) {
		if len(says) > 0 {
			rows = append(rows, which+" ("+strings.Join(says, ", ")+")")
		}
	}
	for _, n := range c.Numbers {
		says := n.Admission.Says()
		if n.Admission.EndToEnd {
			says = append(says, "e2ee: true")
		}
		add("numbers "+n.Number, says)
	}
	for _, m := range c.Admission.Meetings {
		add("admission.meetings "+m.Meeting, m.Says())
	}
	for _, m := range c.Meetings {
		var says []string
		if m.Consent != "" && m.Consent != c.Recording.Consent {
			says = append(says, "consent: "+m.Consent)
		}
		if m.AfterNo != "" && m.AfterNo != c.Recording.AfterNo {
			says = append(says, "after_no: "+m.AfterNo)
		}
		add("meetings "+m.ID, says)
	}
	return rows
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
