package media

import (
	"github.com/einwahl/einwahl/transcode/dtmf"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// cutBeats is how many frames are cut around one with tones in it: the one
// before, which may hold their beginning, itself, and the one after.
const cutBeats = 3

// tones hears the keys of a caller who has no other way to tell them, and keeps
// their sound back by a frame, so that the beginning of a tone can still be cut.
type tones struct {
	detector *dtmf.Detector
	frames   [2][pcm.NarrowbandSamples]int16
	heard    [2]bool
	at       int // in frames, of the newest
	cut      int // frames that are still to be cut
}

// listenForTones takes a frame of the caller's and gives back the one before.
// Once the caller has told a key by INFO, tones count no more, and are cut all
// the same.
func (l *Leg) listenForTones(frame pcm.Frame, heard bool) (pcm.Frame, bool) {
	t := &l.in.tones
	if !heard {
		clear(frame)
	}
	if r, ok := t.detector.Listen(frame); ok && !l.informed.Load() {
		l.press(r, inTones, l.engine.now())
	}
	t.at = 1 - t.at
	t.heard[t.at] = heard
	copy(t.frames[t.at][:], frame)
	if t.detector.Tone() {
		t.cut = cutBeats
	}
	before := 1 - t.at
	if t.cut > 0 {
		t.cut--
		return nil, false
	}
	return t.frames[before][:], t.heard[before]
}
