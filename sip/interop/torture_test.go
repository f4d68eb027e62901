package interop

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/einwahl/einwahl/sip/siptest"
)

const silence = 0

// torture are the messages of RFC 4475 and RFC 5118 by the names that these give
// them, and what is answered. Where a registrar or proxy is meant we say what we
// are: REGISTER and MESSAGE are read to their end and refused with 405.
var torture = [...]struct {
	name, rule string
	status     []int
	tcp        []int // where it is another over a stream
}{
	// RFC 4475 section 3.1.1: valid.
	{name: "wsinv", rule: "white space and folds anywhere", status: []int{200}},
	{name: "intmeth", rule: "unusual characters", status: []int{501}},
	{name: "esc01", rule: "escaped characters are not separators", status: []int{200}},
	{name: "escnull", rule: "an escaped NUL", status: []int{405}},
	{name: "esc02", rule: "escapes in a method are no escapes", status: []int{501}},
	{name: "lwsdisp", rule: "no space before <", status: []int{200}},
	{name: "longreq", rule: "long values", status: []int{200}},
	{name: "dblreq", rule: "what follows the message is not read", status: []int{405}},
	{name: "semiuri", rule: "a semicolon in the user part", status: []int{200}},
	{name: "transports", rule: "unknown transports further down", status: []int{200}},
	{name: "mpart01", rule: "a binary body", status: []int{405}},
	{name: "unreason", rule: "an answer to nothing", status: []int{silence}},
	{name: "noreason", rule: "an answer without a phrase", status: []int{silence}},
	// RFC 4475 section 3.1.2: invalid.
	{name: "badinv01", rule: "separators without values", status: []int{400}},
	{name: "clerr", rule: "a body shorter than it says", status: []int{400}, tcp: []int{silence}},
	{name: "ncl", rule: "a negative length", status: []int{400}, tcp: []int{silence}},
	{name: "scalar02", rule: "numbers out of range", status: []int{400}},
	{name: "scalarlg", rule: "an answer with numbers out of range", status: []int{silence}},
	{name: "quotbal", rule: "a quote without an end", status: []int{400}},
	{name: "ltgtruri", rule: "brackets around the Request-URI", status: []int{400, 416}},
	{name: "lwsruri", rule: "white space in the Request-URI", status: []int{400}},
	{name: "lwsstart", rule: "several spaces in the start line", status: []int{400}},
	{name: "trws", rule: "spaces after the start line", status: []int{400, 200}},
	{name: "escruri", rule: "headers in the Request-URI", status: []int{400, 200}},
	{name: "baddate", rule: "a date of another zone", status: []int{200, 400}},
	{name: "regbadct", rule: "a Contact that needs brackets", status: []int{400, 405}},
	{name: "badaspec", rule: "spaces inside brackets", status: []int{200, 400}},
	{name: "baddn", rule: "a comma in a name without quotes", status: []int{400, 200}},
	{name: "badvers", rule: "an unknown version", status: []int{505}},
	{name: "mismatch01", rule: "another method in CSeq", status: []int{400}},
	{name: "mismatch02", rule: "another method in CSeq of an unknown one", status: []int{400, 501}},
	{name: "bigcode", rule: "a status that is none", status: []int{silence}},
	// RFC 4475 sections 3.2 to 3.4.
	{name: "badbranch", rule: "a branch of nothing but the cookie", status: []int{200}},
	{name: "insuf", rule: "missing headers", status: []int{400}},
	{name: "unkscm", rule: "an unknown scheme", status: []int{416}},
	{name: "novelsc", rule: "a known scheme that is not ours", status: []int{416}},
	{name: "unksm2", rule: "unknown schemes in To and From", status: []int{405}},
	{name: "bext01", rule: "unknown extensions required", status: []int{420}},
	{name: "invut", rule: "an unknown body", status: []int{415}},
	{name: "regaut01", rule: "an unknown scheme of proof", status: []int{405}},
	{name: "multi01", rule: "headers twice that may be there once", status: []int{400}},
	{name: "mcl01", rule: "two lengths", status: []int{400}, tcp: []int{silence}},
	{name: "bcast", rule: "an answer that would be passed on to everybody", status: []int{silence}},
	{name: "zeromf", rule: "OPTIONS may end here", status: []int{200}},
	{name: "cparam01", rule: "a parameter of Contact", status: []int{405}},
	{name: "cparam02", rule: "a parameter of the address in it", status: []int{405}},
	{name: "regescrt", rule: "a header in an address", status: []int{405}},
	{name: "sdp01", rule: "a caller who does not take SDP", status: []int{406, 488}},
	{name: "inv2543", rule: "a caller of RFC 2543, which nobody speaks any more", status: []int{400}},
	// RFC 5118.
	{name: "ipv6-good", rule: "IPv6 in brackets", status: []int{405}},
	{name: "ipv6-bad", rule: "IPv6 without brackets", status: []int{400}},
	{name: "port-ambiguous", rule: "a port inside the brackets is none", status: []int{405}},
	{name: "port-unambiguous", rule: "a port behind them", status: []int{405}},
	{name: "via-received-param-with-delim", rule: "received with brackets", status: []int{200}},
	{name: "via-received-param-no-delim", rule: "received without", status: []int{200}},
	{name: "ipv6-in-sdp", rule: "IPv6 for the sound", status: []int{200}},
	{name: "mult-ip-in-header", rule: "both families in Via", status: []int{200}},
	{name: "mult-ip-in-sdp", rule: "both families for the sound", status: []int{200}},
	{name: "ipv4-mapped-ipv6", rule: "IPv4 in the clothes of IPv6", status: []int{200}},
	{name: "ipv6-bug-abnf-3-colons", rule: "three colons", status: []int{200, 400}},
}

