package embedded

import (
	"context"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// listenTo is worth true once the page plays 440 Hz.
const listenTo = `(async () => {
	const context = new AudioContext(), hear = context.createAnalyser();
	hear.fftSize = 8192;
	const bins = new Float32Array(hear.frequencyBinCount), hertz = context.sampleRate / hear.fftSize;
	let source = null;
	for (let n = 0; n < 300; n++) {
		const player = document.querySelector('audio[data-person]');
		if (player?.srcObject && source !== player) {
			source = player;
			context.createMediaStreamSource(player.srcObject).connect(hear);
		}
		await new Promise((done) => setTimeout(done, 50));
		hear.getFloatFrequencyData(bins);
		const loudest = bins.indexOf(Math.max(...bins));
		if (bins[loudest] > -60 && Math.abs(loudest * hertz - 440) < 2 * hertz) return true;
	}
	return false;
})()`

// TestChromiumTalksWithATelephone is the real page in a real browser, on the
// addresses and with the settings of a fresh installation.
func TestChromiumTalksWithATelephone(t *testing.T) {
	path := chromium(t)
	for _, level := range []string{"transport", "enhanced"} {
		t.Run(level, func(t *testing.T) { chromiumTalks(t, path, level) })
	}
}

// chromium is where the browser is.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"google-chrome", "google-chrome-stable", "chromium", "chromium-browser"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("this test needs Chromium: make deps installs it")
	return ""
}

func chromiumTalks(t *testing.T, path, level string) {
	cfg := testConfig(t)
	cfg.WebRTC = WebRTC{} // every address, a port of the system's choice
	b := start(t, cfg, beating(t), meetingOf("1", func(m *MeetingConfig) { m.Encryption = level }))
	server := serve(t, b)
	phone := call(t, b, "1")
	phone.say(440)

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	alloc, stop := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("use-fake-ui-for-media-stream", true), chromedp.Flag("use-fake-device-for-media-stream", true),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"),
		chromedp.Flag("allow-loopback-in-peer-connection", true), // a machine may have nothing else
	)...)
	defer stop()
	tab, done := chromedp.NewContext(alloc)
	defer done()
	if err := chromedp.Do(tab, chromedp.Navigate(server.URL+"/meet/1"), chromedp.WaitVisible(chromedp.ID("name")),
		chromedp.SendKeys(chromedp.ID("name"), "Ada"), chromedp.WaitEnabled(chromedp.ID("enter")),
		chromedp.Click(chromedp.ID("enter")),
	); err != nil {
		t.Fatal(err)
	}
	heard, err := chromedp.Run(tab, chromedp.Evaluate[bool](listenTo, chromedp.EvalAwaitPromise))
	if err != nil || !heard {
		t.Errorf("the page does not hear the telephone: %v", err)
	}
	eventually(t, "the telephone hears the page's microphone", 20*time.Second, func() bool {
		for _, v := range phone.hear(100 * time.Millisecond) {
			if v > 1000 {
				return true
			}
		}
		return false
	})
}
