package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/gateway/records"
	"github.com/einwahl/einwahl/sip/siptest"
	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/wav"
)

// callersAtOnce are as many callers as agree one after the other when their gateway is
// killed, each in a meeting of their own.
const callersAtOnce = 4

// TestWhoWasHeardHasAgreedWheneverTheGatewayIsKilled kills whole gateways while callers
// agree to a recording, at all moments between the key and the open door. Where
// anybody in a meeting has heard anything of the caller, their yes is in what is left
// on the disk.
func TestWhoWasHeardHasAgreedWheneverTheGatewayIsKilled(t *testing.T) {
	words := shortWords(t)
	var heard, agreed, neither atomic.Int64
	t.Run("killed", func(t *testing.T) {
		for n := range 5 {
			t.Run(strconv.Itoa(n), func(t *testing.T) {
				t.Parallel()
				g := startToKill(t, words)
				left := g.kill(n)
				for _, c := range g.callers {
					yes, passed := left[c.meeting], c.passed.Load()
					switch {
					case passed > 0 && !yes:
						t.Errorf("%d packets of a caller have come to meeting %s, and no yes is in the records", passed, c.meeting)
					case passed > 0:
						heard.Add(1)
					case yes:
						agreed.Add(1)
					default:
						neither.Add(1)
					}
				}
			})
		}
	})
	t.Logf("%d callers were heard, %d had agreed, and %d had not", heard.Load(), agreed.Load(), neither.Load())
	if heard.Load() < 2 || agreed.Load()+neither.Load() < 2 {
		t.Error("want callers who were heard, and callers who were not yet")
	}
}

// toKill is a gateway that runs, and whoever is at it.
type toKill struct {
	*running
	callers []*agreeing
}

// agreeing is a caller who is asked about a recording, and somebody who listens to
// them.
type agreeing struct {
	meeting string
	call    *siptest.Call
	listens *webtest.Peer
	passed  atomic.Int64 // packets of the caller's voice
}

// startToKill starts a gateway, and has callers be asked there.
func startToKill(t *testing.T, words string) *toKill {
	t.Helper()
	file := "sip: {listen: ['udp://127.0.0.1:0']}\nadmin: {listen: '127.0.0.1:0'}\n" +
		"conference: {embedded: {webrtc: {ports: 0, listen: ['127.0.0.1']}}}\n" +
		"trunks: [{name: loopback, peers: ['127.0.0.1']}]\nannouncements: {directory: " + words + ", lead_in: 0s}\n" +
		"limits: {drain: 0s}\nlog: {format: json}\nrecording: {consent: required}\nnumbers:\n"
	meetings := "meetings:\n"
	for i := range callersAtOnce {
		file += fmt.Sprintf("  - {number: en%d, trunks: [loopback], languages: [en], meeting: '10000000%d'}\n", i, i)
		meetings += fmt.Sprintf("  - {id: 10000000%d, recording: 'on'}\n", i)
	}
	g := &toKill{running: begin(t, program(t.Context(), t.TempDir(), "run", "--config", write(t, "", file+meetings)))}
	phone := siptest.New(t, siptest.Config{Gateway: g.sip})
	for i := range callersAtOnce {
		c := &agreeing{meeting: fmt.Sprintf("10000000%d", i)}
		c.listens = webtest.Dial(t, g.http, c.meeting, webtest.Join{Name: "Ada"}, webtest.Hears(func(string, rtp.Header, []byte, time.Time) { c.passed.Add(1) }))
		c.listens.Joined()
		c.call = phone.Call(fmt.Sprintf("en%d", i))
		c.call.Play(siptest.Tone(440, time.Minute))
		c.call.Press("#") // over the privacy notice
		g.callers = append(g.callers, c)
	}
	peertest.Eventually(t, "all are asked", func() bool { return g.asked() == callersAtOnce })
	return g
}

// kill has the callers agree, one a moment after the other, and kills the gateway: the
// first ones a moment later, and the last ones once somebody is heard. It returns in
// which meetings a yes is in the records.
func (g *toKill) kill(n int) (left map[string]bool) {
	g.t.Helper()
	for _, c := range g.callers {
		c.call.Press("11111")                                // of which those count that are pressed during the question
		time.Sleep(time.Duration(n) * 37 * time.Millisecond) // no matter which moment it is
	}
	if n > 2 {
		peertest.Eventually(g.t, "somebody is heard", func() bool {
			return slices.ContainsFunc(g.callers, func(c *agreeing) bool { return c.passed.Load() > 0 })
		})
	}
	if err := g.command.Process.Kill(); err != nil {
		g.t.Fatal(err)
	}
	if err := g.wait(); err == nil || g.command.ProcessState.Exited() {
		g.t.Fatalf("the program has ended by itself: %v", err)
	}
	for _, c := range g.callers {
		c.listens.Close() // with all that has come
	}
	return agreements(g.t, g.command.Dir)
}

// shortWords is a folder of announcements that take no time: a caller's way into a
// meeting is as long as the program takes.
func shortWords(t *testing.T) (folder string) {
	t.Helper()
	library, err := announcements.Open(announcements.DefaultConfig(), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	folder = t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "en"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, p := range library.Prompts() {
		f, err := os.Create(filepath.Join(folder, "en", string(p)+".wav"))
		if err != nil {
			t.Fatal(err)
		}
		if err := wav.Write(f, pcm.Narrowband, siptest.Tone(440, 100*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// asked is how many callers were asked.
func (r *running) asked() int {
	r.t.Helper()
	req, err := http.NewRequest(http.MethodGet, r.http+"/metrics", nil)
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer token-of-this-test")
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), `einwahl_prompts_total{language="en",prompt="`+string(announcements.ConsentAgree)+`"} `)
	count, _, _ := strings.Cut(after, "\n")
	n, _ := strconv.Atoi(count)
	return n
}

// agreements are the meetings with a yes in the records that a gateway has left in its
// folder. They have to be whole.
func agreements(t *testing.T, folder string) map[string]bool {
	t.Helper()
	yes := map[string]bool{}
	c := records.DefaultConfig()
	c.Directory = filepath.Join(folder, c.Directory)
	look, err := records.Look(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer look.Close()
	for e, err := range look.Entries(0) {
		if err != nil {
			t.Fatal(err)
		}
		var entry records.Consent
		if json.Unmarshal(e.Body, &entry) == nil && entry.Kind == records.KindRecording && entry.Answer == conference.Agreed.String() {
			yes[entry.Meeting] = true
		}
	}
	if report, err := look.Verify(nil, nil); err != nil || !report.Whole() {
		t.Errorf("the records are not whole: %+v, %v", report, err)
	}
	if stdout, stderr, code := call(t, "records", "verify", "--config", write(t, "", "records: {directory: "+c.Directory+"}\n")); code != 0 {
		t.Errorf("records verify: %d\n%s%s", code, stdout, stderr)
	}
	return yes
}
