package mixer

import (
	"slices"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// Tap hears everybody: a recorder.
type Tap struct {
	room *Room
	out  pcm.Sink
}

// Tap lets out hear the sum of all, once a beat; nil while nobody speaks. It is
// at 16 kHz while a phone listens that is.
func (r *Room) Tap(out pcm.Sink) *Tap {
	t := &Tap{room: r, out: out}
	r.change(func(now *people) { now.taps = append(now.taps, t) })
	return t
}

// Close ends the tap. When it returns, out is not called any more. It must not
// be called from within a beat. It is safe to call twice.
func (t *Tap) Close() {
	t.room.leave(func(now *people) {
		now.taps = slices.DeleteFunc(now.taps, func(other *Tap) bool { return other == t })
	})
}

// hear takes the better one of the mixes that there are.
func (t *Tap) hear() {
	m := &t.room.narrow
	if t.room.wide.made {
		m = &t.room.wide
	}
	if !m.audible {
		t.out.WriteFrame(nil)
		return
	}
	t.out.WriteFrame(m.all)
}
