package sip

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"strconv"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"

	"github.com/einwahl/einwahl/sip/identity"
)

// newParser is sipgo's parser with readers of our own for the headers that
// place a message and are repeated in its answer: sipgo's cut quoted strings at
// separators inside, and do not know white space where RFC 3261 section 25.1
// allows it.
func newParser() *sipmsg.Parser {
	readers := maps.Clone(sipmsg.DefaultHeadersParser())
	readers["via"] = func(_ []byte, s string) (sipmsg.Header, error) { return readVia(s) }
	readers["from"] = func(_ []byte, s string) (sipmsg.Header, error) {
		h := &sipmsg.FromHeader{}
		var err error
		h.DisplayName, h.Params, err = readAddress(s, &h.Address)
		return h, err
	}
	readers["to"] = func(_ []byte, s string) (sipmsg.Header, error) {
		h := &sipmsg.ToHeader{}
		var err error
		h.DisplayName, h.Params, err = readAddress(s, &h.Address)
		return h, err
	}
	readers["contact"] = func(_ []byte, s string) (sipmsg.Header, error) {
		h := &sipmsg.ContactHeader{}
		var err error
		h.DisplayName, h.Params, err = readAddress(s, &h.Address)
		return h, err
	}
	readers["max-forwards"] = func(_ []byte, s string) (sipmsg.Header, error) {
		n, err := strconv.ParseUint(s, 10, 8) // RFC 3261 section 20.22
		h := sipmsg.MaxForwardsHeader(n)
		return &h, err
	}
	// These are repeated or refused as they came, and nobody reads them.
	for _, untouched := range []string{"record-route", "route", "refer-to", "referred-by"} {
		delete(readers, untouched)
	}
	return sipmsg.NewParser(sipmsg.WithHeadersParsers(readers))
}

// readVia reads one value of Via: protocol, sent-by, parameters.
func readVia(s string) (*sipmsg.ViaHeader, error) {
	parts := strings.SplitN(s, "/", 3)
	if len(parts) != 3 {
		return nil, errors.New("a Via without a protocol")
	}
	h := &sipmsg.ViaHeader{ProtocolName: strings.TrimSpace(parts[0]), ProtocolVersion: strings.TrimSpace(parts[1])}
	transport, rest, ok := strings.Cut(strings.TrimLeft(parts[2], " "), " ")
	if !ok || transport == "" || strings.Contains(transport, "/") || h.ProtocolName == "" || h.ProtocolVersion == "" {
		return nil, errors.New("a Via without a protocol or host")
	}
	h.Transport = transport
	sentBy, params := cutParams(rest)
	h.Params = params
	host, port, err := readSentBy(strings.TrimSpace(sentBy))
	h.Host, h.Port = host, port
	return h, err
}

// readSentBy reads host and port, with white space around the colon.
func readSentBy(s string) (host string, port int, err error) {
	host, rest := s, ""
	if bracket := strings.IndexByte(s, ']'); strings.HasPrefix(s, "[") && bracket > 0 {
		host, rest = s[1:bracket], strings.TrimSpace(s[bracket+1:])
		if a, err := netip.ParseAddr(host); err != nil || !a.Is6() {
			return "", 0, errors.New("a Via without an IPv6 address in its brackets")
		}
	} else if colon := strings.IndexByte(s, ':'); colon >= 0 {
		host, rest = strings.TrimSpace(s[:colon]), s[colon:]
	}
	if host == "" || strings.ContainsAny(host, " <>\"@,") {
		return "", 0, errors.New("a Via without a host")
	}
	if rest == "" {
		return host, 0, nil
	}
	if rest[0] != ':' {
		return "", 0, errors.New("a Via with something behind its host")
	}
	n, err := strconv.ParseUint(strings.TrimSpace(rest[1:]), 10, 16)
	if err != nil {
		return "", 0, errors.New("a Via without a port behind its colon")
	}
	return host, int(n), nil
}

// readAddress reads a name-addr or addr-spec with its parameters (RFC 3261
// section 20.10). The name is returned as it stands between its quotes.
func readAddress(s string, uri *sipmsg.Uri) (name string, params sipmsg.HeaderParams, err error) {
	s = strings.TrimSpace(s)
	if rest, quoted := strings.CutPrefix(s, `"`); quoted {
		end := identity.ClosingQuote(rest)
		if end < 0 {
			return "", nil, errors.New("a quoted name without an end")
		}
		name, s = rest[:end], strings.TrimSpace(rest[end+1:])
		if !strings.HasPrefix(s, "<") {
			return "", nil, errors.New("a name without an address")
		}
	}
	begin := strings.IndexAny(s, `<;"`)
	if begin < 0 || s[begin] != '<' {
		address, params := cutParams(s)
		return name, params, readURI(address, uri)
	}
	if begin > 0 {
		name = strings.TrimSpace(s[:begin])
	}
	end := strings.IndexByte(s, '>')
	if end < begin {
		return "", nil, errors.New("an address without its end")
	}
	behind, params := cutParams(s[end+1:])
	if strings.TrimSpace(behind) != "" {
		return "", nil, errors.New("something stands behind an address")
	}
	return name, params, readURI(s[begin+1:end], uri)
}

func readURI(s string, uri *sipmsg.Uri) error {
	s = strings.TrimSpace(s)
	if strings.ContainsAny(s, " <>\"\t") {
		return errors.New("read URI: a character that none has")
	}
	if err := sipmsg.ParseUri(s, uri); err != nil {
		return fmt.Errorf("read URI: %w", err)
	}
	for i := range uri.UriParams {
		uri.UriParams[i].K = strings.ToLower(uri.UriParams[i].K)
	}
	return nil
}

// cutParams takes the parameters off a value. Their names are in lower case,
// and those in quotes keep them.
func cutParams(s string) (value string, params sipmsg.HeaderParams) {
	begin := -1
	cut := func(end int) {
		if begin < 0 {
			value = s[:end]
			return
		}
		k, v, _ := strings.Cut(s[begin:end], "=")
		if k = strings.ToLower(strings.TrimSpace(k)); k != "" {
			params = append(params, sipmsg.HeaderKV{K: k, V: strings.TrimSpace(v)})
		}
	}
	outsideOf([]byte(s), func(i int, b byte) {
		if b == ';' {
			cut(i)
			begin = i + 1
		}
	})
	cut(len(s))
	return value, params
}

// valueOf writes a header that we read ourselves as it was; the others are
// sipgo's.
func valueOf(h sipmsg.Header) string {
	switch h := h.(type) {
	case *sipmsg.ViaHeader:
		host := h.Host
		if strings.Contains(host, ":") {
			host = "[" + strings.Trim(host, "[]") + "]"
		}
		if h.Port > 0 {
			host += ":" + strconv.Itoa(h.Port)
		}
		return h.ProtocolName + "/" + h.ProtocolVersion + "/" + h.Transport + " " + host + joinParams(h.Params)
	case *sipmsg.FromHeader:
		return addressOf(h.DisplayName, &h.Address) + joinParams(h.Params)
	case *sipmsg.ToHeader:
		return addressOf(h.DisplayName, &h.Address) + joinParams(h.Params)
	}
	return h.Value()
}

func addressOf(name string, uri *sipmsg.Uri) string {
	address := "<" + uri.String() + ">"
	if name == "" {
		return address
	}
	return `"` + name + `" ` + address
}

func joinParams(params sipmsg.HeaderParams) string {
	var b strings.Builder
	for _, p := range params {
		b.WriteString(";" + p.K)
		if p.V != "" {
			b.WriteString("=" + p.V)
		}
	}
	return b.String()
}
