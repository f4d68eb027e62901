package embedded

import "time"

// clockRate is what positions in a recording are counted in: samples of
// 48 kHz, as Ogg Opus does.
const clockRate = 48000

// drift is how far a sender's clock may stray from ours before the recording
// follows ours, and how far a file may run ahead. It is above what a network
// usually holds packets up.
const drift = clockRate / 5

// alignWindow is how long a sender must be late before it counts as straying:
// a network that stalls gives back what it held, and that is in its place.
const alignWindow = 5 * clockRate

// aligner finds the place of each packet in a file that begins when the
// recording begins: by the sender's clock from packet to packet, and by ours
// over all, so that the files of a recording stay in step. The packet that was
// held up least tells how the two clocks go together. Where the first ones were
// late, what follows runs ahead until the next pause takes that up.
type aligner struct {
	begun    bool
	base     int64 // position of the sender's time zero
	last     int64 // newest time of the sender, unwrapped
	lastTime uint32

	window int64 // when the window at hand began
	least  int64 // how late the least late packet in it was
}

// place returns where a packet with this RTP timestamp goes that has come so
// long after the beginning, or false for a packet that is late: written is
// where the file ends.
func (a *aligner) place(ts uint32, after time.Duration, written int64) (int64, bool) {
	wall := int64(after * clockRate / time.Second)
	step := int64(int32(ts - a.lastTime))
	switch {
	case !a.begun || step <= -drift: // the first, or the sender began anew
		*a = aligner{begun: true, base: wall, lastTime: ts, window: wall, least: wall}
	case step <= 0:
		return 0, false // out of order, or twice
	default:
		a.last += step
		a.lastTime = ts
		a.follow(wall)
	}
	at := a.base + a.last
	if at < written-drift {
		// A place is given once: the sender's clock does not tell any more,
		// ours does.
		a.base = wall - a.last
		at = wall
	}
	if at < written-drift {
		return 0, false // more has come than time has passed
	}
	return max(at, written), true
}

// follow moves the base: at once when a packet comes before it is said, which
// nothing does, and when the sender has been late all through a window.
func (a *aligner) follow(wall int64) {
	late := wall - a.base - a.last
	if late < 0 {
		a.base += late
		late = 0
	}
	a.least = min(a.least, late)
	if wall-a.window < alignWindow {
		return
	}
	if a.least > drift {
		a.base += a.least
	}
	a.window, a.least = wall, wall
}

// silences are Opus packets of silence, longest first: full-band CELT frames
// that say "silent" in two bytes, as RFC 7845 wants gaps to be filled.
var silences = [...]struct {
	samples int64
	packet  string
}{
	{5760, "\xfb\x06\xff\xfe\xff\xfe\xff\xfe\xff\xfe\xff\xfe\xff\xfe"}, // six frames of 20 ms
	{960, "\xf8\xff\xfe"},
	{480, "\xf0\xff\xfe"},
	{240, "\xe8\xff\xfe"},
	{120, "\xe0\xff\xfe"},
}
