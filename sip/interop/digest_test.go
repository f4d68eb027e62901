package interop

import (
	"fmt"
	"strings"
	"testing"

	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip"
)

// withAuth makes callers prove an account.
func withAuth(s *settings) {
	s.trunk.Auth.Realm = "gw.test"
	s.trunk.Auth.Users = []sip.UserConfig{{User: "pbx", Password: "a-long-password"}}
}

// proving is a SIPp call that answers the gateway's challenge, and wants status
// for it. 0 gives up when there is no answer.
func proving(user, password string, status int) string {
	const offer = `Content-Type: application/sdp
Content-Length: [len]

v=0
o=sipp 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio [auto_media_port] RTP/AVP 8
`
	message := func(method string, seq int, tag, rest string) string {
		return fmt.Sprintf(`<![CDATA[

%s sip:en@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:+4930123456@[local_ip]>;tag=f[call_number]
To: <sip:en@[remote_ip]>%s
Call-ID: [call_id]
CSeq: %d %s
Max-Forwards: 70
Contact: <sip:sipp@[local_ip]:[local_port]>
%s
]]>`, method, tag, seq, method, rest)
	}
	const tag, none = "[peer_tag_param]", "Content-Length: 0\n"
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\" encoding=\"ISO-8859-1\" ?>\n<scenario name=\"digest\">\n")
	b.WriteString(`<send retrans="500">` + message("INVITE", 1, "", offer) + "</send>\n")
	b.WriteString("<recv response=\"401\" auth=\"true\"></recv>\n")
	b.WriteString("<send>" + message("ACK", 1, tag, none) + "</send>\n")
	proof := fmt.Sprintf("[authentication username=%s password=%s]\n", user, password)
	if status == 0 {
		b.WriteString("<send>" + message("INVITE", 2, "", proof+offer) + "</send>\n<recv response=\"401\" timeout=\"500\"></recv>\n</scenario>\n")
		return b.String()
	}
	b.WriteString("<send retrans=\"500\">" + message("INVITE", 2, "", proof+offer) + "</send>\n<recv response=\"100\" optional=\"true\"></recv>\n")
	fmt.Fprintf(&b, "<recv response=\"%d\"></recv>\n<send>%s</send>\n", status, message("ACK", 2, tag, none))
	if status == 200 {
		fmt.Fprintf(&b, "<send retrans=\"500\">%s</send>\n<recv response=\"200\"></recv>\n", message("BYE", 3, tag, none))
	}
	b.WriteString("</scenario>\n")
	return b.String()
}

// SIPp proves an account of the trunk: with the right password the call comes
// through, and its BYE is not challenged.
func TestCallerProvesAnAccount(t *testing.T) {
	t.Parallel()
	g := start(t, withAuth)
	peertest.SIPp(t, proving("pbx", "a-long-password", 200), g.address("udp"), 3, nil)
	peertest.SIPp(t, proving("pbx", "a-wrong-password", 401), g.address("udp"), 1, nil)
	peertest.SIPp(t, proving("nobody", "a-long-password", 401), g.address("udp"), 1, nil)
	if n := len(g.calls); n != 3 {
		t.Errorf("%d calls came through", n)
	}
	for _, secret := range []string{"a-long-password", "a-wrong-password", "nobody"} {
		if strings.Contains(g.log.String(), secret) {
			t.Errorf("%q stands in the log", secret)
		}
	}
}

// Guessing: ten wrong proofs, and nothing is answered any more.
func TestGuessingPasswordsEndsInSilence(t *testing.T) {
	t.Parallel()
	g := start(t, withAuth)
	peertest.SIPp(t, proving("pbx", "guess", 401), g.address("udp"), 9, nil)
	if out, err := peertest.RunSIPp(t, proving("pbx", "guess", 0), g.address("udp"), 1, nil); err == nil {
		t.Errorf("the tenth was answered: %s", out)
	}
	if !strings.Contains(g.log.String(), "too many wrong passwords") {
		t.Error("nobody was told")
	}
	if n := g.server.Stats().Unproven; n != 9 {
		t.Errorf("%d wrong passwords are counted, want those that were answered", n)
	}
}

// Browser phones register before they call. We are no registrar, and say so at
// once and without a challenge.
func TestRegisterOfATelephone(t *testing.T) {
	t.Parallel()
	g := start(t, withAuth)
	peertest.SIPp(t, `<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="register">
<send retrans="500"><![CDATA[

REGISTER sip:[remote_ip] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:phone@[remote_ip]>;tag=[call_number]
To: <sip:phone@[remote_ip]>
Call-ID: [call_id]
CSeq: 1 REGISTER
Contact: <sip:phone@[local_ip]:[local_port]>
Max-Forwards: 70
Content-Length: 0

]]></send>
<recv response="405"><action><ereg regexp="INVITE" search_in="hdr" header="Allow:" check_it="true" assign_to="allow"/></action></recv>
<Reference variables="allow"/>
</scenario>`, g.address("udp"), 1, nil)
}

// baresip answers what is offered by default.
func TestBaresipProvesAnAccount(t *testing.T) {
	t.Parallel()
	g := start(t, withAuth)
	phone := peertest.StartBaresip(t, peertest.Tone(t, 8000, 440, -20, 10), "PCMA", "auth_user=pbx", "auth_pass=a-long-password")
	phone.Dial("sip:en@" + g.address("udp"))
	<-g.calls
	phone.Hangup()
}
