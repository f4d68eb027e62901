package media

import (
	"time"

	"github.com/pion/rtp"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// passing holds a caller's packets of Opus on their way to who can use them as
// they are. They wait for a beat, no longer than their sound does in the jitter
// buffer, so that the message of a key which comes just behind still cuts them.
// It belongs to the beat.
type passing struct {
	talk          *talk // which they are for
	wanted        bool  // by who is spoken to
	coming, ready *bank
}

// bank is the packets of one beat. Their memory stays.
type bank struct {
	n       int
	packets [8]pcm.Packet
}

func newPassing() *passing { return &passing{coming: &bank{}, ready: &bank{}} }

// put takes a packet that the caller has sent. What is too much for a beat comes
// from a stall that is over: nobody wants all of it.
func (p *passing) put(h *rtp.Header, payload []byte, at time.Time) {
	if !p.wanted || p.coming.n == len(p.coming.packets) {
		return
	}
	kept := &p.coming.packets[p.coming.n]
	p.coming.n++
	*kept = pcm.Packet{
		Stream:    h.SSRC,
		Sequence:  h.SequenceNumber,
		Timestamp: h.Timestamp,
		Marker:    h.Marker,
		Payload:   append(kept.Payload[:0], payload...),
		At:        at,
	}
}

// offer gives what came before the last beat to whom the caller speaks, and
// makes what came since wait for the next. What the caller says is cut where
// keys are in it, or where it is not for the meeting. delay is that of the sound.
func (p *passing) offer(t *talk, cut bool, delay time.Duration) {
	if t != p.talk { // what was said to somebody else is not for them
		p.talk, cut = t, true
	}
	if !cut {
		for _, packet := range p.ready.packets[:p.ready.n] {
			packet.Ahead = max(delay-pcm.FrameDuration, 0)
			t.packets.WritePacket(packet)
		}
	}
	p.ready.n = 0
	p.wanted = t.packets != nil
	p.coming, p.ready = p.ready, p.coming
	if cut {
		p.ready.n = 0
	}
}
