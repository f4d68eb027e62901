package embedded

import (
	"bytes"
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pace"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// beating is a clock that runs until the test ends.
func beating(t *testing.T) pcm.Clock {
	c := pace.New(1)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return c.Group()
}

// decoded is what a page would hear of somebody.
func decoded(t *testing.T, packets []webtest.Packet) []int16 {
	return decodedAt(t, packets, pcm.Narrowband)
}

func decodedAt(t *testing.T, packets []webtest.Packet, rate int) []int16 {
	t.Helper()
	d, err := opus.NewDecoder(rate)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var sound []int16
	frame := make([]int16, 960)
	for _, p := range packets {
		n, err := d.Decode(frame, p.Payload)
		if err != nil {
			t.Fatal(err)
		}
		sound = append(sound, frame[:n]...)
	}
	return sound
}

func TestPageAndTelephoneHearEachOtherAndNotThemselves(t *testing.T) {
	b := start(t, testConfig(t), beating(t), meetingOf("1", nil))
	page := webtest.Dial(t, serve(t, b).URL, "1", webtest.Join{Name: "Ada"})
	page.Joined()
	phone := call(t, b, "1")
	stop := speak(t, page, 880)
	defer stop()
	phone.awaitNote(880, true)
	id := personID(t, b, "1", "Phone 1")
	eventually(t, "a way to the page", webtest.Patience, func() bool { return len(voiceOf(b, "1", id).pages.list()) == 1 })
	phone.say(440)

	sound := phone.hear(time.Second)
	if level := power(sound, 880, pcm.Narrowband); math.Abs(level) > 3 {
		t.Errorf("the telephone hears the page at %+.1f dB", level)
	}
	if level := power(sound, 440, pcm.Narrowband); level > -40 {
		t.Errorf("the telephone hears itself at %+.1f dB", level)
	}
	page.Await("voice of the telephone", func(h webtest.History) bool { return len(h.Packets[id]) > 75 })
	packets := page.Heard(id)
	heard := decoded(t, packets)[pcm.Narrowband/5:]
	if level := power(heard, 440, pcm.Narrowband); math.Abs(level) > 3 {
		t.Errorf("the page hears the telephone at %+.1f dB", level)
	}
	if level := power(heard, 880, pcm.Narrowband); level > -40 {
		t.Errorf("the page hears itself at %+.1f dB", level)
	}
	if !packets[0].Header.Marker {
		t.Error("no marker where the telephone begins to speak")
	}
	for i := 1; i < len(packets); i++ {
		if d := packets[i].Header.Timestamp - packets[i-1].Header.Timestamp; d != frameTicks {
			t.Fatalf("packet %d: %d ticks after the one before", i, d)
		}
	}
	page.Told("who speaks", func(m webtest.Message) bool {
		return m.Type == "speaking" && len(m.Speakers()) == 2
	})

	phone.say(0)
	page.Await("silence", func(h webtest.History) bool { // it was so before the telephone spoke, too
		for _, m := range slices.Backward(h.Messages) {
			if m.Type == "speaking" {
				return len(m.Speakers()) == 1
			}
		}
		return false
	})
	page.Forget()
	phone.hear(200 * time.Millisecond)
	if n := len(page.Heard(id)); n > 0 {
		t.Errorf("%d packets of a silent telephone", n)
	}
}

// TestWidebandReachesBothSides: what only a band of 8 kHz has room for.
func TestWidebandReachesBothSides(t *testing.T) {
	b := start(t, testConfig(t), beating(t), meetingOf("1", nil))
	page := webtest.Dial(t, serve(t, b).URL, "1", webtest.Join{Name: "Ada"})
	page.Joined()
	wide, other, narrow := call(t, b, "1"), call(t, b, "1"), call(t, b, "1")
	wide.wideband()
	other.wideband()
	id := b.Meetings()[0].People[1].ID // who came first
	defer speak(t, page, 6000)()
	wide.awaitNote(6000, true)
	if level := power(narrow.hear(500*time.Millisecond), 2000, pcm.Narrowband); level > -30 {
		t.Errorf("6 kHz is 2 kHz on a narrow telephone, at %+.1f dB", level)
	}
	wide.say(5000)
	other.awaitNote(5000, true)
	page.Await("voice of the telephone", func(h webtest.History) bool { return len(h.Packets[id]) > 75 })
	sound := decodedAt(t, page.Heard(id), pcm.Wideband)
	if level := power(sound[len(sound)/2:], 5000, pcm.Wideband); math.Abs(level) > 6 {
		t.Errorf("the page hears 5 kHz at %+.1f dB", level)
	}
}

func TestPagesHearEachOtherUntouched(t *testing.T) {
	b := start(t, testConfig(t), beating(t), meetingOf("1", nil))
	server := serve(t, b)
	ada, bob := webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Ada"}), webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Bob"})
	from := ada.Joined()
	bob.Joined()
	payload := bytes.Repeat([]byte{0xF8, 1, 2, 3}, 20)
	stop := sendRaw(ada, payload)
	defer stop()
	bob.Await("a packet", func(h webtest.History) bool { return len(h.Packets[from]) > 10 })
	for _, p := range bob.Heard(from) {
		if !bytes.Equal(p.Payload, payload) {
			t.Fatalf("payload %x", p.Payload)
		}
	}

	// Carl comes, speaks, and leaves; Dora takes the line that he had.
	for _, name := range []string{"Carl", "Dora"} {
		guest := webtest.Dial(t, server.URL, "1", webtest.Join{Name: name})
		id := guest.Joined()
		stop := sendRaw(guest, payload)
		bob.Await("a packet of "+name, func(h webtest.History) bool { return len(h.Packets[id]) > 3 })
		stop()
		guest.Say(request{Type: "leave"})
		guest.Told("goodbye", func(m webtest.Message) bool { return m.Type == "bye" && m.Reason == "left" })
		bob.Sees(name+" gone", func(m webtest.Message) bool { return len(m.Persons()) == 2 })
	}
}

