package sip

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// refuseGarbled answers a request that could not be read with 400, or 416 where
// it is for an address that is none of SIP, where enough of it can be read to say
// so to whom it came from. Answers and ACKs are never
// answered.
func (s *Server) refuseGarbled(data []byte, w wire, source netip.AddrPort) {
	defer func() {
		if r := recover(); r != nil { // costs this answer only
			s.panicked(&s.log, r, "answer")
		}
	}()
	via, headers := skeleton(data)
	if via == nil {
		return
	}
	mac := hmac.New(sha256.New, s.secret[:])
	mac.Write(data)
	status := sipmsg.StatusBadRequest
	if foreignScheme(data) {
		status = statusUnsupportedScheme
	}
	res := sipmsg.NewResponse(status, phrase(status))
	for _, h := range headers {
		if h.Name() == "To" && !strings.Contains(strings.ToLower(h.Value()), "tag=") {
			h = sipmsg.NewHeader("To", h.Value()+";tag="+hex.EncodeToString(mac.Sum(nil)[:8]))
		}
		res.AppendHeader(h)
	}
	res.AppendHeader(sipmsg.NewHeader("Content-Length", "0"))
	to := source
	if w.network() == "UDP" && !via.Params.Has("rport") {
		to = netip.AddrPortFrom(source.Addr(), viaPort(via))
	}
	markSource(res, source)
	res.SetDestination(to.String())
	s.counts.answered(status)
	if err := w.WriteMsg(res); err != nil {
		s.log.Debug().Err(err).Msg("answer lost")
	}
}

// skeleton takes what an answer repeats out of a request, as far as it is there.
// via is the uppermost, nil where there is none to be read or no answer is due.
func skeleton(data []byte) (via *sipmsg.ViaHeader, headers []sipmsg.Header) {
	data, err := plain(data)
	if err != nil {
		return nil, nil
	}
	head, _, _ := bytes.Cut(data, []byte("\r\n\r\n"))
	first := true
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		if first {
			first = false
			if bytes.HasPrefix(line, []byte("SIP/")) || bytes.HasPrefix(line, []byte("ACK ")) || !bytes.Contains(line, []byte(" SIP/")) {
				return nil, nil
			}
			continue
		}
		name, value, _ := strings.Cut(string(line), ": ")
		switch strings.ToLower(name) {
		case "via":
			v, err := readVia(value)
			if via == nil && err != nil {
				return nil, nil
			}
			if via == nil {
				via = v
				headers = append(headers, v)
				continue
			}
			if value != "" { // a comma would become a line
				headers = append(headers, sipmsg.NewHeader("Via", value))
			}
		case "from":
			headers = append(headers, sipmsg.NewHeader("From", value))
		case "to":
			headers = append(headers, sipmsg.NewHeader("To", value))
		case "call-id":
			headers = append(headers, sipmsg.NewHeader("Call-ID", value))
		case "cseq":
			headers = append(headers, sipmsg.NewHeader("CSeq", value))
		}
	}
	return via, headers
}

// foreignScheme reports a well-formed Request-URI of a scheme that we do not
// know (RFC 3986 section 3.1): sipgo reads none with a dot in it.
func foreignScheme(data []byte) bool {
	start, _, _ := strings.Cut(string(bytes.TrimLeft(data, "\r\n")), "\r\n")
	fields := strings.Split(start, " ")
	if len(fields) != 3 {
		return false
	}
	scheme, _, ok := strings.Cut(strings.ToLower(fields[1]), ":")
	for i, r := range scheme {
		letter := r >= 'a' && r <= 'z'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789+-.", r)) {
			return false
		}
	}
	return ok && scheme != "" && scheme != "sip" && scheme != "sips" && scheme != "tel"
}

func viaPort(via *sipmsg.ViaHeader) uint16 {
	if via.Port > 0 && via.Port <= 0xffff {
		return uint16(via.Port)
	}
	return uint16(sipmsg.DefaultUdpPort)
}
