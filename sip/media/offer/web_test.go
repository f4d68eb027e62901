package offer

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
)

// browserOffer is what browsers say, as far as it matters.
const browserOffer = `v=0
o=- 4611731400430051336 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
a=msid-semantic: WMS
m=audio 9 UDP/TLS/RTP/SAVPF 111 9 0 8 13 110 126
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
a=ice-ufrag:Y3RL
a=ice-pwd:abcdefghijklmnopqrstuvwx
a=ice-options:trickle
a=fingerprint:sha-256 22:BB:83:55:16:E9:1F:AB:8C:B3:AE:41:76:10:E0:CB:D1:36:5A:B7:FD:DF:8C:FA:00:E3:B5:7F:56:F4:A7:60
a=setup:actpass
a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=sendrecv
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:13 CN/8000
a=rtpmap:110 telephone-event/48000
a=rtpmap:126 telephone-event/8000
m=video 9 UDP/TLS/RTP/SAVPF 96
a=mid:1
a=rtpmap:96 VP8/90000
`

func newWebParty(codecs ...string) *WebParty {
	return NewWebParty(WebLocal{
		Local:      Local{Session: 7, Codecs: Codecs(codecs)},
		Candidates: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.9:20000"), netip.MustParseAddrPort("[2001:db8::9]:20000")},
		Print:      "sha-256 00:11", CNAME: "name", SSRC: 99,
	})
}

var (
	early = Credentials{"earlyearly", "earlyearlyearlyearlyearly"}
	later = Credentials{"laterlater", "laterlaterlaterlaterlater"}
)

func TestWhatABrowsersOfferIs(t *testing.T) {
	for _, tt := range []struct {
		name, old, new string
		web            bool
	}{
		{"DTLS, a fingerprint and ICE", "", "", true},
		{"without feedback", "UDP/TLS/RTP/SAVPF 111", "UDP/TLS/RTP/SAVP 111", true},
		{"a telephone's is not", "UDP/TLS/RTP/SAVPF 111", "RTP/AVP 111", false},
		{"nor one with keys in the description", "UDP/TLS/RTP/SAVPF 111", "RTP/SAVPF 111", false},
		{"no fingerprint", "a=fingerprint:sha-256 22", "a=none:22", false},
		{"a fingerprint that is none", "sha-256 22:BB", "sha-256 XX:YY", false},
		{"no ICE", "a=ice-ufrag:Y3RL", "a=none:1", false},
		{"a password too short to be one", "a=ice-pwd:abcdefghijklmnopqrstuvwx", "a=ice-pwd:short", false},
		{"a handshake that is not to be yet", "a=setup:actpass", "a=setup:holdconn", false},
		{"no sound", "m=audio", "m=image", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := IsWeb([]byte(strings.Replace(browserOffer, tt.old, tt.new, 1))); got != tt.web {
				t.Errorf("IsWeb = %v, want %v", got, tt.web)
			}
		})
	}
}

func TestAnswerToABrowser(t *testing.T) {
	for _, tt := range []struct {
		name, old, new string
		codecs         []string
		want           []string
	}{
		{"one encoding, the operator's first, with the keys at its clock", "", "", []string{"opus", "pcma"}, []string{
			"m=audio 20000 UDP/TLS/RTP/SAVPF 111 110\r\n", "a=rtpmap:111 opus/48000/2\r\n", "a=rtpmap:110 telephone-event/48000\r\n",
		}},
		{"the operator's order comes before the browser's", "", "", []string{"pcma", "opus"}, []string{"m=audio 20000 UDP/TLS/RTP/SAVPF 8 126\r\n"}},
		{"video stays out, in its place", "", "", []string{"pcma"}, []string{
			"a=group:BUNDLE 0\r\n", "m=video 0 UDP/TLS/RTP/SAVPF 96\r\n", "a=mid:1\r\n",
		}},
		{"the checks are the browser's", "", "", []string{"pcma"}, []string{
			"a=ice-lite\r\n", "a=ice-ufrag:earlyearly\r\n", "a=end-of-candidates\r\n",
			"a=candidate:1 1 udp 2130706431 192.0.2.9 20000 typ host\r\n", "a=candidate:2 1 udp 2130706175 2001:db8::9 20000 typ host\r\n",
		}},
		{"we begin the handshake", "", "", []string{"pcma"}, []string{"a=setup:active\r\n", "a=fingerprint:sha-256 00:11\r\n"}},
		{"unless they do", "a=setup:actpass", "a=setup:active", []string{"pcma"}, []string{"a=setup:passive\r\n"}},
		{"an address of zeros is no hold", "", "", []string{"pcma"}, []string{"a=sendrecv\r\n"}},
		{"what they only send we only take", "a=sendrecv", "a=sendonly", []string{"pcma"}, []string{"a=recvonly\r\n"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			answer, _, err := newWebParty(tt.codecs...).Answer([]byte(strings.Replace(browserOffer, tt.old, tt.new, 1)), early)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range tt.want {
				if !strings.Contains(string(answer), want) {
					t.Errorf("no %q in\n%s", want, answer)
				}
			}
		})
	}
}

