package embedded

import (
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
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
	if w == nil || w.sent.Load() != whole(2, 160) || w.newest.Load()>>32 != 1920 {
		t.Errorf("%+v", w)
	}
}
