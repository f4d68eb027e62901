//go:build linux

package app_test

import (
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// rusageThread asks for the calling thread's own time (getrusage(2)).
const rusageThread = 1

// floorComplexity is that of the gateway's encoders, where it has no need to
// step down.
const floorComplexity = 5

// codecFloor is what no gateway of this kind can do without where everybody
// talks: for each call one Opus encoder for the telephone's voice and one
// decoder for the browser's, as libopus does it, all layers of it. It is measured
// on a thread of its own that is woken at the moments at which that many calls
// would wake it, so that caches are as cold as they are then. In percent of a
// core per call.
func codecFloor(b *testing.B, v voices, calls int) float64 {
	b.Helper()
	codecs := make([]codec, calls)
	for i := range codecs {
		codecs[i].open(b)
		defer codecs[i].close()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	begin := time.Now()
	before := threadTime(b)
	for i := 0; time.Since(begin) < floorTime; i++ {
		sleepUntil(begin.Add(time.Duration(i) * pcm.FrameDuration / time.Duration(calls)))
		which, frame := i%calls, i/calls+i%calls*len(v.web)/calls
		codecs[which].frame(b, v.phone.at(frame).payload, v.web.at(frame).payload)
	}
	return 100 * float64(threadTime(b)-before) / float64(time.Since(begin)) / float64(calls)
}

func threadTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(rusageThread, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// codec is what one call needs.
type codec struct {
	law     *g711.Decoder
	encoder *opus.Encoder
	decoder *opus.Decoder
	sound   [longestPacket]int16
	packet  [opus.MaxPacket]byte
}

func (c *codec) open(b *testing.B) {
	b.Helper()
	var err error
	c.law = g711.NewDecoder(g711.ALaw)
	if c.encoder, err = opus.NewEncoder(opus.EncoderConfig{Rate: pcm.Narrowband, Bitrate: 24000, Complexity: floorComplexity}); err != nil {
		b.Fatal(err)
	}
	if c.decoder, err = opus.NewDecoder(pcm.Narrowband); err != nil {
		b.Fatal(err)
	}
}

func (c *codec) close() {
	c.encoder.Close()
	c.decoder.Close()
}

func (c *codec) frame(b *testing.B, said, heard []byte) {
	n, err := c.law.Decode(c.sound[:], said) // as good as free
	if err != nil {
		b.Fatal(err)
	}
	if _, err := c.encoder.Encode(c.packet[:], c.sound[:n]); err != nil {
		b.Fatal(err)
	}
	if _, err := c.decoder.DecodeWhole(c.sound[:], heard); err != nil {
		b.Fatal(err)
	}
}
