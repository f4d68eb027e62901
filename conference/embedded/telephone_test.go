package embedded

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// telephone is a caller on a seat in a test.
type telephone struct {
	t     *testing.T
	visit conference.Visit
	seat  conference.Seat

	mu      sync.Mutex
	note    *note           // nil: says nothing
	opus    *opus.Encoder   // nil: sends no packets of its own
	sent    map[string]bool // those it has sent
	count   uint16
	sound   []int16
	rate    int
	frame   pcm.Frame // that was heard last
	changed chan struct{}
}

// call seats a telephone with its microphone open.
func call(t *testing.T, b *Backend, number string) *telephone {
	t.Helper()
	ctx := context.Background()
	m, err := b.Find(ctx, number)
	if err != nil {
		t.Fatal(err)
	}
	v, err := m.Visit(ctx, conference.Guest{Call: "c", Label: "Phone 1"})
	if err != nil {
		t.Fatal(err)
	}
	seat, err := v.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	p := &telephone{t: t, visit: v, seat: seat, rate: pcm.Narrowband, frame: make(pcm.Frame, pcm.NarrowbandSamples), changed: make(chan struct{}, 1)}
	clock := seat.(pcm.Clocked).Clock()
	clock.Add(p)
	seat.SetMicrophone(true)
	t.Cleanup(func() {
		clock.Remove(p)
		v.Leave()
	})
	return p
}

// Beat says the note, and keeps what is heard.
func (p *telephone) Beat(phase pcm.Phase) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch phase {
	case pcm.TakeIn:
		p.speak()
	case pcm.GiveOut:
		if !p.seat.ReadFrame(p.frame) {
			clear(p.frame)
		}
		p.sound = append(p.sound, p.frame...)
		select {
		case p.changed <- struct{}{}:
		default:
		}
	}
}

// speak says the next 20 ms of the note.
func (p *telephone) speak() {
	if p.note == nil {
		p.seat.WriteFrame(nil)
		return
	}
	frame := p.note.next(p.rate / 50)
	if p.opus != nil {
		p.send(frame)
	}
	p.seat.WriteFrame(frame)
}

// send encodes a frame as the phone itself would, and offers the packet.
func (p *telephone) send(frame pcm.Frame) {
	for i := range frame {
		frame[i] += frame[i] / 2 // -20 dBov, which needs no change
	}
	packet := make([]byte, 400)
	n, err := p.opus.Encode(packet, frame)
	if err != nil {
		p.t.Error(err)
		return
	}
	p.count++
	p.sent[string(packet[:n])] = true
	p.seat.(pcm.PacketSink).WritePacket(pcm.Packet{
		Stream: 77, Sequence: p.count, Timestamp: uint32(p.count) * frameTicks, Payload: packet[:n], At: time.Now(),
	})
}

// speaksOpus gives the telephone an encoder of its own.
func (p *telephone) speaksOpus() {
	p.t.Helper()
	encoder, err := opus.NewEncoder(opus.EncoderConfig{Rate: pcm.Narrowband, Bitrate: 16000, Complexity: 3})
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opus, p.sent = encoder, map[string]bool{}
	p.t.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.opus = nil
		encoder.Close()
	})
}

// wideband has the telephone speak and hear at 16 kHz.
func (p *telephone) wideband() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rate, p.frame, p.note = pcm.Wideband, make(pcm.Frame, pcm.WidebandSamples), nil
}

func (p *telephone) say(hertz float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.note = nil
	if hertz > 0 {
		p.note = newNote(hertz, float64(p.rate))
	}
}

// hear returns the next stretch of sound.
func (p *telephone) hear(length time.Duration) []int16 {
	p.t.Helper()
	p.mu.Lock()
	p.sound = nil
	p.mu.Unlock()
	want := int(length * time.Duration(p.rate) / time.Second)
	late := time.After(20 * time.Second)
	for {
		p.mu.Lock()
		if len(p.sound) >= want {
			defer p.mu.Unlock()
			return p.sound[:want]
		}
		p.mu.Unlock()
		select {
		case <-p.changed:
		case <-late:
			p.t.Fatal("the clock stands still")
		}
	}
}

// awaitNote listens until a note is there, or is not.
func (p *telephone) awaitNote(hertz float64, there bool) {
	p.t.Helper()
	for range 100 {
		if level := power(p.hear(100*time.Millisecond), hertz, float64(p.rate)); (level > -6) == there && (there || level < -50) {
			return
		}
	}
	p.t.Fatalf("%v Hz: waited in vain for %v", hertz, there)
}
