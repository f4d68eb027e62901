package sip_test

import (
	"context"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/sip"
	"github.com/einwahl/einwahl/sip/media"
	"github.com/einwahl/einwahl/sip/siptest"
	"github.com/einwahl/einwahl/transcode/pace"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// hum is a source of one tone.
type hum struct {
	samples []int16
	at      int
}

func (h *hum) ReadFrame(f pcm.Frame) bool {
	for i := range f {
		f[i] = h.samples[h.at%len(h.samples)]
		h.at++
	}
	return true
}

// tape keeps what it hears.
type tape struct {
	mu      sync.Mutex
	samples []int16
}

func (t *tape) WriteFrame(f pcm.Frame) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if f == nil {
		f = make(pcm.Frame, pcm.NarrowbandSamples)
	}
	t.samples = append(t.samples, f...)
}

func (t *tape) heard() []int16 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.samples)
}

// gateway runs a server with real sound until the end of the test.
func gateway(t *testing.T, handle func(context.Context, *sip.Call)) *sip.Server {
	t.Helper()
	clock := pace.New(1)
	engine, err := media.New(media.DefaultConfig(), clock, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	trunk := sip.DefaultTrunkConfig()
	trunk.Name, trunk.Peers, trunk.Codecs = "loopback", []string{"127.0.0.0/8"}, []string{"pcma", "pcmu"}
	config := sip.DefaultConfig()
	config.Listen = []string{"udp://127.0.0.1:0", "tcp://127.0.0.1:0"}
	server, err := sip.New(config, []sip.TrunkConfig{trunk}, engine, zerolog.Nop(), handle)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = clock.Run(ctx) })
	running.Go(func() {
		if err := server.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
		engine.Close()
	})
	<-server.Ready()
	return server
}

// wantLevel looks at each tenth of a second in which there is anything to hear:
// on a busy machine beats are late, and a tone with gaps has a level only
// between them.
func wantLevel(t *testing.T, who string, samples []int16, hertz, want float64) {
	t.Helper()
	var levels []float64
	for part := range slices.Chunk(samples, siptest.Rate/10) {
		if len(part) == siptest.Rate/10 && siptest.Loudness(part) > -40 {
			levels = append(levels, siptest.Level(part, hertz))
		}
	}
	if len(levels) < 5 {
		t.Errorf("%s hears next to nothing", who)
		return
	}
	slices.Sort(levels)
	if got := levels[len(levels)/2]; math.Abs(got-want) > 1 {
		t.Errorf("%s hears %g Hz at %.1f dB, want %.1f", who, hertz, got, want)
	}
}

func TestSoundAndKeysBothWays(t *testing.T) {
	for _, tt := range []struct {
		name string
		siptest.Config
	}{
		{"PCMA over UDP", siptest.Config{Codecs: []siptest.Codec{siptest.PCMA}}},
		{"PCMU over TCP, 30 ms", siptest.Config{Network: "tcp", Codecs: []siptest.Codec{siptest.PCMU}, Ptime: 30 * time.Millisecond}},
		{"keys on another payload type", siptest.Config{EventType: 126}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ear, keys := &tape{}, make(chan rune, 64)
			server := gateway(t, func(ctx context.Context, c *sip.Call) {
				if c.Answer(ctx) != nil {
					return
				}
				c.Connect(&hum{samples: siptest.Tone(880, time.Second)}, ear)
				for {
					select {
					case <-ctx.Done():
						return
					case key := <-c.Digits():
						keys <- key
					}
				}
			})
			config := tt.Config
			for _, a := range server.Addrs() {
				if a.Network() == config.Network || config.Network == "" && a.Network() == "udp" {
					config.Gateway = a.String()
				}
			}
			call := siptest.New(t, config).Call("en")
			call.Press("12#")
			for _, want := range "12#" {
				select {
				case got := <-keys:
					if got != want {
						t.Errorf("key %c, want %c", got, want)
					}
				case <-time.After(siptest.Patience):
					t.Fatal("no key came")
				}
			}
			before := len(ear.heard())
			call.Play(siptest.Tone(440, 1200*time.Millisecond))
			for end := time.Now().Add(siptest.Patience); len(ear.heard()) < before+16000 || len(call.Heard()) < 9600; time.Sleep(10 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatal("too little was heard")
				}
			}
			wantLevel(t, "the gateway", ear.heard()[before:], 440, -10)
			heard := call.Heard()
			wantLevel(t, "the caller", heard[len(heard)-9600:], 880, -10)
			if m := call.Hold(); m.Status() != 200 {
				t.Errorf("hold: %s", m.Start)
			}
			if c := server.Calls(); len(c) != 1 || !c[0].Held() {
				t.Error("not held")
			}
			if m := call.Move(); m.Status() != 200 {
				t.Errorf("move: %s", m.Start)
			}
			packets := len(call.Packets())
			for end := time.Now().Add(siptest.Patience); len(call.Packets()) < packets+10; time.Sleep(10 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatal("no sound at the new port")
				}
			}
			call.Hangup()
		})
	}
}
