package embedded

import (
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// queued is how many packets may wait between the beat and the sockets.
const queued = 16

// frameTicks is 20 ms on the RTP clock of Opus, which is 48 kHz whatever is in
// the packets.
const frameTicks = 960

// encoder makes packets of what a telephone, or the mix of a recording, gives
// it on the beat. The beat only encodes; a goroutine of its own hands the
// packets on, and if it does not keep up they are dropped.
type encoder struct {
	opus    *opus.Encoder
	idle    atomic.Bool // nobody wants the packets
	free    chan *packet
	filled  chan *packet
	done    chan struct{}
	dropped atomic.Uint64
	missed  *atomic.Int32 // of a hundred packets, as listeners report; nil where nobody does

	began time.Time

	// Used on the beat only.
	seq     uint16
	ts      uint32
	talking bool
	expects int32 // the loss that the encoder has been told of
}

// packet is an encoded frame on its way.
type packet struct {
	header rtp.Header
	at     time.Time
	size   int
	data   [400]byte
}

// startEncoder makes an encoder for telephone sound and gives its packets to
// pass, from a goroutine that ends with close. While packets are missed, they
// carry a copy of the one before (RFC 6716 section 2.1.7), which costs a third
// more work.
func startEncoder(missed *atomic.Int32, pass func(h rtp.Header, payload []byte, at time.Time)) (*encoder, error) {
	codec, err := opus.NewEncoder(opus.EncoderConfig{
		Rate: pcm.Narrowband, Bitrate: 24000, Complexity: 5,
	})
	if err != nil {
		return nil, err
	}
	e := &encoder{
		opus: codec, missed: missed, done: make(chan struct{}), began: time.Now(),
		free: make(chan *packet, queued), filled: make(chan *packet, queued),
	}
	for range queued {
		e.free <- &packet{}
	}
	go e.run(pass)
	return e, nil
}

func (e *encoder) run(pass func(rtp.Header, []byte, time.Time)) {
	defer close(e.done)
	for p := range e.filled {
		pass(p.header, p.data[:p.size], p.at)
		e.free <- p
	}
}

// close ends the encoder. It must not be on a beat any more.
func (e *encoder) close() {
	close(e.filled)
	<-e.done
	e.opus.Close()
}

// wanted tells whether anybody wants the packets.
func (e *encoder) wanted(yes bool) { e.idle.Store(!yes) }

// expectLoss tells the encoder what the listeners report.
func (e *encoder) expectLoss() {
	if e.missed == nil {
		return
	}
	if missed := e.missed.Load(); missed != e.expects && e.opus.SetLoss(int(missed)) == nil {
		e.expects = missed
	}
}

// WriteFrame takes the next frame. Silence makes no packets, but time passes.
func (e *encoder) WriteFrame(f pcm.Frame) {
	e.ts += frameTicks
	if f == nil || e.idle.Load() {
		e.talking = false
		return
	}
	var p *packet
	select {
	case p = <-e.free:
	default:
		e.dropped.Add(1)
		return
	}
	e.expectLoss()
	n, err := e.opus.Encode(p.data[:], f)
	if err != nil || n == 0 {
		e.dropped.Add(1)
		e.free <- p
		return
	}
	p.size, p.at = n, time.Now()
	if !e.talking {
		// Beats that the clock has left out were time all the same.
		passed := uint32(p.at.Sub(e.began)/pcm.FrameDuration) * frameTicks
		if int32(passed-e.ts) > 0 {
			e.ts = passed
		}
	}
	p.header = rtp.Header{SequenceNumber: e.seq, Timestamp: e.ts, Marker: !e.talking}
	e.seq++
	e.talking = true
	e.filled <- p // has room for every packet there is
}
