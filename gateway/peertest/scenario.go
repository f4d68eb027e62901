package peertest

import (
	"fmt"
	"strings"
	"time"
)

// Scenario is a SIPp call, written step by step.
type Scenario struct {
	number string
	codec  Codec
	cseq   int
	invite int    // the CSeq of the last INVITE, which its ACK repeats
	extra  string // headers of the next message
	hidden string // the address that the phone believes to have, behind NAT
	checks int
	b      strings.Builder
}

// Codec is what a SIPp phone speaks.
type Codec struct {
	Name    string
	Payload int
}

// The two laws of G.711 with their static payload types (RFC 3551, 6).
var (
	PCMU = Codec{"PCMU", 0}
	PCMA = Codec{"PCMA", 8}
)

// NewScenario begins a call to number.
func NewScenario(number string, codec Codec) *Scenario {
	return &Scenario{number: number, codec: codec}
}

// Behind puts the phone behind a NAT that knows nothing of SIP: it writes an
// address of its own network into Via and Contact, and asks for answers to where
// its packets come from (RFC 3581).
func (s *Scenario) Behind(address string) *Scenario {
	s.hidden = address
	return s
}

// String is the scenario as SIPp reads it.
func (s *Scenario) String() string {
	return "<?xml version=\"1.0\" encoding=\"ISO-8859-1\" ?>\n<scenario name=\"einwahl\">\n" + s.b.String() + "</scenario>\n"
}

// request sends a request of a transaction of its own.
func (s *Scenario) request(method, attributes, body string, inDialog bool) *Scenario {
	return s.requestIn("[branch]", method, attributes, body, inDialog)
}

// requestIn sends a request of the transaction that SIPp knows as branch:
// "[branch-3]" is that of the message three steps before.
func (s *Scenario) requestIn(branch, method, attributes, body string, inDialog bool) *Scenario {
	tag, cseq := "", s.cseq
	switch method {
	case "INVITE":
		s.invite = s.cseq
	case "ACK":
		cseq = s.invite
	}
	if inDialog {
		tag = "[peer_tag_param]"
	}
	via, contact := "[local_ip]:[local_port]", "[local_ip]:[local_port]"
	if s.hidden != "" {
		via, contact = s.hidden+";rport", s.hidden
	}
	contentType := ""
	if body != "" {
		contentType = "Content-Type: " + contentTypeOf(strings.SplitN(body, "\n", 2)[0]) + "\n"
		body = strings.SplitN(body, "\n", 2)[1]
	}
	fmt.Fprintf(&s.b, `<send %s><![CDATA[

%s sip:%s@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] %s;branch=%s
From: <sip:+4930123456@[local_ip]:[local_port]>;tag=[pid]from[call_number]
To: <sip:%s@[remote_ip]:[remote_port]>%s
Call-ID: [call_id]
CSeq: %d %s
Contact: <sip:sipp@%s;transport=[transport]>
Max-Forwards: 70
%sContent-Length: [len]

%s
]]></send>
`, attributes, method, s.number, via, branch, s.number, tag, cseq, method, contact, s.extra+contentType, body)
	s.extra = ""
	return s
}

// contentTypeOf completes a subtype of application.
func contentTypeOf(kind string) string {
	if strings.Contains(kind, "/") {
		return kind
	}
	return "application/" + kind
}

func (s *Scenario) sdp(direction string, version, ptime int) string {
	return fmt.Sprintf(`sdp
v=0
o=sipp 5365 %d IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[local_ip_type] [local_ip]
t=0 0
m=audio [auto_media_port] RTP/AVP %d 101
a=rtpmap:%d %s/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=ptime:%d
a=%s
`, version, s.codec.Payload, s.codec.Payload, s.codec.Name, ptime, direction)
}

