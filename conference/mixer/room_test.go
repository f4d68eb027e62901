package mixer

import (
	"math"
	"sync"
	"testing"

	"github.com/einwahl/einwahl/transcode/level"
	"github.com/einwahl/einwahl/transcode/pace"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// phone is a talker and listener on the beat.
type phone struct {
	port      *Port
	freq, amp float64 // 0: says nothing
	at        int
	heard     []int16
	silent    int // beats without sound
}

func (p *phone) Beat(ph pcm.Phase) {
	f := make(pcm.Frame, pcm.NarrowbandSamples)
	switch ph {
	case pcm.TakeIn:
		if p.amp > 0 {
			p.at = sine(f, p.freq, p.amp, p.at)
			p.port.WriteFrame(f)
		} else {
			p.port.WriteFrame(nil)
		}
	case pcm.GiveOut:
		if !p.port.ReadFrame(f) {
			clear(f)
			p.silent++
		}
		p.heard = append(p.heard, f...)
	}
}

func sine(f pcm.Frame, freq, amp float64, at int) int {
	for i := range f {
		f[i] = int16(math.Round(amp * math.Sin(2*math.Pi*freq*float64(at+i)/pcm.Narrowband)))
	}
	return at + len(f)
}

// power is how strong one frequency is in sound, in dBov.
func power(sound []int16, freq float64) float64 {
	var re, im float64
	for i, s := range sound {
		a := 2 * math.Pi * freq * float64(i) / pcm.Narrowband
		re += float64(s) * math.Cos(a)
		im += float64(s) * math.Sin(a)
	}
	n := float64(len(sound))
	return 20 * math.Log10(math.Max(math.Hypot(re, im)*math.Sqrt2/n, 1e-3)/32768)
}

// source says a tone, and counts how often it is asked.
type source struct {
	freq, amp float64
	at, asked int
}

func (s *source) ReadFrame(f pcm.Frame) bool {
	s.asked++
	if s.amp == 0 {
		return false
	}
	s.at = sine(f, s.freq, s.amp, s.at)
	return true
}

// recorder keeps what it is given.
type recorder struct {
	sound  []int16
	frames int
	nils   int
}

func (r *recorder) WriteFrame(f pcm.Frame) {
	r.frames++
	if f == nil {
		r.nils++
	}
	r.sound = append(r.sound, f...)
}

type room struct {
	*Room
	clock *pace.Manual
}

func newRoom() room {
	clock := new(pace.Manual)
	return room{NewRoom(clock), clock}
}

// join seats a phone that says a tone.
func (r room) join(freq, amp float64, out pcm.Sink) *phone {
	p := &phone{port: r.Join(out), freq: freq, amp: amp}
	p.port.SetVoice(true)
	r.clock.Add(p)
	return p
}

func TestEverybodyHearsTheOthersButNotThemselves(t *testing.T) {
	r := newRoom()
	a, b := r.join(400, 8000, nil), r.join(1000, 8000, nil)
	c := r.join(0, 0, nil)
	r.clock.Steps(50)
	for _, tt := range []struct {
		name  string
		heard []int16
		freq  float64
		hears bool
	}{
		{"one talker hears the other", a.heard, 1000, true},
		{"but not themselves", a.heard, 400, false},
		{"the other hears the one", b.heard, 400, true},
		{"but not themselves either", b.heard, 1000, false},
		{"a listener hears the one", c.heard, 400, true},
		{"and the other", c.heard, 1000, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := 20 * math.Log10(8000/math.Sqrt2/32768)
			got := power(tt.heard, tt.freq)
			if tt.hears && math.Abs(got-want) > 0.1 {
				t.Errorf("%.0f Hz at %.1f dBov, want %.1f", tt.freq, got, want)
			}
			if !tt.hears && got > want-60 {
				t.Errorf("%.0f Hz at %.1f dBov, want 60 dB less than %.1f", tt.freq, got, want)
			}
		})
	}
}

