package embedded

import (
	"math"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/einwahl/einwahl/transcode/opus"
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
// beat, before they are sent to anybody.
func BenchmarkTelephoneVoice(b *testing.B) {
	for _, rate := range []int{pcm.Narrowband, pcm.Wideband} {
		b.Run(strconv.Itoa(rate), func(b *testing.B) {
			v := newVoice("p1")
			v.open(nil, nil)
			e := newEncoder(nil, &v.missed, v.fromBeat)
			defer e.close()
			frame := newNote(440, float64(rate)).next(rate / 50)
			b.ReportAllocs()
			for b.Loop() {
				e.WriteFrame(frame)
			}
		})
	}
}

// BenchmarkSilentTelephone is what 20 ms of a silent one cost.
func BenchmarkSilentTelephone(b *testing.B) {
	v := newVoice("p1")
	v.open(nil, nil)
	e := newEncoder(nil, &v.missed, v.fromBeat)
	defer e.close()
	b.ReportAllocs()
	for b.Loop() {
		e.WriteFrame(nil)
	}
}

// BenchmarkPacketOfTelephone is what a packet costs that a telephone has
// encoded itself.
func BenchmarkPacketOfTelephone(b *testing.B) {
	v := newVoice("p1")
	v.open(nil, nil)
	e := newEncoder(nil, &v.missed, v.fromBeat)
	defer e.close()
	p := pcm.Packet{Stream: 7, Payload: make([]byte, 80), At: time.Now()}
	b.ReportAllocs()
	for b.Loop() {
		p.Sequence++
		p.Timestamp += frameTicks
		e.WritePacket(p)
		e.WriteFrame(nil)
	}
}

// TestNothingIsAllocatedPerPacket sends what pages and telephones say into a
// recording and to pages, few and many, by all that is between a voice and the
// network: the encryption is pion's.
func TestNothingIsAllocatedPerPacket(t *testing.T) {
	for _, tt := range []struct {
		name   string
		pages  int
		strict bool
		ports  Ports
	}{
		{name: "few pages", pages: 1},
		{name: "many pages", pages: few + 1},
		{name: "many pages of an enhanced meeting", pages: few + 1, strict: true},
		{name: "each page has its port", pages: few + 1, ports: Ports{31200, 31299}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := newVoice("p1")
			r := newRecorder(1, time.Now())
			for range 4 {
				r.free <- new(recorded)
			}
			c := testConfig(t).WebRTC
			c.Ports = tt.ports
			sendToDeaf(t, v, tt.pages, tt.strict, c)
			v.open(nil, r.track("p1", false))
			v.sendApart(tt.pages > few)
			defer v.close()
			defer v.shut()
			pool := opus.NewPool()
			defer pool.Close()
			e := newEncoder(pool, &v.missed, v.fromBeat)
			defer e.close()
			frame := newNote(440, pcm.Narrowband).next(pcm.NarrowbandSamples)
			p := pcm.Packet{Stream: 7, Payload: make([]byte, 80), At: time.Now()}
			const runs = 200
			n := leastAllocations(runs, func() {
				e.WriteFrame(frame)
				r.free <- <-r.packets
				p.Sequence++
				p.Timestamp += frameTicks
				e.WritePacket(p)
				r.free <- <-r.packets
				e.WriteFrame(nil)
				for r := v.outlet.Load().relay; r != nil && !r.empty(); {
					runtime.Gosched()
				}
			})
			most := 0.
			if raced { // pion has pools; a packet to a page makes less than one anew
				most = float64(2*tt.pages) - 1
			}
			if n > most {
				t.Errorf("%v allocations", n)
			}
			if !allGet(v, 2*runs) {
				t.Error("not all packets have gone to the pages")
			}
		})
	}
}

// leastAllocations is what each run of f allocates. What connections do now and
// then besides is not in all of several measurements.
func leastAllocations(runs int, f func()) float64 {
	least := math.Inf(1)
	for tries := 0; tries < 5 && least > 0; tries++ {
		least = min(least, testing.AllocsPerRun(runs, f))
	}
	return least
}
