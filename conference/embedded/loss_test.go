package embedded

import (
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/einwahl/einwahl/transcode/opus"
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

func TestLossIsForgottenWithTheLastListener(t *testing.T) {
	v := newVoice("p1")
	v.report(20)
	m := &meeting{state: &state{}, members: map[string]*member{"p1": {voice: v}}}
	m.spreadVoices()
	if v.missed.Load() != 0 {
		t.Errorf("missed = %d", v.missed.Load())
	}
}

func TestEncoderGuardsAgainstLossWhileThereIsAny(t *testing.T) {
	d, err := opus.NewDecoder(pcm.Narrowband)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	v := newVoice("p1")
	handed, copies := 0, 0
	e := newEncoder(nil, &v.missed, func(_ rtp.Header, payload []byte, _ time.Time) {
		if handed++; d.Copies(payload) {
			copies++
		}
	})
	defer e.close()
	note, pause := newNote(440, pcm.Narrowband), make(pcm.Frame, pcm.NarrowbandSamples)
	speak := func(guards bool) {
		t.Helper()
		handed, copies = 0, 0
		for i := range 60 {
			if i%20 < 5 { // what never pauses is noise to an encoder
				e.WriteFrame(pause)
			} else {
				e.WriteFrame(note.next(pcm.NarrowbandSamples))
			}
		}
		if handed != 60 || copies > 15 != guards {
			t.Errorf("%d of %d packets carry a copy while %d %% are missed", copies, handed, v.missed.Load())
		}
	}
	speak(false)
	v.report(10)
	speak(true)
	for range 10 {
		v.report(0)
	}
	speak(false)
}