func TestSingleLoudTalkerIsHeardExactly(t *testing.T) {
	r := newRoom()
	talker := r.join(1000, 32767, nil)
	listener := r.join(0, 0, nil)
	r.clock.Steps(20)
	want := make(pcm.Frame, len(listener.heard))
	sine(want, 1000, 32767, 0)
	for i := range want {
		if listener.heard[i] != want[i] {
			t.Fatalf("sample %d is %d, want %d", i, listener.heard[i], want[i])
		}
	}
	if talker.silent != 20 {
		t.Errorf("a talker alone heard something on %d beats", 20-talker.silent)
	}
}

func TestLoudTalkersAreTurnedDownNotClipped(t *testing.T) {
	r := newRoom()
	r.join(400, 32000, nil)
	r.join(1000, 32000, nil)
	listener := r.join(0, 0, nil)
	r.clock.Steps(100)
	late := listener.heard[len(listener.heard)/2:]
	for _, freq := range []float64{400, 1000} {
		if got := power(late, freq); got < -10.5 || got > -8 {
			t.Errorf("%.0f Hz at %.1f dBov, want about 6 dB less than one alone", freq, got)
		}
	}
	// Clipping makes 2f1-f2 and its like, at some -20 dB; a gain that breathes
	// makes them weakly.
	for _, freq := range []float64{200, 1600, 1800, 2400} {
		if got := power(late, freq); got > -45 {
			t.Errorf("distortion of %.1f dBov at %.0f Hz", got, freq)
		}
	}
}

func TestFirstWordAfterAPauseIsNotTurnedDown(t *testing.T) {
	r := newRoom()
	one, two := r.join(400, 32000, nil), r.join(1000, 32000, nil)
	listener := r.join(0, 0, nil)
	r.clock.Steps(20)
	one.amp, two.amp = 0, 0
	r.clock.Steps(50)
	one.amp = 8000
	r.clock.Steps(1)
	for who, p := range map[string]*phone{"a listener": listener, "who spoke before": two} {
		if got := power(p.heard[len(p.heard)-160:], 400); got < -15.5 {
			t.Errorf("%s hears it at %.1f dBov, want -15.3", who, got)
		}
	}
}

func TestLimiterNeverWraps(t *testing.T) {
	l := newLimiter()
	var sum [pcm.NarrowbandSamples]int32
	dst := make(pcm.Frame, pcm.NarrowbandSamples)
	for n, top := range []int32{40000, 32768, 65534, 2_000_000, 10, 33000, -33000, -70000, 0} {
		for i := range sum {
			sum[i] = top
			if i%3 == n%3 {
				sum[i] = top / 2
			}
		}
		l.apply(dst, sum[:], nil)
		for i := range dst {
			if (sum[i] > 0) != (dst[i] > 0) && sum[i] > 100 || (sum[i] < 0) != (dst[i] < 0) && sum[i] < -100 {
				t.Fatalf("frame %d: %d became %d", n, sum[i], dst[i])
			}
		}
	}
}

// A second talker who begins loudly finds the gain where the first one alone
// had left it: it must come down without a step that would click.
func TestLimiterComesDownWithoutAStep(t *testing.T) {
	const steepest = 2.0 // dB from one sample to the next but few
	for phase := 0.0; phase < 2*math.Pi; phase += 0.5 {
		l := newLimiter()
		was := 1.0
		for n := range 20 {
			var sum [pcm.NarrowbandSamples]int32
			dst := make(pcm.Frame, len(sum))
			for i := range sum {
				at := 2 * math.Pi * float64(n*len(sum)+i) / pcm.Narrowband
				v := 32000 * math.Sin(300*at)
				if n >= 10 {
					v += 32000 * math.Sin(410*at+phase)
				}
				sum[i] = int32(v)
			}
			l.apply(dst, sum[:], nil)
			for i, v := range sum {
				if max(v, -v) < 2000 {
					continue
				}
				gain := float64(dst[i]) / float64(v)
				if step := math.Abs(20 * math.Log10(gain/was)); step > steepest {
					t.Errorf("phase %.1f: gain steps by %.1f dB at %d of frame %d", phase, step, i, n)
				}
				was = gain
			}
		}
	}
}

