package jitter

import (
	"slices"
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/g722"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/soundtest"
)

// Up to five packets in a row are lost, again and again, at all places of speech:
// each packet is once the first of a burst.
func TestBurstsDoNotClick(t *testing.T) {
	const apart = 19 // packets
	for _, c := range codecs(t) {
		for _, long := range []int{1, 3, 5} {
			clicks := 0
			for first := range apart {
				var left []sent
				for i, p := range c.said {
					if i < 10 || (i+first)%apart >= long {
						left = append(left, p)
					}
				}
				clicks += len(soundtest.Clicks(c.speech, sound(listen(c.stream(), left, 20*ms, c.end)), c.rate))
			}
			if clicks > 0 {
				t.Errorf("all bursts of %d: %s clicks %d times", long, c.name, clicks)
			}
		}
	}
}

// codec is speech as it is said in a codec, and how it is heard.
type codec struct {
	name   string
	rate   int
	speech []int16
	end    time.Duration
	said   []sent
	skips  uint64 // packets at least, behind 117 stalls
	stream func() *Stream
}

func codecs(t *testing.T) []codec {
	t.Helper()
	narrow, wide := soundtest.Speech(t, pcm.Narrowband), soundtest.Speech(t, pcm.Wideband)
	end := time.Duration(len(narrow)/160) * 20 * ms
	soft, newSoft := spoken(t, wide, softphone), func() *Stream { return newOpusAt(t, pcm.Wideband, 20*ms) }
	return []codec{
		{"G.711", pcm.Narrowband, narrow, end, said(narrow), 500, newTone},
		{"Opus", pcm.Narrowband, narrow, end, spoken(t, narrow, opus.Telephone()), 500, func() *Stream { return newOpus(t, 20*ms) }},
		{"Opus at 16 kHz", pcm.Wideband, wide, end, soft, 500, newSoft},
		{"Opus at 16 kHz, 60 ms a packet", pcm.Wideband, wide, end, threefold(t, soft), 30, newSoft},
		{"G.722", pcm.Wideband, wide, end, saidWide(t, wide), 500, func() *Stream { return newWide(t) }},
	}
}

// softphone is how one encodes.
var softphone = opus.EncoderConfig{Rate: pcm.Wideband, Bitrate: 28000, Complexity: 5}

// threefold packs the frames of three packets in one, which is sent with the last of
// them (RFC 6716 section 3.2.5).
func threefold(t *testing.T, single []sent) (out []sent) {
	t.Helper()
	for three := range slices.Chunk(single, 3) {
		if len(three) < 3 {
			break
		}
		toc := three[0].Payload[0]
		payload := []byte{toc | 3, 0x80 | 3}
		for i, p := range three {
			if p.Payload[0] != toc || toc&3 != 0 {
				t.Fatal("packets of several kinds")
			}
			if size := len(p.Payload) - 1; i == 2 {
				// its length is what is left
			} else if size < 252 {
				payload = append(payload, byte(size))
			} else {
				payload = append(payload, byte(252+size%4), byte((size-252)/4))
			}
		}
		for _, p := range three {
			payload = append(payload, p.Payload[1:]...)
		}
		out = append(out, sent{three[2].at, Packet{
			Seq: uint16(len(out)), Timestamp: three[0].Timestamp, Payload: payload,
		}})
	}
	return out
}

// saidWide is speech as a telephone sends it that has wideband.
func saidWide(t *testing.T, sound []int16) (out []sent) {
	t.Helper()
	e, err := g722.NewEncoder(pcm.Wideband)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; (i+1)*320 <= len(sound); i++ {
		payload := make([]byte, 160)
		e.Encode(payload, sound[i*320:][:320])
		out = append(out, sent{time.Duration(i) * 20 * ms, Packet{
			Seq: uint16(i), Timestamp: uint32(i * 160), Payload: payload,
		}})
	}
	return out
}

func newWide(t *testing.T) *Stream {
	t.Helper()
	d, err := g722.NewDecoder(pcm.Wideband)
	if err != nil {
		t.Fatal(err)
	}
	return New(Config{ClockRate: 8000, Rate: pcm.Wideband}, d)
}
