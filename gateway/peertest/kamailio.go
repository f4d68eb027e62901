package peertest

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Kamailio is a proxy, registrar or dispatcher with a configuration made by the
// test, on 127.0.0.1.
type Kamailio struct {
	t    testing.TB
	proc *process
	dir  string
	// Address is where it takes UDP and TCP.
	Address string
}

// KamailioConfig is what differs between the roles.
type KamailioConfig struct {
	// Listen are further sockets, as tcp:127.0.0.1:5070.
	Listen []string
	// Modules are loaded besides those that every role needs.
	Modules []string
	// Params are lines of modparam.
	Params []string
	// Routes are the routing blocks. Every role begins with request_route.
	Routes string
	// Files are written beside the configuration; {dir} in Params is their folder.
	Files map[string]string
}

// kamailioModules are what every role needs.
var kamailioModules = [...]string{"pv", "tm", "tmx", "sl", "rr", "maxfwd", "siputils", "textops", "xlog"}

// StartKamailio starts it on a port of Port and waits until it answers.
func StartKamailio(t testing.TB, port int, c KamailioConfig) *Kamailio {
	t.Helper()
	dir := t.TempDir()
	k := &Kamailio{t: t, dir: dir, Address: fmt.Sprintf("127.0.0.1:%d", port)}
	for name, content := range c.Files {
		k.write(name, content)
	}
	var b strings.Builder
	b.WriteString("#!KAMAILIO\ndebug=2\nlog_stderror=yes\nfork=yes\nchildren=2\ntcp_children=2\nauto_aliases=no\ndns=no\nrev_dns=no\nuse_dns_cache=off\ntcp_connection_lifetime=600\nmax_while_loops=50\n")
	if slices.Contains(c.Modules, "tls") {
		b.WriteString("enable_tls=yes\n")
	}
	fmt.Fprintf(&b, "listen=udp:%s\nlisten=tcp:%s\n", k.Address, k.Address)
	for _, l := range c.Listen {
		fmt.Fprintf(&b, "listen=%s\n", l)
	}
	for _, m := range append(kamailioModules[:], c.Modules...) {
		fmt.Fprintf(&b, "loadmodule \"%s.so\"\n", m)
	}
	b.WriteString("modparam(\"rr\", \"enable_double_rr\", 1)\nmodparam(\"rr\", \"enable_full_lr\", 1)\n")
	for _, p := range c.Params {
		fmt.Fprintf(&b, "modparam(%s)\n", strings.ReplaceAll(p, "{dir}", dir))
	}
	b.WriteString(c.Routes)
	k.write("kamailio.cfg", b.String())
	k.proc = start(t, dir, "kamailio", "-DD", "-E", "-f", filepath.Join(dir, "kamailio.cfg"), "-m", "32", "-M", "4", "-Y", dir, "-P", filepath.Join(dir, "pid"))
	Eventually(t, "kamailio listens", func() bool {
		select {
		case <-k.proc.done:
			t.Fatalf("kamailio has ended:\n%s", tail(k.proc.printed(), 4000))
		default:
		}
		conn, err := net.Dial("tcp", k.Address)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return k
}

func (k *Kamailio) write(name, content string) {
	k.t.Helper()
	if err := os.WriteFile(filepath.Join(k.dir, name), []byte(content), 0o600); err != nil {
		k.t.Fatal(err)
	}
}

// Kill ends it at once, as a crash does.
func (k *Kamailio) Kill() { k.proc.kill() }

// Printed is its log, with what xlog wrote.
func (k *Kamailio) Printed() string { return k.proc.printed() }

// RoutedCall is a SIPp call through a proxy to number: what follows the answer
// takes the way that Record-Route has recorded. The caller hangs up, or waits
// for the gateway to.
func RoutedCall(number, domain string, callerHangsUp bool) string {
	const head = `
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:+4930123456@%[2]s>;tag=[pid]from[call_number]
To: <sip:%[1]s@%[2]s>%[3]s
Call-ID: [call_id]
CSeq: %[4]d %[5]s
Max-Forwards: 70
Contact: <sip:sipp@[local_ip]:[local_port]>
%[6]s`
	request := func(uri, tag string, seq int, method, rest string) string {
		return method + " " + uri + " SIP/2.0" + fmt.Sprintf(head, number, domain, tag, seq, method, rest)
	}
	const session = `Content-Type: application/sdp
Content-Length: [len]

v=0
o=sipp 5365 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[local_ip_type] [local_ip]
t=0 0
m=audio [auto_media_port] RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=ptime:20
`
	const tag, routes = "[peer_tag_param]", "[routes]\nContent-Length: 0\n"
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\" encoding=\"ISO-8859-1\" ?>\n<scenario name=\"routed\">\n")
	send := func(attributes, message string) {
		fmt.Fprintf(&b, "<send %s><![CDATA[\n\n%s\n]]></send>\n", attributes, message)
	}
	send(`retrans="500"`, request("sip:"+number+"@"+domain, "", 1, "INVITE", session))
	b.WriteString("<recv response=\"100\" optional=\"true\"></recv>\n<recv response=\"180\" optional=\"true\"></recv>\n<recv response=\"200\" rrs=\"true\"></recv>\n")
	send("", request("[next_url]", tag, 1, "ACK", routes))
	if callerHangsUp {
		b.WriteString("<pause milliseconds=\"300\"/>\n")
		send(`retrans="500"`, request("[next_url]", tag, 2, "BYE", routes))
		b.WriteString("<recv response=\"200\"></recv>\n")
	} else {
		b.WriteString("<recv request=\"BYE\" timeout=\"20000\"></recv>\n")
		send("", "SIP/2.0 200 OK\n[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]\nContent-Length: 0\n")
	}
	b.WriteString("</scenario>\n")
	return b.String()
}
