package sip

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// errStranger is why nothing is sent to an address that is no trunk's: a Via
// or a Contact is written by the other side and could name anybody.
var errStranger = errors.New("address belongs to no trunk")

// wire is a way to a peer: the UDP socket that all share, or one stream.
type wire interface {
	sipmsg.Connection
	// network is UDP, TCP, TLS, WS or WSS, as Via has it.
	network() string
	// local is where the peer reaches us; its address is unspecified when we
	// listen on all.
	local() netip.AddrPort
	// transmit sends a message that was written before: on a stream to its peer,
	// elsewhere to destination.
	transmit(message []byte, destination string) error
	// secure is whether nobody on the way can read along.
	secure() bool
}

// held is the part of sipgo's Connection that counts references. Our sockets
// live as long as their listener and our streams as long as their reader.
type held struct{}

func (held) Ref(int) int            { return 1 }
func (held) TryClose() (int, error) { return 1, nil }

// marshal writes a message. Every value passes the guard here, also those
// which an answer repeats from its request. A panic costs this message only: it
// may happen in a timer of sipgo's, or while its transaction is locked.
func marshal(msg sipmsg.Message) (data []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			data, err = nil, fmt.Errorf("write message: %v", r)
		}
	}()
	var b bytes.Buffer
	b.Grow(1024)
	var headers []sipmsg.Header
	switch m := msg.(type) {
	case *sipmsg.Request:
		b.WriteString(text(m.StartLine()))
		headers = m.Headers()
	case *sipmsg.Response:
		b.WriteString(text(m.StartLine()))
		headers = m.Headers()
	default:
		return nil, fmt.Errorf("message of type %T", msg)
	}
	b.WriteString("\r\n")
	for _, h := range headers {
		b.WriteString(text(h.Name()))
		b.WriteString(": ")
		b.WriteString(text(valueOf(h)))
		b.WriteString("\r\n")
	}
	b.WriteString("\r\n")
	b.Write(msg.Body())
	return b.Bytes(), nil
}

// parse reads one message. A panic in the parser costs this message only.
func parse(p *sipmsg.Parser, data []byte) (msg sipmsg.Message, err error) {
	defer func() {
		if r := recover(); r != nil {
			msg, err = nil, fmt.Errorf("parser: %v", r)
		}
	}()
	if data, err = plain(data); err != nil {
		return nil, err
	}
	msg, err = p.ParseSIP(data)
	if err != nil {
		return nil, errors.New("parse message: " + unquoted(err.Error()))
	}
	return msg, single(msg)
}

// unquoted takes out of the parser's words what they quote of the message:
// numbers and passwords may stand there.
func unquoted(words string) string {
	const quotes = "'\""
	first, last := strings.IndexAny(words, quotes), strings.LastIndexAny(words, quotes)
	if first == last {
		return words
	}
	return words[:first] + "..." + words[last+1:]
}

// single reports a header that places a message and is there twice: who reads
// the other one sees another message.
func single(msg sipmsg.Message) error {
	for _, name := range []string{"From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Length", "Content-Type"} {
		if len(msg.GetHeaders(name)) > 1 {
			return fmt.Errorf("%s is there twice", name)
		}
	}
	return nil
}

// addrPort is the address of a socket without the wrapping of IPv4 in IPv6.
func addrPort(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.UDPAddr:
		return unmap(a.AddrPort())
	case *net.TCPAddr:
		return unmap(a.AddrPort())
	}
	return netip.AddrPort{}
}

func unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
