package mixer

import (
	"math"
	"sync"
	"testing"

	"github.com/einwahl/einwahl/transcode/level"
	"github.com/einwahl/einwahl/transcode/loudness"
	"github.com/einwahl/einwahl/transcode/pace"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// phone is a talker and listener on the beat.
type phone struct {
	port      *Port
	says      int     // length of the frames it says
	hears     int     // and of those it hears
	freq, amp float64 // 0: says nothing
	at        int
	heard     []int16
	silent    int // beats without sound
}

func (p *phone) Beat(ph pcm.Phase) {
	switch ph {
	case pcm.TakeIn:
		f := make(pcm.Frame, p.says)
		if p.amp > 0 {
			p.at = sine(f, p.freq, p.amp, p.at)
			p.port.WriteFrame(f)
		} else {
			p.port.WriteFrame(nil)
		}
	case pcm.GiveOut:
		f := make(pcm.Frame, p.hears)
		if !p.port.ReadFrame(f) {
			clear(f)
			p.silent++
		}
		p.heard = append(p.heard, f...)
	}
}

func sine(f pcm.Frame, freq, amp float64, at int) int {
	for i := range f {
		f[i] = int16(math.Round(amp * math.Sin(2*math.Pi*freq*float64(at+i)/float64(f.Rate()))))
	}
	return at + len(f)
}

// power is how strong one frequency is in sound at 8 kHz, in dBov.
func power(sound []int16, freq float64) float64 { return powerAt(sound, pcm.Narrowband, freq) }

// powerAt is how strong one frequency is in sound at a rate.
func powerAt(sound []int16, rate int, freq float64) float64 {
	var re, im float64
	for i, s := range sound {
		a := 2 * math.Pi * freq * float64(i) / float64(rate)
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
	length    int // of the last frame
}

func (s *source) ReadFrame(f pcm.Frame) bool {
	s.asked++
	s.length = len(f)
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
	length int // of the last frame
}

func (r *recorder) WriteFrame(f pcm.Frame) {
	r.frames++
	if f == nil {
		r.nils++
	}
	r.length = len(f)
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
	return r.joinAt(pcm.NarrowbandSamples, freq, amp, out)
}

// joinAt is join for a phone with frames of a length.
func (r room) joinAt(length int, freq, amp float64, out pcm.Sink) *phone {
	p := &phone{port: r.Join(out), says: length, hears: length, freq: freq, amp: amp}
	p.port.SetVoice(true)
	r.clock.Add(p)
	return p
}

// fine is the amplitude of a tone that is as loud as the leveler wants it.
const fine = 4634

func TestEverybodyHearsTheOthersButNotThemselves(t *testing.T) {
	r := newRoom()
	a, b := r.join(400, fine, nil), r.join(1000, fine, nil)
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
			const want = -20.0
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

func TestTalkerAloneHearsNothing(t *testing.T) {
	r := newRoom()
	talker := r.join(1000, 32767, nil)
	r.join(0, 0, nil)
	r.clock.Steps(20)
	if talker.silent != 20 {
		t.Errorf("a talker alone heard something on %d beats", 20-talker.silent)
	}
}

func TestShutVoiceReachesNobody(t *testing.T) {
	r := newRoom()
	var out, tap recorder
	talker := &phone{port: r.Join(&out), says: 160, hears: 160, freq: 400, amp: 8000}
	talker.port.SetRecorded(true)
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
	if out.nils != 20 {
		t.Errorf("a shut voice was passed on: %d of 10", 20-out.nils)
	}
	// What was said before comes to its end, 2.5 ms later.
	for name, after := range map[string][]int16{"a phone": listener.heard[20*160:], "a tap": tap.sound[10*160:]} {
		for i, s := range after[loudness.Delay(160):] {
			if s != 0 {
				t.Fatalf("%s heard a shut voice: sample %d is %d", name, i, s)
			}
		}
	}
	if listener.silent != 19 || tap.nils != 19 {
		t.Errorf("a shut voice was heard: %d and %d silent of 10", listener.silent-10, tap.nils-10)
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
	s.SetRecorded(true)
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
	if src.asked != 20 || tap.nils != 9 {
		t.Error("read after it was closed")
	}
}

func TestSpeakersAreNotReadForWhoIsOnHold(t *testing.T) {
	r := newRoom()
	src := &source{freq: 400, amp: 8000}
	r.AddSpeaker(src)
	only := r.join(0, 0, nil)
	r.clock.Steps(10)
	r.clock.Remove(only)
	r.clock.Steps(10)
	if src.asked > 10+absent {
		t.Errorf("read %d times in 10 beats on which nobody read the room", src.asked-10)
	}
	r.clock.Add(only)
	r.clock.Steps(10)
	if only.silent > 1 {
		t.Errorf("who comes back hears nothing for %d beats", only.silent)
	}
}

func TestSilenceCutsOffAllPhonesAtOnce(t *testing.T) {
	r := newRoom()
	var out, tap recorder
	r.AddSpeaker(&source{freq: 1000, amp: 8000}).SetRecorded(true)
	talker := r.join(400, 8000, &out)
	talker.port.SetRecorded(true)
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
	odd := make(pcm.Frame, 960)
	sine(odd, 1000, 8000, 0)
	p.WriteFrame(odd)
	r.clock.Step()
	if listener.silent != 1 || p.ReadFrame(odd) {
		t.Error("48 kHz went through the room")
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
				p.port.SetRecorded(true)
				s.SetRecorded(true)
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
