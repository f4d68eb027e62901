package sip

import (
	"bytes"
	"strconv"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// glimpse is what a message shows at a glance: as much as it takes to turn a
// call away, at a fraction of what it costs to read it.
type glimpse struct {
	data []byte // the message as it came
	// method is INVITE or ACK where all that follows is there and can be repeated
	// as it stands. What is written in rarer ways, or is wrong, shows nothing and
	// is for the parser to judge.
	method string
	via    *sipmsg.ViaHeader // the uppermost
	// Values as they stand; beyond are the Vias below the uppermost.
	beyond                 [][]byte
	from, to, callID, cseq []byte
	branch, toTag          string
}

// glance looks at a message. What it finds is good as long as data is.
func glance(data []byte) glimpse {
	seen := glimpse{data: data}
	method := methodOf(data)
	head, _, whole := bytes.Cut(data, []byte("\r\n\r\n"))
	_, lines, more := bytes.Cut(head, []byte("\r\n"))
	if method == "" || !whole || !more || !seen.look(lines) || !seen.complete(method) {
		return glimpse{data: data}
	}
	seen.method = method
	return seen
}

// methodOf is INVITE or ACK where the first line is that of such a request to
// an address that we know how to read, else empty.
func methodOf(data []byte) string {
	for _, method := range []string{"INVITE", "ACK"} {
		rest, ok := bytes.CutPrefix(data, []byte(method+" "))
		if !ok {
			continue
		}
		line, _, _ := bytes.Cut(rest, []byte("\r\n"))
		uri, version, _ := bytes.Cut(line, []byte(" "))
		scheme, _, _ := bytes.Cut(uri, []byte(":"))
		switch string(scheme) {
		case "sip", "sips", "tel":
			if string(version) == "SIP/2.0" {
				return method
			}
		}
	}
	return ""
}

// look goes through the header lines. It reports false where one that an answer
// repeats is there twice or is written in a way that must not be repeated.
func (g *glimpse) look(lines []byte) bool {
	for line := range bytes.SplitSeq(lines, []byte("\r\n")) {
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || line[0] == ' ' || line[0] == '\t' { // it goes on from the one before
			return false
		}
		name, value = fullName(bytes.TrimSpace(name)), bytes.TrimSpace(value)
		if bytes.EqualFold(name, []byte("Via")) {
			if !g.lookAtVia(value) {
				return false
			}
			continue
		}
		place := g.placeOf(name)
		if place == nil {
			continue
		}
		if *place != nil || !repeatable(value) {
			return false
		}
		*place = value
	}
	return true
}

// placeOf is where the value of a header is kept; nil: it is not.
func (g *glimpse) placeOf(name []byte) *[]byte {
	switch {
	case bytes.EqualFold(name, []byte("From")):
		return &g.from
	case bytes.EqualFold(name, []byte("To")):
		return &g.to
	case bytes.EqualFold(name, []byte("Call-ID")):
		return &g.callID
	case bytes.EqualFold(name, []byte("CSeq")):
		return &g.cseq
	}
	return nil
}

func (g *glimpse) lookAtVia(value []byte) bool {
	if !repeatable(value) || bytes.IndexByte(value, ',') >= 0 {
		return false
	}
	if g.via != nil {
		g.beyond = append(g.beyond, value)
		return len(g.beyond) < maxHeaders
	}
	via, err := readVia(string(value))
	if err != nil {
		return false
	}
	g.via, g.branch = via, via.Params.GetOr("branch", "")
	return true
}

// complete reports whether all is there that places a request (RFC 3261 section
// 8.1.1). Branches of RFC 2543 do not name a transaction.
func (g *glimpse) complete(method string) bool {
	if g.from == nil || g.to == nil || len(g.callID) == 0 || g.cseq == nil ||
		len(g.branch) <= len(sipmsg.RFC3261BranchMagicCookie) || !strings.HasPrefix(g.branch, sipmsg.RFC3261BranchMagicCookie) {
		return false
	}
	number, of, _ := bytes.Cut(g.cseq, []byte(" "))
	_, err := strconv.ParseUint(string(number), 10, 31)
	g.toTag = tagIn(g.to)
	return err == nil && string(of) == method && tagIn(g.from) != ""
}

// tagIn is the tag in a From or To, empty for none.
func tagIn(value []byte) string {
	_, params := cutParams(string(value))
	return params.GetOr("tag", "")
}

// repeatable reports whether a value may stand in an answer as it is: text
// would leave it alone.
func repeatable(value []byte) bool {
	for _, b := range value {
		if b < ' ' || b >= 0x7f {
			return false
		}
	}
	return len(value) > 0 && len(value) <= maxText
}

// newcomer reports a call that would begin.
func (g *glimpse) newcomer() bool { return g.method == "INVITE" && g.toTag == "" }

// key names the transaction of the INVITE, as sipgo does (RFC 3261 section
// 17.2.3).
func (g *glimpse) key() string {
	port := g.via.Port
	if port <= 0 {
		port = sipmsg.DefaultPort(g.via.Transport)
	}
	return strings.Join([]string{g.branch, g.via.Host, strconv.Itoa(port), "INVITE"}, sipmsg.TxSeperator)
}
