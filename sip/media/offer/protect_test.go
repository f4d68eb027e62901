package offer

import (
	"bytes"
	"errors"
	"net/netip"
	"strings"
	"testing"
)

// withPolicy is our side of a call on a trunk with a policy. Its keys are all of
// the byte 7.
func withPolicy(p Policy) Local {
	l := local()
	l.Policy, l.Random = p, bytes.NewReader(bytes.Repeat([]byte{7}, 4096))
	return l
}

var (
	sha80 = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 " + inline(30, 1)
	sha32 = "a=crypto:2 AES_CM_128_HMAC_SHA1_32 " + inline(30, 2)
	gcm   = "a=crypto:3 AEAD_AES_256_GCM " + inline(44, 3)
	f8    = "a=crypto:4 F8_128_HMAC_SHA1_80 " + inline(30, 4)
	naked = sha80 + " UNENCRYPTED_SRTP"
)

func TestPolicy(t *testing.T) {
	ours := "1 AES_CM_128_HMAC_SHA1_80 " + inline(30, 7)
	for _, tt := range []struct {
		name    string
		policy  Policy
		offer   []string
		profile string // of our answer
		crypto  string // of our answer
		err     error
	}{
		{name: "off: clear is clear", offer: []string{"m=audio 5004 RTP/AVP 8"}, profile: "RTP/AVP"},
		{name: "off: keys beside clear sound are passed over", offer: []string{"m=audio 5004 RTP/AVP 8", sha80}, profile: "RTP/AVP"},
		{name: "off: encrypted sound is refused", offer: []string{"m=audio 5004 RTP/SAVP 8", sha80}, err: ErrNothingFits},
		{name: "off: of both the clear stream is taken", offer: []string{"m=audio 5004 RTP/SAVP 8", sha80, "m=audio 5006 RTP/AVP 8"}, profile: "RTP/AVP"},

		{name: "optional: clear is clear", policy: Optional, offer: []string{"m=audio 5004 RTP/AVP 8"}, profile: "RTP/AVP"},
		{name: "optional: SAVP is encrypted", policy: Optional, offer: []string{"m=audio 5004 RTP/SAVP 8", sha80}, profile: "RTP/SAVP", crypto: ours},
		{name: "optional: SAVPF is encrypted", policy: Optional, offer: []string{"m=audio 5004 RTP/SAVPF 8", sha80}, profile: "RTP/SAVPF", crypto: ours},
		{name: "optional: AVP with keys is encrypted, and stays AVP", policy: Optional, offer: []string{"m=audio 5004 RTP/AVP 8", sha80}, profile: "RTP/AVP", crypto: ours},
		{name: "optional: AVPF with keys is encrypted", policy: Optional, offer: []string{"m=audio 5004 RTP/AVPF 8", sha80}, profile: "RTP/AVPF", crypto: ours},
		{name: "optional: SAVP without a key that we can use is refused", policy: Optional, offer: []string{"m=audio 5004 RTP/SAVP 8", f8, naked}, err: ErrNothingFits},
		{name: "optional: AVP without a key that we can use is clear", policy: Optional, offer: []string{"m=audio 5004 RTP/AVP 8", f8}, profile: "RTP/AVP"},
		{name: "optional: of both streams the encrypted one is taken", policy: Optional, offer: []string{"m=audio 5004 RTP/AVP 8", "m=audio 5006 RTP/SAVP 8", sha80}, profile: "RTP/SAVP", crypto: ours},
		{name: "optional: a stream of DTLS is refused beside one that fits", policy: Optional, offer: []string{"m=audio 5004 UDP/TLS/RTP/SAVPF 8", "a=fingerprint:sha-256 00", "m=audio 5006 RTP/AVP 8"}, profile: "RTP/AVP"},
		{name: "optional: a stream of DTLS alone is refused", policy: Optional, offer: []string{"m=audio 5004 UDP/TLS/RTP/SAVPF 8", "a=fingerprint:sha-256 00"}, err: ErrNothingFits},

		{name: "required: encrypted is encrypted", policy: Required, offer: []string{"m=audio 5004 RTP/SAVP 8", sha80}, profile: "RTP/SAVP", crypto: ours},
		{name: "required: AVP with keys is encrypted", policy: Required, offer: []string{"m=audio 5004 RTP/AVP 8", sha80}, profile: "RTP/AVP", crypto: ours},
		{name: "required: clear is refused, and the reason told", policy: Required, offer: []string{"m=audio 5004 RTP/AVP 8"}, err: ErrClear},
		{name: "required: AVP without a key that we can use is refused as clear", policy: Required, offer: []string{"m=audio 5004 RTP/AVP 8", naked}, err: ErrClear},
		{name: "required: another encoding is another reason", policy: Required, offer: []string{"m=audio 5004 RTP/AVP 18"}, err: ErrNothingFits},

		{name: "their first suite counts, not the strongest", policy: Optional, offer: []string{"m=audio 5004 RTP/SAVP 8", sha32, gcm}, profile: "RTP/SAVP", crypto: "2 AES_CM_128_HMAC_SHA1_32 " + inline(30, 7)},
		{name: "the first that we can do counts", policy: Optional, offer: []string{"m=audio 5004 RTP/SAVP 8", f8, naked, gcm, sha32}, profile: "RTP/SAVP", crypto: "3 AEAD_AES_256_GCM " + inline(44, 7)},
		{name: "a suite is spelt as they spell it", policy: Optional, offer: []string{"m=audio 5004 RTP/SAVP 8", "a=crypto:9 AES_CM_256_HMAC_SHA1_80 " + inline(46, 1)}, profile: "RTP/SAVP", crypto: "9 AES_CM_256_HMAC_SHA1_80 " + inline(46, 7)},
		{name: "their key identifier is answered by one of ours", policy: Optional, offer: []string{"m=audio 5004 RTP/SAVP 8", sha80 + "|2^31|1:1"}, profile: "RTP/SAVP", crypto: ours + "|1:1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := NewParty(withPolicy(tt.policy))
			answer, a, err := p.Answer(session(tt.offer...))
			if !errors.Is(err, tt.err) || errors.Is(err, ErrClear) != errors.Is(tt.err, ErrClear) {
				t.Fatalf("err = %v, want %v", err, tt.err)
			}
			if _, settled := p.Agreed(); settled == (tt.err != nil) {
				t.Errorf("settled: %v", settled)
			}
			if err != nil {
				return
			}
			if got := crypto(answer); got != tt.crypto || a.Profile != tt.profile || !strings.Contains(string(answer), " "+tt.profile+" ") {
				t.Errorf("%s with %q in\n%s", a.Profile, got, answer)
			}
			if a.Secure() != (tt.crypto != "") {
				t.Errorf("secure: %v", a.Secure())
			}
		})
	}
}