func TestShutVoiceReachesNobody(t *testing.T) {
	r := newRoom()
	var out, tap recorder
	talker := &phone{port: r.Join(&out), freq: 400, amp: 8000}
	r.clock.Add(talker)
	listener := r.join(0, 0, nil)
	r.Tap(&tap)
	r.clock.Steps(10)
	if listener.silent != 10 || out.nils != 10 || tap.nils != 10 {
		t.Errorf("a new port was heard: %d %d %d silent of 10", listener.silent, out.nils, tap.nils)
	}
	if l := talker.port.Level(); l != level.Silent {
		t.Errorf("shut voice shows a level of %d", l)
	}
	talker.port.SetVoice(true)
	r.clock.Steps(10)
	if listener.silent != 10 || out.nils != 10 || tap.nils != 10 {
		t.Errorf("an open voice was not heard: %d %d %d", listener.silent, out.nils, tap.nils)
	}
	if l := talker.port.Level(); l < -18 || l > -14 {
		t.Errorf("level is %d", l)
	}
	talker.port.SetVoice(false)
	r.clock.Steps(10)
	if listener.silent != 20 || out.nils != 20 || tap.nils != 20 {
		t.Errorf("a shut voice was heard: %d %d %d", listener.silent, out.nils, tap.nils)
	}
}

func TestDeafPortHearsNothing(t *testing.T) {
	r := newRoom()
	r.join(400, 8000, nil)
	listener := r.join(0, 0, nil)
	listener.port.SetHears(false)
	r.clock.Steps(5)
	listener.port.SetHears(true)
	r.clock.Steps(5)
	if listener.silent != 5 {
		t.Errorf("silent on %d beats, want 5", listener.silent)
	}
}

func TestSpeakersAreReadOnceAndOnlyIfHeard(t *testing.T) {
	r := newRoom()
	src := &source{freq: 400, amp: 8000}
	s := r.AddSpeaker(src)
	r.clock.Steps(10)
	if src.asked != 0 || s.Level() != level.Silent {
		t.Errorf("read %d times with nobody there", src.asked)
	}
	one, two := r.join(0, 0, nil), r.join(0, 0, nil)
	r.clock.Steps(10)
	if src.asked != 10 {
		t.Errorf("read %d times for two listeners in 10 beats", src.asked)
	}
	if l := s.Level(); l < -18 || l > -14 {
		t.Errorf("level is %d", l)
	}
	one.port.SetHears(false)
	two.port.Close()
	r.clock.Steps(10)
	if src.asked != 10 {
		t.Error("read for the deaf and the gone")
	}
	var tap recorder
	r.Tap(&tap)
	r.clock.Steps(10)
	if src.asked != 20 || tap.nils != 0 {
		t.Errorf("a tap: read %d times, %d frames silent", src.asked-10, tap.nils)
	}
	s.Close()
	r.clock.Steps(10)
	if src.asked != 20 || tap.nils != 10 {
		t.Error("read after it was closed")
	}
}

func TestSilenceCutsOffAllPhonesAtOnce(t *testing.T) {
	r := newRoom()
	var out, tap recorder
	r.AddSpeaker(&source{freq: 1000, amp: 8000})
	talker := r.join(400, 8000, &out)
	listener := r.join(0, 0, nil)
	r.Tap(&tap)
	r.clock.Steps(5)
	r.Silence()
	r.clock.Steps(5)
	talker.port.SetVoice(true) // nothing that the phone's session does opens it
	listener.port.SetHears(true)
	r.clock.Steps(5)
	if talker.silent != 10 || listener.silent != 10 || out.nils != 10 {
		t.Errorf("phones were silent on %d, %d and %d beats, want 10", talker.silent, listener.silent, out.nils)
	}
	if late := tap.sound[len(tap.sound)/2:]; power(late, 400) > -70 || power(late, 1000) < -20 {
		t.Error("the tap should hear the speaker, and no phone")
	}
	later := r.join(0, 0, nil)
	r.clock.Steps(5)
	if later.silent != 0 {
		t.Error("a phone that joined later hears nothing")
	}
}

