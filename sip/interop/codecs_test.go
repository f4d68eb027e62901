package interop

import (
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
			if level := peertest.Recent(listener.Heard(), hertz); level < -22 || level > -18 {
				t.Errorf("a tone of -20 dBov is heard at %.1f", level)
			}
			if s := call.Stats(); s.Codec != tt.name || s.Broken > 0 {
				t.Errorf("%+v", s)
			}
			phone.Hangup()
			<-call.Done()
		})
	}
}
