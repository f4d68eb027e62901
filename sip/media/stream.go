package media

import (
	"errors"
	"time"

	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/jitter"
	"github.com/einwahl/einwahl/transcode/pcm"
)

var errEmpty = errors.New("packet without its law")

// newStream makes the jitter buffer of a leg. Each payload in it is preceded
// by a byte that tells its law, so that packets which still wait when the
// encoding changes are decoded by the one they were made with.
func newStream() *jitter.Stream {
	return jitter.New(jitter.Config{
		ClockRate: pcm.Narrowband,
		Rate:      pcm.Narrowband,
		Min:       20 * time.Millisecond,
		Max:       200 * time.Millisecond,
	}, &tagged{a: g711.NewDecoder(g711.ALaw), mu: g711.NewDecoder(g711.MuLaw)})
}

// tagged decodes payloads that are preceded by their law.
type tagged struct {
	a, mu *g711.Decoder
	last  *g711.Decoder
}

// Decode decodes by the law that the first byte tells.
func (t *tagged) Decode(dst []int16, payload []byte) (int, error) {
	if len(payload) == 0 {
		return 0, errEmpty
	}
	t.last = t.a
	if g711.Law(payload[0]) == g711.MuLaw {
		t.last = t.mu
	}
	return t.last.Decode(dst, payload[1:])
}

// Conceal goes on in the encoding that was last heard.
func (t *tagged) Conceal(dst []int16) int {
	if t.last == nil {
		t.last = t.a
	}
	return t.last.Conceal(dst)
}
