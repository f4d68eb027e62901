package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/gateway/admin"
	"github.com/einwahl/einwahl/gateway/app"
	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/overload"
	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/gateway/records"
	"github.com/einwahl/einwahl/transcode/pcm"
)

const token = "token-of-the-tests"

// gateway is a whole gateway in the test's process, on ports of its own, with
// the meetings of the built-in sample.
type gateway struct {
	t    testing.TB
	app  *app.App
	conf config.Config
	dir  string
	log  *journal
}

// prompts are those that were asked for, by language and name. They are the same
// for all gateways, and dear to make.
var prompts sync.Map

// journal is a log that can be read while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write takes a line.
func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

// String is all that was written so far.
func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// startGateway starts a gateway with the sample's settings, as tweak leaves
// them. It ends with the test, and its log is shown when the test fails.
func startGateway(t testing.TB, tweak func(*config.Config)) *gateway {
	t.Helper()
	return startBefore(t, nil, tweak)
}

// startBefore is startGateway with a service put before the built-in one.
func startBefore(t testing.TB, service func(conference.Backend) conference.Backend, tweak func(*config.Config)) *gateway {
	t.Helper()
	g := &gateway{t: t, conf: config.Sample(), dir: t.TempDir(), log: new(journal)}
	g.conf.SIP.Listen = []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0"}
	g.conf.Conference.Embedded.WebRTC.Ports = embedded.Ports{}
	g.conf.Admin.Listen = "127.0.0.1:0"
	g.conf.Records.Directory = filepath.Join(g.dir, "records")
	g.conf.Conference.Embedded.Recordings = filepath.Join(g.dir, "recordings")
	g.conf.Conference.Embedded.Directory = filepath.Join(g.dir, "meetings")
	g.conf.Limits.Drain = 0
	g.conf.Overload = overload.Config{} // the machine is shared with other tests
	if tweak != nil {
		tweak(&g.conf)
	}
	var err error
	g.app, err = app.New(g.conf, app.Options{Log: zerolog.New(g.log).Level(zerolog.DebugLevel).With().Timestamp().Logger(), Version: "test", Token: token, Conference: service})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- g.app.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("gateway ended with %v", err)
		}
		if t.Failed() {
			t.Logf("gateway log:\n%s", g.log)
		}
	})
	<-g.app.Ready()
	return g
}

// uri is where number is called.
func (g *gateway) uri(number string) string {
	return "sip:" + number + "@" + g.address("udp")
}

func (g *gateway) address(network string) string {
	g.t.Helper()
	for _, a := range g.app.SIP() {
		if a.Network() == network {
			return a.String()
		}
	}
	g.t.Fatalf("gateway listens on no %s", network)
	return ""
}

func (g *gateway) page(meeting string) string {
	return "http://" + g.app.HTTP().String() + "/meet/" + meeting
}

