package page_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/einwahl/einwahl/conference/embedded/page"
)

// patience bounds every wait; it is met only when something is broken.
const patience = 20 * time.Second

var browser context.Context // one Chromium for all tests: it takes a second to start

func TestMain(m *testing.M) {
	flag := chromedp.Flag
	alloc, stop := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium()), chromedp.NoSandbox, chromedp.WindowSize(1280, 800),
		flag("use-fake-ui-for-media-stream", true), flag("use-fake-device-for-media-stream", true),
		flag("autoplay-policy", "no-user-gesture-required"), flag("allow-loopback-in-peer-connection", true),
		flag("disable-background-networking", true), flag("disable-quic", true), flag("lang", "en-GB"), flag("accept-lang", "en-GB"),
	)...)
	ctx, done := chromedp.NewContext(alloc)
	if err := chromedp.Do(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "these tests need Chromium (make deps installs it):", err)
		os.Exit(1)
	}
	browser = ctx
	code := m.Run()
	done()
	stop()
	os.Exit(code)
}

func chromium() string {
	for _, name := range []string{"google-chrome", "google-chrome-stable", "chromium", "chromium-browser"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return "chromium"
}

// tab is a browser window of its own, with its own storage.
type tab struct {
	t   *testing.T
	ctx context.Context
}

func open(t *testing.T, url string, before ...chromedp.Action[chromedp.Void]) *tab {
	t.Helper()
	ctx, stop := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(stop)
	w := &tab{t, ctx}
	if err := chromedp.Do(ctx); err != nil { // the tab lives as long as the context it first ran with
		t.Fatal(err)
	}
	w.do(before...)
	w.do(chromedp.Navigate(url))
	return w
}

func (w *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	ctx, stop := context.WithTimeout(w.ctx, patience)
	defer stop()
	if err := chromedp.Do(ctx, actions...); err != nil {
		w.t.Fatal(err)
	}
}

// eval runs script, waits for its promise and returns what it is worth.
func eval[T any](w *tab, script string) T {
	w.t.Helper()
	ctx, stop := context.WithTimeout(w.ctx, patience)
	defer stop()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		w.t.Fatalf("%s: %v", script, err)
	}
	return v
}

// until waits for script to be true. While a page is being loaded there may be
// nobody to ask.
func (w *tab) until(script string) {
	w.t.Helper()
	ctx, stop := context.WithTimeout(w.ctx, patience)
	defer stop()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		yes, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`Boolean(`+script+`)`))
		if err == nil && yes {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			w.t.Fatalf("never true: %s: %v\n%s", script, err, eval[string](w, `document.body.innerText`))
		}
	}
}

// click presses what a pointer could press: enabled, and not covered.
func (w *tab) click(selector string) {
	w.t.Helper()
	if !strings.ContainsAny(selector, "#.[ ") {
		selector = "#" + selector
	}
	w.until(fmt.Sprintf(`(() => {
		const e = document.querySelector(%q), r = e?.getBoundingClientRect();
		if (!r?.width || e.disabled) return false;
		e.scrollIntoView({block: "nearest"});
		const q = e.getBoundingClientRect();
		if (!e.contains(document.elementFromPoint(q.x + q.width / 2, q.y + q.height / 2))) return false;
		e.click();
		return true;
	})()`, selector))
}

// shows waits until an element can be seen and contains text.
func (w *tab) shows(id, text string) {
	w.t.Helper()
	quoted, _ := json.Marshal(text)
	w.until(visible(id) + fmt.Sprintf(` && document.getElementById(%q).innerText.includes(%s)`, id, quoted))
}

func (w *tab) hides(id string) {
	w.t.Helper()
	w.until(`!(` + visible(id) + `)`)
}

func visible(id string) string {
	return fmt.Sprintf(`(document.getElementById(%q)?.getClientRects().length > 0)`, id)
}

func (w *tab) join(name, pin string) {
	w.t.Helper()
	w.until(visible("name"))
	w.do(chromedp.SendKeys(chromedp.ID("name"), name))
	if pin != "" {
		w.do(chromedp.SendKeys(chromedp.ID("pin"), pin))
	}
	w.click("enter")
}

// message is one frame of the signalling.
type message map[string]any

// peer is the server's end of one page's WebSocket.
type peer struct {
	t    *testing.T
	conn *websocket.Conn
	in   chan message
}

func (p *peer) send(m message) {
	p.t.Helper()
	if err := wsjson.Write(p.t.Context(), p.conn, m); err != nil {
		p.t.Fatal(err)
	}
}

// expect waits for a message of this type; others are passed over.
func (p *peer) expect(kind string) message {
	p.t.Helper()
	late := time.After(patience)
	for {
		select {
		case m, ok := <-p.in:
			if !ok {
				p.t.Fatalf("the page hung up instead of sending %s", kind)
			}
			if m["type"] == kind {
				return m
			}
		case <-late:
			p.t.Fatalf("the page never sent %s", kind)
		}
	}
}

// serve runs the page over a meeting that a test plays by hand.
func serve(t *testing.T) (url string, peers chan *peer) {
	t.Helper()
	peers = make(chan *peer, 8)
	mux := http.NewServeMux()
	mux.Handle("/meet/", page.Handler())
	mux.Handle("/testdata/", http.StripPrefix("/testdata/", http.FileServer(http.Dir("testdata"))))
	mux.HandleFunc("/meet/{id}/ws", func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		p := &peer{t, conn, make(chan message, 64)}
		defer close(p.in)
		peers <- p
		for {
			var m message
			if err := wsjson.Read(r.Context(), conn, &m); err != nil {
				return
			}
			p.in <- m
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL, peers
}

// accept waits for a page to connect and reads its wish to join. A connection
// that says nothing is of a page that was left meanwhile.
func accept(t *testing.T, peers chan *peer) (*peer, message) {
	t.Helper()
	for late := time.After(patience); ; {
		select {
		case p := <-peers:
			t.Cleanup(func() { _ = p.conn.CloseNow() })
			select {
			case m, ok := <-p.in:
				if ok && m["type"] == "join" {
					return p, m
				}
			case <-time.After(patience / 4):
			}
		case <-late:
			t.Fatal("no page has come to join")
			return nil, nil
		}
	}
}

// report is what a check written in JavaScript has found.
type report struct {
	Wrong []string `json:"wrong"`
	Count int      `json:"count"`
}

func (r report) check(t *testing.T) {
	t.Helper()
	for _, w := range r.Wrong {
		t.Error(w)
	}
	if r.Count == 0 {
		t.Error("nothing was checked")
	}
}
