package embedded

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/einwahl/einwahl/conference/embedded/webtest"
)

var fingerprints = regexp.MustCompile(`(?m)^a=fingerprint:(.*?)\r?$`)

// TestTheFingerprintThatHostsSeeIsInEveryDescription: an operator and a host can
// hold what they are shown against what any browser is connected with.
func TestTheFingerprintThatHostsSeeIsInEveryDescription(t *testing.T) {
	b := start(t, testConfig(t), beating(t), meetingOf("1", func(m *MeetingConfig) { m.HostPIN = "815815" }), meetingOf("2", nil))
	url := serve(t, b).URL
	info, err := b.Meeting("1")
	if err != nil || !regexp.MustCompile(`^sha-256 [0-9A-F]{2}(:[0-9A-F]{2}){31}$`).MatchString(info.Fingerprint) {
		t.Fatalf("the operator sees %+v, %v", info, err)
	}
	if other, err := b.Meeting("2"); err != nil || other.Fingerprint != info.Fingerprint {
		t.Errorf("another meeting has %+v, %v", other, err)
	}
	host := webtest.Dial(t, url, "1", webtest.Join{Name: "Ada", PIN: "815815"})
	host.Joined()
	guest := webtest.Dial(t, url, "1", webtest.Join{Name: "Bob"})
	guest.Joined()
	alone := webtest.Dial(t, url, "2", webtest.Join{Name: "Carl"})
	alone.Joined()

	host.Told("the fingerprint", func(m webtest.Message) bool { return m.Type == "state" && m.Meeting.Fingerprint == info.Fingerprint })
	guest.Told("a state", func(m webtest.Message) bool { return m.Type == "state" })
	for _, m := range guest.All(func(m webtest.Message) bool { return m.Meeting.Fingerprint != "" }) {
		t.Errorf("a guest is told %q", m.Meeting.Fingerprint)
	}
	answered := func(m webtest.Message) bool { return m.Type == "pub.answer" }
	host.Told("an answer", answered)
	guest.Told("an answer", answered)
	// Enhanced encryption makes all connections anew.
	host.Say(request{Type: "host", Action: "encryption", Level: "enhanced"})
	for who, p := range map[string]*webtest.Peer{"host": host, "guest": guest} {
		p.Await("answers of both connections", func(h webtest.History) bool { return count(h.Messages, answered) > 1 })
		p.Told("voices", func(m webtest.Message) bool { return m.Type == "sub.offer" })
		checkFingerprints(t, who, p, info.Fingerprint)
	}
	alone.Told("an answer", answered)
	checkFingerprints(t, "who is in another meeting", alone, info.Fingerprint)
}

// checkFingerprints wants one and the same in all that a page was sent.
func checkFingerprints(t *testing.T, who string, p *webtest.Peer, want string) {
	t.Helper()
	for _, m := range p.All(func(m webtest.Message) bool { return m.SDP != "" }) {
		found := fingerprints.FindAllStringSubmatch(m.SDP, -1)
		if len(found) == 0 || slices.ContainsFunc(found, func(f []string) bool { return f[1] != want }) {
			t.Errorf("%s: %s has the fingerprints %q, want %q", who, m.Type, found, want)
		}
	}
}

// TestTheCertificateOutlivesTheProcess: with one that is over there would be no
// connection more.
func TestTheCertificateOutlivesTheProcess(t *testing.T) {
	now := time.Now()
	c, err := newCertificate(now)
	if err != nil {
		t.Fatal(err)
	}
	if left := c.own.Expires().Sub(now); left < 5*365*24*time.Hour {
		t.Errorf("the certificate is good for %v", left)
	}
	if other, err := newCertificate(now); err != nil || other.fingerprint == c.fingerprint {
		t.Errorf("another process has the same: %v", err)
	}
}
