package embedded

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"

	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// ear is a page that keeps what a voice sends it.
type ear struct {
	webrtc.TrackLocalContext
	id string

	mu      sync.Mutex
	packets []webtest.Packet
	hold    chan struct{} // where not nil, each packet waits for a token
}

func attach(t *testing.T, v *voice, e *ear) *ear {
	t.Helper()
	if _, err := v.pages.Bind(e); err != nil {
		t.Fatal(err)
	}
	return e
}

func (e *ear) ID() string { return e.id }

func (e *ear) SSRC() webrtc.SSRC { return 1 }

func (e *ear) SSRCRetransmission() webrtc.SSRC { return 0 }

func (e *ear) SSRCForwardErrorCorrection() webrtc.SSRC { return 0 }

func (e *ear) WriteStream() webrtc.TrackLocalWriter { return e }

func (e *ear) CodecParameters() []webrtc.RTPCodecParameters {
	return []webrtc.RTPCodecParameters{{RTPCodecCapability: opusCapability(), PayloadType: 111}}
}

func (e *ear) Write(b []byte) (int, error) { return len(b), nil }

func (e *ear) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	if e.hold != nil {
		<-e.hold
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.packets = append(e.packets, webtest.Packet{Header: *h, Payload: bytes.Clone(payload)})
	return len(payload), nil
}

func (e *ear) heard() []webtest.Packet {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.packets)
}

func TestEncoderIsLentOnlyToWhoSpeaks(t *testing.T) {
	pool := opus.NewPool()
	defer pool.Close()
	e := newEncoder(pool, nil, func(rtp.Header, []byte, time.Time) {})
	speech := newNote(440, pcm.Narrowband)
	lent := func(when string, want int) {
		t.Helper()
		if st := pool.Stats(); st.Lent != want {
			t.Errorf("%s: %d encoders are lent, want %d", when, st.Lent, want)
		}
	}
	silence := func(beats int) {
		for range beats {
			e.WriteFrame(nil)
		}
	}
	silence(10)
	lent("before a word", 0)
	e.WriteFrame(speech.next(pcm.NarrowbandSamples))
	lent("while speaking", 1)
	silence(keepFor - 1)
	lent("between two sentences", 1)
	e.WriteFrame(speech.next(pcm.NarrowbandSamples))
	silence(keepFor)
	lent("in silence", 0)
	e.wanted(false)
	e.WriteFrame(speech.next(pcm.NarrowbandSamples))
	lent("while nobody listens", 0)
	e.wanted(true)
	e.WriteFrame(speech.next(pcm.NarrowbandSamples))
	lent("while speaking again", 1)
	e.close()
	e.close()
	lent("afterwards", 0)
	if st := pool.Stats(); st.Made != 1 {
		t.Errorf("%d states were made for one talker", st.Made)
	}
}

func TestWidebandTelephoneIsEncodedAtItsRate(t *testing.T) {
	v := newVoice("p1")
	v.open(nil, nil)
	page := attach(t, v, &ear{id: "a"})
	e := newEncoder(nil, nil, v.fromBeat)
	defer e.close()
	narrow, wide := newNote(1000, pcm.Narrowband), newNote(6000, pcm.Wideband)
	for range 25 {
		e.WriteFrame(narrow.next(pcm.NarrowbandSamples))
	}
	for range 50 {
		e.WriteFrame(wide.next(pcm.WidebandSamples))
	}
	decoder, err := opus.NewDecoder(pcm.Wideband)
	if err != nil {
		t.Fatal(err)
	}
	defer decoder.Close()
	var sound []int16
	for i, p := range page.heard() {
		frame := make([]int16, 960)
		n, err := decoder.Decode(frame, p.Payload)
		if err != nil || n != pcm.WidebandSamples {
			t.Fatalf("packet %d: %d samples, %v", i, n, err)
		}
		sound = append(sound, frame[:n]...)
	}
	if level := power(sound[:20*320], 1000, pcm.Wideband); math.Abs(level) > 3 {
		t.Errorf("1 kHz is heard at %+.1f dB", level)
	}
	if level := power(sound[30*320:], 6000, pcm.Wideband); math.Abs(level) > 3 {
		t.Errorf("6 kHz is heard at %+.1f dB", level)
	}
}

