package embedded

import (
	"math"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/einwahl/einwahl/transcode/pcm"
)

func TestLossIsThatOfTheWorstListener(t *testing.T) {
	v := newVoice("p1")
	for _, tt := range []struct {
		name     string
		reported int32
		want     int32
	}{
		{"nobody misses anything", 0, 0},
		{"one misses some", 8, 8},
		{"another misses nothing", 0, 7},
		{"a third misses more", 12, 12},
		{"it gets better a point at a time", 3, 11},
	} {
		if v.report(tt.reported); v.missed.Load() != tt.want {
			t.Errorf("%s: missed = %d, want %d", tt.name, v.missed.Load(), tt.want)
		}
	}
}

func TestEncoderGuardsAgainstLossWhileThereIsAny(t *testing.T) {
	v := newVoice("p1")
	handed := 0
	e := newEncoder(nil, &v.missed, func(rtp.Header, []byte, time.Time) { handed++ })
	defer e.close()
	tone := make(pcm.Frame, pcm.NarrowbandSamples)
	for i := range tone {
		tone[i] = int16(8000 * math.Sin(2*math.Pi*440*float64(i)/pcm.Narrowband))
	}
	write := func(wants int32) {
		t.Helper()
		handed = 0
		e.WriteFrame(tone)
		if handed != 1 {
			t.Errorf("%d packets of a frame", handed)
		}
		if e.expects != wants {
			t.Errorf("the encoder expects a loss of %d, want %d", e.expects, wants)
		}
	}
	write(0)
	v.report(10)
	write(10)
	for range 10 {
		v.report(0)
	}
	write(0)
}
