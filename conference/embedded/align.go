package embedded

import "time"

// clockRate is what positions in a recording are counted in: samples of
// 48 kHz, as Ogg Opus does.
const clockRate = 48000

// drift is how far a sender's clock may stray from ours before the recording
// follows ours. It is above what a network holds packets up.
const drift = clockRate / 5

// aligner finds the place of each packet in a file that begins when the
// recording begins: by the sender's clock from packet to packet, and by ours
// over all, so that the files of a recording stay in step.
type aligner struct {
	begun    bool
	base     int64 // position of the sender's time zero
	last     int64 // newest time of the sender, unwrapped
	lastTime uint32
}

// place returns where a packet with this RTP timestamp goes that has come so
// long after the beginning, or false for a packet that is late: written is
// where the file ends.
func (a *aligner) place(ts uint32, after time.Duration, written int64) (int64, bool) {
	wall := int64(after * clockRate / time.Second)
	if !a.begun {
		a.begun, a.lastTime, a.last, a.base = true, ts, 0, wall
		return max(wall, written), true
	}
	step := int64(int32(ts - a.lastTime))
	if step <= 0 && step > -drift {
		return 0, false // out of order, or twice
	}
	a.last += step
	a.lastTime = ts
	at := a.base + a.last
	if off := at - wall; off > drift || off < -drift {
		a.base = wall - a.last
		at = wall
	}
	return max(at, written), true
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
