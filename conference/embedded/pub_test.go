package embedded

import (
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"golang.org/x/time/rate"
)

// microphoneTo is a microphone whose voice goes to pages, and where pion puts
// its packets.
func microphoneTo(t testing.TB, pages ...*listener) (*voice, *microphone, inlet) {
	t.Helper()
	v := newVoice("p1")
	v.open(nil, nil)
	for _, p := range pages {
		if _, err := v.pages.Bind(p); err != nil {
			t.Fatal(err)
		}
	}
	m := &microphone{pace: rate.NewLimiter(rate.Inf, 1)}
	m.format.Store(&format{opus: 111, level: 1})
	return v, m, inlet{&keys{take: func(packet []byte, at time.Time) { m.take(v, packet, at) }}}
}

// TestNothingIsAllocatedPerPacketOfAPage: from its encryption to the voice, and
// on to the pages that hear it.
func TestNothingIsAllocatedPerPacketOfAPage(t *testing.T) {
	pages := []*listener{newListener("a", 0, opusCapability()), newListener("b", 1, opusCapability())}
	v, _, into := microphoneTo(t, pages...)
	h := rtp.Header{Version: 2, SSRC: 5, PayloadType: 111}
	if err := h.SetExtension(1, []byte{30}); err != nil {
		t.Fatal(err)
	}
	packet := make([]byte, 200)
	if n := testing.AllocsPerRun(200, func() {
		h.SequenceNumber++
		h.Timestamp += frameTicks
		if _, err := h.MarshalTo(packet); err != nil {
			t.Error(err)
		}
		if n, err := into.Write(packet); n != len(packet) || err != nil {
			t.Error(n, err)
		}
	}); n > 0 {
		t.Errorf("%v allocations for a packet", n)
	}
	if got, _ := halves(v.pages.to(0).sent.Load()); got < 200 {
		t.Errorf("%d packets went on", got)
	}
}

func TestOnlyTheMicrophoneIsHeard(t *testing.T) {
	page := newListener("a", 1, opusCapability())
	_, m, into := microphoneTo(t, page)
	number := uint16(0)
	send := func(ssrc uint32, payload uint8, size int) {
		number++
		h := rtp.Header{Version: 2, SSRC: ssrc, PayloadType: payload, SequenceNumber: number}
		packet, err := (&rtp.Packet{Header: h, Payload: make([]byte, size)}).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		_, _ = into.Write(packet)
	}
	agreed := m.format.Swap(nil)
	send(5, 111, 80) // before anything was agreed on
	m.format.Store(agreed)
	send(5, 0, 80)
	send(5, 111, longestPacket+1)
	_, _ = into.Write([]byte{1, 2, 3})
	if page.count != 0 {
		t.Fatalf("%d packets went on that are not of the microphone", page.count)
	}
	send(5, 111, 80)
	send(6, 111, 80) // another microphone
	send(5, 111, 80) // the one before it goes on for a moment
	send(6, 111, 80)
	if page.count != 3 {
		t.Errorf("%d packets went on, want the 3 of who was the newest", page.count)
	}
	into.close()
	send(6, 111, 80)
	if page.count != 3 {
		t.Error("a microphone is heard after its end")
	}
}

func TestMicrophoneForgetsTheOldestSources(t *testing.T) {
	m := &microphone{}
	for i := range uint32(100) {
		if !m.isNewest(i) {
			t.Fatalf("source %d is new", i)
		}
	}
	if len(m.past) != rememberedSources || m.isNewest(98) || !m.isNewest(99) {
		t.Errorf("it remembers %v", m.past)
	}
}

func TestFormatThatWasAgreedOn(t *testing.T) {
	codec := webrtc.RTPCodecParameters{RTPCodecCapability: opusCapability(), PayloadType: 109}
	extension := webrtc.RTPHeaderExtensionParameter{URI: audioLevelURI, ID: 4}
	if f := formatOf(webrtc.RTPParameters{Codecs: []webrtc.RTPCodecParameters{codec}, HeaderExtensions: []webrtc.RTPHeaderExtensionParameter{extension}}); f == nil || *f != (format{109, 4}) {
		t.Errorf("%+v", f)
	}
	if f := formatOf(webrtc.RTPParameters{}); f != nil {
		t.Errorf("%+v of nothing", f)
	}
}
