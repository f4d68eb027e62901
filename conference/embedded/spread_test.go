package embedded

import (
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"golang.org/x/time/rate"
)

// listener is a page that a spread is bound to.
type listener struct {
	webrtc.TrackLocalContext
	id     string
	ssrc   webrtc.SSRC
	codecs []webrtc.RTPCodecParameters
	got    []rtp.Header
	count  int
}

func newListener(id string, ssrc webrtc.SSRC, codec webrtc.RTPCodecCapability) *listener {
	return &listener{id: id, ssrc: ssrc, codecs: []webrtc.RTPCodecParameters{{RTPCodecCapability: codec, PayloadType: 96}}}
}

func (l *listener) ID() string                                   { return l.id }
func (l *listener) SSRC() webrtc.SSRC                            { return l.ssrc }
func (l *listener) CodecParameters() []webrtc.RTPCodecParameters { return l.codecs }
func (l *listener) WriteStream() webrtc.TrackLocalWriter         { return l }
func (l *listener) RTCPReader() interceptor.RTCPReader           { return nil }
func (l *listener) Write(b []byte) (int, error)                  { return len(b), nil }

func (l *listener) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	if l.count++; l.got != nil {
		l.got = append(l.got, *h)
	}
	return len(payload), nil
}

func TestVoiceGoesToWhoIsBound(t *testing.T) {
	s := &spread{id: "voice-p1", person: "p1"}
	one, two := newListener("a", 11, opusCapability()), newListener("b", 12, opusCapability())
	one.got, two.got = []rtp.Header{}, []rtp.Header{}
	for _, l := range []*listener{one, two} {
		if codec, err := s.Bind(l); err != nil || codec.PayloadType != 96 {
			t.Fatalf("%v, %v", codec, err)
		}
	}
	other := newListener("c", 13, webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypePCMA})
	if _, err := s.Bind(other); err == nil {
		t.Error("bound to one who cannot hear Opus")
	}
	at := time.Unix(1000, 0)
	s.write(1, 960, true, make([]byte, 80), at)
	if err := s.Unbind(one); err != nil {
		t.Error(err)
	}
	s.write(2, 1920, false, make([]byte, 80), at.Add(20*time.Millisecond))
	if len(one.got) != 1 || len(two.got) != 2 {
		t.Fatalf("%d and %d packets", len(one.got), len(two.got))
	}
	want := rtp.Header{Version: 2, Marker: true, PayloadType: 96, SequenceNumber: 1, Timestamp: 960, SSRC: 11}
	if got := one.got[0]; got.SSRC != want.SSRC || got.SequenceNumber != 1 || got.Timestamp != 960 || !got.Marker || got.PayloadType != 96 {
		t.Errorf("%+v, want %+v", got, want)
	}
	if s.to(11) != nil {
		t.Error("a way that is closed is there")
	}
	w := s.to(12)
	if w == nil || w.packets != 2 || w.octets != 160 || w.ts != 1920 {
		t.Errorf("%+v", w)
	}
}

// TestNothingIsAllocatedPerPacketOfAPage: from its encryption to the voice, and
// on to the pages that hear it.
func TestNothingIsAllocatedPerPacketOfAPage(t *testing.T) {
	v := newVoice("p1")
	v.open(nil, nil)
	for i, id := range []string{"a", "b", "c"} {
		if _, err := v.pages.Bind(newListener(id, webrtc.SSRC(i), opusCapability())); err != nil {
			t.Fatal(err)
		}
	}
	l := &leg{session: &session{voice: v}}
	l.microphone.Store(&microphone{ssrc: 5, opus: 111, level: 1, pace: rate.NewLimiter(rate.Inf, 1)})
	h := rtp.Header{Version: 2, SSRC: 5, PayloadType: 111}
	if err := h.SetExtension(1, []byte{30}); err != nil {
		t.Fatal(err)
	}
	packet := make([]byte, 200)
	into := inlet{l, 5}
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
	if got := v.pages.to(0).packets; got < 200 {
		t.Errorf("%d packets went on", got)
	}
}

func TestOnlyTheMicrophoneIsHeard(t *testing.T) {
	v := newVoice("p1")
	v.open(nil, nil)
	page := newListener("a", 1, opusCapability())
	if _, err := v.pages.Bind(page); err != nil {
		t.Fatal(err)
	}
	l := &leg{session: &session{voice: v}}
	send := func(ssrc uint32, payload uint8, size int) {
		h := rtp.Header{Version: 2, SSRC: ssrc, PayloadType: payload, SequenceNumber: uint16(page.count + 1)}
		packet, err := (&rtp.Packet{Header: h, Payload: make([]byte, size)}).Marshal()
		if err != nil {
			t.Fatal(err)
		}
		_, _ = inlet{l, ssrc}.Write(packet)
	}
	send(5, 111, 80) // nobody has told of a track yet
	l.microphone.Store(&microphone{ssrc: 5, opus: 111, pace: rate.NewLimiter(rate.Inf, 1)})
	send(6, 111, 80)
	send(5, 0, 80)
	send(5, 111, longestPacket+1)
	_, _ = inlet{l, 5}.Write([]byte{1, 2, 3})
	if page.count != 0 {
		t.Fatalf("%d packets went on that are not of the microphone", page.count)
	}
	send(5, 111, 80)
	_ = inlet{l, 6}.Close()
	send(5, 111, 80)
	_ = inlet{l, 5}.Close()
	send(5, 111, 80)
	if page.count != 2 {
		t.Errorf("%d packets went on, want the 2 of the microphone before it was closed", page.count)
	}
}
