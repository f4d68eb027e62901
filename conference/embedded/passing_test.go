package embedded

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// voiceOf is the voice of somebody in a meeting.
func voiceOf(b *Backend, number, id string) (v *voice) {
	m := b.meeting(number)
	m.do(func() { v = m.members[id].voice })
	return v
}

// withOpus is a meeting of a page and a telephone, of that name, which speaks Opus.
func withOpus(t *testing.T) (b *Backend, page *webtest.Peer, phone *telephone, id string) {
	t.Helper()
	b = start(t, testConfig(t), beating(t), meetingOf("1", nil))
	page = webtest.Dial(t, serve(t, b).URL, "1", webtest.Join{Name: "Ada"})
	page.Joined()
	phone = call(t, b, "1")
	phone.speaksOpus()
	return b, page, phone, personID(t, b, "1", "Phone 1")
}

func TestTelephoneThatSpeaksOpusIsHeardUntouched(t *testing.T) {
	b, page, phone, id := withOpus(t)
	eventually(t, "a way to the page", webtest.Patience, func() bool { return len(voiceOf(b, "1", id).pages.list()) == 1 })
	phone.say(440)
	page.Await("voice of the telephone", func(h webtest.History) bool { return len(h.Packets[id]) > 100 })

	phone.mu.Lock()
	defer phone.mu.Unlock()
	packets := page.Heard(id)
	for i, p := range packets {
		if !phone.sent[string(p.Payload)] {
			t.Fatalf("packet %d is not one that the telephone has sent", i)
		}
		if i > 0 && p.Header.SequenceNumber-packets[i-1].Header.SequenceNumber != 1 {
			t.Errorf("packet %d has number %d after %d", i, p.Header.SequenceNumber, packets[i-1].Header.SequenceNumber)
		}
	}
}

// TestOpusOfATelephoneStopsAtOnce: whatever shuts the voice of a telephone,
// when it is done not one packet more goes to anybody.
func TestOpusOfATelephoneStopsAtOnce(t *testing.T) {
	b, _, phone, id := withOpus(t)
	voice := voiceOf(b, "1", id)
	ear := attach(t, voice, &ear{id: "a"})
	phone.say(440)

	control := func(c Control) {
		t.Helper()
		if err := b.Control("1", c); err != nil {
			t.Fatal(err)
		}
	}
	heard := func(when string) {
		t.Helper()
		n := len(ear.heard())
		eventually(t, when+": the telephone is heard", webtest.Patience, func() bool { return len(ear.heard()) > n+10 })
	}
	silent := func(when string) {
		t.Helper()
		n := len(ear.heard())
		phone.hear(200 * time.Millisecond)
		if late := len(ear.heard()) - n; late > 0 {
			t.Errorf("%s: %d packets", when, late)
		}
	}
	heard("to begin with")
	for range 5 {
		phone.seat.SetMicrophone(false)
		silent("muted by the caller")
		phone.seat.SetMicrophone(true)
		heard("open again")
	}
	for _, apart := range []bool{true, false} {
		b.meeting("1").do(func() { voice.sendApart(apart) })
		heard("before a host mutes")
		control(Control{Mute: id})
		silent("muted by a host")
		phone.seat.SetMicrophone(true)
	}
	heard("before the recording")
	control(Control{Recording: "start"})
	silent("recorded without an answer")
	run := b.Meetings()[0].Run
	phone.seat.Answer(run, conference.Agreed)
	heard("agreed")
	phone.seat.Answer(run, conference.Declined)
	silent("declined")
	control(Control{Recording: "stop"})
	heard("not recorded any more")
	control(Control{Encryption: "e2ee"})
	silent("end-to-end encrypted")
}

func TestOpusOfATelephoneIsRecordedAsItCame(t *testing.T) {
	cfg := testConfig(t)
	b := start(t, cfg, beating(t), meetingOf("1", nil))
	phone := call(t, b, "1")
	phone.speaksOpus()
	id := personID(t, b, "1", "Phone 1")
	phone.say(440)
	if err := b.Control("1", Control{Recording: "start"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a recording", webtest.Patience, func() bool { return b.Meetings()[0].Recording == "on" })
	phone.seat.Answer(b.Meetings()[0].Run, conference.Agreed)
	phone.hear(1500 * time.Millisecond)
	if err := b.Control("1", Control{Recording: "stop"}); err != nil {
		t.Fatal(err)
	}
	directory, _ := recordingOf(t, cfg.Recordings)
	for _, name := range []string{id, mixName} {
		sound := play(t, filepath.Join(directory, name+".opus"))
		if late := sound[len(sound)/2:]; power(late, 440, pcm.Narrowband) < 0 {
			t.Errorf("the telephone is in %s.opus at %+.1f dB", name, power(late, 440, pcm.Narrowband))
		}
	}
}
