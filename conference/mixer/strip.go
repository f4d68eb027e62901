package mixer

import (
	"sync/atomic"

	"github.com/einwahl/einwahl/transcode/level"
	"github.com/einwahl/einwahl/transcode/loudness"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// strip is what every voice goes through before it meets the others, as through
// the strip of a mixing desk.
type strip struct {
	highPass loudness.HighPass
	gate     level.Gate
	leveler  loudness.Leveler
}

// listen takes the next frame of the voice, or nil, changes it and reports
// whether somebody speaks, or has just spoken. After nil the filter begins anew:
// what it remembers would be heard as a click before the next word.
func (s *strip) listen(f pcm.Frame) bool {
	if f == nil {
		s.highPass = loudness.HighPass{}
	} else {
		s.highPass.Filter(f)
	}
	return s.gate.Pass(f)
}

// level brings the frame to the loudness of the others. Only what is heard is
// learned from.
func (s *strip) level(f pcm.Frame) { s.leveler.Apply(f, s.gate.Level(), s.gate.Speech()) }

// record tells whether taps hear somebody. Nobody is on record until it is said.
type record struct{ on atomic.Bool }

// SetRecorded puts a voice on record, or takes it off. Once it has returned, no
// later beat brings a voice that is off to a tap; what was said before comes to
// its end, in the next 5 ms.
func (r *record) SetRecorded(on bool) { r.on.Store(on) }

func (r *record) recorded() bool { return r.on.Load() }

// meter is the level of somebody's last frame, for other goroutines to see.
type meter struct {
	above atomic.Int32 // level.Silent, so that zero is silence
}

func (m *meter) set(dBov int) { m.above.Store(int32(dBov - level.Silent)) }

// Level is how loud the last frame was, in dBov, and [level.Silent] while
// nothing is heard of them.
func (m *meter) Level() int { return int(m.above.Load()) + level.Silent }
