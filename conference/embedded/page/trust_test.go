package page_test

import (
	"os"
	"strings"
	"testing"
)

func (w *tab) text(selector string) string {
	w.t.Helper()
	return eval[string](w, `document.querySelector("`+selector+`")?.innerText ?? ""`)
}

func TestTelephonesAreMarked(t *testing.T) {
	w, _ := guest(t, false, state(nil, person("p1", "Ada", nil),
		person("p2", "Phone 1", message{"phone": true}), person("p3", "Phone 2", message{"phone": true, "secure": true})))
	for id, want := range map[string]string{
		"p1": "",
		"p2": "By phone · not end-to-end encrypted",
		"p3": "By phone · secure line, not end-to-end",
	} {
		if got := w.text("[data-person=" + id + "] .tag.leg"); got != want {
			t.Errorf("%s is marked %q, want %q", id, got, want)
		}
	}
	if got := w.text("#shield"); got != "Encrypted to the server · phone in the meeting" {
		t.Errorf("the header says %q", got)
	}
}

// looks waits until the shield says a level, and looks at its sign and its colour:
// green with a lock is end-to-end encryption, and nothing else is green.
func (w *tab) looks(level string) {
	w.t.Helper()
	want := map[string]string{
		"e2ee": "shield-lock green", "enhanced": "shield-check blue", "transport": "shield none",
		"none": "open amber", "pending": "shield amber", "alert": "shield-alert red",
	}[level]
	w.until(`document.getElementById("shield").dataset.level === "` + level + `"`)
	got := eval[string](w, `(() => {
		const shield = document.getElementById("shield"), [r, g, b] = getComputedStyle(shield).color.match(/\d+/g).map(Number);
		const colour = g > 1.4 * Math.max(r, b) ? "green" : r > 1.4 * g && g > 2 * b ? "amber" : r > 1.4 * Math.max(g, b) ? "red" : b > 1.4 * Math.max(r, g) ? "blue" : "none";
		return shield.querySelector("use").getAttribute("href").split("#")[1] + " " + colour;
	})()`)
	if got != want {
		w.t.Errorf("%s looks like %s, want %s", level, got, want)
	}
	drawn, err := os.ReadFile("assets/icons.svg")
	if sign, _, _ := strings.Cut(want, " "); err != nil || !strings.Contains(string(drawn), `id="`+sign+`"`) {
		w.t.Errorf("%s is not drawn: %v", sign, err)
	}
}

// TestTheShieldLooksLikeWhatItSays goes through the levels that need no key; that of
// end-to-end encryption is looked at in a meeting.
func TestTheShieldLooksLikeWhatItSays(t *testing.T) {
	w, p := guest(t, false, state(nil, person("p1", "Ada", nil)))
	w.looks("transport")
	for _, tt := range []struct{ encryption, level string }{
		{"enhanced", "enhanced"},
		{"none", "none"},
		{"e2ee", "alert"}, // and no key in the link
		{"of tomorrow", "pending"},
	} {
		p.send(state(message{"encryption": tt.encryption}, person("p1", "Ada", nil)))
		w.looks(tt.level)
	}
}

func TestThatTelephonesAreRefusedIsInTheHeader(t *testing.T) {
	for _, tt := range []struct{ name, why, says string }{
		{"where they may come nothing is said", "", ""},
		{"end-to-end encryption", "e2ee", "Telephones are refused here: a telephone cannot encrypt end to end. Who calls hears that, and is not connected."},
		{"a meeting that takes none", "closed", "Telephones are refused: the host or the operator takes none in this meeting."},
		{"encryption nobody knows of", "unknown", "Telephones are refused while nobody can say how this meeting is encrypted."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, _ := guest(t, false, state(message{"phones_refused": tt.why}, person("p1", "Ada", nil)))
			if tt.why == "" {
				if shown := eval[bool](w, visible("no-phones")); shown {
					t.Error("the sign is there")
				}
				return
			}
			w.click("no-phones")
			w.until(`document.getElementById("security").open`)
			if got := w.text("#security-phones"); got != tt.says {
				t.Errorf("says %q, want %q", got, tt.says)
			}
		})
	}
}

