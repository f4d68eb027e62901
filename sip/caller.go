package sip

import (
	"fmt"
	"slices"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"

	"github.com/einwahl/einwahl/sip/identity"
)

// calledNumber is whom the request is for, as the trunk writes it and from
// where the operator says that it stands.
func calledNumber(in incoming) string {
	return text(claims(in).Called(in.trunk.Called, in.account != ""))
}

// CalledIsForwarder reports whether the called number is that of whoever has
// forwarded the call, and so may be somebody's own.
func (c TrunkConfig) CalledIsForwarder() bool {
	return c.Called == identity.FromDivert || c.Called == identity.FromHistory
}

// callerOf reads who is calling, from what the trunk is trusted for. The number
// is in E.164 where the trunk's country is known.
func callerOf(in incoming) Caller {
	c := claims(in).Calling(in.trunk.TrustIdentity)
	return Caller{
		User:      in.trunk.plan().Canonical(text(c.Number)),
		Display:   text(c.Display),
		Anonymous: c.Anonymous,
		Asserted:  c.Asserted,
		Attested:  c.Verdict,
	}
}

// claims gathers what a request says about who calls whom.
func claims(in incoming) identity.Request {
	return identity.Request{
		URI:         in.Recipient.String(),
		From:        in.From().Value(),
		To:          in.To().Value(),
		Asserted:    values(in, "p-asserted-identity"),
		RemoteParty: values(in, "remote-party-id"),
		Privacy:     values(in, "privacy"),
		CalledParty: values(in, "p-called-party-id"),
		Diversion:   values(in, "diversion"),
		History:     values(in, "history-info"),
	}
}

// values are what the headers of these names say, in their order.
func values(in incoming, names ...string) []string {
	var all []string
	for _, name := range names {
		for _, h := range in.GetHeaders(name) {
			all = append(all, h.Value())
		}
	}
	return all
}

// plan is how the trunk writes numbers.
func (c TrunkConfig) plan() identity.Plan {
	p, _ := identity.NewPlan(c.Country) // Validate has found it good
	return p
}

// validateIdentity checks how a trunk tells who calls and who is called.
func (c TrunkConfig) validateIdentity() []error {
	var errs []error
	if _, err := identity.NewPlan(c.Country); err != nil {
		errs = append(errs, fmt.Errorf("country: %w", err))
	}
	if places := identity.Places(); !slices.Contains(places, c.Called) {
		errs = append(errs, fmt.Errorf("called: %q is none of %s", text(c.Called), strings.Join(places, ", ")))
	}
	return errs
}

// userOf is the number or name in an address: without parameters such as
// ;phone-context, with %2B and its like resolved.
func userOf(uri *sipmsg.Uri) string {
	u, _ := identity.ParseURI(uri.String())
	return text(u.User)
}