func TestNoAnswerToABrowser(t *testing.T) {
	for _, tt := range []struct{ name, old, new string }{
		{"that would not check anything either", "a=group", "a=ice-lite\na=group"},
		{"that wants two ports", "a=rtcp-mux", "a=none"},
		{"that has nothing to say", "m=audio 9", "m=audio 0"},
		{"that speaks another encoding", "PCMA/8000", "iLBC/8000"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newWebParty("pcma")
			if _, _, err := p.Answer([]byte(strings.Replace(browserOffer, tt.old, tt.new, 1)), early); !errors.Is(err, ErrNothingFits) {
				t.Errorf("err = %v", err)
			}
			if p.settled {
				t.Error("something is agreed")
			}
		})
	}
}

func TestLaterOffersOfABrowser(t *testing.T) {
	p := newWebParty("opus", "pcma")
	first, a, err := p.Answer([]byte(browserOffer), early)
	if err != nil || a.OurICE != early {
		t.Fatal(a, err)
	}
	if again, _, err := p.Answer([]byte(browserOffer), later); err != nil || string(again) != string(first) {
		t.Errorf("the same offer is answered otherwise: %v\n%s", err, again)
	}
	change := func(said, instead string) (string, WebAgreement, error) {
		answer, a, err := p.Answer([]byte(strings.Replace(browserOffer, said, instead, 1)), later)
		return string(answer), a, err
	}
	if held, a, err := change("a=sendrecv", "a=inactive"); err != nil || !a.Held() || a.OurICE != early || !strings.Contains(held, "o=- 7 8 IN") {
		t.Errorf("a hold: %v\n%s", err, held)
	}
	if held, a, err := change("m=audio 9", "m=audio 0"); err == nil {
		t.Errorf("a line that is put aside beside another: %v\n%s", a, held)
	}
	if _, _, err := change("22:BB", "23:BB"); !errors.Is(err, ErrNothingFits) {
		t.Errorf("another certificate: %v", err)
	}
	if _, _, err := change("opus/48000/2", "opusx/48000/2"); !errors.Is(err, ErrNothingFits) {
		t.Errorf("another encoding: %v", err)
	}
	if answer, a, err := change("a=ice-ufrag:Y3RL", "a=ice-ufrag:Z3RL"); err != nil || a.OurICE != later || !strings.Contains(answer, "a=ice-ufrag:laterlater") {
		t.Errorf("ICE anew: %v\n%s", err, answer)
	}
	aside := strings.Replace(strings.Replace(browserOffer, "m=audio 9", "m=audio 0", 1), "m=video 9", "m=video 0", 1)
	if answer, a, err := p.Answer([]byte(aside), later); err != nil || !a.Held() || !strings.Contains(string(answer), "m=audio 0") {
		t.Errorf("a call put aside: %v\n%s", err, answer)
	}
}

func FuzzWebOffer(f *testing.F) {
	f.Add([]byte(browserOffer), []byte(browserOffer))
	f.Add([]byte(strings.Replace(browserOffer, "a=sendrecv", "a=inactive", 1)), []byte("v=0\nm=audio 0 UDP/TLS/RTP/SAVPF\n"))
	f.Add([]byte("v=0\nm=audio 9 UDP/TLS/RTP/SAVPF 8\na=fingerprint:\na=ice-ufrag:\n"), []byte("v=0\n"))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		p := newWebParty("opus", "pcma", "pcmu")
		for _, body := range [][]byte{first, second} {
			web := IsWeb(body)
			answer, a, err := p.Answer(body, early)
			if err != nil {
				continue
			}
			if !web && !a.Held() {
				t.Errorf("no browser's offer is answered with sound:\n%s", answer)
			}
			if _, err := read(answer); err != nil {
				t.Errorf("we cannot read our own answer: %v\n%s", err, answer)
			}
			theirs, _ := read(body)
			ours, _ := read(answer)
			if len(theirs.MediaDescriptions) != len(ours.MediaDescriptions) {
				t.Errorf("%d lines to %d", len(ours.MediaDescriptions), len(theirs.MediaDescriptions))
			}
		}
	})
}
