package announcements

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// humming says the same frame for ever, or nothing.
type humming struct {
	level int16
	clock pcm.Clock
}

func (h humming) Clock() pcm.Clock { return h.clock }

func (h humming) ReadFrame(f pcm.Frame) bool {
	for i := range f {
		f[i] = h.level
	}
	return h.level != 0
}

func TestTheSignalComesEachMinuteAndStaysSoft(t *testing.T) {
	const minute = 3000
	for _, samples := range []int{pcm.NarrowbandSamples, pcm.WidebandSamples} {
		for name, source := range map[string]humming{"silence": {}, "speech": {level: 1000}, "shouting": {level: math.MaxInt16}} {
			r := Remind(source, Recorded, time.Minute)
			f := make(pcm.Frame, samples)
			var with []int // frames with the signal
			var sound []int16
			for n := range 3 * minute {
				audible := r.ReadFrame(f)
				differs := slices.ContainsFunc(f, func(s int16) bool { return s != source.level })
				if audible != (source.level != 0 || differs) {
					t.Fatalf("%s: frame %d: audible is %v", name, n, audible)
				}
				if differs {
					with = append(with, n)
					sound = append(sound, f...)
				}
			}
			length := r.signal.frames
			if len(with) < 3*(length-2) && name != "shouting" || len(with) > 3*length {
				t.Fatalf("%s: %d frames have the signal, want three times %d", name, len(with), length)
			}
			if with[0] < minute-length-2 || with[len(with)-1]-with[0] < 2*minute-2 {
				t.Errorf("%s: the signal comes at frames %d to %d", name, with[0], with[len(with)-1])
			}
			if level := rms(sound); name == "silence" && (level > softLevel+1 || level < softLevel-6) {
				t.Errorf("the signal is at %.1f dBov, want about %v", level, softLevel)
			}
		}
	}
}

func TestAReminderLivesWhereItsSourceDoes(t *testing.T) {
	if Remind(pcm.Silence{}, Recorded, time.Minute).Clock() != nil {
		t.Error("a source without a clock has one")
	}
	clock := &still{}
	if Remind(humming{clock: clock}, Recorded, time.Minute).Clock() != clock {
		t.Error("the clock of the source is lost")
	}
}

type still struct{}

func (*still) Add(pcm.Member)    {}
func (*still) Remove(pcm.Member) {}

func TestAReminderAllocatesNothing(t *testing.T) {
	r := Remind(humming{level: 1}, Recorded, 100*time.Millisecond)
	f := make(pcm.Frame, pcm.WidebandSamples)
	if n := testing.AllocsPerRun(1000, func() { r.ReadFrame(f) }); n != 0 {
		t.Errorf("%v allocations a frame", n)
	}
}
