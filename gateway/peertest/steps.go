package peertest

import (
	"fmt"
	"strings"
)

// forXML writes what SIPp can read in an attribute; it knows no entity by its
// number.
var forXML = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

// With puts header lines into the next message that the phone sends.
func (s *Scenario) With(lines ...string) *Scenario {
	s.extra += strings.Join(lines, "\n") + "\n"
	return s
}

// Offer is the phone's session description as the body of a request: the first
// line is its type, short for application/sdp. Attributes replace a=sendrecv.
func (s *Scenario) Offer(version int, attributes ...string) string {
	direction := "sendrecv"
	if len(attributes) > 0 {
		direction = strings.Join(attributes, "\na=")
	}
	return s.sdp(direction, version, 20)
}

// Begin sends the INVITE of a call, with any body or none, and waits for
// nothing.
func (s *Scenario) Begin(body string) *Scenario {
	s.cseq++
	return s.request("INVITE", `retrans="500"`, body, false)
}

// Ask sends a request inside the call, with any body or none, and waits for
// nothing.
func (s *Scenario) Ask(method, body string) *Scenario {
	s.cseq++
	return s.request(method, `retrans="500"`, body, true)
}

// AckWith acknowledges the last 200 with a body.
func (s *Scenario) AckWith(body string) *Scenario { return s.request("ACK", "", body, true) }

// Cancelling sends CANCEL for the INVITE that was sent steps before.
func (s *Scenario) Cancelling(steps int) *Scenario {
	return s.requestIn(fmt.Sprintf("[branch-%d]", steps), "CANCEL", `retrans="500"`, "", false)
}

// Back makes the next request count from n less.
func (s *Scenario) Back(n int) *Scenario {
	s.cseq -= n + 1
	return s
}

// AckRefusal acknowledges a refusal of the INVITE that was sent steps before.
func (s *Scenario) AckRefusal(steps int) *Scenario {
	return s.requestIn(fmt.Sprintf("[branch-%d]", steps), "ACK", "", "", true)
}

// Maybe lets a provisional answer come that need not.
func (s *Scenario) Maybe(status int) *Scenario {
	fmt.Fprintf(&s.b, "<recv response=\"%d\" optional=\"true\"></recv>\n", status)
	return s
}

// Expect waits for an answer with this status. Each of wants is a header and a
// regular expression that its value must match, as "Reason: cause=16"; one that
// begins with "body: " is searched for in the whole message, and one that begins
// with "no: " must not be found there.
func (s *Scenario) Expect(status int, wants ...string) *Scenario {
	fmt.Fprintf(&s.b, "<recv response=\"%d\" timeout=\"10000\">", status)
	return s.check(wants)
}

// Serve waits for a request of the gateway, looks at it as Expect does, and
// answers with status, the headers of With, and a body.
func (s *Scenario) Serve(method string, status int, body string, wants ...string) *Scenario {
	fmt.Fprintf(&s.b, "<recv request=\"%s\" timeout=\"60000\">", method)
	s.check(wants)
	kind := ""
	if body != "" {
		first, rest, _ := strings.Cut(body, "\n")
		kind, body = "Content-Type: "+contentTypeOf(first)+"\n", rest
	}
	fmt.Fprintf(&s.b, `<send><![CDATA[

SIP/2.0 %d Text
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:sipp@[local_ip]:[local_port];transport=[transport]>
%sContent-Length: [len]

%s
]]></send>
`, status, s.extra+kind, body)
	s.extra = ""
	return s
}

// check closes a recv with what its message must hold.
func (s *Scenario) check(wants []string) *Scenario {
	if len(wants) == 0 {
		s.b.WriteString("</recv>\n")
		return s
	}
	var names []string
	s.b.WriteString("<action>")
	for _, want := range wants {
		name, pattern, _ := strings.Cut(want, ": ")
		s.checks++
		variable := fmt.Sprintf("check%d", s.checks)
		where, verdict := fmt.Sprintf(`search_in="hdr" header="%s:"`, name), "check_it"
		switch name {
		case "body":
			where = `search_in="msg"`
		case "no":
			where, verdict = `search_in="msg"`, "check_it_inverse"
		}
		fmt.Fprintf(&s.b, `<ereg regexp="%s" %s %s="true" assign_to="%s"/>`, forXML.Replace(pattern), where, verdict, variable)
		names = append(names, variable)
	}
	fmt.Fprintf(&s.b, "</action></recv>\n<Reference variables=\"%s\"/>\n", strings.Join(names, ","))
	return s
}

// Prove waits for a reliable provisional answer, looks at it as Expect does, and
// sends its PRACK with a body or none.
func (s *Scenario) Prove(status int, body string, wants ...string) *Scenario {
	fmt.Fprintf(&s.b, "<recv response=\"%d\" timeout=\"10000\"><action><ereg regexp=\"[0-9]+\" search_in=\"hdr\" header=\"RSeq:\" check_it=\"true\" assign_to=\"rseq\"/></action></recv>\n", status)
	s.cseq++
	s.extra += fmt.Sprintf("RAck: [$rseq] %d INVITE\n", s.invite)
	s.request("PRACK", `retrans="500"`, body, true)
	return s.Expect(200, wants...)
}
