package page_test

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// guest opens the page and lets it in as p1, "Ada".
func guest(t *testing.T, host bool, s message, before ...chromedp.Action[chromedp.Void]) (*tab, *peer) {
	t.Helper()
	url, peers := serve(t)
	w := open(t, "about:blank", before...)
	w.do(chromedp.Navigate(url + "/meet/100000001"))
	w.join("Ada", "")
	p, _ := accept(t, peers)
	enter(p, host, s)
	w.until(visible("room"))
	return w, p
}

// want waits for a message and compares the fields that matter.
func (p *peer) want(kind string, fields message) {
	p.t.Helper()
	m := p.expect(kind)
	for k, v := range fields {
		if m[k] != v {
			p.t.Errorf("%s has %s %v, want %v", kind, k, m[k], v)
		}
	}
}

// script runs before the page's own.
func script(source string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, s *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, s, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: source})
		return chromedp.Void{}, err
	}
}

const micOpen = `document.getElementById("mic").classList.contains("on")`

var asked = message{"recording": "on", "consent": "required", "run": float64(3)}

func ada(recorded string) message {
	return person("p1", "Ada", message{"muted": false, "recorded": recorded})
}

func TestConsentIsAClearYes(t *testing.T) {
	w, p := guest(t, false, state(asked, ada("unanswered")))
	w.until(visible("consent"))
	// Keys pressed before the question could be read, and keys that would
	// close another dialog.
	w.do(chromedp.KeyEvent("\r"), chromedp.KeyEvent(" "), chromedp.KeyEvent("\t"), chromedp.KeyEvent("\r"), chromedp.KeyEvent("\u001b"))
	if !eval[bool](w, visible("consent")) {
		t.Error("a key has put the question away")
	}
	if eval[bool](w, micOpen) {
		t.Error("the microphone is open before the answer")
	}
	w.click("consent-listen")
	p.want("consent", message{"answer": "listen", "run": float64(3)}) // the first that was sent

	p.send(state(asked, ada("declined")))
	w.hides("consent")
	w.shows("banners", "You only listen")
	w.click("mic") // the way back to the question
	w.click("consent-agree")
	p.want("consent", message{"answer": "agree", "run": float64(3)})
	if eval[bool](w, micOpen) {
		t.Error("the microphone is open before the server has noted the answer")
	}
	p.send(state(asked, ada("agreed")))
	w.until(micOpen)
	w.click(`[data-act="agreed.do"]`)
	p.want("consent", message{"answer": "listen", "run": float64(3)})
}

func TestConsentOffersToLeave(t *testing.T) {
	w, p := guest(t, false, state(asked, ada("unanswered")))
	w.click("consent-leave")
	p.expect("leave")
	w.shows("over", "You have left the meeting")
}

func TestNoticeIsReportedOnceSeen(t *testing.T) {
	notice := message{"recording": "prepared", "consent": "notice", "run": float64(2)}
	w, p := guest(t, false, state(notice, ada("unanswered")))
	w.shows("banners", "A recording of this meeting is about to begin")
	p.want("consent", message{"answer": "agree", "run": float64(2)})
	if eval[bool](w, micOpen) {
		t.Error("the microphone is open before the notice was noted")
	}
	p.send(state(notice, ada("informed")))
	w.until(micOpen)
	w.shows("lamp", "Recording is about to begin")
	w.hides("consent")
}

func TestFarewells(t *testing.T) {
	url, peers := serve(t)
	w := open(t, url+"/meet/100000001")
	w.join("Ada", "")
	p, _ := accept(t, peers)
	enter(p, false, state(nil, ada("unanswered")))
	w.until(visible("room"))
	for reason, words := range map[string]string{
		"removed": "The host has removed you", "ended": "The meeting has ended", "declined": "You were not let in",
		"registered": "This meeting has a guest list", "left": "You have left", "full": "The meeting is full", "locked": "The meeting is locked",
		"replaced": "You joined again elsewhere", "gone": "The service is being restarted", "something new": "interrupted",
	} {
		p.send(message{"type": "bye", "reason": reason})
		w.shows("over", words)
		w.click("over-again")
		w.until(visible("name"))
		w.hides("join-error")
		w.click("enter") // the name is still there
		p, _ = accept(t, peers)
		enter(p, false, state(nil, ada("unanswered")))
		w.until(visible("room"))
	}
}