func TestHostsSeeWhoHasAgreed(t *testing.T) {
	people := []message{
		person("p1", "Ada", message{"host": true, "recorded": "agreed"}), person("p2", "Phone 1", message{"phone": true, "recorded": "agreed"}),
		person("p3", "Phone 2", message{"phone": true, "recorded": "declined"}), person("p4", "Phone 3", message{"phone": true}),
	}
	w, _ := guest(t, true, state(asked, people...))
	for id, want := range map[string]string{
		"p2": "Agreed to the recording", "p3": "Listens only, is not recorded", "p4": "Has not answered about the recording",
	} {
		if got := w.text("[data-person=" + id + "] .tag:not(.leg)"); got != want {
			t.Errorf("%s is marked %q, want %q", id, got, want)
		}
	}
	if got := eval[string](w, `document.getElementById("record-answers").textContent`); got != "2 of 4 have agreed to the recording." {
		t.Errorf("the host reads %q", got)
	}
	people[0]["host"] = false
	other, _ := guest(t, false, state(asked, people...))
	if got := other.text("[data-person=p2] .tag.yes"); got != "" {
		t.Errorf("a guest reads %q", got)
	}
}

func TestTheQuestionTellsItsPurpose(t *testing.T) {
	w, _ := guest(t, false, state(message{"recording": "prepared", "consent": "required", "run": 1, "after_no": "leave", "purpose": message{"de": "Protokoll", "en": "the minutes"}},
		person("p1", "Ada", nil)))
	w.until(visible("consent-agree"))
	if got := w.text("#consent-purpose"); got != "Purpose: the minutes" {
		t.Errorf("says %q", got)
	}
	if shown := eval[bool](w, visible("consent-listen")); shown {
		t.Error("offers to listen where a no means to leave")
	}
}

func TestANoCanMeanTalking(t *testing.T) {
	talk := message{"recording": "on", "consent": "required", "run": 3, "after_no": "talk"}
	w, p := guest(t, false, state(talk, ada("unanswered")))
	w.until(visible("consent"))
	if got := w.text("#consent-listen"); got != "I want to talk without being recorded" {
		t.Errorf("a no is called %q", got)
	}
	if got := w.text("#consent-hint"); got != "Your microphone stays shut until you have answered. You can change your answer at any time." {
		t.Errorf("says %q", got)
	}
	w.click("consent-listen")
	p.want("consent", message{"answer": "listen", "run": float64(3)})
	if eval[bool](w, micOpen) {
		t.Error("the microphone is open before the server has noted the answer")
	}
	p.send(state(talk, ada("declined")))
	w.until(micOpen)
	w.shows("banners", "You can talk with the others, and your voice is not recorded.")
	if got := w.text("[data-person=p1] .tag.rec"); got != "Is not recorded" {
		t.Errorf("is marked %q", got)
	}
	w.click(`[data-act="listening.do"]`)
	w.click("consent-agree")
	p.want("consent", message{"answer": "agree", "run": float64(3)})
}

const aPrint = "sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"

// aPromise is an offer that has that fingerprint, and nobody behind it.
var aPromise = strings.Join([]string{
	"v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0", "m=audio 9 UDP/TLS/RTP/SAVPF 111", "c=IN IP4 0.0.0.0",
	"a=rtcp-mux", "a=ice-ufrag:none", "a=ice-pwd:nobodyisthereforanyonehere", "a=fingerprint:" + aPrint,
	"a=setup:actpass", "a=mid:0", "a=sendonly", "a=msid:voice-p2 voice", "a=rtpmap:111 opus/48000/2", "",
}, "\r\n")

func TestHostsSeeTheFingerprintOfTheServer(t *testing.T) {
	w, p := guest(t, true, state(message{"fingerprint": aPrint}, person("p1", "Ada", message{"host": true})))
	p.send(message{"type": "sub.offer", "sdp": aPromise})
	p.expect("sub.answer")
	w.click("shield")
	w.until(visible("security-print"))
	if got, want := strings.Join(strings.Fields(w.text("#print")), ":"), strings.TrimPrefix(aPrint, "sha-256 "); got != want {
		t.Errorf("reads %q, want %q", got, want)
	}
	if got := w.text("#print-here"); got != "This browser is not connected for sound yet." {
		t.Errorf("says %q", got)
	}
	p.send(state(nil, person("p1", "Ada", nil)))
	w.hides("security-print")
}

// TestTheFingerprintIsThatOfTheConnection holds the one that a host is shown
// against what the browser has found at the other end.
func TestTheFingerprintIsThatOfTheConnection(t *testing.T) {
	url := meetings(t) + "/meet/100000001"
	ann := visit(t, url, "Ann")
	bob := visit(t, url, "Bob")
	bob.until(`document.querySelectorAll(".person").length === 2`)
	ann.until(`document.getElementById("shield").dataset.level === "transport"`)
	ann.click("shield")
	ann.shows("print-here", "This browser is connected with this certificate.")
	bob.click("shield")
	bob.until(`document.getElementById("security").open`)
	if eval[bool](bob, visible("security-print")) {
		t.Error("a guest sees it")
	}
}

