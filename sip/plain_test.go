package sip

import (
	"bytes"
	"strings"
	"testing"

	sipmsg "github.com/emiago/sipgo/sip"
)

func TestPlain(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"a folded line", "Subject: a\r\n\t b\r\n", "Subject: a b\r\n"},
		{"a fold before the value", "TO :\r\n <sip:a>\r\n", "TO: <sip:a>\r\n"},
		{"compact names", "v: x\r\nL:3\r\nx: 1\r\nz: 1\r\n", "Via: x\r\nContent-Length: 3\r\nSession-Expires: 1\r\nz: 1\r\n"},
		{"a list of Via", "Via: a,\r\n b\r\n", "Via: a\r\nVia: b\r\n"},
		{"commas in quotes and addresses", `m: "a, b" <sip:c,d>, <sip:e>` + "\r\n", `Contact: "a, b" <sip:c,d>` + "\r\nContact: <sip:e>\r\n"},
		{"white space in quotes stays", `f: "a   b"   <sip:c>` + "\r\n", `From: "a   b" <sip:c>` + "\r\n"},
		{"an escaped quote does not end a string", `m: "\"," <sip:c>` + "\r\n", `Contact: "\"," <sip:c>` + "\r\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := plain([]byte("\r\nX y SIP/2.0\r\n" + tt.in + "\r\nbody\r\n x"))
			if want := "X y SIP/2.0\r\n" + tt.want + "\r\nbody\r\n x"; err != nil || string(got) != want {
				t.Errorf("got %q, %v, want %q", got, err, want)
			}
		})
	}
	if _, err := plain([]byte("X y SIP/2.0\r\nVia: " + strings.Repeat("a,", maxHeaders) + "\r\n\r\n")); err == nil {
		t.Error("a list without end")
	}
}

func TestHeadersAreRepeatedAsTheyCame(t *testing.T) {
	for _, tt := range []struct{ name, header, in, want string }{
		{"white space in sent-by", "Via", "SIP / 2.0 / UDP  host : 5060 ; branch = x", "SIP/2.0/UDP host:5060;branch=x"},
		{"IPv6", "Via", "SIP/2.0/TLS [2001:db8::9:1]:5061;received=[2001:db8::1];branch=x", "SIP/2.0/TLS [2001:db8::9:1]:5061;received=[2001:db8::1];branch=x"},
		{"IPv6 without a port", "Via", "SIP/2.0/UDP [2001:db8::9:1];branch=x", "SIP/2.0/UDP [2001:db8::9:1];branch=x"},
		{"a host of no network", "Via", "SIP/2.0/WSS abc.invalid;branch=x", "SIP/2.0/WSS abc.invalid;branch=x"},
		{"separators in a quoted parameter", "From", `<sip:a@b>;x="1; y=2, \" 3";tag=t`, `<sip:a@b>;x="1; y=2, \" 3";tag=t`},
		{"a quoted parameter of Via", "Via", `SIP/2.0/UDP a;x="1; 2";branch=b`, `SIP/2.0/UDP a;x="1; 2";branch=b`},
		{"a name with quotes in it", "To", `"a \"b\" <c>" <sip:d@e>;TAG=t`, `"a \"b\" <c>" <sip:d@e>;tag=t`},
		{"an address without brackets", "To", `sip:d@e;tag=t`, `<sip:d@e>;tag=t`},
		{"white space around semicolons", "From", `caller<sip:a@b> ; tag = t`, `"caller" <sip:a@b>;tag=t`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			msg, err := parse(newParser(), []byte("OPTIONS sip:a SIP/2.0\r\n"+tt.header+": "+tt.in+"\r\n\r\n"))
			if err != nil {
				t.Fatal(err)
			}
			if got := valueOf(msg.GetHeaders(tt.header)[0]); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestHeadersThatCannotBeRead(t *testing.T) {
	for _, header := range []string{
		"Via: SIP/2.0/UDP a:b;branch=x", "Via: SIP/2.0/UDP", "Via: SIP/2.0/UDP [::1;branch=x", "Via: SIP/2.0/UDP [1:2:3]:1", "Via: SIP/2.0/UDP a:99999",
		`To: "a <sip:b>`, "To: <sip:b", "To: <sip:b> c", `From: "a" "b" <sip:c>`, "To: <sip:a b@c>",
		"Max-Forwards: 256", "CSeq: 4294967296 OPTIONS", "Content-Length: -1", "From: <sip:a>\r\nf: <sip:b>", "nothing",
	} {
		if msg, err := parse(newParser(), []byte("OPTIONS sip:a SIP/2.0\r\n"+header+"\r\n\r\n")); err == nil {
			t.Errorf("%q is read as %v", header, msg)
		}
	}
}

func FuzzPlain(f *testing.F) {
	f.Add([]byte("A b SIP/2.0\r\nv: a,\r\n b\r\nm:\"\\\r\n\t\"<,>\r\n\r\nx"))
	f.Fuzz(func(t *testing.T, in []byte) {
		once, err := plain(in)
		if err != nil {
			return
		}
		if len(once) > len(in)*20+64 {
			t.Errorf("%d bytes became %d", len(in), len(once))
		}
		if _, body, ok := bytes.Cut(bytes.TrimLeft(in, "\r\n"), []byte("\r\n\r\n")); ok && !bytes.HasSuffix(once, body) {
			t.Error("the body has changed")
		}
	})
}

func FuzzAddress(f *testing.F) {
	f.Add(`"a \" b" <sip:c;d=e>;f="g;h"`)
	f.Add("SIP/2.0/UDP [::1] : 5060;a")
	f.Fuzz(func(t *testing.T, s string) {
		var uri sipmsg.Uri
		if name, params, err := readAddress(s, &uri); err == nil {
			_ = valueOf(&sipmsg.ToHeader{DisplayName: name, Address: uri, Params: params})
		}
		if via, err := readVia(s); err == nil {
			if _, err := readVia(valueOf(via)); err != nil {
				t.Errorf("%q: what we write cannot be read: %q", s, valueOf(via))
			}
		}
	})
}