// crypto is the value of our a=crypto lines.
func crypto(body []byte) string {
	var values []string
	for line := range strings.Lines(string(body)) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), "a=crypto:"); ok {
			values = append(values, v)
		}
	}
	return strings.Join(values, "\n")
}

func TestLaterOffersOfAnEncryptedCall(t *testing.T) {
	const line = "m=audio 5004 RTP/SAVP 8"
	for _, tt := range []struct {
		name   string
		offer  []string
		theirs bool // their key stays
		ours   bool // our key stays
		err    error
	}{
		{name: "the same again keeps both keys", offer: []string{line, sha80}, theirs: true, ours: true},
		{name: "hold keeps both keys", offer: []string{line, sha80, "a=sendonly"}, theirs: true, ours: true},
		{name: "hold by port 0 keeps both keys", offer: []string{"m=audio 0 RTP/SAVP 8"}, theirs: true, ours: true},
		{name: "another port keeps both keys", offer: []string{"m=audio 6004 RTP/SAVP 8", sha80}, theirs: true, ours: true},
		{name: "AVP with the same key keeps both keys", offer: []string{"m=audio 5004 RTP/AVP 8", sha80}, theirs: true, ours: true},
		{name: "the same key under another tag keeps both keys", offer: []string{line, strings.Replace(sha80, ":1 ", ":5 ", 1)}, theirs: true, ours: true},
		{name: "another key of theirs means another of ours", offer: []string{line, strings.Replace(sha80, inline(30, 1), inline(30, 9), 1)}},
		{name: "another suite means other keys", offer: []string{line, gcm}},
		{name: "encryption cannot be taken away", offer: []string{"m=audio 5004 RTP/AVP 8"}, err: ErrClear},
		{name: "nor by a line of which nothing can be used", offer: []string{"m=audio 5004 RTP/AVP 8", naked}, err: ErrClear},
		{name: "nor by SAVP without keys", offer: []string{line}, err: ErrNothingFits},
		{name: "an image stream in place of the sound leaves the call alone", offer: []string{"m=audio 0 RTP/SAVP 8", "m=image 5006 udptl t38"}, err: ErrNothingFits},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := withPolicy(Optional)
			l.Random = nil
			p := NewParty(l)
			first, before, err := p.Answer(session(line, sha80))
			if err != nil {
				t.Fatal(err)
			}
			_, after, err := p.Answer(session(tt.offer...))
			if !errors.Is(err, tt.err) {
				t.Fatalf("err = %v, want %v", err, tt.err)
			}
			if err != nil {
				again, after, err := p.Answer(session(line, sha80))
				if err != nil || string(again) != string(first) || !after.Ours.Same(before.Ours) {
					t.Errorf("the call has changed: %v", err)
				}
				return
			}
			if !after.Secure() || after.Theirs.Same(before.Theirs) != tt.theirs || after.Ours.Same(before.Ours) != tt.ours {
				t.Errorf("secure %v, theirs stays %v, ours stays %v", after.Secure(), after.Theirs.Same(before.Theirs), after.Ours.Same(before.Ours))
			}
		})
	}
}

