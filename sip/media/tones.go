package media

import (
	"github.com/einwahl/einwahl/transcode/dtmf"
	"github.com/einwahl/einwahl/transcode/halfband"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// cutBeats is how many frames are cut around one with tones in it: the one
// before, which may hold their beginning, itself, and the one after.
const cutBeats = 3

// tones hears the keys of a caller who has no other way to tell them, and keeps
// their sound back by a frame, so that the beginning of a tone can still be cut.
type tones struct {
	detector *dtmf.Detector
	down     *halfband.Down // for the detector
	narrow   [pcm.NarrowbandSamples]int16
	frames   [2]held
	at       int // in frames, of the newest
	cut      int // frames that are still to be cut
}

// held is a frame that is kept back.
type held struct {
	sound  [pcm.WidebandSamples]int16
	length int
	heard  bool
}

func newTones() *tones {
	return &tones{detector: dtmf.NewDetector(), down: halfband.NewDown()}
}

// listenForTones takes a frame of the caller's and gives back the one before.
// Once the caller has told a key by INFO, tones count no more, and are cut all
// the same. What is barred counts as a key, and is not given back.
func (l *Leg) listenForTones(frame pcm.Frame, heard bool) (pcm.Frame, bool) {
	t := l.in.tones.Load()
	if !heard {
		clear(frame)
	}
	if r, ok := t.detector.Listen(t.narrowed(frame)); ok && !l.informed.Load() {
		l.press(r, inTones, l.engine.now())
	}
	t.at = 1 - t.at
	now, before := &t.frames[t.at], &t.frames[1-t.at]
	now.length, now.heard = copy(now.sound[:], frame), heard && !l.in.stream.Barred()
	if t.detector.Tone() {
		t.cut = cutBeats
	}
	if t.cut > 0 {
		t.cut--
		return frame, false
	}
	return before.sound[:before.length], before.heard
}

// forget gives up the sound that is kept back, and not what was heard of a tone.
func (t *tones) forget() { t.frames[t.at].heard = false }

// narrowed is a frame at the rate of the detector.
func (t *tones) narrowed(frame pcm.Frame) pcm.Frame {
	if len(frame) == len(t.narrow) {
		return frame
	}
	t.down.Filter(t.narrow[:], frame)
	return t.narrow[:]
}