// Each message comes from an address of its own and from port 5060, so that an
// answer finds its way whatever Via says.
func TestTorture(t *testing.T) {
	t.Parallel()
	g := start(t, func(s *settings) { s.trunk.Peers = []string{"127.0.7.0/24", "127.0.8.0/24"} })
	for i, tt := range torture {
		message, err := os.ReadFile(filepath.Join("..", "testdata", "torture", tt.name+".sip"))
		if err != nil {
			t.Fatal(err)
		}
		t.Run(tt.name+": "+tt.rule, func(t *testing.T) {
			t.Parallel()
			udp := fmt.Sprintf("127.0.7.%d", i+1)
			wantTorture(t, "UDP", g.tortureUDP(t, udp, message), tt.status)
			if tt.tcp == nil {
				tt.tcp = tt.status
			}
			// Not the same transaction again.
			other := bytes.ReplaceAll(message, []byte("z9hG4bK"), []byte("z9hG4bKt"))
			other = bytes.ReplaceAll(other, []byte("Call-ID: "), []byte("Call-ID: t"))
			wantTorture(t, "TCP", g.tortureTCP(t, fmt.Sprintf("127.0.8.%d", i+1), other), tt.tcp)
		})
	}
}

func TestTortureIsComplete(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "testdata", "torture", "*.sip"))
	if err != nil || len(files) != len(torture) {
		t.Errorf("%d files for %d rows, %v", len(files), len(torture), err)
	}
}

func wantTorture(t *testing.T, network string, got int, want []int) {
	t.Helper()
	for _, status := range want {
		if got == status {
			return
		}
	}
	t.Errorf("%s: answered with %d, want %v", network, got, want)
}

// canary counts the requests that follow a message to see whether it was passed
// over in silence.
var canary atomic.Uint64

// tortureUDP returns the final status, 0 for silence: what is sent after the
// message is answered before it would be.
func (g *gateway) tortureUDP(t *testing.T, local string, message []byte) int {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(local), Port: 5060})
	if err != nil {
		t.Fatalf("answers without rport come to port 5060 of %s, which something holds: %v", local, err)
	}
	defer conn.Close()
	to, _ := net.ResolveUDPAddr("udp", g.address("udp"))
	mark := fmt.Sprintf("canary-%d", canary.Add(1))
	_, _ = conn.WriteToUDP(message, to)
	_, _ = conn.WriteToUDP([]byte(strings.Replace(options("UDP "+local+":5060"), "Call-ID: ", "Call-ID: "+mark, 1)), to)
	_ = conn.SetReadDeadline(time.Now().Add(siptest.Patience))
	buf := make([]byte, 1<<16)
	provisional := false
	for {
		n, err := conn.Read(buf)
		switch status := statusOf(buf[:n]); {
		case err != nil:
			return silence
		case bytes.Contains(buf[:n], []byte(mark)):
			if !provisional {
				return silence
			}
		case status >= 200:
			return status
		case status >= 100:
			provisional = true
		}
	}
}

func (g *gateway) tortureTCP(t *testing.T, local string, message []byte) int {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(local)}}
	conn, err := d.Dial("tcp", g.address("tcp"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	mark := fmt.Sprintf("canary-%d", canary.Add(1))
	_, _ = conn.Write(message)
	_, _ = conn.Write([]byte(strings.Replace(options("TCP "+local), "Call-ID: ", "Call-ID: "+mark, 1)))
	_ = conn.SetReadDeadline(time.Now().Add(siptest.Patience / 5))
	var got []byte
	buf := make([]byte, 1<<16)
	for {
		n, err := conn.Read(buf)
		got = append(got, buf[:n]...)
		for part := range bytes.SplitSeq(got, []byte("SIP/2.0 ")) {
			if status := statusOf(append([]byte("SIP/2.0 "), part...)); status >= 200 && !bytes.Contains(part, []byte("canary")) && bytes.Contains(part, []byte("\r\n\r\n")) {
				return status
			}
		}
		if err != nil || bytes.Contains(got, []byte(mark)) && !bytes.Contains(got, []byte("SIP/2.0 100")) {
			return silence
		}
	}
}

func statusOf(message []byte) int {
	if len(message) < 12 || !bytes.HasPrefix(message, []byte("SIP/2.0 ")) {
		return 0
	}
	status, _ := strconv.Atoi(string(message[8:11]))
	return status
}