func TestRoomThatStandsStillIsSilent(t *testing.T) {
	r := newRoom()
	r.join(400, 8000, nil)
	listener := r.join(0, 0, nil)
	r.clock.Steps(5)
	r.clock.Remove(r.Room) // as if it had panicked
	r.clock.Steps(5)
	if listener.silent != 5 {
		t.Errorf("the last frame was heard again: silent on %d of 5 beats", listener.silent)
	}
}

func TestClosedRoomIsSilent(t *testing.T) {
	r := newRoom()
	r.join(400, 8000, nil)
	listener := r.join(0, 0, nil)
	r.clock.Steps(5)
	r.Close()
	r.Close()
	r.clock.Steps(5)
	if listener.silent != 5 {
		t.Errorf("silent on %d of 5 beats", listener.silent)
	}
	listener.port.Close()
	listener.port.Close()
}

func TestFrameOfAnotherRateIsSilence(t *testing.T) {
	r := newRoom()
	p := r.Join(nil)
	p.SetVoice(true)
	listener := r.join(0, 0, nil)
	wide := make(pcm.Frame, pcm.WidebandSamples)
	sine(wide, 1000, 8000, 0)
	p.WriteFrame(wide)
	r.clock.Step()
	if listener.silent != 1 || p.ReadFrame(wide) {
		t.Error("16 kHz went through a room of 8 kHz")
	}
}

// The doors are opened, shut and closed while the room mixes; the race detector
// looks on.
func TestDoorsMoveWhileTheRoomMixes(t *testing.T) {
	r := newRoom()
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				r.clock.Step()
			}
		}
	})
	var doors sync.WaitGroup
	for range 4 {
		doors.Go(func() {
			for range 50 {
				var out recorder
				p := r.join(400, 8000, &out)
				s := r.AddSpeaker(&source{freq: 500, amp: 1000})
				tap := r.Tap(&out)
				p.port.SetVoice(false)
				_ = p.port.Level() + s.Level()
				r.clock.Remove(p)
				tap.Close()
				s.Close()
				p.port.Close()
				out.WriteFrame(nil) // ours alone again
			}
		})
	}
	doors.Wait()
	r.Silence()
	close(stop)
	wg.Wait()
}

func TestBeatAllocatesNothing(t *testing.T) {
	r, f := bigRoom()
	if n := testing.AllocsPerRun(100, func() { f() }); n != 0 {
		t.Errorf("%v allocations a beat", n)
	}
	r.Close()
}

// bigRoom has ten phones, three of which talk, and three remote speakers.
func bigRoom() (*Room, func()) {
	clock := new(pace.Manual)
	r := NewRoom(clock)
	for range 3 {
		r.AddSpeaker(constant{})
	}
	var ports []*Port
	for range 10 {
		p := r.Join(nil)
		p.SetVoice(true)
		ports = append(ports, p)
	}
	f := make(pcm.Frame, pcm.NarrowbandSamples)
	sine(f, 700, 12000, 0)
	out := make(pcm.Frame, pcm.NarrowbandSamples)
	return r, func() {
		for i, p := range ports {
			if i < 3 {
				p.WriteFrame(f)
			}
		}
		r.Beat(pcm.Mix)
		for _, p := range ports {
			p.ReadFrame(out)
		}
	}
}

type constant struct{}

func (constant) ReadFrame(f pcm.Frame) bool {
	for i := range f {
		f[i] = 1000
	}
	return true
}

func BenchmarkRoomOfTen(b *testing.B) {
	_, f := bigRoom()
	b.ReportAllocs()
	for b.Loop() {
		f()
	}
}
