package app_test

import (
	"testing"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/peertest"
)

// pair is a German and an English telephone.
type pair struct {
	*gateway
	phones map[string]*peertest.Baresip
}

// tones are what the telephones of a pair say.
func tones() map[string]float64 { return map[string]float64{"de": 370, "en": 610} }

// callBoth has a pair call a meeting, and pass over the privacy notice.
func (g *gateway) callBoth(meeting string) pair {
	g.t.Helper()
	p := pair{g, map[string]*peertest.Baresip{}}
	for language, hertz := range tones() {
		phone := g.phone(hertz)
		g.reaches(phone, language)
		phone.Key(meeting + "##")
		p.phones[language] = phone
	}
	return p
}

// hear waits until both have heard a prompt, each in its language.
func (p pair) hear(prompt announcements.Prompt) {
	p.t.Helper()
	for language, phone := range p.phones {
		p.heard(phone, language, prompt)
	}
}

// key presses the same on both.
func (p pair) key(keys string) {
	for _, phone := range p.phones {
		phone.Key(keys)
	}
}

// each does something to every telephone of a meeting.
func (p pair) each(meeting, what string) {
	p.t.Helper()
	for _, person := range p.meeting(meeting).People {
		if person.Phone {
			p.control(meeting, map[string]any{what: person.ID})
		}
	}
}

// gone waits until both calls are over.
func (p pair) gone() {
	p.t.Helper()
	for _, phone := range p.phones {
		phone.Wait("CALL_CLOSED")
	}
}

// TestEachChangeIsHeardOnATelephone changes a meeting in every way while a German
// and an English telephone are in it, and looks in their recordings for the words. A
// browser in the meeting hears them exactly while they may be heard.
func TestEachChangeIsHeardOnATelephone(t *testing.T) {
	t.Parallel()
	const meeting = "100000001"
	g := startGateway(t, func(c *config.Config) { speaks(t, c) })
	browser := g.browser(meeting, "Ada", "", 880)
	inRoom(browser)
	p := g.callBoth(meeting)
	g.waitPhones(meeting, 2)
	audible := func(is bool) {
		t.Helper()
		for language, hertz := range tones() {
			peertest.Eventually(t, "the browser hears the "+language+" telephone, or does not", func() bool {
				level := browser.Level(hertz)
				return is && level > -30 || !is && level < silent
			})
		}
	}
	audible(true)
	do := func(what string, with any, says announcements.Prompt) {
		t.Helper()
		g.control(meeting, map[string]any{what: with})
		p.hear(says)
	}

	do("lock", true, announcements.LockOn)
	do("lock", false, announcements.LockOff)
	do("encryption", "enhanced", announcements.StateEnhanced)
	do("encryption", "transport", announcements.StateTransport)
	audible(true)
	p.each(meeting, "mute")
	p.hear(announcements.MuteHost)
	audible(false)
	p.each(meeting, "ask_to_speak")
	p.hear(announcements.UnmuteAsk)
	p.key("*6")
	p.hear(announcements.UnmuteSelf)
	audible(true)

	do("recording", "start", announcements.RecordingStart)
	audible(false)
	browser.Click("#consent-agree")
	for _, hertz := range tones() {
		browser.Watch(int(hertz))
	}
	p.hear(announcements.ConsentAgree)
	for language, hertz := range tones() {
		if peak := browser.Peak(int(hertz)); peak.Level > silent {
			t.Errorf("the %s telephone was heard at %.1f dBov while it was asked", language, peak.Level)
		}
	}
	p.key("1")
	p.hear(announcements.ConsentYes)
	audible(true)
	do("recording", "pause", announcements.RecordingPause)
	do("recording", "resume", announcements.RecordingResume)
	do("purpose", map[string]string{"de": "Schulung.", "en": "Training."}, announcements.ConsentChanged)
	audible(false)
	p.key("2")
	p.hear(announcements.ConsentNo)
	do("recording", "stop", announcements.RecordingStop)
	p.each(meeting, "remove")
	p.hear(announcements.Removed)
	p.gone()
	g.settle()
	g.verifyRecords()
}
