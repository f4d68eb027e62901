package mixer

import (
	"github.com/einwahl/einwahl/transcode/halfband"
	"github.com/einwahl/einwahl/transcode/loudness"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// mix is what is heard in a room at one rate. What is said at that rate is
// summed as it is, so that everybody's own voice can be taken off again to the
// last bit; what is said at the other rate comes over a bridge, as one.
type mix struct {
	said   []int32 // the sum of what was said at this rate
	voices int     // how many that are

	bridge  filter
	rings   bool    // the bridge still holds sound
	crossed bool    // something came over it on this beat
	both    []int32 // memory for what was said and what came over

	made    bool             // there is a mix on this beat
	sum     []int32          // of all
	without []int32          // memory for sum less one voice
	limit   loudness.Limiter // for all who add nothing
	was     loudness.Limiter // the same before this beat
	all     pcm.Frame        // what they hear, if audible
	audible bool
}

// desk is what is said, at both rates.
type desk struct{ narrow, wide mix }

func newDesk() desk {
	return desk{
		narrow: newMix(pcm.NarrowbandSamples, halfband.NewSumDown()),
		wide:   newMix(pcm.WidebandSamples, halfband.NewSumUp()),
	}
}

func (d *desk) begin() {
	d.narrow.begin()
	d.wide.begin()
}

// make makes the mixes that are needed, when everything was said.
func (d *desk) make(narrow, wide bool) {
	d.narrow.make(narrow, &d.wide)
	d.wide.make(wide, &d.narrow)
}

// at is the mix for frames of a length, or nil.
func (d *desk) at(length int) *mix {
	switch length {
	case pcm.NarrowbandSamples:
		return &d.narrow
	case pcm.WidebandSamples:
		return &d.wide
	}
	return nil
}

// filter brings a sum of sounds from one rate to another.
type filter interface {
	Filter(to, from []int32)
	Reset()
}

func newMix(length int, bridge filter) mix {
	return mix{
		said:    make([]int32, length),
		bridge:  bridge,
		both:    make([]int32, length),
		without: make([]int32, length),
		all:     make(pcm.Frame, length),
	}
}

// begin makes place for what is said on a beat.
func (m *mix) begin() {
	if m.voices > 0 {
		clear(m.said)
		m.voices = 0
	}
}

// add puts a voice into the sum.
func (m *mix) add(f pcm.Frame) {
	m.voices++
	said := m.said[:len(f)]
	for i, s := range f {
		said[i] += int32(s)
	}
}

// make is for when everything was said, at this rate and at the other.
func (m *mix) make(needed bool, other *mix) {
	if !needed {
		m.stop()
		return
	}
	m.made, m.sum = true, m.said
	if m.crossed = other.voices > 0 || m.rings; m.crossed {
		m.carry(other)
	}
	m.was = m.limit
	m.audible = m.give(m.all, &m.limit, nil)
}

// carry brings over what was said at the other rate.
func (m *mix) carry(other *mix) {
	m.bridge.Filter(m.both, other.said)
	m.rings = other.voices > 0
	said := m.said[:len(m.both)]
	for i, s := range said {
		m.both[i] += s
	}
	m.sum = m.both
}

// give writes to dst what a listener hears who has said own, or nothing. It
// reports whether that is anything.
func (m *mix) give(dst pcm.Frame, l *loudness.Limiter, own pcm.Frame) bool {
	others := m.voices
	if own != nil {
		others--
	}
	switch {
	case others == 0 && !m.crossed:
		return l.Apply(dst, nil)
	case own == nil:
		return l.Apply(dst, m.sum)
	}
	sum := m.sum[:len(own)]
	for i, s := range own {
		m.without[i] = sum[i] - int32(s)
	}
	return l.Apply(dst, m.without)
}

// stop is for when nobody listens at this rate: what is in the middle of a word
// now is old when somebody does again.
func (m *mix) stop() {
	if m.made {
		m.made, m.audible, m.rings = false, false, false
		m.limit = loudness.Limiter{}
		m.bridge.Reset()
	}
}
