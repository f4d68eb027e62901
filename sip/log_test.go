package sip

import (
	"bytes"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// sink is a connection that takes everything.
type sink struct{ net.Conn }

func (sink) Write(p []byte) (int, error)      { return len(p), nil }
func (sink) SetWriteDeadline(time.Time) error { return nil }
func (sink) LocalAddr() net.Addr              { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5060} }

// Whatever is wrong with a message, the log names neither who calls nor how they
// prove it, at its most talkative.
func TestLogKeepsNumbersAndPasswords(t *testing.T) {
	const number, secret = "4930123456789", "c0ffee5ec7e7"
	trunk := trunkOf("pbx", "127.0.0.1")
	trunk.Auth.Users = []UserConfig{{User: "pbx", Password: "a long password"}}
	var log bytes.Buffer
	s, err := newServer(DefaultConfig(), []TrunkConfig{trunk}, zerolog.New(&log).Level(zerolog.TraceLevel), takeAndWait, nil)
	if err != nil {
		t.Fatal(err)
	}
	a := arrival{
		wire:   &stream{kind: "TCP", pipe: &octets{conn: sink{}}},
		source: netip.MustParseAddrPort("127.0.0.1:5060"),
		trunk:  s.gate.trunkOf(netip.MustParseAddr("127.0.0.1"), "TCP"),
	}
	good := strings.ReplaceAll(raw("OPTIONS", "SIP/2.0/TCP 127.0.0.1"), "tester", "+"+number)
	good = strings.Replace(good, "Call-ID: ", `Authorization: Digest username="pbx", realm="pbx", nonce="x", uri="sip:en", response="`+secret+"\"\r\nP-Asserted-Identity: <tel:+"+number+">\r\nCall-ID: ", 1)
	for _, from := range []struct{ old, with string }{
		{"OPTIONS sip:", "OPTIONS sip:+" + number + " x@"},
		{"OPTIONS sip:", "OPTIONS '" + number + " sip:"},
		{"From: ", "From: \"" + number},
		{"To: ", "To: " + number + " <<"},
		{"Authorization: ", "Authorization "},
		{"CSeq: ", "CSeq: " + number},
		{"OPTIONS", "INVITE"},
		{"", ""},
	} {
		s.take([]byte(strings.Replace(good, from.old, from.with, 1)), a)
		s.tellDropped(Stats{})
	}
	if !strings.Contains(log.String(), "for_example") || s.Stats().Malformed < 6 {
		t.Errorf("too little is told: %s", log.String())
	}
	for _, kept := range []string{number, secret} {
		if strings.Contains(log.String(), kept) {
			t.Errorf("%s is in the log:\n%s", kept, log.String())
		}
	}
}