func TestWrongDetailsCanBeCorrected(t *testing.T) {
	url, peers := serve(t)
	w := open(t, url+"/meet/100000002")
	w.join("Ada", "1234")
	p, join := accept(t, peers)
	if join["name"] != "Ada" || join["pin"] != "1234" {
		t.Errorf("joined with %v", join)
	}
	p.send(message{"type": "bye", "reason": "wrong"})
	w.shows("join-error", "do not match")
	w.until(`document.activeElement.id === "pin" && document.getElementById("name").value === "Ada"`)
}

func TestComesBackAfterALoss(t *testing.T) {
	url, peers := serve(t)
	w := open(t, url+"/meet/100000002")
	w.join("Ada", "1234")
	p, _ := accept(t, peers)
	p.send(message{"type": "joined", "you": "p1", "host": false, "ice": []string{}, "key": "proof", "pass": "not removed"})
	p.send(state(nil, ada("unanswered")))
	w.until(micOpen)
	_ = p.conn.CloseNow()
	w.shows("banners", "The connection is lost")
	if eval[bool](w, micOpen) {
		t.Error("the microphone is shown as open without a connection")
	}
	p, join := accept(t, peers)
	if join["name"] != "Ada" || join["pin"] != "1234" || join["key"] != "proof" || join["pass"] != "not removed" {
		t.Errorf("came back with %v", join)
	}
	p.send(message{"type": "joined", "you": "p8", "host": false, "ice": []string{}})
	p.send(state(nil, person("p8", "Ada", message{"muted": false})))
	w.until(micOpen)
	w.until(`!document.querySelector(".banner")`)
}

func TestWithoutMicrophoneOneListens(t *testing.T) {
	deny := script(`navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"))`)
	w, p := guest(t, false, state(nil, person("p1", "Ada", nil)), deny)
	p.want("mute", message{"muted": true})
	w.shows("banners", "does not let this page use the microphone")
	w.shows("mic", "No mic")
}

func TestKeyboard(t *testing.T) {
	w, p := guest(t, false, state(nil, ada("unanswered")))
	w.until(micOpen)
	p.expect("mute") // how one comes in
	w.do(chromedp.Evaluate[chromedp.Void](`document.activeElement.blur()`))
	key := func(k string) { t.Helper(); w.do(chromedp.KeyEvent(k)) }
	key("m")
	p.want("mute", message{"muted": true})
	key(" ") // held to speak
	p.want("mute", message{"muted": false})
	p.want("mute", message{"muted": true})
	key("h")
	p.want("hand", message{"up": true})
	key("?")
	w.until(visible("keys"))
	key("h") // not behind a dialog
	w.click("keys-on")
	w.click("#keys .close")
	w.do(chromedp.Evaluate[chromedp.Void](`document.activeElement.blur()`))
	key("h") // not when switched off
	w.click("hand")
	p.want("hand", message{"up": false})
}

