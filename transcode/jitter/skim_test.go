package jitter

import (
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/level"
	"github.com/einwahl/einwahl/transcode/pcm"
)

func TestSkimmedStreamIsNotDecoded(t *testing.T) {
	w := &whistle{rate: 8000}
	s := New(Config{ClockRate: 8000, Rate: 8000}, w)
	follow(s, whistled(200, 20*ms, -20), 200, func(int) pcm.Frame { return nil })
	if w.calls > 0 {
		t.Errorf("%d packets were decoded", w.calls)
	}
	if st := s.Stats(); st.Received != 200 || st.Lost+st.Late+st.Discarded > 0 || st.Delay > 20*ms || st.Concealed > 0 {
		t.Errorf("%+v", st)
	}
}

// A stream that comes in says on that beat what it would have said had it been
// heard all along, from a decoder that has had its last packets.
func TestStreamComesInInPlace(t *testing.T) {
	for _, ptime := range []time.Duration{10 * ms, 20 * ms, 40 * ms, 60 * ms} {
		t.Run(ptime.String(), func(t *testing.T) {
			n := int(2 * time.Second / ptime)
			w := &whistle{rate: 8000}
			s := New(Config{ClockRate: 8000, Rate: 8000}, w)
			heard, _ := follow(s, whistled(n, ptime, -20), 95, func(i int) pcm.Frame {
				if i < 71 {
					return nil
				}
				return make(pcm.Frame, 160)
			})
			if w.calls < primers {
				t.Errorf("%d packets were decoded", w.calls)
			}
			always := New(Config{ClockRate: 8000, Rate: 8000}, &whistle{rate: 8000})
			want, _ := follow(always, whistled(n, ptime, -20), 95, func(int) pcm.Frame { return make(pcm.Frame, 160) })
			for i := 71; i < 95; i++ {
				for k, v := range heard[i] {
					if i == 71 && k < 40 { // it comes in gently
						if max(v, -v) > max(want[i][k], -want[i][k])+1 {
							t.Fatalf("sample %d is louder than it should be: %d, %d", k, v, want[i][k])
						}
					} else if v != want[i][k] {
						t.Fatalf("beat %d sample %d: %d, want %d", i, k, v, want[i][k])
					}
				}
			}
		})
	}
}

func TestLoudnessIsThatOfTheBeat(t *testing.T) {
	for _, told := range []bool{true, false} {
		for _, skimmed := range []bool{true, false} {
			s := New(Config{ClockRate: 8000, Rate: 8000}, &whistle{rate: 8000})
			packets := whistled(100, 20*ms, 0)
			for i := range packets {
				if told {
					packets[i].Level = -15
				}
				if i >= 50 { // half a second of nothing between
					packets[i].at += 500 * ms
					packets[i].Timestamp += 4000
				}
			}
			levels := make([]int, 0, 125)
			follow(s, packets, 125, func(int) pcm.Frame {
				levels = append(levels, s.Loudness())
				if skimmed {
					return nil
				}
				return make(pcm.Frame, 160)
			})
			want := -15 // which is what the tone has
			if !told && skimmed {
				want = ordinary
			}
			for i, got := range levels {
				switch {
				case i == 0: // nobody has skimmed yet
				case i < 50 || i >= 75:
					if got != want {
						t.Errorf("told %v, skimmed %v: on beat %d %d dBov, want %d", told, skimmed, i, got, want)
					}
				case i > 54 && got != level.Silent:
					t.Errorf("told %v, skimmed %v: in the pause %d dBov", told, skimmed, got)
				}
			}
		}
	}
}

// note is a whistle that does not look like speech.
type note struct{ whistle }

func (*note) Voice([]byte) bool { return false }

// TestNoteIsNotTakenForSilence: whoever was skimmed for a moment would stay so.
func TestNoteIsNotTakenForSilence(t *testing.T) {
	s := New(Config{ClockRate: 8000, Rate: 8000}, &note{whistle{rate: 8000}})
	follow(s, whistled(50, 20*ms, 0), 40, func(i int) pcm.Frame {
		if got := s.Loudness(); i > 0 && got != faint {
			t.Errorf("on beat %d %d dBov, want %d", i, got, faint)
		}
		return nil
	})
}
