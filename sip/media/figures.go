package media

import (
	"math"
	"sync/atomic"
	"time"

	"github.com/einwahl/einwahl/transcode/level"
	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/quality"
)

const (
	// voiced is the level from which on a frame counts as the caller's voice,
	// in dBov. What is softer is their room.
	voiced = -50
	// weighEvery is how many frames lie between two whose level is measured,
	// and weight is how much each of them counts: half is forgotten in 3 s.
	weighEvery = 4
	weight     = 1. / 64
	// unordered is how far a sequence number may go ahead before it is thought
	// to be another count, not a loss.
	unordered = 1000
)

// figures are what a leg keeps to tell how its caller sounds.
type figures struct {
	begun  bool // the beat's
	newest uint16
	losses quality.Losses
	shown  quality.Losses // those of the beat before; in.mu is held

	frames int // the beat's
	voice  volume
	noise  volume
	played atomic.Int64 // frames with sound, cut or not, as the buffer counts what it makes up
}

// take counts a packet that is played. For who listens those before it that are
// not are all alike: lost, too late or thrown away (RFC 3611, 4.7.2).
func (f *figures) take(seq uint16) {
	step := int16(seq - f.newest)
	if f.begun && step > 0 && step <= unordered {
		f.losses.Lost(int(step) - 1)
	}
	f.losses.Came()
	f.begun, f.newest = true, seq
}

// show lets others see what the beat has counted. in.mu is held.
func (f *figures) show() { f.shown = f.losses }

// restart says that another stream begins.
func (f *figures) restart() { f.begun = false }

// hear measures what is heard of the caller.
func (f *figures) hear(frame pcm.Frame) {
	if f.frames++; f.frames%weighEvery != 0 {
		return
	}
	dBov := level.Of(frame)
	if dBov >= voiced {
		f.voice.take(dBov)
	} else {
		f.noise.take(dBov)
	}
}

// volume is a level over seconds. It is taken on the beat and read anywhere.
type volume struct {
	power float64 // of full scale
	known atomic.Bool
	dBov  atomic.Int32
}

func (l *volume) take(dBov int) {
	power := math.Pow(10, float64(dBov)/10)
	if l.power == 0 {
		l.power = power
	}
	l.power += weight * (power - l.power)
	l.dBov.Store(int32(math.Round(10 * math.Log10(l.power))))
	l.known.Store(true)
}

// level is in dBov, and [level.Silent] before anything was taken.
func (l *volume) level() int {
	if !l.known.Load() {
		return level.Silent
	}
	return int(l.dBov.Load())
}

// rate fills in what the caller's packets make of the caller's voice.
func (in *inbound) rate(s *LegStats) {
	buffer := in.stream.Stats()
	in.mu.Lock()
	pattern := in.figures.shown.Pattern(pcm.FrameDuration)
	in.mu.Unlock()
	s.Delay = buffer.Delay
	s.Level, s.Noise = in.figures.voice.level(), in.figures.noise.level()
	if played := time.Duration(in.figures.played.Load()) * pcm.FrameDuration; played > 0 {
		s.Concealed = min(buffer.Concealed.Seconds()/played.Seconds(), 1)
	}
	due := float64(s.PacketsIn + s.Lost)
	if due == 0 {
		return
	}
	s.Discarded = min(float64(buffer.Late+buffer.Discarded)/due, 1)
	s.Rating = max(worst, quality.Heard{
		Codec:  quality.G711(),
		Missed: float64(s.Lost)/due + s.Discarded,
		Burst:  pattern.Ratio,
		Delay:  s.mouthToEar(),
	}.Rating())
}

// worst is the R of a call of which next to nothing can be understood: 0 is that of one
// of which nothing came.
const worst = 1

// mouthToEar is how long a word takes to the meeting: the packet that it fills,
// the way, the buffer and the beat that it waits for.
func (s *LegStats) mouthToEar() time.Duration {
	return pcm.FrameDuration + s.RoundTrip/2 + s.Delay + pcm.FrameDuration
}
