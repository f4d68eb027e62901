package mixer

import (
	"slices"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// Tap hears who is on record: a recorder. It has mixes of its own, so that of
// who is not there is nothing in what it hears: neither how the sum of all was
// kept in its bounds, nor that they were louder than others and took their place.
type Tap struct {
	room *Room
	out  pcm.Sink
	desk // belongs to the beat
}

// Tap lets out hear the sum of all who are on record, once a beat; nil while
// none of them speaks. It is at 16 kHz while a phone listens that is.
func (r *Room) Tap(out pcm.Sink) *Tap {
	t := &Tap{room: r, out: out, desk: newDesk()}
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

// hear is for when everything was said.
func (t *Tap) hear(wide bool) {
	t.make(!wide, wide)
	m := &t.narrow
	if wide {
		m = &t.wide
	}
	if !m.audible {
		t.out.WriteFrame(nil)
		return
	}
	t.out.WriteFrame(m.all)
}