func TestEndToEndEncryptionCutsTelephonesOffAndDecodesNothing(t *testing.T) {
	b := start(t, testConfig(t), beating(t), meetingOf("1", nil))
	server := serve(t, b)
	ada := webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Ada"})
	ada.Joined() // and so the host
	bob := webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Bob"})
	from := ada.Joined()
	bob.Joined()
	phone := call(t, b, "1")
	id := personID(t, b, "1", "Phone 1")
	stop := speak(t, ada, 880)
	phone.awaitNote(880, true)
	phone.say(440)
	bob.Await("the telephone", func(h webtest.History) bool { return len(h.Packets[id]) > 5 })

	ada.Say(request{Type: "host", Action: "encryption", Level: "e2ee"})
	bob.Sees("end-to-end", func(m webtest.Message) bool { return m.Meeting.Encryption == "e2ee" && len(m.Persons()) == 2 })
	last := conference.State{}
	for st := range phone.visit.States() {
		last = st
	}
	if last.Encryption != conference.EndToEnd {
		t.Errorf("the telephone's last state: %+v", last)
	}
	stop()
	bob.Forget()
	ciphertext := bytes.Repeat([]byte{0x5A, 0xA5}, 60)
	stop = sendRaw(ada, ciphertext)
	defer stop()
	bob.Await("ciphertext", func(h webtest.History) bool {
		n := len(h.Packets[from])
		return n > 20 && bytes.Equal(h.Packets[from][n-1].Payload, ciphertext)
	})
	for _, v := range phone.hear(500 * time.Millisecond) {
		if v != 0 {
			t.Fatal("the telephone hears something")
		}
	}
	if n := len(bob.Heard(id)); n > 0 {
		t.Errorf("%d packets of a telephone", n)
	}
	m := b.meeting("1")
	m.do(func() {
		for _, mb := range m.members {
			if mb.decoding != nil || m.room != nil || m.recorder != nil {
				t.Error("something listens in an end-to-end encrypted meeting")
			}
		}
	})
	ada.Say(request{Type: "host", Action: "record_start"})
	ada.Told("no recording", func(m webtest.Message) bool { return m.Code == "recording_e2ee" })
}
