package sip

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Statuses that are missing in sipgo's list.
const (
	statusUnsupportedScheme = 416
	statusIntervalTooSmall  = 422
)

// phrases are the reason phrases of RFC 3261 section 21 that we use.
var phrases = map[int]string{
	100: "Trying", 180: "Ringing", 183: "Session Progress", 200: "OK",
	400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable", 408: "Request Timeout",
	410: "Gone", 415: "Unsupported Media Type", 416: "Unsupported URI Scheme", 420: "Bad Extension",
	422: "Session Interval Too Small",
	480: "Temporarily Unavailable", 481: "Call/Transaction Does Not Exist", 482: "Loop Detected",
	483: "Too Many Hops", 484: "Address Incomplete", 486: "Busy Here", 487: "Request Terminated",
	488: "Not Acceptable Here", 491: "Request Pending", 500: "Server Internal Error", 501: "Not Implemented",
	503: "Service Unavailable", 504: "Server Time-out", 505: "Version Not Supported", 600: "Busy Everywhere", 603: "Decline",
	604: "Does Not Exist Anywhere", 606: "Not Acceptable",
}

func phrase(status int) string {
	if p, ok := phrases[status]; ok {
		return p
	}
	return "Refused"
}

// response makes an answer to in. tag names us in To; the caller's own tag,
// where the request has one, stays.
func (s *Server) response(in incoming, status int, tag string, headers ...sipmsg.Header) *sipmsg.Response {
	res := sipmsg.NewResponseFromRequest(in.Request, status, phrase(status), nil)
	res.SipVersion = "SIP/2.0"
	if to := res.To(); to != nil && status != sipmsg.StatusTrying {
		if own := in.To().Params.GetOr("tag", ""); own != "" {
			tag = own
		}
		to.Params.Add("tag", tag)
	}
	markSource(res, in.source)
	res.SetDestination(in.returnTo(in.Via()).String())
	for _, h := range headers {
		res.AppendHeader(h)
	}
	if cause, ends := q850[status]; ends && in.IsInvite() && res.GetHeader("reason") == nil {
		res.AppendHeader(sipmsg.NewHeader("Reason", Cause{Q850: cause}.reason()))
	}
	return res
}

// markSource notes in Via where the request came from, when that is not where
// it says it was sent from (RFC 3261 section 18.2.1, RFC 3581 section 4).
func markSource(res *sipmsg.Response, source netip.AddrPort) {
	if via := res.Via(); via != nil {
		markVia(via, source)
	}
}

// markVia is markSource for a Via alone.
func markVia(via *sipmsg.ViaHeader, source netip.AddrPort) {
	if via.Params.Has("rport") {
		via.Params.Add("rport", strconv.Itoa(int(source.Port())))
		via.Params.Add("received", source.Addr().String())
		return
	}
	if via.Host != source.Addr().String() {
		via.Params.Add("received", source.Addr().String())
	}
}

// returnTo is where an answer over UDP goes: always to the address that the
// request came from, and without rport to the port that Via names.
func (a arrival) returnTo(via *sipmsg.ViaHeader) netip.AddrPort {
	if via == nil || via.Params.Has("rport") || a.wire.network() != "UDP" {
		return a.source
	}
	return netip.AddrPortFrom(a.source.Addr(), viaPort(via))
}

// answer refuses or confirms a request outside of any transaction: nothing is
// kept of it, and a repeated request gets the same tag again.
func (s *Server) answer(in incoming, status int, headers ...sipmsg.Header) {
	s.counts.answered(status)
	if err := in.wire.WriteMsg(s.response(in, status, s.statelessTag(in.mark()), headers...)); err != nil {
		s.log.Debug().Err(err).Int("status", status).Msg("answer lost")
	}
}

// statelessTagSize is how long the tags are by which a refusal without a
// transaction is known.
const statelessTagSize = 16

// statelessTag is the same for every repetition of a request (RFC 3261 section
// 8.2.7), and in the ACK of its refusal, which has its branch.
func (s *Server) statelessTag(callID []byte, branch string) string {
	mac := hmac.New(sha256.New, s.secret[:])
	mac.Write(callID)
	mac.Write([]byte(branch))
	return hex.EncodeToString(mac.Sum(nil)[:statelessTagSize/2])
}

// mark is what the repetitions of a request have in common, and nothing else has.
func (in incoming) mark() (callID []byte, branch string) {
	if id := in.CallID(); id != nil {
		callID = []byte(*id)
	}
	if via := in.Via(); via != nil {
		branch = via.Params.GetOr("branch", "")
	}
	return callID, branch
}

// abilities are the headers that say what we can, for 200 and OPTIONS.
func abilities() []sipmsg.Header {
	return []sipmsg.Header{
		allow(),
		sipmsg.NewHeader("Accept", understood+", application/dtmf-relay, application/dtmf"),
		sipmsg.NewHeader("Supported", strings.Join(extensions, ", ")),
	}
}

func allow() sipmsg.Header {
	names := make([]string, len(methods))
	for i, m := range methods {
		names[i] = string(m)
	}
	return sipmsg.NewHeader("Allow", strings.Join(names, ", "))
}

// allowFor adds the list that 405 must carry.
func allowFor(status int) []sipmsg.Header {
	if status == sipmsg.StatusMethodNotAllowed {
		return []sipmsg.Header{allow()}
	}
	return nil
}

func retryAfter(seconds int) sipmsg.Header {
	return sipmsg.NewHeader("Retry-After", strconv.Itoa(seconds))
}

// readable adds what 415 must tell: which bodies we can read.
func readable(status int) []sipmsg.Header {
	if status != sipmsg.StatusUnsupportedMediaType {
		return nil
	}
	return []sipmsg.Header{sipmsg.NewHeader("Accept", understood), sipmsg.NewHeader("Accept-Encoding", "identity")}
}

// reasons are the Reason header of a cause, if it has one.
func reasons(c Cause) []sipmsg.Header {
	if r := c.reason(); r != "" {
		return []sipmsg.Header{sipmsg.NewHeader("Reason", r)}
	}
	return nil
}
