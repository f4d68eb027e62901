package media

import (
	"time"

	"github.com/pion/rtp"

	"github.com/einwahl/einwahl/transcode/jitter"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// passing holds a caller's packets of Opus on their way to who can use them as
// they are. They wait for a beat, so that the message of a key which comes just
// behind still cuts them. It belongs to the beat.
type passing struct {
	talk          *talk // which they are for
	wanted        bool  // by who is spoken to
	newest        mark  // of all that came
	barrier       mark  // of what was said to somebody else
	coming, ready *bank
}

// mark is how far a stream has come.
type mark struct {
	stream uint32
	last   uint16
	begun  bool
}

// covers reports whether a packet is not beyond the mark.
func (m mark) covers(stream uint32, sequence uint16) bool {
	return m.begun && m.stream == stream && int16(sequence-m.last) <= 0
}

// bank is the packets of one beat: what a buffer of 200 ms may play of them after a
// stall. Their memory stays.
type bank struct {
	n       int
	packets [16]pcm.Packet
}

// next is the memory of one more packet. What is too much for a beat comes from a
// stall that is over: the oldest are given up.
func (b *bank) next() *pcm.Packet {
	last := len(b.packets) - 1
	if b.n <= last {
		b.n++
		return &b.packets[b.n-1]
	}
	oldest := b.packets[0]
	copy(b.packets[:], b.packets[1:])
	b.packets[last] = oldest
	return &b.packets[last]
}

// since are the packets that were sent at most so long before the last.
func (b *bank) since(d time.Duration) []pcm.Packet {
	all := b.packets[:b.n]
	for len(all) > 0 && all[len(all)-1].After(all[0]) > d {
		all = all[1:]
	}
	return all
}

func newPassing() *passing { return &passing{coming: &bank{}, ready: &bank{}} }

// put takes a packet that the caller has sent.
func (p *passing) put(h *rtp.Header, payload []byte, at time.Time) {
	if !p.newest.covers(h.SSRC, h.SequenceNumber) {
		p.newest = mark{h.SSRC, h.SequenceNumber, true}
	}
	if !p.wanted || p.barrier.covers(h.SSRC, h.SequenceNumber) {
		return
	}
	kept := p.coming.next()
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
// keys are in it, or where it is not for the meeting. buffer is what their sound
// goes through: nothing is passed on that is too old for it.
func (p *passing) offer(t *talk, cut bool, buffer jitter.Stats) {
	if t != p.talk { // what was said to somebody else is not for them, also if it was overtaken
		p.talk, p.barrier, cut = t, p.newest, true
	}
	if !cut {
		for _, packet := range p.ready.since(buffer.Target + jitter.Stale) {
			packet.Ahead = max(buffer.Delay-pcm.FrameDuration, 0)
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