// Invite calls and waits for the 200.
func (s *Scenario) Invite(ptime int) *Scenario {
	s.cseq++
	s.request("INVITE", `retrans="500"`, s.sdp("sendrecv", 1, ptime), false)
	s.b.WriteString("<recv response=\"100\" optional=\"true\"></recv>\n<recv response=\"180\" optional=\"true\"></recv>\n")
	s.b.WriteString("<recv response=\"200\" rtd=\"true\"></recv>\n")
	return s
}

// InviteExpect calls and wants this final answer, which it acknowledges.
func (s *Scenario) InviteExpect(status int, ptime int) *Scenario {
	s.cseq++
	s.request("INVITE", `retrans="500"`, s.sdp("sendrecv", 1, ptime), false)
	s.b.WriteString("<recv response=\"100\" optional=\"true\"></recv>\n")
	fmt.Fprintf(&s.b, "<recv response=\"%d\"></recv>\n", status)
	return s.requestIn("[branch-3]", "ACK", "", "", true)
}

// Ack acknowledges the last 200.
func (s *Scenario) Ack() *Scenario { return s.request("ACK", "", "", true) }

// Reinvite offers the direction anew and wants want in the answer.
func (s *Scenario) Reinvite(direction, want string, version, ptime int) *Scenario {
	s.cseq++
	s.request("INVITE", `retrans="500"`, s.sdp(direction, version, ptime), true)
	s.b.WriteString("<recv response=\"100\" optional=\"true\"></recv>\n")
	fmt.Fprintf(&s.b, "<recv response=\"200\"><action><ereg regexp=\"a=%s\" search_in=\"msg\" check_it=\"true\" assign_to=\"dir%d\"/></action></recv>\n<Reference variables=\"dir%d\"/>\n", want, s.cseq, s.cseq)
	return s.Ack()
}

// Keys presses keys by SIP INFO.
func (s *Scenario) Keys(keys string) *Scenario {
	for _, k := range keys {
		s.cseq++
		s.request("INFO", `retrans="500"`, fmt.Sprintf("dtmf-relay\nSignal=%c\nDuration=160\n", k), true)
		s.b.WriteString("<recv response=\"200\"></recv>\n")
	}
	return s
}

// Play plays a file that RTPCapture has made, without waiting for its end.
func (s *Scenario) Play(capture string) *Scenario {
	fmt.Fprintf(&s.b, "<nop><action><exec play_pcap_audio=\"%s\"/></action></nop>\n", capture)
	return s
}

// Pause waits.
func (s *Scenario) Pause(d time.Duration) *Scenario {
	fmt.Fprintf(&s.b, "<pause milliseconds=\"%d\"/>\n", d.Milliseconds())
	return s
}

// Bye hangs up.
func (s *Scenario) Bye() *Scenario {
	s.cseq++
	s.request("BYE", `retrans="500"`, "", true)
	s.b.WriteString("<recv response=\"200\"></recv>\n")
	return s
}

// ExpectBye waits for the gateway's BYE, wants a Reason in it and answers.
func (s *Scenario) ExpectBye(reason string) *Scenario {
	fmt.Fprintf(&s.b, "<recv request=\"BYE\" timeout=\"60000\"><action><ereg regexp=\"%s\" search_in=\"hdr\" header=\"Reason:\" check_it=\"true\" assign_to=\"reason\"/></action></recv>\n<Reference variables=\"reason\"/>\n", reason)
	s.b.WriteString(`<send><![CDATA[

SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
`)
	return s
}

// Cancel calls and gives up while it rings.
func (s *Scenario) Cancel() *Scenario {
	s.cseq++
	s.request("INVITE", "", s.sdp("sendrecv", 1, 20), false)
	s.b.WriteString("<recv response=\"100\" optional=\"true\"></recv>\n<recv response=\"180\"></recv>\n")
	s.requestIn("[branch-3]", "CANCEL", `retrans="500"`, "", false)
	s.b.WriteString("<recv response=\"200\"></recv>\n<recv response=\"487\"></recv>\n")
	return s.requestIn("[branch-6]", "ACK", "", "", true)
}
