package level

import (
	"time"

	"github.com/einwahl/einwahl/transcode/pcm"
)

const (
	// longest is for how many frames at most the end of a word is waited for. Each
	// frame of the word adds so many more of them: a click opens nothing for long.
	longest = int(400 * time.Millisecond / pcm.FrameDuration)
	more    = 2
	// hurry is how many frames of it one counts for in which nothing is left of
	// the word: 100 ms, within which most words go on that will.
	hurry = 4
)

// Hangover is for how long speech is still heard after its last frame: longer
// after more of it, for what was short was hardly a word, and not for long where
// nothing is left. The zero value is over.
type Hangover struct{ left int }

// Follow takes the next frame: whether it is speech, and if not whether all is
// gone that could be heard. It reports whether the frame is to be heard.
func (h *Hangover) Follow(speech, gone bool) bool {
	if speech {
		h.left = min(h.left+more, longest)
		return true
	}
	open := h.left > 0
	if h.left--; gone {
		h.left -= hurry - 1
	}
	h.left = max(h.left, 0)
	return open
}
