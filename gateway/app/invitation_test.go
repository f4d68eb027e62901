package app

import (
	"slices"
	"testing"

	"github.com/einwahl/einwahl/gateway/admission"
	"github.com/einwahl/einwahl/gateway/config"
)

func TestInvitations(t *testing.T) {
	number := func(n, meeting string) config.Number {
		return config.Number{Number: n, Backend: config.Embedded, Meeting: meeting}
	}
	for _, tt := range []struct {
		name      string
		numbers   config.Numbers
		listen    []string
		advertise string
		want      []string
	}{
		{"a telephone number stands as it is", config.Numbers{number("+49305550100", "")}, nil, "", []string{"+49305550100"}},
		{"a name is reached at the advertised host", config.Numbers{number("en", "")}, []string{"udp://192.0.2.1:5060"}, "sip.example.org", []string{"sip:en@sip.example.org"}},
		{"or at the address listened on", config.Numbers{number("en", "")}, []string{"udp://127.0.0.1:5060"}, "", []string{"sip:en@127.0.0.1"}},
		{"with its port where that is not the standard", config.Numbers{number("en", "")}, []string{"udp://127.0.0.1:5070"}, "", []string{"sip:en@127.0.0.1:5070"}},
		{"and nowhere where all addresses are listened on", config.Numbers{number("en", "")}, []string{"udp://0.0.0.0:5060"}, "", nil},
		{"a number of one meeting is for its people only", config.Numbers{number("+49305550100", "100000001")}, nil, "", nil},
		{"one that refuses every telephone is for none", config.Numbers{{Number: "+49305550100", Backend: config.Embedded, Admission: admission.NumberOverride{EndToEnd: true}}}, nil, "", nil},
		{"a pattern cannot be dialled", config.Numbers{number("+4930*", "")}, nil, "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := config.Default()
			c.Numbers, c.SIP.Listen, c.SIP.Advertise = tt.numbers, tt.listen, tt.advertise
			if got := invitations(c)("100000002"); !slices.Equal(got, tt.want) {
				t.Errorf("invitations = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestInvitationsHaveNoNumberThatRefusesTelephones(t *testing.T) {
	no, yes := false, true
	c := config.Default()
	c.Admission.Phones = false
	c.Admission.Meetings = []admission.MeetingOverride{{Meeting: "2*", Override: admission.Override{Phones: &no}}}
	number := func(n string, phones *bool) config.Number {
		return config.Number{Number: n, Backend: config.Embedded, Admission: admission.NumberOverride{Override: admission.Override{Phones: phones}}}
	}
	c.Numbers = config.Numbers{number("+49301", &yes), number("+49302", &no), number("+49303", nil)}
	for id, want := range map[string][]string{
		"100000001": {"+49301"}, // the number says otherwise than the general
		"200000001": nil,        // the meeting says otherwise than the number
	} {
		var written []string
		for _, n := range dialled(entrances(c), id) {
			written = append(written, n.Number)
		}
		if page := invitations(c)(id); !slices.Equal(written, want) || !slices.Equal(page, want) {
			t.Errorf("to %s people are invited by %q, and on its page by %q, want %q", id, written, page, want)
		}
	}
}