// own is packet i of a telephone that speaks Opus.
func own(i int) pcm.Packet {
	return pcm.Packet{
		Stream: 7, Sequence: uint16(65530 + i), Timestamp: uint32(i*frameTicks) - 2000,
		Payload: []byte{0x58, byte(i), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, At: time.Unix(100, 0).Add(time.Duration(i) * pcm.FrameDuration),
	}
}

func TestOpusOfATelephoneIsPassedOnAsItIs(t *testing.T) {
	v := newVoice("p1")
	v.open(nil, nil)
	page := attach(t, v, &ear{id: "a"})
	e := newEncoder(nil, nil, v.fromBeat)
	defer e.close()
	note := newNote(440, pcm.Narrowband)
	for range 5 {
		e.WriteFrame(note.next(pcm.NarrowbandSamples))
	}
	for i := range 10 {
		e.WritePacket(own(i))
		e.WriteFrame(nil)
	}
	for range 5 {
		e.WriteFrame(note.next(pcm.NarrowbandSamples))
	}
	packets := page.heard()
	if len(packets) != 20 {
		t.Fatalf("%d packets, want 20", len(packets))
	}
	for i, p := range packets {
		if begins := i == 0 || i == 5 || i == 15; p.Header.Marker != begins {
			t.Errorf("packet %d has the marker %v", i, p.Header.Marker)
		}
		if i >= 5 && i < 15 && !bytes.Equal(p.Payload, own(i-5).Payload) {
			t.Errorf("packet %d was changed: %x", i, p.Payload)
		}
		if i == 0 {
			continue
		}
		if d := p.Header.SequenceNumber - packets[i-1].Header.SequenceNumber; d != 1 {
			t.Errorf("packet %d has the %dth number after the one before", i, d)
		}
		if d := int32(p.Header.Timestamp - packets[i-1].Header.Timestamp); d < frameTicks {
			t.Errorf("packet %d comes %d ticks after the one before", i, d)
		}
	}
}

func TestTelephoneCannotFloodTheMeeting(t *testing.T) {
	handed := 0
	e := newEncoder(nil, nil, func(rtp.Header, []byte, time.Time) { handed++ })
	for beat := range 50 {
		for i := range 100 {
			e.WritePacket(own(100*beat + i))
		}
		e.WriteFrame(nil)
	}
	if most := 50*passRate + passBurst; handed > most {
		t.Errorf("%d packets were passed on in a second, want %d", handed, most)
	}
	handed = 0
	long := own(1)
	long.Payload = make([]byte, longestPacket+1)
	e.WritePacket(long)
	e.wanted(false)
	e.WritePacket(own(2))
	if handed != 0 {
		t.Error("a packet that is too long, or that nobody wants, was passed on")
	}
}

// TestNothingOfAShutVoicePasses shuts a voice while packets wait for many
// pages: neither they nor what comes later passes, also once it is open again.
func TestNothingOfAShutVoicePasses(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	for _, pages := range []int{1, few + 1} {
		t.Run(strconv.Itoa(pages)+" pages", func(t *testing.T) {
			v := newVoice("p1")
			page := attach(t, v, &ear{id: "a", hold: make(chan struct{}, 100)})
			e := newEncoder(nil, nil, v.fromBeat)
			defer e.close()
			v.sendApart(pages > few)
			v.open(nil, nil)
			page.hold <- struct{}{}
			e.WritePacket(own(0))
			eventually(t, "the first packet", 10*time.Second, func() bool { return len(page.heard()) == 1 })
			if pages > few {
				for i := range 5 { // the goroutine holds one of them
					e.WritePacket(own(1 + i))
				}
				eventually(t, "one is being sent", 10*time.Second, func() bool { return len(v.outlet.Load().relay.filled) == 4 })
			}
			shut := make(chan struct{})
			go func() {
				defer close(shut)
				v.shut()
			}()
			if pages > few {
				eventually(t, "what waits is forgotten", 10*time.Second, func() bool { return v.outlet.Load().relay.era.Load() == 1 })
				beat := make(chan struct{})
				go func() {
					defer close(beat)
					e.WritePacket(own(6))
				}()
				select {
				case <-beat:
				case <-time.After(10 * time.Second):
					t.Error("a beat waits for what is being sent")
				}
				page.hold <- struct{}{} // for the one that is being sent
				<-beat
			}
			<-shut
			passed := len(page.heard())
			for range 20 {
				page.hold <- struct{}{}
			}
			e.WritePacket(own(7))
			v.open(nil, nil)
			e.WritePacket(own(8))
			eventually(t, "the packet after it was opened", 10*time.Second, func() bool { return len(page.heard()) > passed })
			v.shut()
			v.close()
			late := page.heard()[passed:]
			if len(late) != 1 || late[0].Payload[1] != 8 || !late[0].Header.Marker {
				t.Errorf("after the voice was shut: %v", late)
			}
			if passed > 2 {
				t.Errorf("%d packets had passed", passed)
			}
		})
	}
}

func TestManyPagesGetAllInOrder(t *testing.T) {
	v := newVoice("p1")
	page := attach(t, v, &ear{id: "a"})
	e := newEncoder(nil, nil, v.fromBeat)
	defer e.close()
	v.open(nil, nil)
	const packets = 60
	for i := range packets {
		v.sendApart(i/10%3 == 2) // more and fewer
		e.WritePacket(own(i))
		e.WriteFrame(nil)
		if i%10 == 0 {
			eventually(t, "what waits", 10*time.Second, func() bool { return len(page.heard()) == i+1 })
		}
	}
	eventually(t, "all packets", 10*time.Second, func() bool { return len(page.heard()) == packets })
	for i, p := range page.heard() {
		if int(p.Payload[1]) != i {
			t.Fatalf("packet %d is number %d", i, p.Payload[1])
		}
	}
	v.shut()
	v.close()
}
