package jitter

import (
	"math"
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// What a packet without a copy gives for the one before it is made up, and fades as the
// rest of the gap does.
func TestGuessInPlaceOfACopyFades(t *testing.T) {
	s, epoch := New(Config{ClockRate: 8000, Rate: 8000, Min: 120 * ms}, &copyless{}), time.Unix(1e9, 0)
	var heard []int16
	for i := range 40 {
		if i < 20 || i >= 24 {
			s.Push(Packet{Seq: uint16(i), Timestamp: uint32(160 * i), Payload: []byte{1}}, epoch.Add(time.Duration(i)*pcm.FrameDuration))
		}
		f := make(pcm.Frame, s.frame)
		if s.ReadFrame(f) {
			heard = append(heard, f...)
		}
	}
	const window = 40 // 5 ms
	softest := math.MaxInt
	for at := 10 * 160; at+window <= len(heard); at += window {
		most := 0
		for _, v := range heard[at : at+window] {
			most = max(most, int(v), -int(v))
		}
		softest = min(softest, most)
	}
	if softest > 1500 {
		t.Errorf("the gap fades to %d", softest)
	}
}

// hum decodes packets of 20 ms: a hum, or silence where their byte is 0. It goes on with
// the hum where it guesses.
type hum struct {
	at      int
	guessed bool
}

func (h *hum) Decode(dst []int16, payload []byte) (int, error) {
	h.fill(dst[:160])
	if payload[0] == 0 {
		clear(dst[:160])
	}
	h.guessed = false
	return 160, nil
}

func (h *hum) Conceal(dst []int16) int {
	h.fill(dst)
	h.guessed = true
	return len(dst)
}

func (h *hum) fill(dst []int16) {
	for i := range dst {
		dst[i] = int16(8000 * math.Sin(float64(h.at)/6))
		h.at++
	}
}

func (h *hum) Guessing() bool  { return h.guessed }
func (*hum) SetRate(int) error { return nil }

// copyless is one whose packets could carry a copy, and do not.
type copyless struct{ hum }

func (c *copyless) DecodeFEC(dst []int16, _ []byte) (int, error) { return c.Conceal(dst), nil }
