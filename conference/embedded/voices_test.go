package embedded

import (
	"context"
	"math"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/transcode/jitter"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// serve serves the meetings to pages.
func serve(t *testing.T, b *Backend) *httptest.Server {
	server := httptest.NewServer(b.Handler())
	t.Cleanup(server.Close)
	return server
}

// speak sends a note from a page's microphone until the returned function is
// called.
func speak(t *testing.T, p *webtest.Peer, hertz float64) (stop func()) {
	t.Helper()
	encoder, err := opus.NewEncoder(opus.EncoderConfig{Rate: 16000, Bitrate: 32000, Complexity: 5})
	if err != nil {
		t.Fatal(err)
	}
	note, packet := newNote(hertz, 16000), make([]byte, 400)
	silence := eachBeat(func() {
		size, err := encoder.Encode(packet, note.next(320))
		if err != nil {
			t.Error(err)
			return
		}
		p.SendWithLevel(packet[:size], -24) // the codec takes what goes on for noise
	})
	return func() {
		silence()
		encoder.Close()
	}
}

// sendRaw sends the same payload again and again.
func sendRaw(p *webtest.Peer, payload []byte) (stop func()) {
	return eachBeat(func() { p.Send(payload) })
}

// eachBeat calls f every 20 ms until it is stopped. It catches up on what it
// has missed: a sender's clock that stays behind on a busy machine would be
// another test.
func eachBeat(f func()) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		for begun, n := time.Now(), 1; ctx.Err() == nil; n++ {
			f()
			time.Sleep(time.Until(begun.Add(time.Duration(n) * pcm.FrameDuration)))
		}
	})
	return func() { cancel(); wg.Wait() }
}

// note is a sine of 3000 peak, about -24 dBov.
type note struct{ step, phase float64 }

const notePeak = 3000

func newNote(hertz, rate float64) *note { return &note{step: 2 * math.Pi * hertz / rate} }

func (n *note) next(samples int) pcm.Frame {
	f := make(pcm.Frame, samples)
	for i := range f {
		f[i] = int16(notePeak * math.Sin(n.phase))
		n.phase += n.step
	}
	return f
}

// power is how much of a frequency is in the sound, in dB of a full note: the
// median of stretches of 50 ms, which a jitter buffer that shifts the sound by
// a period now and then does not disturb.
func power(sound []int16, hertz, rate float64) float64 {
	width := int(rate / 20)
	var levels []float64
	for ; len(sound) >= width; sound = sound[width:] {
		var re, im float64
		for i, v := range sound[:width] {
			a := 2 * math.Pi * hertz * float64(i) / rate
			re += float64(v) * math.Cos(a)
			im += float64(v) * math.Sin(a)
		}
		amplitude := 2 * math.Hypot(re, im) / float64(width)
		levels = append(levels, 20*math.Log10(max(amplitude, 1e-3)/notePeak))
	}
	if len(levels) == 0 {
		return math.Inf(-1)
	}
	slices.Sort(levels)
	return levels[len(levels)/2]
}

func count(messages []webtest.Message, f func(webtest.Message) bool) (n int) {
	for _, m := range messages {
		if f(m) {
			n++
		}
	}
	return n
}

// eventually waits for what nobody tells.
func eventually(t *testing.T, what string, patience time.Duration, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !f(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not yet", what)
		}
	}
}

// A packet lies in the kernel until a beat takes it. One that came before the yes
// was said before it, whenever it is looked at: it is for nobody, and for no file
// where the yes was to the recording.
func TestWhatCameBeforeTheYesIsForNobody(t *testing.T) {
	for _, tt := range []struct {
		name            string
		open            bool // to the others, before the yes
		heard, recorded int  // of what came before it
	}{
		{"a yes to being heard", false, 0, 0},
		{"a yes to the recording", true, 1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, v := newRecorder(1, time.Now()), newVoice("p1")
			decoder := jitter.New(jitter.Config{ClockRate: 48000, Rate: 8000}, new(opus.Decoder))
			if tt.open {
				v.open(decoder, nil)
			}
			before := time.Now()
			v.open(decoder, r.track("p1", false))
			for i, p := range []struct {
				at              time.Time
				heard, recorded int // so far
			}{{before, tt.heard, tt.recorded}, {time.Now(), tt.heard + 1, tt.recorded + 1}} {
				v.take(rtp.Header{SequenceNumber: uint16(i), Timestamp: uint32(960 * i)}, []byte{1, 2, 3}, -20, p.at)
				if heard, recorded := int(decoder.Stats().Received), len(r.packets); heard != p.heard || recorded != p.recorded {
					t.Errorf("packet %d: %d for the others and %d for the file, want %d and %d", i, heard, recorded, p.heard, p.recorded)
				}
			}
		})
	}
}

// What is given to a file or to a room ends when whoever ends it is told so, and no
// beat waits for that: it may be of another meeting.
func TestChangesOfAVoiceKeepNoBeatWaiting(t *testing.T) {
	r, v := newRecorder(1, time.Now()), newVoice("p1")
	page := attach(t, v, &ear{id: "a", hold: make(chan struct{})})
	v.open(nil, r.track("p1", false))
	say := func(number int) chan struct{} {
		done := make(chan struct{})
		go func() {
			defer close(done)
			v.take(rtp.Header{SequenceNumber: uint16(number), Timestamp: uint32(960 * number)}, []byte{1, 2, 3}, -20, time.Now())
		}()
		return done
	}
	first := say(1) // which waits for the page
	eventually(t, "the file gets the first packet", webtest.Patience, func() bool { return len(r.packets) == 1 })
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		v.unrecord()
	}()
	eventually(t, "the file is taken away", webtest.Patience, func() bool { return v.outlet.Load().file == nil })
	select {
	case <-say(2):
	case <-time.After(webtest.Patience):
		t.Error("a beat waits for another")
	}
	select {
	case <-ended:
		t.Error("the file is let go of while a packet is being given to it")
	default:
	}
	page.hold <- struct{}{}
	<-first
	<-ended
	go func() { page.hold <- struct{}{} }()
	<-say(3)
	if n := len(r.packets); n != 1 || len(page.heard()) != 2 {
		t.Errorf("%d packets are for the file and %d for the page, want 1 and 2", n, len(page.heard()))
	}
}
