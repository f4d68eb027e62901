package embedded

import (
	"time"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/mixer"
	"github.com/einwahl/einwahl/transcode/jitter"
)

// member is a person together with what they have in the world: a page or a
// telephone, and a voice.
type member struct {
	person  *person
	browser *session // one of these two is nil
	visit   *visit

	voice    *voice      // what others hear of them; nil until they are inside
	encoder  *encoder    // a telephone's, which feeds the voice
	port     *mixer.Port // a telephone's place in the room
	decoding *decoding   // a browser's place in the room, while its voice is open
	recorded bool        // the room and the voice may bring them to the files

	told     conference.State // a telephone's last state
	toldOnce bool
	requests int // speak requests that a browser was told of
}

// speakingHold keeps somebody shown as speaking between two words.
const speakingHold = 400 * time.Millisecond

func (mb *member) speaks(now time.Time) bool {
	return mb.voice != nil && now.Sub(mb.voice.lastHeard()) < speakingHold
}

// stopDecoding takes a browser's voice out of the room.
func (mb *member) stopDecoding() {
	if mb.decoding != nil {
		mb.voice.muffle()
		mb.decoding.close()
		mb.decoding = nil
	}
}

// setRecorded puts a member on record in the room, or takes them off.
func (mb *member) setRecorded(on bool) {
	mb.recorded = on
	if mb.port != nil {
		mb.port.SetRecorded(on)
	}
	if mb.decoding != nil {
		mb.decoding.speaker.SetRecorded(on)
	}
}

// unrecord takes a member off the record. When it returns no packet and no later
// beat of theirs goes to a file.
func (mb *member) unrecord() {
	mb.setRecorded(false)
	mb.voice.unrecord()
}

// stream is where the voice's packets go to be decoded, or nil.
func (mb *member) stream() *jitter.Stream {
	if mb.decoding == nil {
		return nil
	}
	return mb.decoding.stream
}
