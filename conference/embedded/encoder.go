package embedded

import (
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
)

const (
	// frameTicks is 20 ms on the RTP clock of Opus, which is 48 kHz whatever is
	// in the packets.
	frameTicks = 960
	// bitrate of the encoded voice of a telephone, in bits per second, at 8 and
	// at 16 kHz.
	bitrate = 24000
	// complexity of encoding it: more was not heard.
	complexity = 5
	// keepFor is for how many beats of silence an encoder is kept: 1 s, so that
	// it is not fetched anew for each word.
	keepFor = 50
	// passRate and passBurst are how many packets of a telephone are passed on
	// on a beat, and at once after a stall. No Opus is shorter than 2.5 ms.
	passRate  = 8
	passBurst = 32
)

// encoder makes packets of what a telephone, or the mix of a recording, gives
// it on the beat, and hands them on at once. Packets that the telephone has
// made itself are handed on as they are.
//
// All but wanted belongs to the beat.
type encoder struct {
	pool   *opus.Pool
	hand   func(h rtp.Header, payload []byte, at time.Time)
	missed *atomic.Int32 // of a hundred packets, as listeners report; nil where nobody does
	idle   atomic.Bool   // nobody wants the packets

	began   time.Time
	opus    *opus.Encoder // lent while somebody speaks, or nil
	quiet   int           // beats since then
	seq     uint16
	ts      uint32
	talking bool
	expects int32 // the loss that opus has been told of
	budget  int   // of packets that may be passed on
	packet  [400]byte
}

var _ pcm.PacketSink = (*encoder)(nil)

// newEncoder makes an encoder that borrows from pool and calls hand on the
// beat. While packets are missed, they carry a copy of the one before (RFC 6716
// section 2.1.7), which costs a third more work.
func newEncoder(pool *opus.Pool, missed *atomic.Int32, hand func(h rtp.Header, payload []byte, at time.Time)) *encoder {
	return &encoder{pool: pool, hand: hand, missed: missed, began: time.Now(), budget: passBurst}
}

// close ends the encoder. It must not be on a beat any more.
func (e *encoder) close() { e.giveBack() }

// wanted tells whether anybody wants the packets.
func (e *encoder) wanted(yes bool) { e.idle.Store(!yes) }

// WriteFrame takes the next frame. Silence makes no packets, but time passes.
func (e *encoder) WriteFrame(f pcm.Frame) {
	e.ts += frameTicks
	e.budget = min(e.budget+passRate, passBurst)
	if f == nil || e.idle.Load() {
		e.rest()
		return
	}
	at := time.Now()
	n, err := e.encode(f)
	if err != nil || n == 0 {
		return
	}
	if !e.talking {
		// Beats that the clock has left out were time all the same.
		passed := uint32(at.Sub(e.began)/pcm.FrameDuration) * frameTicks
		if int32(passed-e.ts) > 0 {
			e.ts = passed
		}
	}
	e.hand(rtp.Header{SequenceNumber: e.seq, Timestamp: e.ts, Marker: !e.talking}, e.packet[:n], at)
	e.seq++
	e.talking = true
}

// WritePacket hands on what the telephone has encoded itself. It is another
// stream than the frames, also where both would call themselves 0.
func (e *encoder) WritePacket(p pcm.Packet) {
	if e.idle.Load() || e.budget == 0 || len(p.Payload) > longestPacket {
		return
	}
	e.budget--
	e.talking = false
	// The time of now, not p.At: that is of a clock which can be set.
	e.hand(rtp.Header{
		SSRC: max(p.Stream, 1), SequenceNumber: p.Sequence, Timestamp: p.Timestamp, Marker: p.Marker,
	}, p.Payload, time.Now())
}

// encode makes the packet of f, at whatever rate f has.
func (e *encoder) encode(f pcm.Frame) (int, error) {
	e.quiet = 0
	if err := e.borrow(f.Rate()); err != nil {
		return 0, err
	}
	e.expectLoss()
	return e.opus.Encode(e.packet[:], f)
}

// borrow sees to it that there is an encoder for a rate.
func (e *encoder) borrow(rate int) (err error) {
	if e.opus != nil {
		return e.opus.SetRate(rate)
	}
	e.expects = 0
	e.opus, err = e.pool.Encoder(opus.EncoderConfig{Rate: rate, Bitrate: bitrate, Complexity: complexity})
	return err
}

// rest gives the encoder back where it has not been needed for a while.
func (e *encoder) rest() {
	e.talking = false
	if e.opus == nil {
		return
	}
	if e.quiet++; e.quiet >= keepFor {
		e.giveBack()
	}
}

func (e *encoder) giveBack() {
	if e.opus != nil {
		e.opus.Close()
		e.opus = nil
	}
}

// expectLoss tells the encoder what the listeners report.
func (e *encoder) expectLoss() {
	if e.missed == nil {
		return
	}
	if missed := e.missed.Load(); missed != e.expects && e.opus.SetLoss(int(missed)) == nil {
		e.expects = missed
	}
}
