package announcements

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// Speech is a row of items on its way to one listener. It is a pcm.Source at
// 8 or 16 kHz, read by one goroutine; everything else may be called from any.
type Speech struct {
	segments []segment
	lang     string
	hash     string
	text     string

	// next and offset belong to the reader.
	next   int // segment
	offset int // frame within it
	faded  bool

	begun   atomic.Int64
	frames  atomic.Int64
	stopped atomic.Bool
	done    chan struct{}
	end     sync.Once
}

// segment is a clip, or a pause of some frames where clip is nil.
type segment struct {
	clip   *clip
	frames int
	item   int
}

func newSpeech(lang string, segments []segment, said []*recording) *Speech {
	s := &Speech{segments: segments, lang: lang, done: make(chan struct{})}
	s.begun.Store(-1)
	sum := sha256.New()
	var text []string
	for _, r := range said {
		sum.Write([]byte(r.words))
		if r.text != "" {
			text = append(text, r.text)
		}
	}
	s.hash = hex.EncodeToString(sum.Sum(nil))
	s.text = strings.Join(text, " ")
	if len(segments) == 0 {
		s.finish()
	}
	return s
}

// ReadFrame gives the next 20 ms. It is silence in a pause and after the end.
func (s *Speech) ReadFrame(f pcm.Frame) bool {
	if s.stopped.Load() {
		return s.fadeOut(f)
	}
	if s.next >= len(s.segments) {
		return false
	}
	now := s.segments[s.next]
	s.begun.Store(int64(now.item))
	if now.clip != nil {
		now.clip.frame(f, s.offset)
	}
	s.frames.Add(1)
	s.offset++
	if s.offset >= now.frames {
		s.next, s.offset = s.next+1, 0
	}
	if s.next >= len(s.segments) {
		s.finish()
	}
	return now.clip != nil
}

// fadeOut gives what was being said a few milliseconds to end, once.
func (s *Speech) fadeOut(f pcm.Frame) bool {
	if s.faded || s.next >= len(s.segments) {
		return false
	}
	s.faded = true
	now := s.segments[s.next]
	if now.clip == nil || s.offset == 0 {
		return false
	}
	now.clip.frame(f, s.offset)
	edge := ramp * len(f) / clipFrame
	for i := range edge {
		f[i] = scale(f[i], edge-i, edge)
	}
	clear(f[edge:])
	return true
}

// Done is closed when the last frame was read, or on Stop.
func (s *Speech) Done() <-chan struct{} { return s.done }

// Stop ends the speech with the next frame. It is safe to call twice.
func (s *Speech) Stop() {
	s.stopped.Store(true)
	s.finish()
}

// Begun is the index of the item that is being heard, -1 before the first. It
// stays at the last one.
func (s *Speech) Begun() int { return int(s.begun.Load()) }

// Played is how much was heard, pauses included.
func (s *Speech) Played() time.Duration {
	return time.Duration(s.frames.Load()) * pcm.FrameDuration
}

// Duration is how long the whole takes.
func (s *Speech) Duration() time.Duration {
	frames := 0
	for _, g := range s.segments {
		frames += g.frames
	}
	return time.Duration(frames) * pcm.FrameDuration
}

// Language is the language that was asked for.
func (s *Speech) Language() string { return s.lang }

// Hash is the SHA-256 of the words, in hex: the same for the same words in the
// same language. Evidence keeps it.
func (s *Speech) Hash() string { return s.hash }

// Version is the beginning of Hash, which people can compare.
func (s *Speech) Version() string { return s.hash[:versionLength] }

// Text is what is said, as far as it is known in writing.
func (s *Speech) Text() string { return s.text }

func (s *Speech) finish() {
	s.end.Do(func() { close(s.done) })
}
