package interop

import (
	"fmt"
	"strings"
	"testing"

	"github.com/einwahl/einwahl/gateway/peertest"
)

// Row 14: the wideband codecs, both ways, with a trunk that speaks nothing else.
func TestBaresipSpeaksWidebandCodecs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		codec, ours, name string
		rate              int
	}{
		{peertest.BaresipG722, "g722", "G722", 16000},
		{peertest.BaresipOpus, "opus", "OPUS", 48000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			listener := &ear{loop: newLoop()}
			g := start(t, func(s *settings) { s.trunk.Codecs, s.handle = []string{tt.ours}, listener.lend })
			phone := peertest.StartBaresip(t, peertest.Tone(t, tt.rate, hertz, -20, 60), tt.codec)
			phone.Dial("sip:100@" + g.address("udp"))
			call := <-g.calls
			hears(t, phone)
			peertest.Eventually(t, "a tone of -20 dBov is heard as loud as it is", func() bool {
				level := peertest.Recent(listener.Heard(), hertz)
				return level > -22 && level < -18
			})
			if s := call.Stats(); s.Codec != tt.name || s.Broken > 0 {
				t.Errorf("%+v", s)
			}
			phone.Hangup()
			<-call.Done()
		})
	}
}

// offering is an offer of these payload types, with their attributes.
func offering(version int, types string, attributes ...string) string {
	return fmt.Sprintf("sdp\nv=0\no=sipp 5365 %d IN IP[local_ip_type] [local_ip]\ns=-\nc=IN IP[local_ip_type] [local_ip]\nt=0 0\nm=audio [auto_media_port] RTP/AVP %s\na=%s\n",
		version, types, strings.Join(append(attributes, "sendrecv"), "\na="))
}

const (
	everyCodec = "0 8 9 18 107 101 102"
	opusMap    = "rtpmap:107 opus/48000/2"
	keysMap    = "rtpmap:101 telephone-event/8000"
	opusKeys   = "rtpmap:102 telephone-event/48000"
)

// Row 14: of what the caller offers, the first in the operator's order is
// spoken, and nothing else is in the answer but the keys at its clock.
func TestOperatorsOrderOfCodecsDecides(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		codecs []string
		want   string // formats of the answer
	}{
		{[]string{"opus", "g722", "pcma", "pcmu"}, "107 102"},
		{[]string{"g722", "opus", "pcmu"}, "9 101"},
		{[]string{"pcma", "pcmu", "opus"}, "8 101"},
		{[]string{"pcmu"}, "0 101"},
	} {
		t.Run(tt.codecs[0], func(t *testing.T) {
			s := scenario()
			s.Begin(offering(1, everyCodec, opusMap, keysMap, opusKeys)).Maybe(100).
				Expect(200, "body: m=audio [0-9]+ RTP/AVP "+tt.want+"[^0-9 ]").Ack()
			play(t, s.Bye(), func(s *settings) { s.trunk.Codecs = tt.codecs })
		})
	}
}

// Row 14: static payload types need no a=rtpmap, and nothing that fits is 488.
func TestCodecsWithoutAMap(t *testing.T) {
	s := scenario()
	s.Begin(offering(1, "18 9")).Maybe(100).Expect(200, "body: RTP/AVP 9[^0-9 ]", "body: rtpmap:9 G722/8000").Ack()
	s.Ask("INVITE", offering(2, "18 0")).Maybe(100).Expect(200, "body: RTP/AVP 0[^0-9 ]").Ack()
	s.Ask("INVITE", offering(3, "18 4")).Maybe(100).Expect(488).AckRefusal(3)
	s.Ask("INVITE", offering(4, "8")).Maybe(100).Expect(200, "body: RTP/AVP 8[^0-9 ]").Ack()
	play(t, s.Bye(), nil)
}

// Row 21: the codec changes in mid-call, and its clock with it; each type keeps
// its meaning.
func TestCodecsChangeInMidCall(t *testing.T) {
	s := scenario()
	s.Begin(offering(1, "8 101", keysMap)).Maybe(100).Expect(200, "body: RTP/AVP 8 101[^0-9 ]").Ack()
	s.Ask("INVITE", offering(2, "107 102", opusMap, opusKeys)).Maybe(100).Expect(200, "body: RTP/AVP 107 102[^0-9 ]", "body: rtpmap:107 opus/48000/2", "body: fmtp:107 maxplaybackrate=16000").Ack()
	s.Ask("INVITE", offering(3, "9 101", keysMap)).Maybe(100).Expect(200, "body: RTP/AVP 9 101[^0-9 ]").Ack()
	s.Ask("INVITE", "").Maybe(100).Expect(200, "body: rtpmap:107 opus/48000/2", "body: rtpmap:102 telephone-event/48000", "body: rtpmap:101 telephone-event/8000").
		AckWith(offering(4, "107 102", opusMap, opusKeys))
	s.Ask("INVITE", offering(5, "0")).Maybe(100).Expect(200, "body: RTP/AVP 0[^0-9 ]").Ack()
	play(t, s.Bye(), nil)
}

// Row 14: linphone's wideband codecs, with its keys beside them.
func TestLinphoneSpeaksWidebandCodecs(t *testing.T) {
	t.Parallel()
	for codec, rate := range map[string]int{"opus/48000/2": 48000, "G722/8000/1": 16000} {
		name, _, _ := strings.Cut(codec, "/")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newTypist()
			g := start(t, func(s *settings) { s.handle = k.lend })
			phone := peertest.StartLinphone(t, peertest.Tone(t, rate, hertz, -20, 60), "none", codec)
			phone.Dial("sip:100@" + g.address("udp"))
			call := <-g.calls
			// Its G.722 says everything 6 dB fainter than baresip's and FFmpeg's.
			peertest.Eventually(t, "the tone is heard", func() bool {
				return peertest.Recent(k.Heard(), hertz) > -28 && peertest.Level(peertest.Last(k.Heard(), .5), 3*hertz) < -50
			})
			phone.Key('7')
			peertest.Eventually(t, "the key arrives", func() bool { return k.typed() == "7" })
			if s := call.Stats(); s.Codec != strings.ToUpper(name) || s.Broken > 0 {
				t.Errorf("%+v", s)
			}
			phone.Hangup()
			<-call.Done()
		})
	}
}
