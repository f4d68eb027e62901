//go:build linux

package app_test

import (
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip/siptest"
)

// Callers of this test have a number that begins with shownDigits, or withhold
// one that begins with withheldDigits: nine digits that nothing else has.
const (
	shownDigits    = "491517703"
	withheldDigits = "491628804"
)

// numbersFile is an operator's file with a trunk that is believed, a number
// where callers key in meetings, and one that leads to a meeting that is
// recorded.
func numbersFile(dir string) string {
	return fmt.Sprintf(`
sip: {listen: ["udp://127.0.0.1:0"]}
media: {ports: 15000-19999}
trunks: [{name: carrier, peers: ["127.0.0.0/8"], trust_identity: true, max_calls: 1000, max_calls_per_second: 500}]
numbers:
  - {number: "open", trunks: [carrier]}
  - {number: "recorded", trunks: [carrier], meeting: "300000001"}
meetings: [{id: "300000001", recording: on, consent: required}]
admission: {caller: {anonymous: admit}}
conference: {embedded: {webrtc: {listen: [127.0.0.1], ports: 0}, recordings: %q}}
records: {directory: %q}
announcements: {cache: %q}
admin: {listen: "127.0.0.1:0"}
log: {format: json, level: info}
`, filepath.Join(dir, "recordings"), filepath.Join(dir, "records"), filepath.Join(dir, "spoken"))
}

// TestACallersNumberIsNowhere has callers, of whom each second one withholds
// their number, key in wrong meetings and agree to be recorded, and looks for the
// numbers in all that a gateway in a process of its own has written and shown:
// files, log, metrics and API.
func TestACallersNumberIsNowhere(t *testing.T) {
	t.Parallel()
	const callers, atOnce, patient = 200, 20, 6
	var dir string
	p := startProcessWith(t, buildGateway(t), func(d string) string { dir = d; return numbersFile(d) })

	call := func(n int, to string) (*siptest.Call, func()) {
		c := siptest.Config{Gateway: p.sip, User: fmt.Sprintf("+%s%03d", shownDigits, n)}
		var options []siptest.Option
		if n%2 > 0 {
			c.User = "anonymous"
			options = append(options, siptest.WithHeader("Privacy", "id"),
				siptest.WithHeader("P-Asserted-Identity", fmt.Sprintf("<sip:+%s%03d@carrier.example>", withheldDigits, n)))
		}
		phone := siptest.New(t, c)
		return phone.Call(to, options...), phone.Close
	}
	var wg sync.WaitGroup
	for w := range atOnce {
		wg.Go(func() {
			for n := w; n < callers; n += atOnce {
				c, end := call(n, "open")
				if n < 2*atOnce {
					c.Press("999#1234#") // a wrong try, which is counted
				}
				c.Hangup()
				end()
			}
		})
	}
	wg.Wait()
	// Some agree to a recording, and are in the meeting while it is looked at.
	var in []*siptest.Call
	for n := range patient {
		c, _ := call(n, "recorded")
		in = append(in, c)
	}
	peertest.Eventually(t, "they are asked, and agree", func() bool {
		for _, c := range in {
			c.Press("1")
		}
		return strings.Count(p.get("/api/v1/calls"), `"phase":"talking"`) == patient
	})
	p.shows(t)
	p.nowhere(t, dir)
	for _, c := range in {
		c.Hangup()
	}
	peertest.Eventually(t, "all calls are written down", func() bool {
		return strings.Contains(p.get("/metrics"), "einwahl_calls_active 0\n")
	})
	p.shows(t)
	p.nowhere(t, dir)
	p.end()
	p.nowhere(t, dir)
	p.found(t, dir)
}

// get asks the gateway.
func (p *process) get(path string) string {
	p.tb.Helper()
	request, err := http.NewRequest(http.MethodGet, p.http+path, nil)
	if err != nil {
		p.tb.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		p.tb.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		p.tb.Fatalf("%s: %s, %v", path, answer.Status, err)
	}
	return string(text)
}

// shows looks at what the gateway shows.
func (p *process) shows(t *testing.T) {
	t.Helper()
	for _, path := range []string{"/metrics", "/api/v1/calls", "/api/v1/meetings", "/api/v1/trunks", "/api/v1/admissions", "/api/v1/guessing"} {
		lacks(t, path, p.get(path))
	}
}

// nowhere looks at what the gateway has written.
func (p *process) nowhere(t *testing.T, dir string) {
	t.Helper()
	lacks(t, "the log", p.text())
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		files++
		content, err := os.ReadFile(path)
		lacks(t, path, string(content))
		return err
	})
	if err != nil || files < 5 {
		t.Errorf("looked at %d files, %v", files, err)
	}
}

func lacks(t *testing.T, what, text string) {
	t.Helper()
	for _, digits := range []string{shownDigits, withheldDigits, shownDigits[2:], withheldDigits[2:]} {
		if at := strings.Index(text, digits); at >= 0 {
			t.Errorf("%s has a number: ...%q...", what, text[max(0, at-80):min(len(text), at+80)])
		}
	}
}

// found looks whether records were kept at all, so that there was something to
// look through: of who has shown their number, and of who has not.
func (p *process) found(t *testing.T, dir string) {
	t.Helper()
	g := &gateway{t: t}
	g.conf.Records.Directory = filepath.Join(dir, "records")
	text := g.records()
	lacks(t, "the records", text)
	if n := strings.Count(text, `"secure_leg"`); n != 206 {
		t.Errorf("%d calls are recorded", n)
	}
	if named, agreed := strings.Count(text, `"subject"`), strings.Count(text, `"agreed"`); named < 103 || agreed != 6 {
		t.Errorf("%d records have a pseudonym, and %d agreed", named, agreed)
	}
}
