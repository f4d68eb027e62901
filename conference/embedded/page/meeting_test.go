package page_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/transcode/pace"
)

// meetings runs the embedded conference with its real page on loopback.
func meetings(t *testing.T) (url string) {
	t.Helper()
	handler, stop := conference(t)
	server := httptest.NewServer(handler)
	t.Cleanup(func() {
		stop()
		server.Close()
	})
	return server.URL
}

// conference runs the embedded conference until stop is called.
func conference(t *testing.T) (handler http.Handler, stop func()) {
	t.Helper()
	cfg := embedded.DefaultConfig()
	cfg.WebRTC = embedded.WebRTC{Listen: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}
	cfg.Recordings = t.TempDir()
	clock := pace.New(1)
	b, err := embedded.New(cfg, []embedded.MeetingConfig{
		meeting("100000001", "Open", "transport"), meeting("100000006", "Sealed", "e2ee"),
	}, clock, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	b.SetNumbers(func(string) []string { return []string{"+49 30 123456-78", "+49 89 7654321"} })
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 2)
	go func() { done <- clock.Run(ctx) }()
	go func() { done <- b.Run(ctx) }()
	<-b.Ready()
	return b.Handler(), func() {
		cancel()
		for range 2 {
			if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
	}
}

func meeting(id, title, encryption string) embedded.MeetingConfig {
	m := embedded.DefaultMeetingConfig()
	m.ID, m.Title, m.Encryption = id, title, encryption
	return m
}

// visit opens the page and joins; Chromium's pretended microphone beeps once a
// second, and is heard as it is.
func visit(t *testing.T, url, name string, before ...chromedp.Action[chromedp.Void]) *tab {
	t.Helper()
	return come(t, url, name, true, before...)
}

// come opens the page and joins, with what a browser makes of the microphone or
// with its original sound.
func come(t *testing.T, url, name string, original bool, before ...chromedp.Action[chromedp.Void]) *tab {
	t.Helper()
	w := open(t, "about:blank", before...)
	w.do(chromedp.Navigate(url))
	w.until(visible("name"))
	if original {
		w.click("original-sound")
	}
	w.join(name, "")
	w.until(visible("room"))
	return w
}

// ears begins to listen to everybody a page plays, and keeps the loudest that
// was heard. It is measured where the ear is: after decryption and decoding.
const ears = `(() => {
	const context = new AudioContext(), heard = new Set();
	globalThis.loudest = 0;
	setInterval(() => {
		for (const audio of document.querySelectorAll("audio")) {
			if (heard.has(audio)) continue;
			heard.add(audio);
			const a = context.createAnalyser();
			context.createMediaStreamSource(audio.srcObject).connect(a);
			const samples = new Float32Array(a.fftSize);
			setInterval(() => {
				a.getFloatTimeDomainData(samples);
				loudest = Math.max(loudest, ...samples.map(Math.abs));
			}, 20);
		}
	}, 20);
})()`

func (w *tab) listen() { w.t.Helper(); w.do(chromedp.Evaluate[chromedp.Void](ears)) }

// hears waits for sound.
func (w *tab) hears() {
	w.t.Helper()
	w.do(chromedp.Evaluate[chromedp.Void](`loudest = 0`))
	w.until(`loudest > 0.02`)
}

// loudest is what was loudest so far, of 1.
func (w *tab) loudest() float64 { w.t.Helper(); return eval[float64](w, `loudest`) }

func (w *tab) level() string {
	w.t.Helper()
	return eval[string](w, `document.getElementById("shield").dataset.level`)
}

func TestBrowsersHearEachOther(t *testing.T) {
	url := meetings(t) + "/meet/100000001"
	ann, bob := visit(t, url, "Ann"), visit(t, url, "Bob")
	ann.listen()
	bob.listen()
	ann.hears()
	bob.hears()
	ann.until(`[...document.querySelectorAll(".person.speaking")].some((p) => p.innerText.includes("Bob"))`)
	if got := ann.level(); got != "transport" {
		t.Errorf("the header shows %q, want transport", got)
	}

	// Stronger ciphers mean new connections; the sound comes back by itself.
	ann.click("host-encryption")
	ann.click(`[value=enhanced]`)
	ann.click("levels-yes")
	bob.until(`document.getElementById("shield").dataset.level === "enhanced"`)
	ann.hears()
	bob.hears()

	bob.click("mic")
	ann.until(`[...document.querySelectorAll(".person.muted")].some((p) => p.innerText.includes("Bob"))`)
	bob.click("leave")
	ann.until(`document.querySelectorAll(".person").length === 1`)
}

func TestSealedMeetingIsSilentWithoutTheKey(t *testing.T) {
	url := meetings(t) + "/meet/100000006"
	// Bob's browser hands over its streams, as older ones do.
	older := script(`delete globalThis.RTCRtpScriptTransform`)
	ann, bob := visit(t, url+testKey, "Ann"), visit(t, url+testKey, "Bob", older)
	eve, kim := visit(t, url+"#e2ee=BAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "Eve"), visit(t, url, "Kim")
	for _, w := range []*tab{ann, bob, eve, kim} {
		w.listen()
	}
	ann.hears()
	bob.hears()
	for _, w := range []*tab{ann, bob} {
		w.looks("e2ee")
	}
	eve.shows("banners", "another key")
	kim.shows("banners", "no key")
	for name, w := range map[string]*tab{"another key": eve, "no key": kim} {
		if got := w.loudest(); got > 0 {
			t.Errorf("with %s a level of %v was heard, want silence", name, got)
		}
		w.looks("alert")
	}
	code := func(w *tab) string {
		w.click("shield")
		w.until(`document.querySelectorAll("#code span").length === 6`)
		return eval[string](w, `document.getElementById("code").innerText`)
	}
	if a, b, e := code(ann), code(bob), code(eve); a != b || a == e {
		t.Errorf("safety codes %q, %q; with another key %q", a, b, e)
	}

	// Who comes after somebody has left is heard on the line that became free.
	bob.click("#security .close")
	bob.click("leave")
	ann.until(`![...document.querySelectorAll(".person")].some((p) => p.innerText.includes("Bob"))`)
	visit(t, url+testKey, "Dan")
	ann.hears()
}

func TestBrowserThatCannotEncryptSaysSo(t *testing.T) {
	url := meetings(t)
	old := script(`delete globalThis.RTCRtpScriptTransform; delete RTCRtpSender.prototype.createEncodedStreams`)
	w := visit(t, url+"/meet/100000006"+testKey, "Old", old)
	w.shows("banners", "This browser cannot encrypt end to end")
	if eval[bool](w, micOpen) {
		t.Error("the microphone is open")
	}
	// What it cannot decrypt it does not play: that would be noise.
	w.listen()
	cem, dan := visit(t, url+"/meet/100000006"+testKey, "Cem"), visit(t, url+"/meet/100000006"+testKey, "Dan")
	dan.listen()
	dan.hears()
	cem.until(`[...document.querySelectorAll(".person.muted")].some((p) => p.innerText.includes("Old"))`)
	if got := w.loudest(); got > 0 {
		t.Errorf("a level of %v was heard of what cannot be decrypted", got)
	}
	ann, bob := visit(t, url+"/meet/100000001", "Ann"), visit(t, url+"/meet/100000001", "Bob", old)
	for _, w := range []*tab{ann, bob} { // where nothing is encrypted end to end, nothing is missing
		w.listen()
		w.hears()
	}
}

func TestSwitchToEndToEndInMidCall(t *testing.T) {
	url := meetings(t) + "/meet/100000001"
	// What Ann's packets carry beside the sound.
	watch := script(`globalThis.connections = []; globalThis.RTCPeerConnection = class extends RTCPeerConnection {
		constructor(...c) { super(...c); connections.push(this); }
	}; globalThis.tellsLevel = () => connections.some((c) => c.connectionState === "connected" && c.getSenders()
		.some((s) => s.getParameters().headerExtensions.some((e) => e.uri.endsWith("audio-level"))))`)
	ann, bob := visit(t, url, "Ann", watch), visit(t, url, "Bob")
	ann.listen()
	bob.listen()
	bob.hears()
	ann.until(`tellsLevel()`)

	ann.click("host-encryption")
	ann.click(`[value=e2ee]`)
	ann.click("levels-yes")
	ann.shows("banners", "new link")
	bob.shows("banners", "no key")
	ann.click(`[data-act="share.do"]`)
	link := eval[string](ann, `document.getElementById("invitation-link").value`)

	bob.click(`[data-act="key.do"]`)
	bob.do(chromedp.SendKeys(chromedp.ID("key-link"), link))
	bob.click("key-use")
	bob.hears()
	ann.hears()
	for _, w := range []*tab{ann, bob} {
		w.looks("e2ee")
	}

	ann.until(`!tellsLevel()`)

	// Back again: whoever still has the key sends nothing in clear.
	ann.click("#invitation .close")
	ann.click("host-encryption")
	ann.click(`[value=transport]`)
	ann.click("levels-yes")
	bob.shows("banners", "Your link asks for end-to-end encryption")
	ann.until(`document.getElementById("shield").dataset.level === "transport"`)
	ann.until(`document.querySelectorAll(".person").length === 2`)
	if eval[bool](bob, `document.getElementById("mic").classList.contains("on")`) {
		t.Error("the microphone is open in clear although the link demands encryption")
	}
}

func TestRecordingHoldsVoicesBackUntilTheyAgree(t *testing.T) {
	url := meetings(t) + "/meet/100000001"
	ann, bob := visit(t, url, "Ann"), visit(t, url, "Bob")
	ann.listen()
	ann.hears()
	ann.click("record-start")
	ann.click("ask-yes")
	ann.click("consent-agree")
	bob.until(visible("consent"))
	ann.shows("lamp", "Recording")
	if eval[bool](bob, micOpen) {
		t.Error("the microphone is open before the answer")
	}
	bob.click("consent-agree")
	ann.hears()
	bob.click(`[data-act="agreed.do"]`)
	bob.shows("banners", "You only listen")
	ann.shows("people", "Listens only")
	ann.click("record-stop")
	bob.until(`!document.querySelector(".banner")`)
	bob.hides("lamp")
	// Who only listened decides when to be heard again.
	bob.shows("notices", "stays off until you switch it on")
	if eval[bool](bob, micOpen) {
		t.Error("the end of the recording has opened the microphone of somebody who only listened")
	}
	bob.click("mic")
	ann.hears()
}

// TestComesBackAfterARestart: a page that is open when the gateway is restarted
// needs nobody to press anything, in a meeting, in one that is end-to-end
// encrypted, and at the form.
func TestComesBackAfterARestart(t *testing.T) {
	first, stop := conference(t)
	var handler atomic.Pointer[http.Handler]
	handler.Store(&first)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(*handler.Load()).ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	open1, sealed := server.URL+"/meet/100000001", server.URL+"/meet/100000006"+testKey
	ann, bob := visit(t, open1, "Ann"), visit(t, open1, "Bob")
	cem, dan := visit(t, sealed, "Cem"), visit(t, sealed, "Dan")
	form := open(t, open1)
	form.until(visible("name"))
	for _, w := range []*tab{ann, bob, cem, dan} {
		w.listen()
		w.hears()
	}

	stop()
	for _, w := range []*tab{ann, cem} {
		w.shows("banners", "The connection is lost")
		if eval[bool](w, micOpen) || w.level() != "pending" {
			t.Error("without a server the page claims a microphone or an encryption")
		}
	}
	second, stop := conference(t)
	t.Cleanup(stop)
	handler.Store(&second)
	for _, w := range []*tab{ann, bob, cem, dan} {
		w.until(`!document.querySelector(".banner.bad") && document.querySelectorAll(".person").length === 2`)
		w.hears()
	}
	for _, w := range []*tab{cem, dan} {
		w.until(`document.getElementById("shield").dataset.level === "e2ee"`)
	}
	form.join("Eve", "")
	ann.shows("people", "Eve")
}

func TestInvitationTellsWhatToDial(t *testing.T) {
	url := meetings(t)
	w := visit(t, url+"/meet/100000001", "Ann")
	w.click("invite")
	w.shows("invitation", "+49 30 123456-78")
	w.shows("invitation", "+49 89 7654321")
	w.shows("invitation", "key in 100\u202f000\u202f001")
	if at := eval[int](w, `document.getElementById("invitation-link").scrollLeft`); at != 0 {
		t.Errorf("the link is shown from its pixel %d on", at)
	}
	sealed := visit(t, url+"/meet/100000006"+testKey, "Bob")
	sealed.click("invite")
	sealed.shows("invitation", "Telephones are refused here")
	if text := eval[string](sealed, `document.getElementById("invitation").innerText`); strings.Contains(text, "+49") {
		t.Errorf("an end-to-end encrypted meeting invites telephones: %s", text)
	}
}
