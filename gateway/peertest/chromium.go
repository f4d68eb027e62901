package peertest

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

//go:embed ears.js
var ears string

// Browser is a page in a headless Chromium whose microphone plays a file.
type Browser struct {
	t   testing.TB
	ctx context.Context
}

// StartBrowser starts Chromium with microphone (an absolute path of a 48 kHz
// WAV file, which it repeats) and opens url.
func StartBrowser(t testing.TB, microphone, url string) *Browser {
	t.Helper()
	path := chromium(t)
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("use-fake-ui-for-media-stream", true),
		chromedp.Flag("use-fake-device-for-media-stream", true),
		chromedp.Flag("use-file-for-fake-audio-capture", microphone),
		chromedp.Flag("allow-loopback-in-peer-connection", true),
		chromedp.Flag("ignore-certificate-errors", true),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-dev-shm-usage", true),
	}
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocated, stopBrowser := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeTab := chromedp.NewContext(allocated)
	b := &Browser{t: t, ctx: ctx}
	t.Cleanup(func() {
		if t.Failed() {
			b.Screenshot("failed-page.png")
		}
		closeTab()
		stopBrowser()
	})
	if _, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: ears}); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	b.do("open "+url, chromedp.Navigate(url))
	return b
}

// chromium finds a browser under one of the names that it is packaged as.
// Chromium comes last: Ubuntu's is a snap, which cannot read a test's files.
func chromium(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"google-chrome", "google-chrome-stable", "chromium", "chromium-browser"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("chromium is not installed: run `make deps`")
	return ""
}

func (b *Browser) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, Patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("chromium: %s: %v", what, err)
	}
}

// Click clicks the element that a CSS selector names.
func (b *Browser) Click(selector string) {
	b.t.Helper()
	b.do("click "+selector, chromedp.WaitVisible(chromedp.CSS(selector)), chromedp.Click(chromedp.CSS(selector)))
}

// Type types into the element that a CSS selector names.
func (b *Browser) Type(selector, text string) {
	b.t.Helper()
	b.do("type into "+selector, chromedp.WaitVisible(chromedp.CSS(selector)), chromedp.SendKeys(chromedp.CSS(selector), text))
}

// WaitFor waits until a JavaScript expression is true.
func (b *Browser) WaitFor(what, expression string) {
	b.t.Helper()
	Eventually(b.t, "chromium: "+what, func() bool { return Eval[bool](b, "!!("+expression+")") })
}

// Level is how loud a tone has been at best within the last two seconds of all
// that the page hears, a fifth of a second at a time, in dBov. See Recent.
func (b *Browser) Level(hertz float64) float64 {
	b.t.Helper()
	return Eval[float64](b, fmt.Sprintf("window.einwahlEars.recent(%f)", hertz))
}

// Peak is the loudest that a tone has been since it was first watched, and when
// it could first be heard; zero if never.
type Peak struct {
	Level float64 `json:"level"`
	First int64   `json:"first"` // milliseconds since 1970
}

// Watch begins to note how loud these tones become.
func (b *Browser) Watch(hertz ...int) {
	b.t.Helper()
	list, _ := json.Marshal(hertz)
	Eval[chromedp.Void](b, "window.einwahlEars.watch("+string(list)+")")
}

// Peak tells of a tone that is watched.
func (b *Browser) Peak(hertz int) Peak {
	b.t.Helper()
	return Eval[Peak](b, fmt.Sprintf("window.einwahlEars.peak(%d)", hertz))
}

// Eval evaluates an expression in the page.
func Eval[T any](b *Browser, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, Patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("chromium: %s: %v", expression, err)
	}
	return value
}

// Screenshot writes what the page looks like to name in the folder that
// EINWAHL_SCREENSHOTS names; without it, nothing.
func (b *Browser) Screenshot(name string) {
	dir := os.Getenv("EINWAHL_SCREENSHOTS")
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, Patience)
	defer cancel()
	if png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot()); err == nil {
		_ = os.WriteFile(dir+"/"+name, png, 0o600)
	}
}