// request asks the operator's API.
func (g *gateway) request(method, path string, body, into any) int {
	g.t.Helper()
	payload, err := json.Marshal(body)
	if err != nil {
		g.t.Fatal(err)
	}
	req, err := http.NewRequest(method, "http://"+g.app.HTTP().String()+path, bytes.NewReader(payload))
	if err != nil {
		g.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		g.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	switch into := into.(type) {
	case nil:
	case *string:
		*into = string(answer)
	default:
		if err := json.Unmarshal(answer, into); err != nil {
			g.t.Fatalf("%s %s: %v in %s", method, path, err, answer)
		}
	}
	return res.StatusCode
}

// control does something to a meeting, as an operator would.
func (g *gateway) control(meeting string, body map[string]any) {
	g.t.Helper()
	var answer string
	if status := g.request(http.MethodPost, "/api/v1/meetings/"+meeting, body, &answer); status/100 != 2 {
		g.t.Fatalf("control of %s with %v: %d %s", meeting, body, status, answer)
	}
}

func (g *gateway) meeting(id string) admin.Meeting {
	g.t.Helper()
	var m admin.Meeting
	if status := g.request(http.MethodGet, "/api/v1/meetings/"+id, nil, &m); status != http.StatusOK {
		g.t.Fatalf("meeting %s: %d", id, status)
	}
	return m
}

func (g *gateway) calls() []admin.Call {
	g.t.Helper()
	var all struct{ Calls []admin.Call }
	g.request(http.MethodGet, "/api/v1/calls", nil, &all)
	return all.Calls
}

// phones are the telephones that have a seat in a meeting.
func (g *gateway) phones(meeting string) []admin.Person {
	var phones []admin.Person
	for _, p := range g.meeting(meeting).People {
		if p.Phone && !p.Waiting {
			phones = append(phones, p)
		}
	}
	return phones
}

// waitPhones waits until so many telephones are seated.
func (g *gateway) waitPhones(meeting string, n int) {
	g.t.Helper()
	peertest.Eventually(g.t, fmt.Sprintf("%d telephones in %s", n, meeting), func() bool { return len(g.phones(meeting)) == n })
}

// waitPhase waits until a call is in a phase.
func (g *gateway) waitPhase(phase string) {
	g.t.Helper()
	peertest.Eventually(g.t, "a call is "+phase, func() bool {
		for _, c := range g.calls() {
			if c.Phase == phase {
				return true
			}
		}
		return false
	})
}

// metric is the sum of all samples of a metric whose labels contain all of
// with.
func (g *gateway) metric(name string, with ...string) float64 {
	g.t.Helper()
	var text string
	g.request(http.MethodGet, "/metrics", nil, &text)
	sum := 0.0
	line := regexp.MustCompile(`(?m)^` + name + `(\{[^}]*\})? (\S+)$`)
	for _, m := range line.FindAllStringSubmatch(text, -1) {
		fits := true
		for _, w := range with {
			fits = fits && strings.Contains(m[1], w)
		}
		if value, err := strconv.ParseFloat(m[2], 64); err == nil && fits {
			sum += value
		}
	}
	return sum
}

// prompt is what a prompt sounds like on the telephone.
func (g *gateway) prompt(language string, p announcements.Prompt) []int16 {
	g.t.Helper()
	name := language + " " + string(p)
	if sound, ok := prompts.Load(name); ok {
		return sound.([]int16)
	}
	sound := g.spoken(language, announcements.Say(p))
	prompts.Store(name, sound)
	return sound
}

// heard waits until a phone has heard a prompt, and returns where in its
// recording it began.
func (g *gateway) heard(phone *peertest.Baresip, language string, p announcements.Prompt) int {
	g.t.Helper()
	return g.heardSound(phone, string(p), g.prompt(language, p), 0)
}

// heardSound is heard for any sound, by whatever it is called, from a place in the
// recording on.
func (g *gateway) heardSound(phone *peertest.Baresip, name string, sound []int16, from int) int {
	g.t.Helper()
	const pause = 200 * time.Millisecond // longer than between two packets on a busy machine
	var heard []int16
	at, found := -1, false
	looked, last, grew := from, from, time.Now()
	defer func() {
		if !found {
			g.t.Logf("of %s: %s", name, peertest.Traces(heard, sound))
		}
	}()
	peertest.Eventually(g.t, "the phone hears "+name, func() bool {
		heard = phone.Heard()
		n := len(heard)
		if n != last {
			last, grew = n, time.Now()
		}
		// Comparing is dear: there has to be enough that is new, or no more to come.
		if n < from+len(sound) || n == looked || time.Since(grew) < pause && n < looked+pcm.Narrowband/4 {
			return false
		}
		match, lag := peertest.Match(heard[from:], sound)
		at, from, looked, found = from+lag, n-len(sound)+1, n, match > .8
		return found
	})
	return at
}

// builtIn are the announcements that a gateway has by itself.
var builtIn = sync.OnceValues(func() (*announcements.Library, error) {
	return announcements.Open(announcements.DefaultConfig(), zerolog.Nop())
})

func announcementsOf(t testing.TB) *announcements.Library {
	t.Helper()
	library, err := builtIn()
	if err != nil {
		t.Fatal(err)
	}
	return library
}

// spoken is what something that is put together sounds like on the telephone.
func (g *gateway) spoken(language string, row ...announcements.Item) []int16 {
	g.t.Helper()
	var sound []int16
	speech, frame := announcementsOf(g.t).Speak(language, row...), make(pcm.Frame, pcm.NarrowbandSamples)
	for speech.ReadFrame(frame) {
		sound = append(sound, frame...)
	}
	return sound
}

// phone starts a baresip that says a tone.
func (g *gateway) phone(hertz float64) *peertest.Baresip {
	return g.phoneOf(hertz, "")
}

// phoneOf is phone with a SIP address to call from, in brackets; empty: any.
func (g *gateway) phoneOf(hertz float64, from string) *peertest.Baresip {
	var more []string
	if from != "" {
		more = append(more, from)
	}
	return peertest.StartBaresip(g.t, peertest.Tone(g.t, 8000, hertz, -20, 240), "PCMA", more...)
}

// records is all that was written down about the calls.
func (g *gateway) records() string {
	g.t.Helper()
	var all strings.Builder
	look, err := records.Look(g.t.Context(), g.conf.Records)
	if err != nil {
		g.t.Fatal(err)
	}
	defer look.Close()
	for c, err := range look.Calls(0) {
		if err != nil {
			g.t.Fatal(err)
		}
		all.Write(append(c.Body, '\n'))
	}
	for e, err := range look.Entries(0) {
		if err != nil {
			g.t.Fatal(err)
		}
		all.Write(append(e.Body, '\n'))
	}
	return all.String()
}

// verifyRecords looks through the evidence.
func (g *gateway) verifyRecords() {
	g.t.Helper()
	look, err := records.Look(g.t.Context(), g.conf.Records)
	if err != nil {
		g.t.Fatal(err)
	}
	defer look.Close()
	report, err := look.Verify(nil, nil)
	if err != nil || !report.Whole() || report.Entries == 0 {
		g.t.Errorf("the evidence does not verify: %+v, %v", report, err)
	}
}

// settle waits until no call is left anywhere.
func (g *gateway) settle() {
	g.t.Helper()
	peertest.Eventually(g.t, "no call is left", func() bool {
		return len(g.calls()) == 0 && g.metric("einwahl_calls_active") == 0
	})
}
