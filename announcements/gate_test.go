package announcements

import (
	"math"
	"testing"
	"time"

	voice "github.com/einwahl/einwahl/transcode/level"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// The prompts are the speech at hand: who speaks as softly as -35 dBov loses no
// frame at the mixer's gate that is less than 15 dB softer, and never two in a
// row that are less than 20 dB softer.
func TestSoftSpeechPassesTheGate(t *testing.T) {
	const soft, mayLose = -35.0, -50
	factor := math.Pow(10, (soft-speechLevel)/20)
	l := library(t)
	for _, lang := range l.Languages() {
		for _, p := range []Prompt{Welcome, AskPIN, WrongLast, RefuseFull, WaitRoom, ConsentAgree, HandUp, Removed} {
			var gate voice.Gate
			speech := l.Speak(lang, Pause(time.Second), Say(p))
			f := make(pcm.Frame, pcm.NarrowbandSamples)
			lost := 0
			for range speech.Duration() / pcm.FrameDuration {
				if !speech.ReadFrame(f) {
					clear(f)
				}
				for i, s := range f {
					f[i] = int16(math.Round(float64(s) * factor))
				}
				switch heard := voice.Of(f); {
				case gate.Pass(f) || heard < soft-20:
					lost = 0
				case heard > mayLose:
					t.Errorf("%s %s: a frame of %d dBov is cut", lang, p, heard)
				default:
					lost++
				}
				if lost == 2 {
					t.Errorf("%s %s: two frames in a row are cut", lang, p)
				}
			}
		}
	}
}
