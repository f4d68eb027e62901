package mixer

import (
	"fmt"
	"slices"
	"testing"

	"github.com/einwahl/einwahl/transcode/level"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// TestTapHearsThoseOnRecordAsIfNobodyElseWereThere compares a room with others
// in it, loud ones, at both rates, who are not on record, with one in which they
// say nothing: what is recorded is the same to the last bit.
func TestTapHearsThoseOnRecordAsIfNobodyElseWereThere(t *testing.T) {
	recorded := func(others float64) (tap *recorder, heard []int16) {
		r := newRoom()
		tap = new(recorder)
		r.AddSpeaker(&source{freq: 700, amp: 5000}).SetRecorded(true)
		r.join(400, 8000, nil).port.SetRecorded(true)
		remote, near, wide := &source{freq: 1100}, r.join(1500, 0, nil), r.joinAt(320, 2000, 0, nil)
		r.AddSpeaker(remote)
		listener := r.join(0, 0, nil)
		r.clock.Steps(2) // all rates are known
		r.Tap(tap)
		remote.amp, near.amp, wide.amp = others, 3*others, 3*others
		r.clock.Steps(60)
		return tap, listener.heard
	}
	loud, live := recorded(10000)
	alone, _ := recorded(0)
	if !slices.Equal(loud.sound, alone.sound) {
		t.Error("who is not on record can be told from the recording")
	}
	if level := powerAt(loud.sound[len(loud.sound)/2:], pcm.Wideband, 400); level < -30 {
		t.Errorf("who is on record is at %.1f dBov", level)
	}
	for _, freq := range []float64{1100, 1500, 2000} {
		if level := power(live[len(live)/2:], freq); level < -30 {
			t.Errorf("who talks at %v Hz is heard at %.1f dBov", freq, level)
		}
	}
}

// TestWhoIsNotOnRecordTakesNoPlaceThere has five louder pages talk beside one that
// is on record, which the phones do not hear for them, and then fall silent.
func TestWhoIsNotOnRecordTakesNoPlaceThere(t *testing.T) {
	recorded := func(listens bool, others int) (tap *recorder, all []*page, listener *phone) {
		r, all, listener := pages(-40, -30, -30, -30, -30, -30)
		tap = new(recorder)
		r.Tap(tap)
		r.people.Load().speakers[0].SetRecorded(true)
		listener.port.SetHears(listens)
		for _, p := range all[1:] {
			p.loud = others
		}
		r.clock.Steps(50)
		for _, p := range all[1:] {
			p.loud = -90
		}
		r.clock.Steps(2 * holdOn)
		return tap, all, listener
	}
	for _, tt := range []struct {
		name    string
		listens bool
		read    []int // of the first pages, on how many of the first 50 beats
	}{
		{"while a phone listens", true, []int{50, 50, 50, 50, 50, 0}},
		{"while only the tap listens", false, []int{50, 0, 0, 0, 0, 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			alone, _, _ := recorded(tt.listens, level.Silent)
			tap, all, listener := recorded(tt.listens, -30)
			if !slices.Equal(tap.sound, alone.sound) || len(tap.sound) == 0 {
				t.Error("who is not on record can be told from the recording")
			}
			if level := power(tap.sound, all[0].freq); level < -30 {
				t.Errorf("who is on record is at %.1f dBov", level)
			}
			for i, p := range all {
				p.read = p.read[:50]
				if got := p.last(50); got != tt.read[i] {
					t.Errorf("page %d was read on %d of 50 beats, want %d", i, got, tt.read[i])
				}
			}
			if during := listener.heard[:min(len(listener.heard), 50*pcm.NarrowbandSamples)]; tt.listens && power(during, all[0].freq) > -60 {
				t.Errorf("who is not among the loudest is heard at %.1f dBov", power(during, all[0].freq))
			}
		})
	}
}

// TestRecordBeginsAndEndsOnTheBeat has a phone and a remote speaker go on record
// and off again while they talk.
func TestRecordBeginsAndEndsOnTheBeat(t *testing.T) {
	for _, length := range lengths {
		t.Run(fmt.Sprint(length), func(t *testing.T) {
			r := newRoom()
			var tap recorder
			speaker := r.AddSpeaker(&source{freq: 700, amp: 8000})
			talker := r.joinAt(length, 400, 8000, nil)
			listener := r.joinAt(length, 0, 0, nil)
			r.Tap(&tap)
			on := func(on bool) {
				speaker.SetRecorded(on)
				talker.port.SetRecorded(on)
			}
			r.clock.Steps(20)
			if tap.nils != 20 {
				t.Fatalf("a tap heard who was never put on record, on %d beats", 20-tap.nils)
			}
			on(true)
			r.clock.Steps(20)
			if tap.nils != 20 {
				t.Errorf("%d of 20 beats on record are silent", tap.nils-20)
			}
			on(false)
			r.clock.Steps(20)
			if tap.nils < 39 {
				t.Errorf("a tap heard who was off the record, on %d beats", 39-tap.nils)
			}
			if listener.silent != 0 {
				t.Errorf("the others missed %d beats", listener.silent)
			}
		})
	}
}

// TestPacketsFromBeforeTheRecordAreNotKept: what a phone has sent before it went
// on record, and is still here, does not go where its packets are recorded.
func TestPacketsFromBeforeTheRecordAreNotKept(t *testing.T) {
	r, s := opusCaller(0)
	r.clock.Steps(50)
	s.amp = fine
	s.port.SetRecorded(true)
	r.clock.Steps(50)
	if want := span(52, 100); !slices.Equal(s.out.packets, want) {
		t.Errorf("passed on: %v", s.out.packets)
	}
}

func TestTapAllocatesNothing(t *testing.T) {
	for _, length := range lengths {
		r := newRoom()
		r.Tap(discard{})
		r.AddSpeaker(constant{}).SetRecorded(true)
		p := r.Join(nil)
		p.SetVoice(true)
		p.SetRecorded(true)
		f, out := make(pcm.Frame, length), make(pcm.Frame, length)
		sine(f, 700, 12000, 0)
		if n := testing.AllocsPerRun(100, func() {
			p.WriteFrame(f)
			r.Beat(pcm.Mix)
			p.ReadFrame(out)
		}); n != 0 {
			t.Errorf("frames of %d: %v allocations a beat", length, n)
		}
	}
}

// discard is a recorder that keeps nothing.
type discard struct{}

func (discard) WriteFrame(pcm.Frame) {}
