package sip

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// desk is the other side of what we ask by ourselves: a registrar or a peer
// that a test plays, over UDP.
type desk struct {
	t      *testing.T
	conn   *net.UDPConn
	heard  chan *sipmsg.Request
	said   chan *sipmsg.Response // answers to what it has sent
	breath chan struct{}         // keep-alives
	ended  chan struct{}
	to     netip.AddrPort // the gateway, as it was last answered
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{
		t: t, conn: conn, ended: make(chan struct{}),
		heard: make(chan *sipmsg.Request, 100), said: make(chan *sipmsg.Response, 100), breath: make(chan struct{}, 1),
	}
	go func() {
		defer close(d.ended)
		d.listen()
	}()
	t.Cleanup(d.close)
	return d
}

func (d *desk) close() {
	_ = d.conn.Close()
	<-d.ended
}

func (d *desk) address() netip.AddrPort { return addrPort(d.conn.LocalAddr()) }

func (d *desk) listen() {
	buf := make([]byte, 1<<16)
	for {
		n, from, err := d.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		if len(bytes.TrimSpace(buf[:n])) == 0 {
			select {
			case d.breath <- struct{}{}:
			default:
			}
			continue
		}
		if msg, err := parse(newParser(), bytes.Clone(buf[:n])); err == nil {
			switch msg := msg.(type) {
			case *sipmsg.Request:
				msg.SetSource(from.String())
				d.heard <- msg
			case *sipmsg.Response:
				d.said <- msg
			}
		}
	}
}

// next is the next request, which must be of that method; nil for none.
func (d *desk) next(method sipmsg.RequestMethod) *sipmsg.Request {
	select {
	case req := <-d.heard:
		if req.Method != method {
			d.t.Errorf("got %s, want %s", req.Method, method)
		}
		return req
	case <-time.After(10 * time.Second):
		d.t.Errorf("no %s", method)
		return nil
	}
}

// answer answers with a status line and headers. via is what is added to Via.
func (d *desk) answer(req *sipmsg.Request, status string, via ...string) {
	if req == nil {
		return
	}
	d.to = netip.MustParseAddrPort(req.Source())
	d.send(fmt.Sprintf("SIP/2.0 %s\r\nVia: %s%s\r\nFrom: %s\r\nTo: %s;tag=desk\r\nCall-ID: %s\r\nCSeq: %s\r\nContent-Length: 0\r\n\r\n",
		status, strings.Replace(valueOf(req.Via()), ";rport", "", 1), strings.Join(via, ""), valueOf(req.From()), valueOf(req.To()), req.CallID().Value(), req.CSeq().Value()))
}

func (d *desk) send(message string) { _, _ = d.conn.WriteToUDPAddrPort([]byte(message), d.to) }

// contact is that of the 200 to what it has sent.
func (d *desk) contact() string {
	for {
		select {
		case res := <-d.said:
			if res.StatusCode == sipmsg.StatusOK {
				return header(res, "Contact")
			}
		case <-time.After(10 * time.Second):
			d.t.Error("no 200")
			return ""
		}
	}
}

// contacts are those of a request, as they were written.
func contacts(req *sipmsg.Request) []string {
	var all []string
	for _, h := range req.GetHeaders("Contact") {
		c := h.(*sipmsg.ContactHeader)
		value := c.Address.Host
		if c.Address.Port > 0 {
			value += fmt.Sprintf(":%d", c.Address.Port)
		}
		if e, ok := c.Params.Get("expires"); ok {
			value += " expires " + e
		}
		all = append(all, value)
	}
	return all
}
