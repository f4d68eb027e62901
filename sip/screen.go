package sip

import (
	"slices"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// methods are what we understand, as Allow tells.
var methods = []sipmsg.RequestMethod{
	sipmsg.INVITE, sipmsg.ACK, sipmsg.CANCEL, sipmsg.BYE, sipmsg.OPTIONS, sipmsg.INFO, sipmsg.UPDATE, sipmsg.PRACK,
}

// foreign are methods that exist and that we do not serve: 405. What nobody
// has heard of is 501 (RFC 3261 section 21.5.2).
var foreign = []sipmsg.RequestMethod{
	sipmsg.REGISTER, sipmsg.SUBSCRIBE, sipmsg.NOTIFY, sipmsg.REFER, sipmsg.MESSAGE, sipmsg.PUBLISH,
}

// extensions are the option tags that we support: RFC 3262 and RFC 4028.
var extensions = []string{"100rel", "timer"}

// unknownMethod is the answer to a method that is not one of ours.
func unknownMethod(m sipmsg.RequestMethod) int {
	if slices.Contains(foreign, m) || slices.Contains(methods, m) {
		return sipmsg.StatusMethodNotAllowed
	}
	return sipmsg.StatusNotImplemented
}

// whole reports whether a request has the headers without which it can be
// neither answered nor placed (RFC 3261 section 8.1.1).
func whole(req *sipmsg.Request) bool {
	via, from, to, id, seq := req.Via(), req.From(), req.To(), req.CallID(), req.CSeq()
	if via == nil || from == nil || to == nil || id == nil || seq == nil {
		return false
	}
	return string(*id) != "" && via.Params.GetOr("branch", "") != "" &&
		from.Params.GetOr("tag", "") != "" && strings.EqualFold(string(seq.MethodName), string(req.Method)) // sipgo writes one of them in capitals
}

// refusal is an answer that needs no call to be given.
type refusal struct {
	status  int
	headers []sipmsg.Header
}

// screen checks what RFC 3261 section 8.2 asks of every request. BYE passes
// whatever it requires: there is no use in insisting that a call go on.
func (s *Server) screen(in incoming) (refusal, bool) {
	switch {
	case !strings.EqualFold(in.SipVersion, "SIP/2.0"):
		return refusal{status: sipmsg.StatusVersionNotSupported}, true
	case !slices.Contains([]string{"sip", "sips", "tel"}, in.Recipient.Scheme):
		return refusal{status: statusUnsupportedScheme}, true
	}
	// OPTIONS that may go no further is how some border controllers ask exactly
	// the next station whether it lives (RFC 3261 section 16.3).
	if hops := in.MaxForwards(); hops != nil && hops.Val() == 0 && in.toTag() == "" && in.Method != sipmsg.OPTIONS {
		return refusal{status: sipmsg.StatusTooManyHops}, true
	}
	if in.Method == sipmsg.BYE {
		return refusal{}, false
	}
	if strange := unsupported(in.Request); len(strange) > 0 {
		return refusal{sipmsg.StatusBadExtension, []sipmsg.Header{
			sipmsg.NewHeader("Unsupported", strings.Join(strange, ", ")),
		}}, true
	}
	if in.Method == sipmsg.INVITE && !takesSession(in.Request) {
		return refusal{status: sipmsg.StatusNotAcceptable}, true
	}
	return screenExpires(in)
}

// takesSession reports whether a caller can read a session description in the
// answer: without Accept they can (RFC 3261 section 20.1).
func takesSession(req *sipmsg.Request) bool {
	all := req.GetHeaders("accept")
	for _, h := range all {
		for kind := range strings.SplitSeq(h.Value(), ",") {
			kind, _, _ = strings.Cut(kind, ";")
			switch strings.ToLower(strings.TrimSpace(kind)) {
			case sessionType, "application/*", "*/*":
				return true
			}
		}
	}
	return len(all) == 0
}

// screenExpires refuses to be refreshed too often (RFC 4028 section 9).
func screenExpires(in incoming) (refusal, bool) {
	if in.Method != sipmsg.INVITE && in.Method != sipmsg.UPDATE {
		return refusal{}, false
	}
	p, err := propose(in.Request)
	switch {
	case err != nil:
		return refusal{status: sipmsg.StatusBadRequest}, true
	case p.tooOften():
		return refusal{statusIntervalTooSmall, []sipmsg.Header{minSE(leastExpires)}}, true
	}
	return refusal{}, false
}

// unsupported lists what a request requires and we do not have.
func unsupported(req *sipmsg.Request) []string {
	var strange []string
	for _, h := range req.GetHeaders("require") {
		for tag := range strings.SplitSeq(h.Value(), ",") {
			tag = strings.ToLower(strings.TrimSpace(tag))
			if tag != "" && !slices.Contains(extensions, tag) {
				strange = append(strange, tag)
			}
		}
	}
	return strange
}
