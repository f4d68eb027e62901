package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/gateway/admin"
)

// TestTheFingerprintOfTheAPIIsInTheDescription: an operator reads it in the API,
// and whoever joins by browser is connected with the certificate that it names.
func TestTheFingerprintOfTheAPIIsInTheDescription(t *testing.T) {
	t.Parallel()
	const meeting = "100000001"
	g := startGateway(t, nil)
	var one, other admin.Meeting
	if code := g.request(http.MethodGet, "/api/v1/meetings/"+meeting, nil, &one); code != http.StatusOK || !strings.HasPrefix(one.Fingerprint, "sha-256 ") {
		t.Fatalf("%d: %+v", code, one)
	}
	if code := g.request(http.MethodGet, "/api/v1/meetings/100000002", nil, &other); code != http.StatusOK || other.Fingerprint != one.Fingerprint {
		t.Errorf("%d: another meeting has %q", code, other.Fingerprint)
	}
	page := webtest.Dial(t, "http://"+g.app.HTTP().String(), meeting, webtest.Join{Name: "Ada"})
	page.Joined()
	answer := page.Told("an answer", func(m webtest.Message) bool { return m.Type == "pub.answer" })
	if want := "\r\na=fingerprint:" + one.Fingerprint + "\r\n"; strings.Count(answer.SDP, "a=fingerprint:") != strings.Count(answer.SDP, want) || !strings.Contains(answer.SDP, want) {
		t.Errorf("the description lacks %q:\n%s", want, answer.SDP)
	}
	page.Connected()
}
