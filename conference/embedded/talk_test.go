package embedded

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/transcode/pcm"
)

func TestWhoSaysNoIsHeardOnlyWhereThatMeansTalking(t *testing.T) {
	for _, tt := range []struct {
		name            string
		consent         conference.Consent
		answer          conference.Answer
		heard, recorded bool
	}{
		{"a no is heard, and not recorded", conference.ConsentRequired, conference.Declined, true, false},
		{"so where notice would do", conference.ConsentNotice, conference.Declined, true, false},
		{"so where nothing is asked", conference.ConsentOff, conference.Declined, true, false},
		{"who has not answered waits", conference.ConsentRequired, conference.Unanswered, false, false},
		{"informed is no yes", conference.ConsentRequired, conference.Informed, false, false},
		{"a yes is recorded", conference.ConsentRequired, conference.Agreed, true, true},
		{"so is who was told, where that is enough", conference.ConsentNotice, conference.Informed, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newState(basePolicy(func(p *policy) { p.consent, p.afterNo = tt.consent, conference.AfterNoTalk }))
			phone, page := seated(t, s), come(s, "page", false, false)
			if s.recordable(phone) || !s.audible(phone) {
				t.Error("without a recording everybody is heard, and nobody is recorded")
			}
			_ = s.recordStart()
			for _, p := range []*person{phone, page} {
				s.answered(p, s.run, tt.answer)
				if heard, recorded := s.audible(p), s.recordable(p); heard != tt.heard || recorded != tt.recorded {
					t.Errorf("phone %v: heard %v, recorded %v", p.phone, heard, recorded)
				}
			}
			if phone.place != inside || page.place != inside {
				t.Error("a no that means talking puts somebody out")
			}
			s.policy.afterNo = conference.AfterNoListen
			if s.audible(phone) != (tt.recorded && tt.heard) {
				t.Errorf("where it means listening: heard %v", s.audible(phone))
			}
		})
	}
}

// recordedMeeting is one in which a no means talking on, recorded, with a page
// that has agreed.
func recordedMeeting(t *testing.T) (cfg Config, b *Backend, ada *webtest.Peer, url string) {
	t.Helper()
	cfg = testConfig(t)
	b = start(t, cfg, beating(t), meetingOf("1", func(m *MeetingConfig) { m.AfterNo = "talk" }))
	url = serve(t, b).URL
	ada = webtest.Dial(t, url, "1", webtest.Join{Name: "Ada"})
	ada.Joined()
	ada.Say(request{Type: "host", Action: "record_start"})
	m := ada.Told("recording", recording("on"))
	if m.Meeting.AfterNo != "talk" {
		t.Fatalf("pages are told that a no means %q", m.Meeting.AfterNo)
	}
	ada.Say(request{Type: "consent", Run: m.Meeting.Run, Answer: "agree"})
	return cfg, b, ada, url
}

// TestWhoSaysNoTalksOnAndIsInNoFile has a telephone and a page say no, yes and
// no again, and talk all the time: the others hear them throughout, and in each
// file, that of all voices too, they are as long as their yes stands.
func TestWhoSaysNoTalksOnAndIsInNoFile(t *testing.T) {
	cfg, b, ada, url := recordedMeeting(t)
	bob := webtest.Dial(t, url, "1", webtest.Join{Name: "Bob"})
	bobID := bob.Joined()
	phone := call(t, b, "1")
	phoneID := personID(t, b, "1", "Phone 1")
	defer speak(t, bob, 600)()
	phone.say(440)
	run := b.Meetings()[0].Run

	answer := func(page string, telephone conference.Answer) {
		t.Helper()
		bob.Say(request{Type: "consent", Run: run, Answer: page})
		phone.seat.Answer(run, telephone)
		eventually(t, page, webtest.Patience, func() bool {
			p := b.Meetings()[0].People
			return p[1].Recorded == telephone.String() && p[2].Recorded == telephone.String()
		})
	}
	heard := func() (from, to time.Time) {
		t.Helper()
		phone.awaitNote(600, true)
		ada.Forget()
		from = time.Now()
		phone.hear(1500 * time.Millisecond)
		ada.Await("both voices", func(h webtest.History) bool { return len(h.Packets[phoneID]) > 50 && len(h.Packets[bobID]) > 50 })
		for id, hertz := range map[string]float64{phoneID: 440, bobID: 600} {
			if level := power(decoded(t, ada.Heard(id)), hertz, pcm.Narrowband); level < -4 {
				t.Errorf("the page hears %v Hz at %+.1f dB", hertz, level)
			}
		}
		return from, time.Now()
	}
	answer("listen", conference.Declined)
	_, first := heard()
	answer("agree", conference.Agreed)
	agreed, then := heard()
	answer("listen", conference.Declined)
	again, last := heard()
	ada.Say(request{Type: "host", Action: "record_stop"})

	directory, list := recordingOf(t, cfg.Recordings)
	checkNames(t, directory, bobID+".opus", phoneID+".opus", "mix.opus", "manifest.json")
	for name, notes := range map[string][]float64{bobID: {600}, phoneID: {440}, mixName: {600, 440}} {
		sound := play(t, filepath.Join(directory, name+".opus"))
		for _, hertz := range notes {
			if level := power(list.from(sound, agreed.Add(mixDelay), then), hertz, pcm.Narrowband); level < -4 || level > 4 {
				t.Errorf("%s.opus has %v Hz at %+.1f dB after the yes", name, hertz, level)
			}
		}
		checkSilent(t, name+" before the yes", list.from(sound, list.Began, first))
		checkSilent(t, name+" after it was taken back", list.from(sound, again.Add(mixDelay), last))
	}
}

// checkSilent wants nothing at all: where only who said no talks, there is nobody
// else's voice in which theirs could be.
func checkSilent(t *testing.T, what string, sound []int16) {
	t.Helper()
	if len(sound) < pcm.Narrowband {
		t.Errorf("%s: %d samples", what, len(sound))
	}
	for _, v := range sound {
		if v > 8 || v < -8 { // -72 dB of full scale
			t.Errorf("%s: %d", what, v)
			return
		}
	}
}

// TestOpusOfWhoSaysNoIsForwardedAndNotRecorded is the same for a telephone whose
// packets are forwarded as they come.
func TestOpusOfWhoSaysNoIsForwardedAndNotRecorded(t *testing.T) {
	cfg, b, ada, _ := recordedMeeting(t)
	phone := call(t, b, "1")
	phone.speaksOpus()
	phoneID := personID(t, b, "1", "Phone 1")
	phone.seat.Answer(b.Meetings()[0].Run, conference.Declined)
	phone.say(440)
	ada.Await("the telephone", func(h webtest.History) bool { return len(h.Packets[phoneID]) > 75 })
	ada.Say(request{Type: "host", Action: "record_stop"})
	directory, _ := recordingOf(t, cfg.Recordings)
	checkNames(t, directory, "manifest.json")
}