func TestOfferOfKeys(t *testing.T) {
	all := "1 AEAD_AES_256_GCM " + inline(44, 7) + "\n2 AES_256_CM_HMAC_SHA1_80 " + inline(46, 7) +
		"\n3 AEAD_AES_128_GCM " + inline(28, 7) + "\n4 AES_CM_128_HMAC_SHA1_80 " + inline(30, 7)
	fourth := "a=crypto:4 AES_CM_128_HMAC_SHA1_80 " + inline(30, 1)
	for _, tt := range []struct {
		name    string
		policy  Policy
		profile string
		offer   string
		answer  []string
		secure  bool
		err     error
	}{
		{name: "off: clear", profile: "RTP/AVP", answer: []string{"m=audio 5004 RTP/AVP 8"}},
		{name: "optional: keys in AVP, and they do not encrypt", policy: Optional, profile: "RTP/AVP", offer: all, answer: []string{"m=audio 5004 RTP/AVP 8"}},
		{name: "optional: keys in AVP, and they choose one", policy: Optional, profile: "RTP/AVP", offer: all, answer: []string{"m=audio 5004 RTP/AVP 8", fourth}, secure: true},
		{name: "required: SAVP, and they choose a key", policy: Required, profile: "RTP/SAVP", offer: all, answer: []string{"m=audio 5004 RTP/SAVP 8", fourth}, secure: true},
		{name: "required: an answer without keys", policy: Required, profile: "RTP/SAVP", offer: all, answer: []string{"m=audio 5004 RTP/SAVP 8"}, err: ErrNothingFits},
		{name: "required: a clear answer", policy: Required, profile: "RTP/SAVP", offer: all, answer: []string{"m=audio 5004 RTP/AVP 8"}, err: ErrClear},
		{name: "a tag that was not offered", policy: Required, profile: "RTP/SAVP", offer: all, answer: []string{"m=audio 5004 RTP/SAVP 8", "a=crypto:5 AES_CM_128_HMAC_SHA1_80 " + inline(30, 1)}, err: ErrNothingFits},
		{name: "optional: a tag that was not offered would be noise in the clear", policy: Optional, profile: "RTP/AVP", offer: all, answer: []string{"m=audio 5004 RTP/AVP 8", "a=crypto:5 AES_CM_128_HMAC_SHA1_80 " + inline(30, 1)}, err: ErrNothingFits},
		{name: "a tag with another suite", policy: Required, profile: "RTP/SAVP", offer: all, answer: []string{"m=audio 5004 RTP/SAVP 8", sha80}, err: ErrNothingFits},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := NewParty(withPolicy(tt.policy))
			offer, err := p.Offer()
			if err != nil {
				t.Fatal(err)
			}
			if got := crypto(offer); got != tt.offer || !strings.Contains(string(offer), " "+tt.profile+" ") {
				t.Errorf("offered\n%s", offer)
			}
			a, err := p.Accept(session(tt.answer...))
			if !errors.Is(err, tt.err) || errors.Is(err, ErrClear) != errors.Is(tt.err, ErrClear) {
				t.Fatalf("err = %v, want %v", err, tt.err)
			}
			if err != nil {
				return
			}
			if a.Secure() != tt.secure {
				t.Errorf("secure: %v", a.Secure())
			}
			again, err := p.Offer()
			if err != nil {
				t.Fatal(err)
			}
			want := ""
			if tt.secure {
				want = strings.Split(all, "\n")[3]
			}
			if got := crypto(again); got != want {
				t.Errorf("a later offer has %q, want the key in force, %q", got, want)
			}
		})
	}
}

