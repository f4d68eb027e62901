package page_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

var shots = flag.String("shots", "", "folder for a picture of each state of the page")

// look is how somebody sees the page.
type look struct {
	name          string
	width, height int64
	scheme, lang  string
}

var looks = []look{
	{"desktop-light-de", 1280, 800, "light", "de-DE"},
	{"desktop-dark-en", 1280, 800, "dark", "en-GB"},
	{"phone-light-de", 360, 740, "light", "de-DE"},
	{"phone-dark-en", 360, 740, "dark", "en-GB"},
}

func (l look) put(ctx context.Context, s *chromedp.Target) (chromedp.Void, error) {
	var none chromedp.Void
	if _, err := cdp.Call(ctx, s, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: l.scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	}); err != nil {
		return none, err
	}
	_, err := cdp.Call(ctx, s, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{
		UserAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36", AcceptLanguage: l.lang,
	})
	return none, err
}

func person(id, name string, more message) message {
	p := message{"id": id, "name": name, "phone": false, "host": false, "muted": true, "hand": false, "waiting": false, "recorded": "unanswered"}
	for k, v := range more {
		p[k] = v
	}
	return p
}

func state(meeting message, people ...message) message {
	m := message{"id": "100000001", "title": "Weekly planning", "encryption": "transport", "recording": "off", "run": 0, "consent": "off", "locked": false, "lobby": false}
	for k, v := range meeting {
		m[k] = v
	}
	return message{"type": "state", "meeting": m, "people": people, "you": message{"muted_by_host": false}}
}

func crowd(host bool) []message {
	return []message{
		person("p1", "Ada Lovelace", message{"host": host, "muted": false}),
		person("p2", "Konrad Zuse", message{"muted": false}),
		person("p3", "Telefon +49 30 901820…", message{"phone": true, "secure": true, "muted": false}),
		person("p4", "Grace Hopper", message{"hand": true}),
		person("p5", "Dr. Annemarie Schimmelpfennig-Oberhausen (Landesamt für Geoinformation)", nil),
		person("p6", "Phone 2", message{"phone": true}),
	}
}

// TestLooks goes through the states of the page as people see them: nothing may
// stick out sideways, and no text may be missing in any language.
func TestLooks(t *testing.T) {
	for i, l := range looks {
		if *shots == "" && i%3 == 0 {
			continue // each width, scheme and language once
		}
		t.Run(l.name, func(t *testing.T) {
			url, peers := serve(t)
			w := open(t, "about:blank", chromedp.EmulateViewport(l.width, l.height), l.put)
			for _, s := range scenes {
				t.Run(s.name, func(t *testing.T) { s.show(&tab{t, w.ctx}, url, peers, l) })
			}
		})
	}
}

type scene struct {
	name, fragment string
	play           func(w *tab, p *peer)
}

const testKey = "#e2ee=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

