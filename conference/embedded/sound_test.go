package embedded

import (
	"bytes"
	"context"
	"math"
	"testing"
	"time"

	"github.com/einwahl/einwahl/conference"
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
func decoded(t *testing.T, packets []heardPacket) []int16 {
	t.Helper()
	d, err := opus.NewDecoder(pcm.Narrowband)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var sound []int16
	frame := make([]int16, 960)
	for _, p := range packets {
		n, err := d.Decode(frame, p.payload)
		if err != nil {
			t.Fatal(err)
		}
		sound = append(sound, frame[:n]...)
	}
	return sound
}

func TestPageAndTelephoneHearEachOtherAndNotThemselves(t *testing.T) {
	b := start(t, testConfig(t), beating(t), meetingOf("1", nil))
	page := dial(t, serve(t, b), "1", request{Name: "Ada"}, peerSettings())
	page.joined()
	phone := call(t, b, "1")
	stop := page.speak(880)
	defer stop()
	phone.awaitNote(880, true)
	phone.say(440)
	id := personID(t, b, "1", "Phone 1")

	sound := phone.hear(time.Second)
	if level := power(sound, 880, pcm.Narrowband); math.Abs(level) > 3 {
		t.Errorf("the telephone hears the page at %+.1f dB", level)
	}
	if level := power(sound, 440, pcm.Narrowband); level > -40 {
		t.Errorf("the telephone hears itself at %+.1f dB", level)
	}
	page.await("voice of the telephone", func() bool { return len(page.packets[id]) > 75 })
	page.mu.Lock()
	packets := page.packets[id]
	page.mu.Unlock()
	heard := decoded(t, packets)[pcm.Narrowband/5:]
	if level := power(heard, 440, pcm.Narrowband); math.Abs(level) > 3 {
		t.Errorf("the page hears the telephone at %+.1f dB", level)
	}
	if level := power(heard, 880, pcm.Narrowband); level > -40 {
		t.Errorf("the page hears itself at %+.1f dB", level)
	}
	if !packets[0].header.Marker {
		t.Error("no marker where the telephone begins to speak")
	}
	for i := 1; i < len(packets); i++ {
		if d := packets[i].header.Timestamp - packets[i-1].header.Timestamp; d != frameTicks {
			t.Fatalf("packet %d: %d ticks after the one before", i, d)
		}
	}
	page.told("who speaks", func(m message) bool {
		list, _ := m.People.([]any)
		return m.Type == "speaking" && len(list) == 2
	})

	phone.say(0)
	page.told("silence", func(m message) bool {
		list, _ := m.People.([]any)
		return m.Type == "speaking" && len(list) == 1
	})
	page.forget()
	phone.hear(200 * time.Millisecond)
	page.mu.Lock()
	defer page.mu.Unlock()
	if n := len(page.packets[id]); n > 0 {
		t.Errorf("%d packets of a silent telephone", n)
	}
}

func TestPagesHearEachOtherUntouched(t *testing.T) {
	b := start(t, testConfig(t), beating(t), meetingOf("1", nil))
	server := serve(t, b)
	ada, bob := dial(t, server, "1", request{Name: "Ada"}, peerSettings()), dial(t, server, "1", request{Name: "Bob"}, peerSettings())
	from := ada.joined()
	bob.joined()
	payload := bytes.Repeat([]byte{0xF8, 1, 2, 3}, 20)
	stop := sendRaw(ada, payload)
	defer stop()
	bob.await("a packet", func() bool { return len(bob.packets[from]) > 10 })
	bob.mu.Lock()
	for _, p := range bob.packets[from] {
		if !bytes.Equal(p.payload, payload) {
			t.Fatalf("payload %x", p.payload)
		}
	}
	bob.mu.Unlock()

	// Carl comes, speaks, and leaves; Dora takes the line that he had.
	for _, name := range []string{"Carl", "Dora"} {
		guest := dial(t, server, "1", request{Name: name}, peerSettings())
		id := guest.joined()
		stop := sendRaw(guest, payload)
		bob.await("a packet of "+name, func() bool { return len(bob.packets[id]) > 3 })
		stop()
		guest.say(request{Type: "leave"})
		guest.told("goodbye", func(m message) bool { return m.Type == "bye" && m.Reason == "left" })
		bob.sees(name+" gone", func(m message) bool { return len(m.people()) == 2 })
	}
}

func TestEndToEndEncryptionCutsTelephonesOffAndDecodesNothing(t *testing.T) {
	b := start(t, testConfig(t), beating(t), meetingOf("1", nil))
	server := serve(t, b)
	ada, bob := dial(t, server, "1", request{Name: "Ada"}, peerSettings()), dial(t, server, "1", request{Name: "Bob"}, peerSettings())
	from := ada.joined()
	bob.joined()
	phone := call(t, b, "1")
	id := personID(t, b, "1", "Phone 1")
	stop := ada.speak(880)
	phone.awaitNote(880, true)
	phone.say(440)
	bob.await("the telephone", func() bool { return len(bob.packets[id]) > 5 })

	ada.say(request{Type: "host", Action: "encryption", Level: "e2ee"})
	bob.sees("end-to-end", func(m message) bool { return m.Meeting.Encryption == "e2ee" && len(m.people()) == 2 })
	last := conference.State{}
	for st := range phone.visit.States() {
		last = st
	}
	if last.Encryption != conference.EndToEnd {
		t.Errorf("the telephone's last state: %+v", last)
	}
	stop()
	bob.forget()
	ciphertext := bytes.Repeat([]byte{0x5A, 0xA5}, 60)
	stop = sendRaw(ada, ciphertext)
	defer stop()
	bob.await("ciphertext", func() bool {
		n := len(bob.packets[from])
		return n > 20 && bytes.Equal(bob.packets[from][n-1].payload, ciphertext)
	})
	for _, v := range phone.hear(500 * time.Millisecond) {
		if v != 0 {
			t.Fatal("the telephone hears something")
		}
	}
	bob.mu.Lock()
	if n := len(bob.packets[id]); n > 0 {
		t.Errorf("%d packets of a telephone", n)
	}
	bob.mu.Unlock()
	m := b.meeting("1")
	m.do(func() {
		for _, mb := range m.members {
			if mb.decoding != nil || m.room != nil || m.recorder != nil {
				t.Error("something listens in an end-to-end encrypted meeting")
			}
		}
	})
	ada.say(request{Type: "host", Action: "record_start"})
	ada.told("no recording", func(m message) bool { return m.Code == "recording_e2ee" })
}