func TestOfTwoIPVersions(t *testing.T) {
	const four, six = "198.51.100.7", "2001:db8::7"
	for _, tt := range []struct {
		name  string
		ours  string
		offer []string
		want  string
	}{
		{"two c= lines, IPv4 spoken", "192.0.2.1", []string{"m=audio 5004 RTP/AVP 8", "c=IN IP6 " + six, "c=IN IP4 " + four}, four + ":5004"},
		{"two c= lines, IPv6 spoken", "2001:db8::1", []string{"m=audio 5004 RTP/AVP 8", "c=IN IP4 " + four, "c=IN IP6 " + six}, "[" + six + "]:5004"},
		{"two c= lines for the session", "2001:db8::1", []string{"c=IN IP6 " + six, "m=audio 5004 RTP/AVP 8"}, "[" + six + "]:5004"},
		{"only the other version", "192.0.2.1", []string{"m=audio 5004 RTP/AVP 8", "c=IN IP6 " + six}, "[" + six + "]:5004"},
		{"ANAT, IPv4 spoken", "192.0.2.1", anat(six, four), four + ":5006"},
		{"ANAT, IPv6 spoken", "2001:db8::1", anat(four, six), "[" + six + "]:5006"},
		{"ANAT, the first fits", "192.0.2.1", anat(four, six), four + ":5004"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := local()
			l.Address = netip.MustParseAddr(tt.ours)
			answer, a, err := NewParty(l).Answer(session(tt.offer...))
			if err != nil || a.Remote.String() != tt.want {
				t.Fatalf("%v: %v, want %s", err, a.Remote, tt.want)
			}
			if n := strings.Count(string(answer), "m=audio 20000 "); n != 1 {
				t.Errorf("%d streams taken:\n%s", n, answer)
			}
			if !strings.Contains(string(answer), tt.ours) {
				t.Errorf("answered with another address:\n%s", answer)
			}
		})
	}
}

// anat offers the same sound at two addresses (RFC 4091).
func anat(first, second string) []string {
	version := func(a string) string {
		if strings.Contains(a, ":") {
			return "c=IN IP6 " + a
		}
		return "c=IN IP4 " + a
	}
	return []string{"a=group:ANAT 1 2", "m=audio 5004 RTP/AVP 8", version(first), "a=mid:1", "m=audio 5006 RTP/AVP 8", version(second), "a=mid:2"}
}

// FuzzProtect: whatever they say, a trunk that must encrypt never speaks in the
// clear, and a call that is encrypted stays so.
func FuzzProtect(f *testing.F) {
	f.Add(session("m=audio 5004 RTP/SAVP 8", sha80), session("m=audio 5004 RTP/AVP 8"))
	f.Add(session("m=audio 5004 RTP/AVP 8", gcm), session("m=audio 0 RTP/SAVP 8", "m=audio 5004 RTP/AVP 8", naked))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		for _, policy := range []Policy{Off, Optional, Required} {
			p, secure := NewParty(withPolicy(policy)), false
			for _, body := range [][]byte{first, second, first} {
				answer, a, err := p.Answer(body)
				switch {
				case err != nil:
					continue
				case policy == Off && a.Secure(), policy == Required && !a.Secure(), secure && !a.Secure():
					t.Fatalf("policy %d, was secure %v, is %v", policy, secure, a.Secure())
				case !a.Secure() && crypto(answer) != "":
					t.Fatalf("a key for clear sound:\n%s", answer)
				}
				secure = a.Secure()
			}
		}
	})
}