var scenes = []scene{
	{"join", "", nil},
	{"join-e2ee", testKey, func(w *tab, _ *peer) { w.until(visible("mic-device")) }},
	{"wrong", "", func(w *tab, p *peer) {
		p.send(message{"type": "bye", "reason": "wrong"})
		w.until(visible("join-error"))
	}},
	{"lobby", "", func(w *tab, p *peer) {
		p.send(message{"type": "waiting", "why": "lobby", "message": message{"en": "We begin at ten. Please have your file number ready.", "de": "Wir beginnen um zehn. Bitte halten Sie Ihr Aktenzeichen bereit."}})
		w.until(visible("wait"))
	}},
	{"room", "", func(w *tab, p *peer) {
		enter(p, false, state(nil, crowd(false)...))
		p.send(message{"type": "speaking", "people": []string{"p2"}})
		w.until(`document.querySelector(".person.speaking")`)
	}},
	{"alone", "", func(w *tab, p *peer) {
		enter(p, false, state(message{"locked": true}, person("p1", "Ada", nil)))
		w.until(visible("alone"))
	}},
	{"host", "", func(w *tab, p *peer) {
		people := append(crowd(true), person("w1", "Werner Wartend", message{"waiting": true}), person("w2", "Telefon 3", message{"waiting": true, "phone": true}))
		enter(p, true, state(message{"encryption": "enhanced", "recording": "on", "consent": "notice", "run": 1}, people...))
		w.until(visible("door"))
	}},
	{"host-tools", "", func(w *tab, p *peer) {
		enter(p, true, state(message{"recording": "paused", "consent": "required", "run": 1}, person("p1", "Ada", message{"host": true, "recorded": "agreed"}),
			person("p2", "Konrad", message{"recorded": "declined"}), person("p3", "Telefon 1", message{"phone": true, "recorded": "unanswered"})))
		w.until(visible("banners"))
		w.do(chromedp.Evaluate[chromedp.Void](`document.getElementById("host-open").click()`))
	}},
	{"host-menu", "", func(w *tab, p *peer) {
		enter(p, true, state(nil, crowd(true)...))
		w.until(visible("people"))
		w.click("[data-person=p3] .more")
	}},
	{"remove", "", func(w *tab, p *peer) {
		enter(p, true, state(nil, crowd(true)...))
		w.until(visible("people"))
		w.click("[data-person=p3] .more")
		w.click("#menu .danger")
		w.until(visible("ask"))
	}},
	{"levels", "", func(w *tab, p *peer) {
		enter(p, true, state(nil, crowd(true)...))
		w.until(visible("people"))
		w.do(chromedp.Evaluate[chromedp.Void](`document.getElementById("host-encryption").click(); document.querySelector("[value=e2ee]").click()`))
	}},
	{"fingerprint", "", func(w *tab, p *peer) {
		enter(p, true, state(message{"encryption": "enhanced", "fingerprint": aPrint}, crowd(true)...))
		w.click("shield")
		w.until(visible("security-print"))
	}},
	{"consent-talk", "", func(w *tab, p *peer) {
		enter(p, false, state(message{"recording": "prepared", "consent": "required", "run": 1, "after_no": "talk"}, crowd(false)...))
		w.until(visible("consent-agree") + ` && !document.getElementById("consent-agree").disabled`)
	}},
	{"consent", "", func(w *tab, p *peer) {
		enter(p, false, state(message{"recording": "prepared", "consent": "required", "run": 1, "purpose": message{"en": "the minutes of this meeting", "de": "das Protokoll dieser Besprechung"}}, crowd(false)...))
		w.until(visible("consent-agree") + ` && !document.getElementById("consent-agree").disabled`)
	}},
	{"listening", "", func(w *tab, p *peer) {
		people := crowd(false)
		people[0]["recorded"] = "declined"
		enter(p, false, state(message{"recording": "on", "consent": "required", "run": 1}, people...))
		w.until(visible("banners"))
		p.send(message{"type": "speak_request"})
		w.until(`document.querySelectorAll(".banner").length === 2`)
	}},
	{"e2ee", testKey, func(w *tab, p *peer) {
		enter(p, false, state(message{"encryption": "e2ee", "phones_refused": "e2ee"}, person("p1", "Ada", message{"muted": true}), person("p2", "Konrad", nil)))
		w.click("shield")
		w.until(`document.querySelectorAll("#code span").length === 6`)
	}},
	{"e2ee-invite", testKey, func(w *tab, p *peer) {
		enter(p, false, state(message{"encryption": "e2ee", "phones_refused": "e2ee"}, person("p1", "Ada", nil), person("p2", "Konrad", nil)))
		w.click("invite")
	}},
	{"invite", "", func(w *tab, p *peer) {
		enter(p, false, state(message{"numbers": []string{"+49 30 12345678 (Berlin)", "+49 89 7654321 (München)"}}, crowd(false)...))
		w.click("invite")
	}},
	{"keyless", "", func(w *tab, p *peer) {
		enter(p, false, state(message{"encryption": "e2ee", "phones_refused": "e2ee"}, person("p1", "Ada", nil)))
		w.until(visible("banners"))
	}},
	{"key-dialog", "", func(w *tab, p *peer) {
		enter(p, false, state(message{"encryption": "e2ee", "phones_refused": "e2ee"}, person("p1", "Ada", nil)))
		w.click(`[data-act="key.do"]`)
	}},
	{"downgrade", testKey, func(w *tab, p *peer) {
		enter(p, false, state(nil, crowd(false)...))
		w.until(`document.getElementById("shield").dataset.level === "alert"`)
	}},
	{"lost", "", func(w *tab, p *peer) {
		enter(p, false, state(nil, crowd(false)...))
		w.until(visible("people"))
		_ = p.conn.CloseNow()
		w.until(`document.querySelector('[data-act="lost.do"]')`)
	}},
	{"keys", "", func(w *tab, p *peer) {
		enter(p, false, state(nil, crowd(false)...))
		w.until(visible("people"))
		w.do(chromedp.Evaluate[chromedp.Void](`document.getElementById("help").click()`))
	}},
	{"removed", "", func(w *tab, p *peer) { p.send(message{"type": "bye", "reason": "removed"}); w.until(visible("over")) }},
}

// enter lets a page into the meeting, as Ada, and shows it the state.
func enter(p *peer, host bool, s message) {
	p.send(message{"type": "joined", "you": "p1", "host": host, "ice": []any{}})
	p.send(s)
}

func (s scene) show(w *tab, url string, peers chan *peer, l look) {
	t := w.t
	w.do(chromedp.Navigate("about:blank"))
	for len(peers) > 0 {
		<-peers // of a page that had lost its line, and came back for the last scene
	}
	w.do(chromedp.Navigate(url + "/meet/100000001" + s.fragment))
	switch s.name {
	case "join":
		w.until(visible("name"))
	case "join-e2ee":
		s.play(w, nil)
	default:
		w.until(visible("join-muted"))
		if strings.HasPrefix(s.name, "e2ee") {
			w.click("join-muted")
		}
		w.join("Ada Lovelace", "")
		p, _ := accept(t, peers)
		s.play(w, p)
	}
	if over := eval[int](w, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
		t.Errorf("%d pixels stick out sideways", over)
	}
	if got := eval[string](w, `document.documentElement.lang`); got != l.lang[:2] {
		t.Errorf("the page speaks %q to a browser that wants %s", got, l.lang)
	}
	if raw := eval[string](w, `(/\b(join|mic|wait|banner|say|over|control|level|shield|host|tag)\.[a-z_]+/.exec(document.body.innerText) ?? [""])[0]`); raw != "" {
		t.Errorf("words are missing for %q", raw)
	}
	if *shots != "" {
		png, err := chromedp.Run(w.ctx, chromedp.CaptureScreenshot())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(*shots, l.name+"-"+s.name+".png"), png, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
