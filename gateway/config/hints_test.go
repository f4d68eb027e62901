package config

import (
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/peertest"
)

func TestHintsTellWhatIsHardlyMeant(t *testing.T) {
	certificate, key := peertest.SelfSigned(t)
	secure := "admission: {secure_leg: true}\nsip: {listen: ['tls://0.0.0.0', 'udp://0.0.0.0'], tls: {certificate: " + certificate + ", key: " + key + "}}\n"
	for _, tt := range []struct {
		name, file string
		later      time.Duration
		want       string
	}{
		{"a carrier cannot reach loopback", bones, 0, "trunks[0].peers: 10.0.0.0/8 is beyond this machine"},
		{"a trunk for the world may be tried here", "trunks: [{name: a, peers: [0.0.0.0/0], auth: {users: [{user: u, password: long enough}]}}]\nnumbers: [{number: 1, trunks: [a]}]\nmeetings: [{id: 1}]", 0, ""},
		{"this machine can", "trunks: [{name: a, peers: [127.0.0.1, '::1']}]\nnumbers: [{number: 1, trunks: [a]}]\nmeetings: [{id: 1}]", 0, ""},
		{"the telephone at /phone needs no ws:// in sip.listen", "trunks: [{name: a, peers: [127.0.0.1], transports: [ws]}]\nnumbers: [{number: 1, trunks: [a]}]\nmeetings: [{id: 1}]", 0, ""},
		{"a carrier reaches 0.0.0.0", "sip: {listen: ['udp://0.0.0.0']}" + bones, 0, ""},
		{"a trunk without a number is of no use", "sip: {listen: ['udp://0.0.0.0']}\ntrunks: [{name: a, peers: [10.0.0.1]}, {name: b, peers: [10.0.0.2]}]\nnumbers: [{number: 1, trunks: [a]}]\nmeetings: [{id: 1}]", 0, "trunks[1].name: no entry of numbers has trunk b"},
		{"a number without meetings is of no use", "sip: {listen: ['udp://0.0.0.0']}\ntrunks: [{name: a, peers: [10.0.0.1]}]\nnumbers: [{number: 1, trunks: [a]}]", 0, "meetings: there is none"},
		{"calls in the clear are all refused", "admission: {secure_leg: true}\nsip: {listen: ['udp://0.0.0.0']}" + bones, 0, "trunks[0].transports: none of its calls can come encrypted"},
		{"calls over TLS are not", secure + bones, 0, ""},
		{"a certificate has run out", secure + bones, 100 * 365 * 24 * time.Hour, "sip.tls.certificate: it was valid until"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := parse([]byte(tt.file), still())
			if err != nil {
				t.Fatal(err)
			}
			hints := strings.Join(c.Hints(time.Now().Add(tt.later)), "\n")
			if !strings.HasPrefix(hints, tt.want) || (tt.want == "") != (hints == "") || strings.Contains(hints, "\n") {
				t.Errorf("hints:\n%s\nwant one that begins with:\n%s", hints, tt.want)
			}
		})
	}
}

func TestSampleNeedsNoHints(t *testing.T) {
	c := Sample()
	if hints := c.Hints(time.Now()); len(hints) > 0 {
		t.Errorf("hints for the sample: %q", hints)
	}
}
