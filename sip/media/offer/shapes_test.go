package offer

import (
	"strings"
	"testing"
)

// TestShapesOfPeers: the descriptions that trunks and PBXs are known to send,
// with values of our own.
func TestShapesOfPeers(t *testing.T) {
	k30, k46, k44 := inline(30, 1), inline(46, 2), inline(44, 3)
	for _, tt := range []struct {
		name    string
		offer   string
		profile string
		codec   string
		suite   Suite
		digits  uint8
		remote  string
		rtcp    string
	}{
		{
			name: "Teams Direct Routing: SAVP, lifetime, RTCP named, comfort noise, 101 among many",
			offer: `v=0
o=- 70211 0 IN IP4 198.51.100.20
s=session
c=IN IP4 198.51.100.20
b=CT:10000000
t=0 0
m=audio 52004 RTP/SAVP 104 9 111 18 0 8 97 101 13 118
c=IN IP4 198.51.100.20
a=rtcp:52005
a=label:Audio
a=mid:1
a=sendrecv
a=rtpmap:104 SILK/16000
a=rtpmap:9 G722/8000
a=rtpmap:111 SIREN/16000
a=fmtp:111 bitrate=16000
a=rtpmap:18 G729/8000
a=fmtp:18 annexb=no
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:97 RED/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=rtpmap:13 CN/8000
a=rtpmap:118 CN/16000
a=ptime:20
a=crypto:1 AES_CM_128_HMAC_SHA1_80 ` + k30 + `|2^31
`,
			profile: "RTP/SAVP", codec: "PCMA", suite: AES128SHA80, digits: 101, remote: "198.51.100.20:52004", rtcp: "198.51.100.20:52005",
		},
		{
			name: "Skype for Business: identifier and lifetime, the old AES 256 first",
			offer: `v=0
o=- 5 1 IN IP4 198.51.100.21
s=session
c=IN IP4 198.51.100.21
t=0 0
m=audio 50010 RTP/SAVP 8 101
a=crypto:2 AES_CM_256_HMAC_SHA1_80 ` + k46 + `|2^31|1:1
a=crypto:3 AES_CM_128_HMAC_SHA1_80 ` + k30 + `|2^31|1:1
a=rtpmap:101 telephone-event/8000
`,
			profile: "RTP/SAVP", codec: "PCMA", suite: AES256SHA80, digits: 101, remote: "198.51.100.21:50010", rtcp: "198.51.100.21:50011",
		},
		{
			name: "Twilio: SAVP, PCMU first, no lifetime",
			offer: `v=0
o=root 1842 1842 IN IP4 198.51.100.30
s=Gateway
c=IN IP4 198.51.100.30
t=0 0
m=audio 14002 RTP/SAVP 0 8 101
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=crypto:1 AES_CM_128_HMAC_SHA1_80 ` + k30 + `
a=ptime:20
a=maxptime:150
a=sendrecv
`,
			profile: "RTP/SAVP", codec: "PCMA", suite: AES128SHA80, digits: 101, remote: "198.51.100.30:14002", rtcp: "198.51.100.30:14003",
		},
		{
			name: "Telekom: bandwidths, AMR beside PCMA, telephone-event at two clocks, IPv6 beside IPv4",
			offer: `v=0
o=- 99 1 IN IP4 198.51.100.40
s=-
c=IN IP4 198.51.100.40
t=0 0
m=audio 30042 RTP/AVP 104 8 110 101
c=IN IP6 2001:db8::40
c=IN IP4 198.51.100.40
b=AS:41
b=RS:512
b=RR:1537
a=rtpmap:104 AMR-WB/16000/1
a=fmtp:104 mode-change-capability=2; max-red=0
a=rtpmap:8 PCMA/8000/1
a=rtpmap:110 telephone-event/16000
a=rtpmap:101 telephone-event/8000
a=ptime:20
a=maxptime:240
a=sendrecv
`,
			profile: "RTP/AVP", codec: "PCMA", digits: 101, remote: "198.51.100.40:30042", rtcp: "198.51.100.40:30043",
		},
		{
			name: "Telekom with encryption: three suites, and a=3ge2ae",
			offer: `v=0
o=- 99 1 IN IP4 198.51.100.40
s=-
c=IN IP4 198.51.100.40
t=0 0
m=audio 30044 RTP/SAVP 9 8 101
a=rtpmap:101 telephone-event/8000
a=crypto:1 AES_256_CM_HMAC_SHA1_80 ` + k46 + `
a=crypto:2 AES_CM_128_HMAC_SHA1_80 ` + k30 + `
a=crypto:3 AES_CM_128_HMAC_SHA1_32 ` + k30 + `
a=3ge2ae:requested
`,
			profile: "RTP/SAVP", codec: "PCMA", suite: AES256SHA80, digits: 101, remote: "198.51.100.40:30044", rtcp: "198.51.100.40:30045",
		},
		{
			name: "3CX: SAVP first, the same in the clear after it",
			offer: `v=0
o=3cxPS 11 1 IN IP4 198.51.100.50
s=3cxPS Audio call
c=IN IP4 198.51.100.50
t=0 0
m=audio 9012 RTP/SAVP 8 0 101
a=rtpmap:101 telephone-event/8000
a=crypto:0 AES_CM_128_HMAC_SHA1_80 ` + k30 + `
m=audio 9014 RTP/AVP 8 0 101
a=rtpmap:101 telephone-event/8000
`,
			profile: "RTP/SAVP", codec: "PCMA", suite: AES128SHA80, digits: 101, remote: "198.51.100.50:9012", rtcp: "198.51.100.50:9013",
		},
		{
			name: "Asterisk, optimistic: AVP with keys, RTCP on the port of RTP",
			offer: `v=0
o=- 1290 1290 IN IP4 198.51.100.60
s=Asterisk
c=IN IP4 198.51.100.60
t=0 0
m=audio 17690 RTP/AVP 8 101
a=crypto:1 AES_CM_128_HMAC_SHA1_80 ` + k30 + `
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-16
a=ptime:20
a=maxptime:140
a=sendrecv
a=rtcp-mux
`,
			profile: "RTP/AVP", codec: "PCMA", suite: AES128SHA80, digits: 101, remote: "198.51.100.60:17690", rtcp: "198.51.100.60:17690",
		},
		{
			name: "FreeSWITCH: GCM first, AES 192 between, SAVPF, RTCP beside",
			offer: `v=0
o=FreeSWITCH 17000 17001 IN IP4 198.51.100.70
s=FreeSWITCH
c=IN IP4 198.51.100.70
t=0 0
m=audio 27010 RTP/SAVPF 18 0 101 13
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=crypto:1 AES_192_CM_HMAC_SHA1_80 ` + inline(38, 9) + `
a=crypto:2 AEAD_AES_256_GCM ` + k44 + `
a=crypto:3 AES_CM_128_HMAC_SHA1_80 ` + k30 + `
a=ptime:20
a=rtcp:27011 IN IP4 198.51.100.70
`,
			profile: "RTP/SAVPF", codec: "PCMU", suite: AES256GCM, digits: 101, remote: "198.51.100.70:27010", rtcp: "198.51.100.70:27011",
		},
		{
			name: "FRITZ!Box: line feeds, RTCP named, sendrecv",
			offer: `v=0
o=user 31 31 IN IP4 198.51.100.80
s=call
c=IN IP4 198.51.100.80
t=0 0
m=audio 7082 RTP/AVP 9 8 0 2 102 100 99 101 97 120 121
a=sendrecv
a=rtpmap:2 G726-32/8000
a=rtpmap:102 G726-32/8000
a=rtpmap:100 G726-40/8000
a=rtpmap:99 G726-24/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=rtpmap:97 iLBC/8000
a=fmtp:97 mode=30
a=rtpmap:120 PCMA/16000
a=rtpmap:121 PCMU/16000
a=rtcp:7083
`,
			profile: "RTP/AVP", codec: "PCMA", digits: 101, remote: "198.51.100.80:7082", rtcp: "198.51.100.80:7083",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := withPolicy(Optional)
			l.Codecs = Codecs([]string{"pcma", "pcmu"})
			answer, a, err := NewParty(l).Answer([]byte(strings.ReplaceAll(tt.offer, "\n", "\r\n")))
			if err != nil {
				t.Fatal(err)
			}
			if a.Profile != tt.profile || a.Send.Name != tt.codec || a.Ours.Suite != tt.suite || a.Theirs.Suite != tt.suite || a.Digits.Type != tt.digits {
				t.Errorf("%s %s, suites %d and %d, digits %d", a.Profile, a.Send.Name, a.Ours.Suite, a.Theirs.Suite, a.Digits.Type)
			}
			if a.Remote.String() != tt.remote || a.RTCP.String() != tt.rtcp {
				t.Errorf("remote %v, RTCP %v", a.Remote, a.RTCP)
			}
			if n := strings.Count(string(answer), "a=crypto:"); n > 1 || (n == 1) != (tt.suite != Clear) {
				t.Errorf("%d keys answered:\n%s", n, answer)
			}
		})
	}
}
