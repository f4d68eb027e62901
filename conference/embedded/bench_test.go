package embedded

import (
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// BenchmarkVoice is what one packet of a page costs before it is sent to
// anybody.
func BenchmarkVoice(b *testing.B) {
	v := newVoice("p1")
	v.open(nil, nil)
	payload := make([]byte, 80)
	at := time.Now()
	h := rtp.Header{SSRC: 1}
	b.ReportAllocs()
	for b.Loop() {
		h.SequenceNumber++
		h.Timestamp += frameTicks
		v.take(h, payload, 0, at)
	}
}

// BenchmarkTelephoneVoice is what 20 ms of a speaking telephone cost on the
// beat.
func BenchmarkTelephoneVoice(b *testing.B) {
	passed := make(chan struct{}, 1)
	e, err := startEncoder(nil, func(rtp.Header, []byte, time.Time) { passed <- struct{}{} })
	if err != nil {
		b.Fatal(err)
	}
	defer e.close()
	frame := newNote(440, pcm.Narrowband).next(pcm.NarrowbandSamples)
	b.ReportAllocs()
	for b.Loop() {
		e.WriteFrame(frame)
		<-passed
	}
}

func TestNothingIsAllocatedPerPacket(t *testing.T) {
	v := newVoice("p1")
	r := newRecorder(1, time.Now())
	for range 4 {
		r.free <- new(recorded)
	}
	v.open(nil, r.track("p1", false))
	payload := make([]byte, 80)
	h := rtp.Header{SSRC: 1}
	at := time.Now()
	if n := testing.AllocsPerRun(200, func() {
		h.SequenceNumber++
		h.Timestamp += frameTicks
		v.take(h, payload, 0, at)
		r.free <- <-r.packets
	}); n > 0 {
		t.Errorf("%v allocations for a packet", n)
	}
	e, err := startEncoder(nil, func(rtp.Header, []byte, time.Time) {})
	if err != nil {
		t.Fatal(err)
	}
	defer e.close()
	frame := newNote(440, pcm.Narrowband).next(pcm.NarrowbandSamples)
	if n := testing.AllocsPerRun(200, func() { e.WriteFrame(frame) }); n > 0 {
		t.Errorf("%v allocations for a frame", n)
	}
}
