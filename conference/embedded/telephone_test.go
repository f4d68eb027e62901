package embedded

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// telephone is a caller on a seat in a test.
type telephone struct {
	t     *testing.T
	visit conference.Visit
	seat  conference.Seat

	mu      sync.Mutex
	note    *note // nil: says nothing
	sound   []int16
	frame   pcm.Frame
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
	p := &telephone{t: t, visit: v, seat: seat, frame: make(pcm.Frame, pcm.NarrowbandSamples), changed: make(chan struct{}, 1)}
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
		if p.note == nil {
			p.seat.WriteFrame(nil)
		} else {
			p.seat.WriteFrame(p.note.next(pcm.NarrowbandSamples))
		}
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

func (p *telephone) say(hertz float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.note = nil
	if hertz > 0 {
		p.note = newNote(hertz, pcm.Narrowband)
	}
}

// hear returns the next stretch of sound.
func (p *telephone) hear(length time.Duration) []int16 {
	p.t.Helper()
	p.mu.Lock()
	p.sound = nil
	p.mu.Unlock()
	want := int(length * pcm.Narrowband / time.Second)
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
		if level := power(p.hear(100*time.Millisecond), hertz, pcm.Narrowband); (level > -6) == there && (there || level < -50) {
			return
		}
	}
	p.t.Fatalf("%v Hz: waited in vain for %v", hertz, there)
}
