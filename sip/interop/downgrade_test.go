package interop

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/einwahl/einwahl/sip/siptest"
)

// sdp is an offer of PCMA on these m= lines and what belongs to them.
func sdp(version int, lines ...string) string {
	return fmt.Sprintf("v=0\r\no=- 1 %d IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n%s\r\n", version, strings.Join(lines, "\r\n"))
}

func keyLine(tag int) string {
	return fmt.Sprintf("a=crypto:%d AES_CM_128_HMAC_SHA1_80 inline:%s|2^31|1:1", tag, base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 30)))
}

const (
	clearLine = "m=audio 40000 RTP/AVP 8"
	savpLine  = "m=audio 40002 RTP/SAVP 8"
	dtlsLine  = "m=audio 40004 UDP/TLS/RTP/SAVPF 8"
)

// Rows 5 and 6: what a trunk's policy makes of an offer, on the wire.
func TestPolicyDecidesWhatIsAnswered(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, policy string
		offer        []string
		status       int
		answer       string // our lines in use
	}{
		{"off, clear", "off", []string{clearLine}, 200, "RTP/AVP"},
		{"off, keys beside clear sound", "off", []string{clearLine, keyLine(1)}, 200, "RTP/AVP"},
		{"off, encrypted", "off", []string{savpLine, keyLine(1)}, 488, ""},
		{"optional, clear", "optional", []string{clearLine}, 200, "RTP/AVP"},
		{"optional, keys beside clear sound", "optional", []string{clearLine, keyLine(3)}, 200, "RTP/AVP 3"},
		{"optional, encrypted", "optional", []string{savpLine, keyLine(2)}, 200, "RTP/SAVP 2"},
		{"optional, encrypted and clear side by side", "optional", []string{clearLine, savpLine, keyLine(1)}, 200, "RTP/SAVP 1"},
		{"optional, DTLS without ICE beside clear sound", "optional", []string{dtlsLine, "a=setup:actpass", clearLine}, 200, "RTP/AVP"},
		{"required, clear", "required", []string{clearLine}, 488, ""},
		{"required, encrypted", "required", []string{savpLine, keyLine(1)}, 200, "RTP/SAVP 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := encrypted(t, tt.policy)
			call := siptest.New(t, siptest.Config{Gateway: g.address("udp")}).
				Dial("100", siptest.WithBody("application/sdp", sdp(1, tt.offer...)))
			final := call.Final()
			if final.Status() != tt.status {
				t.Fatalf("%s, want %d", final.Start, tt.status)
			}
			if tt.status != 200 {
				if !strings.Contains(final.Get("Reason"), "Q.850") {
					t.Errorf("no reason: %s", final.Get("Reason"))
				}
				return
			}
			if got := inUse(string(final.Body)); got != tt.answer {
				t.Errorf("answered %q, want %q, in\n%s", got, tt.answer, final.Body)
			}
			call.Hangup()
		})
	}
}

// inUse is the profile of the line that an answer takes, and the tag of its key.
func inUse(answer string) string {
	var found string
	for line := range strings.SplitSeq(answer, "\r\n") {
		if rest, ok := strings.CutPrefix(line, "m=audio "); ok && !strings.HasPrefix(rest, "0 ") {
			found += strings.Fields(rest)[1]
		}
		if rest, ok := strings.CutPrefix(line, "a=crypto:"); ok {
			found += " " + strings.Fields(rest)[0]
		}
	}
	return found
}

// Section 4, downgrade: a re-INVITE cannot take the encryption from a call. It
// is refused, and the call goes on with the keys that it had.
func TestReinviteCannotTakeTheEncryption(t *testing.T) {
	t.Parallel()
	for _, policy := range []string{"optional", "required"} {
		t.Run(policy, func(t *testing.T) {
			t.Parallel()
			g := encrypted(t, policy)
			call := siptest.New(t, siptest.Config{Gateway: g.address("udp")}).
				Dial("100", siptest.WithBody("application/sdp", sdp(1, savpLine, keyLine(1))))
			answer := string(call.Final().Body)
			for _, method := range []string{"INVITE", "UPDATE"} {
				refused := call.RequestWith(method, "application/sdp", sdp(2, clearLine))
				if refused.Status() != 488 {
					t.Errorf("%s: %s, want 488", method, refused.Start)
				}
			}
			again := call.RequestWith("INVITE", "application/sdp", sdp(1, savpLine, keyLine(1)))
			if again.Status() != 200 || string(again.Body) != answer {
				t.Errorf("%s; the keys have changed:\n%s\n%s", again.Start, answer, again.Body)
			}
			if m := call.Hangup(); m.Status() != 200 {
				t.Errorf("BYE: %s", m.Start)
			}
		})
	}
}