func TestANoticeTellsItsPurpose(t *testing.T) {
	notice := message{"recording": "on", "consent": "notice", "run": 1, "purpose": message{"de": "Protokoll", "en": "the minutes"}}
	w, p := guest(t, false, state(notice, ada("unanswered")))
	w.shows("banners", "This meeting is being recorded. Purpose: the minutes")
	p.want("consent", message{"answer": "agree", "run": float64(1)})
	delete(notice, "purpose")
	notice["purpose_spoken"] = true
	p.send(state(notice, ada("informed")))
	w.shows("banners", "This meeting is being recorded. What it is for can only be heard, by telephone.")
	delete(notice, "purpose_spoken")
	p.send(state(notice, ada("informed")))
	w.until(`document.querySelector("#banners p").innerText.trim() === "This meeting is being recorded."`)
}

func TestANoticeCanBeRefused(t *testing.T) {
	for after, want := range map[string]struct{ offer, banner, tag string }{
		"listen": {"Only listen", "You only listen: your voice is neither sent nor recorded.", "Listens only, is not recorded"},
		"talk":   {"Do not record me", "You can talk with the others, and your voice is not recorded.", "Is not recorded"},
	} {
		t.Run(after, func(t *testing.T) {
			notice := message{"recording": "on", "consent": "notice", "run": 4, "after_no": after}
			url, peers := serve(t)
			w := open(t, url+"/meet/100000001")
			w.join("Ada", "")
			p, _ := accept(t, peers)
			enter(p, false, state(notice, ada("unanswered")))
			p.want("consent", message{"answer": "agree", "run": float64(4)})
			p.send(state(notice, ada("informed")))
			w.until(micOpen)
			if got := w.text("#banners button"); got != want.offer {
				t.Errorf("a no is called %q", got)
			}
			w.click(`[data-act="notice.` + after + `"]`)
			p.want("consent", message{"answer": "listen", "run": float64(4)})
			p.send(state(notice, ada("declined")))
			w.shows("banners", want.banner)
			if got := eval[bool](w, micOpen); got != (after == "talk") {
				t.Errorf("the microphone is open: %v", got)
			}
			if got := w.text("[data-person=p1] .tag.rec"); got != want.tag {
				t.Errorf("is marked %q", got)
			}
			_ = p.conn.CloseNow() // which is no yes
			p, _ = accept(t, peers)
			enter(p, false, state(notice, ada("unanswered")))
			p.want("consent", message{"answer": "listen", "run": float64(4)})
			p.send(state(notice, ada("declined")))
			w.click(`[data-act="listening.do"]`)
			p.want("consent", message{"answer": "agree", "run": float64(4)})
		})
	}
	w, _ := guest(t, false, state(message{"recording": "on", "consent": "notice", "run": 4, "after_no": "leave"}, ada("informed")))
	w.shows("banners", "This meeting is being recorded.")
	if eval[bool](w, `Boolean(document.querySelector("#banners button"))`) {
		t.Error("offers to stay where a no means to leave")
	}
}

func TestNobodyAgreesToAPurposeThatCannotBeRead(t *testing.T) {
	w, p := guest(t, false, state(message{"recording": "on", "consent": "required", "run": 1, "purpose_spoken": true}, ada("unanswered")))
	w.until(visible("consent-listen"))
	if eval[bool](w, visible("consent-agree")) {
		t.Error("there is a way to agree")
	}
	if got := w.text("#consent-purpose"); got != "What the recording is for can only be heard, by telephone, so you cannot agree to it here. Ask the host to write it down." {
		t.Errorf("says %q", got)
	}
	w.click("consent-listen")
	p.want("consent", message{"answer": "listen", "run": float64(1)})
}

func TestTheWaitingRoomHasAMessage(t *testing.T) {
	url, peers := serve(t)
	w := open(t, url+"/meet/100000001")
	w.join("Ada", "")
	p, first := accept(t, peers)
	if first["language"] != "en" {
		t.Errorf("the page tells the language %v", first["language"])
	}
	p.send(message{"type": "waiting", "why": "lobby", "message": message{"en": "We begin at ten."}})
	w.until(visible("wait-message"))
	if got := w.text("#wait-message"); got != "We begin at ten." {
		t.Errorf("reads %q", got)
	}
}
