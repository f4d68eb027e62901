package embedded

import (
	"testing"
	"time"

	"github.com/pion/rtp"
)

func TestLevelOfPacket(t *testing.T) {
	const id = 1
	for _, tt := range []struct {
		name     string
		id       uint8
		ext      []byte
		want     int8
		isSpeech bool
	}{
		{"speech", id, []byte{0x80 | 20}, -20, true},
		{"speech without the sender's own mark of it", id, []byte{30}, -30, true},
		{"a quiet room", id, []byte{0x80 | 60}, -60, false},
		{"silence", id, []byte{127}, -127, false},
		{"as loud as can be is not mistaken for not told", id, []byte{0}, -1, true},
		{"not negotiated", 0, []byte{20}, 0, true},
		{"not in this packet", id, nil, 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := rtp.Header{Version: 2}
			if tt.ext != nil {
				if err := h.SetExtension(id, tt.ext); err != nil {
					t.Fatal(err)
				}
			}
			level := levelOf(&h, tt.id)
			if level != tt.want {
				t.Errorf("levelOf = %d, want %d", level, tt.want)
			}
			v := newVoice("p1")
			v.open(nil, nil)
			at := time.Now()
			v.take(h, make([]byte, 80), level, at)
			if heard := v.lastHeard().Equal(at); heard != tt.isSpeech {
				t.Errorf("counts as speech: %v", heard)
			}
		})
	}
}
