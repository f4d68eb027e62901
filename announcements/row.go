package announcements

import "github.com/einwahl/einwahl/transcode/pcm"

// row is a speech while it is put together.
type row struct {
	library  *Library
	segments []segment
	said     []*recording
}

// add says an item, as number i.
func (r *row) add(lang string, i int, item Item) {
	for _, p := range r.library.parts(lang, item) {
		switch c := sounds()[p.signal]; {
		case p.prompt != "" || p.text != "":
			r.addWords(lang, i, p)
		case c != nil:
			r.segments = append(r.segments, segment{clip: c, frames: c.frames, item: i})
		case p.pause >= pcm.FrameDuration:
			r.segments = append(r.segments, segment{frames: int(p.pause / pcm.FrameDuration), item: i})
		}
	}
}

// addWords says a prompt or a text, or what stands in its place.
func (r *row) addWords(lang string, i int, p part) {
	if said, c := r.library.seek(lang, p); c != nil {
		r.said = append(r.said, said)
		r.segments = append(r.segments, segment{clip: c, frames: c.frames, item: i})
		return
	}
	for _, other := range p.otherwise {
		r.add(lang, i, other)
	}
	if len(p.otherwise) == 0 {
		r.library.log.Warn().Str("prompt", string(p.prompt)).Str("language", lang).Msg("nothing to say")
	}
}

// seek is the sound of a prompt or a text, and what it says. What stands in its
// place is better understood than another language.
func (l *Library) seek(lang string, p part) (*recording, *clip) {
	switch {
	case p.text == "" && len(p.otherwise) > 0 && !l.Speaks(lang, p.prompt):
		return nil, nil
	case p.text == "":
		return l.find(lang, p.prompt)
	}
	return &recording{text: p.text, words: hash([]byte(lang + "\n" + p.text))}, l.texts.find(Phrase{lang, p.text})
}
