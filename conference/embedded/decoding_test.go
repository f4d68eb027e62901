package embedded

import (
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/jitter"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// TestDelayIsWorthItOnlyForCopies: a stream that loses packets waits for the
// next ones while they may tell what was lost, and not otherwise.
func TestDelayIsWorthItOnlyForCopies(t *testing.T) {
	for _, tt := range []struct {
		name          string
		lost, copying bool
		waits         bool
	}{
		{"nothing is lost", false, true, false},
		{"what is lost is lost", true, false, false},
		{"what is lost may come back", true, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, err := opus.NewEncoder(opus.EncoderConfig{Rate: pcm.Wideband, Bitrate: 32000, Complexity: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			if tt.copying {
				if err := e.SetLoss(20); err != nil {
					t.Fatal(err)
				}
			}
			d, err := opus.NewDecoder(pcm.Narrowband)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			s := jitter.New(jitter.Config{ClockRate: opus.ClockRate, Rate: pcm.Narrowband}, &opus.Mending{Decoder: d})
			note, packet := newNote(300, pcm.Wideband), make([]byte, 400)
			for i := range 300 {
				f := note.next(pcm.WidebandSamples)
				if i/10%2 == 1 { // what goes on without a pause is taken for noise
					clear(f)
				}
				n, err := e.Encode(packet, f)
				if err != nil {
					t.Fatal(err)
				}
				if !tt.lost || i%20 != 19 {
					at := time.Unix(1000, 0).Add(time.Duration(i) * pcm.FrameDuration)
					s.Push(jitter.Packet{Seq: uint16(i), Timestamp: uint32(i * frameTicks), Payload: packet[:n]}, at)
				}
				s.ReadFrame(make(pcm.Frame, pcm.NarrowbandSamples))
			}
			if waits := s.Stats().Target >= pcm.FrameDuration; waits != tt.waits {
				t.Errorf("packets wait for %v", s.Stats().Target)
			}
		})
	}
}
