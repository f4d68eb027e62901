package interop

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// softphones are the libraries that softphones in browsers are made of.
var softphones = []string{"jssip", "sipjs"}

// modules is where `make deps` puts them.
func modules(t testing.TB) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "einwahl", "softphones", "node_modules")
	for _, name := range []string{"jssip", "sip.js"} {
		if _, err := os.Stat(filepath.Join(dir, name, "package.json")); err != nil {
			t.Fatalf("%s is not installed: run `make deps`", name)
		}
	}
	return dir
}

// softphone opens a page with a library whose microphone says hertz.
func softphone(t testing.TB, library string) *peertest.Browser {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/modules/", http.StripPrefix("/modules/", http.FileServer(http.Dir(modules(t)))))
	mux.Handle("/", http.FileServer(http.Dir("testdata/softphones")))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><title>%s</title><body><script type="module" src="/%s.js"></script>`, library, library)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	b := peertest.StartBrowser(t, peertest.Tone(t, 48000, hertz, -20, 10), server.URL+"/")
	b.WaitFor(library+" is there", "window.phone?.ready")
	return b
}

// spoken is a call whose other side says 880 Hz and remembers what it hears.
type spoken struct {
	phase float64
	mu    sync.Mutex
	sound []int16
}

func (s *spoken) ReadFrame(f pcm.Frame) bool {
	for i := range f {
		f[i] = int16(4634 * math.Sin(s.phase)) // -20 dBov
		s.phase += 2 * math.Pi * 2 * hertz / float64(f.Rate())
	}
	return true
}

func (s *spoken) WriteFrame(f pcm.Frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f == nil {
		f = make(pcm.Frame, pcm.NarrowbandSamples)
	}
	if f.Rate() == pcm.Wideband { // every other sample will do for a tone
		for i := range len(f) / 2 {
			f[i] = f[2*i]
		}
		f = f[:len(f)/2]
	}
	s.sound = append(s.sound, f...)
}

func (s *spoken) Heard() []int16 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]int16{}, s.sound...)
}

// conversation starts a gateway for browsers at listen, and returns it with who
// is at the other end.
func conversation(t testing.TB, listen string, tweak func(*settings)) (*gateway, *spoken) {
	t.Helper()
	s := &spoken{}
	g := start(t, func(c *settings) {
		c.sip.Listen = []string{listen}
		c.handle = func(ctx context.Context, call *sip.Call) {
			call.Ring()
			if call.Answer(ctx) != nil {
				return
			}
			call.Connect(s, s)
			<-ctx.Done()
		}
		if tweak != nil {
			tweak(c)
		}
	})
	return g, s
}

// dial has a softphone call, and waits until both hear each other.
func dial(t testing.TB, b *peertest.Browser, server string, s *spoken) {
	t.Helper()
	peertest.Eval[bool](b, `(phone.call("`+server+`", "browser", "a secret"), true)`)
	b.WaitFor("the call stands", `phone.state === "talking"`)
	heardBoth(t, b, s)
}

func heardBoth(t testing.TB, b *peertest.Browser, s *spoken) {
	t.Helper()
	var there, here float64
	defer func() {
		if t.Failed() {
			t.Logf("the browser heard 880 Hz at %.1f dBov, we 440 Hz at %.1f", there, here)
		}
	}()
	peertest.Eventually(t, "browser and gateway hear each other within 3 dB", func() bool {
		there, here = b.Level(2*hertz), peertest.Recent(s.Heard(), hertz)
		return math.Abs(there+20) < 3 && math.Abs(here+20) < 3
	})
}

func listens(g *gateway) string { return g.server.Addrs()[0].String() }

// repeated has a browser answer our own answer.
const repeated = `(async () => {
	const c = phone.connection();
	await c.setRemoteDescription({ type: "offer", sdp: c.remoteDescription.sdp });
	await c.setLocalDescription(await c.createAnswer());
	return c.localDescription.sdp;
})()`

// A softphone in a browser calls over a WebSocket, with ICE and DTLS-SRTP: rows
// 6 and 30.
func TestBrowserSoftphones(t *testing.T) {
	for _, library := range softphones {
		t.Run(library, func(t *testing.T) {
			t.Parallel()
			g, s := conversation(t, "ws://127.0.0.1:0", nil)
			b := softphone(t, library)
			dial(t, b, "ws://"+listens(g), s)
			call := <-g.calls

			for _, key := range []string{"1", "9", "#"} {
				peertest.Eval[bool](b, `(phone.press("`+key+`"), true)`)
				if got := string(<-call.Digits()); got != key {
					t.Errorf("key %s arrives as %s", key, got)
				}
			}
			peertest.Eval[bool](b, `(phone.inform("5"), true)`)
			if got := string(<-call.Digits()); got != "5" {
				t.Errorf("key 5 in INFO arrives as %s", got)
			}

			peertest.Eval[bool](b, "phone.hold()")
			b.WaitFor("the browser holds the call", "phone.held")
			peertest.Eventually(t, "we are on hold", call.Held)
			peertest.Eventually(t, "the browser hears nothing", func() bool { return b.Level(2*hertz) < -70 })
			peertest.Eval[bool](b, "phone.resume()")
			b.WaitFor("the browser has resumed the call", "!phone.held")
			peertest.Eventually(t, "we are not on hold", func() bool { return !call.Held() })
			heardBoth(t, b, s)

			peertest.Eval[bool](b, "phone.restart()")
			heardBoth(t, b, s)

			// A refresh of ours repeats what we have said last.
			if answered := peertest.Eval[string](b, repeated); !strings.Contains(answered, "a=setup:passive") {
				t.Errorf("our own description is answered with %s", answered)
			}
			heardBoth(t, b, s)

			peertest.Eval[bool](b, `(phone.hangUp(), true)`)
			<-call.Done()
			b.WaitFor("the browser is done", `phone.state.startsWith("ended by local")`)
		})
	}
}

func TestBrowserSoftphonesAreHungUp(t *testing.T) {
	for _, library := range softphones {
		t.Run(library, func(t *testing.T) {
			t.Parallel()
			g, s := conversation(t, "ws://127.0.0.1:0", nil)
			b := softphone(t, library)
			dial(t, b, "ws://"+listens(g), s)
			call := <-g.calls
			if call.Secure() {
				t.Error("a call whose signalling anybody can read counts as encrypted")
			}
			call.Hangup(sip.Cause{Q850: 16, Text: "done"})
			b.WaitFor("the browser has heard of it", `phone.state.startsWith("ended by remote")`)
			peertest.Eventually(t, "no call is left", func() bool { return g.server.Stats().Calls == 0 })
		})
	}
}

// Over TLS the whole call counts as encrypted.
func TestBrowserSoftphonesOverTLS(t *testing.T) {
	for _, library := range softphones {
		t.Run(library, func(t *testing.T) {
			t.Parallel()
			g, s := conversation(t, "wss://127.0.0.1:0", func(c *settings) {
				c.sip.TLS.Certificate, c.sip.TLS.Key = peertest.SelfSigned(t)
				c.trunk.SRTP = "required"
			})
			b := softphone(t, library)
			dial(t, b, "wss://"+listens(g), s)
			if call := <-g.calls; !call.Secure() {
				t.Error("the call does not count as encrypted")
			}
			peertest.Eval[bool](b, `(phone.hangUp(), true)`)
			peertest.Eventually(t, "no call is left", func() bool { return g.server.Stats().Calls == 0 })
		})
	}
}

// As docs/trunks.md has it for browsers: from anywhere, with a password, which
// each library proves when it is asked, and encrypted.
func TestBrowserSoftphonesProveThemselves(t *testing.T) {
	for _, library := range softphones {
		t.Run(library, func(t *testing.T) {
			t.Parallel()
			g, s := conversation(t, "wss://127.0.0.1:0", func(c *settings) {
				c.sip.TLS.Certificate, c.sip.TLS.Key = peertest.SelfSigned(t)
				c.trunk.Peers, c.trunk.Transports = []string{"0.0.0.0/0", "::/0"}, []string{"wss"}
				c.trunk.Auth.Realm = "example.com"
				c.trunk.Auth.Users = []sip.UserConfig{{User: "browser", Password: "a secret"}}
				c.trunk.SRTP = "required"
			})
			b := softphone(t, library)
			dial(t, b, "wss://"+listens(g), s)
			peertest.Eval[bool](b, `(phone.hangUp(), true)`)
			peertest.Eventually(t, "no call is left", func() bool { return g.server.Stats().Calls == 0 })
		})
	}
}

// A trunk in the telephone's own codecs does for a browser as well.
func TestBrowserSpeaksTheTrunksCodec(t *testing.T) {
	for _, codec := range []string{"opus", "g722", "pcma", "pcmu"} {
		t.Run(codec, func(t *testing.T) {
			t.Parallel()
			codecs := []string{codec}
			if codec != "pcma" {
				codecs = append(codecs, "pcma")
			}
			g, s := conversation(t, "ws://127.0.0.1:0", func(c *settings) { c.trunk.Codecs = codecs })
			b := softphone(t, "jssip")
			dial(t, b, "ws://"+listens(g), s)
			call := <-g.calls
			if got := call.Stats().Codec; got != map[string]string{"opus": "OPUS", "g722": "G722", "pcma": "PCMA", "pcmu": "PCMU"}[codec] {
				t.Errorf("spoken: %s", got)
			}
			peertest.Eval[bool](b, `(phone.press("7"), true)`)
			if got := <-call.Digits(); got != '7' {
				t.Errorf("key 7 arrives as %c", got)
			}
			peertest.Eval[bool](b, `(phone.hangUp(), true)`)
			<-call.Done()
		})
	}
}
