package announcements

import (
	"maps"
	"strings"
)

// language is what can be said in one: what the operator has recorded, and
// behind it what is built in.
type language struct {
	own map[Prompt]*recording
	// builtIn reads the catalogue when the language is first needed, so that one
	// in which nobody calls costs nothing. Nil where there is none.
	builtIn func() map[Prompt]*recording
}

// recording is one prompt in one language.
type recording struct {
	text  string // empty where only a sound is known
	words string // hash of the words, or of the operator's sound
	load  func() (*clip, error)
	// length is that of the clip, in frames, without loading it. Nil: only the
	// clip tells.
	length func() (int, error)
}

// frames is how many frames the recording has.
func (r *recording) frames() (int, error) {
	if r.length != nil {
		return r.length()
	}
	c, err := r.load()
	if err != nil {
		return 0, err
	}
	return c.frames, nil
}

// find is a prompt's recording, or nil.
func (l *language) find(p Prompt) *recording {
	switch r := l.own[p]; {
	case r != nil:
		return r
	case l.builtIn == nil || strings.HasPrefix(string(p), ownPrefix):
		return nil
	}
	return l.builtIn()[p]
}

// all are all its recordings.
func (l *language) all() map[Prompt]*recording {
	all := map[Prompt]*recording{}
	if l.builtIn != nil {
		maps.Copy(all, l.builtIn())
	}
	maps.Copy(all, l.own)
	return all
}

// builtInRecordings are the recordings of a catalogue. They are decoded one
// by one, when they are first spoken.
func builtInRecordings(c catalogue, lang string, h *held) map[Prompt]*recording {
	all := make(map[Prompt]*recording, len(c.Texts))
	for p, text := range c.Texts {
		name := "prompts/" + lang + "/" + string(p) + ".ogg"
		all[p] = &recording{
			text:  text,
			words: hash([]byte(lang + "\n" + text)),
			load: h.when(func() (*clip, error) {
				sound, err := decodeFile(builtIn, name)
				if err != nil {
					return nil, err
				}
				return newClip(sound), nil
			}),
			length: func() (int, error) {
				samples, err := opusLength(builtIn, name)
				return inFrames(samples), err
			},
		}
	}
	return all
}