func TestHostTools(t *testing.T) {
	people := []message{
		person("p1", "Ada", message{"host": true}), person("p2", "Konrad", nil),
		person("w1", "Werner", message{"waiting": true}), person("w2", "Phone 1", message{"waiting": true, "phone": true}),
	}
	w, p := guest(t, true, state(nil, people...))
	act := func(action string, more message) {
		t.Helper()
		fields := message{"action": action}
		for k, v := range more {
			fields[k] = v
		}
		p.want("host", fields)
	}
	w.click("[data-key=w1] .main")
	act("admit", message{"person": "w1"})
	w.click("[data-key=w2] .small:not(.main)")
	act("decline", message{"person": "w2"})
	for i, action := range []string{"mute", "ask_to_speak", "remove"} {
		w.click("[data-person=p2] .more")
		w.click([]string{"#menu :nth-child(1)", "#menu :nth-child(2)", "#menu :nth-child(3)"}[i])
		if action == "remove" {
			w.click("ask-yes")
		}
		act(action, message{"person": "p2"})
	}
	w.click("host-lock")
	act("lock", nil)
	w.click("host-mute-all")
	act("mute_all", nil)
	w.click("record-start")
	w.click("ask-yes")
	act("record_start", nil)
	for _, step := range []struct{ recording, button, action string }{
		{"on", "record-pause", "record_pause"}, {"paused", "record-resume", "record_resume"}, {"on", "record-stop", "record_stop"},
	} {
		p.send(state(message{"recording": step.recording, "locked": true}, people...))
		w.click(step.button)
		act(step.action, nil)
	}
	w.click("host-lock")
	act("unlock", nil)
	p.send(state(message{"encryption": "e2ee"}, people...))
	w.until(`document.getElementById("record-start").disabled`)
	w.click("host-end")
	w.click("ask-yes")
	act("end", nil)
}

func TestHostMutesAndAsksToSpeak(t *testing.T) {
	w, p := guest(t, false, state(nil, ada("unanswered")))
	w.until(micOpen)
	p.expect("mute")
	s := state(nil, person("p1", "Ada", nil))
	s["you"] = message{"muted_by_host": true}
	p.send(s)
	w.until(`!(` + micOpen + `)`)
	w.shows("notices", "The host has muted you")
	p.send(message{"type": "speak_request"})
	w.shows("banners", "The host asks you to speak")
	w.click(`[data-act="speak.yes"]`)
	p.want("mute", message{"muted": false})
	w.until(micOpen)
}

func TestAsksForTheMeetingWhereNoneIsGiven(t *testing.T) {
	url, _ := serve(t)
	w := open(t, url+"/meet/")
	w.until(visible("meeting"))
	w.hides("name")
	w.click("enter")
	w.shows("join-error", "Please enter the meeting number")
	w.do(chromedp.SendKeys(chromedp.ID("meeting"), "100 000 001\r"))
	w.until(`location.pathname === "/meet/100000001"`)
	w.until(visible("name"))
	w.hides("meeting")
}

func TestMicrophoneIsCheckedBeforeJoining(t *testing.T) {
	url, _ := serve(t)
	w := open(t, url+"/meet/100000001")
	w.shows("mic-state", "Your microphone works") // the pretended one beeps
	w.until(`Number(document.getElementById("mic-meter").getAttribute("aria-valuenow")) > 30`)
}

// slowMicrophone opens microphones when it is told to, in any order.
const slowMicrophone = `
	window.opened = [];
	const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
	navigator.mediaDevices.getUserMedia = async (wish) => {
		const mic = { noiseSuppression: wish.audio.noiseSuppression };
		const told = new Promise((resolve) => { mic.resolve = resolve; });
		window.opened.push(mic);
		await told;
		const stream = await real(wish);
		mic.track = stream.getAudioTracks()[0];
		return stream;
	};`

func TestTheLastWishForAMicrophoneCounts(t *testing.T) {
	url, _ := serve(t)
	w := open(t, url+"/meet/100000001", script(slowMicrophone))
	w.until(`opened.length === 1`)
	w.click("original-sound") // while the microphone is being opened
	w.until(`opened.length === 2`)
	w.do(chromedp.Evaluate[chromedp.Void](`opened[1].resolve()`))
	w.until(`opened[1].track?.readyState === "live"`)
	w.do(chromedp.Evaluate[chromedp.Void](`opened[0].resolve()`))
	w.until(`opened[0].track?.readyState === "ended"`)
	if eval[bool](w, `opened[1].noiseSuppression`) {
		t.Error("the microphone was opened with noise suppression")
	}
	if !eval[bool](w, `opened[1].track.readyState === "live"`) {
		t.Error("the microphone that was wished for last is shut")
	}
	w.shows("mic-state", "Your microphone works")
}
