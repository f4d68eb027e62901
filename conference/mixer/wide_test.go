package mixer

import (
	"fmt"
	"slices"
	"testing"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// lengths are those of the frames at both rates.
var lengths = [2]int{pcm.NarrowbandSamples, pcm.WidebandSamples}

// trio lets one, at one rate, hear two others, with or without saying something
// itself, and gives what it has heard.
func trio(says, hears, other int, speaks bool) []int16 {
	r := newRoom()
	one := r.joinAt(hears, 0, 0, nil)
	two, three := r.joinAt(other, 0, 0, nil), &source{}
	r.AddSpeaker(three)
	r.joinAt(pcm.NarrowbandSamples, 0, 0, nil)
	r.joinAt(pcm.WidebandSamples, 0, 0, nil)
	r.clock.Steps(2) // now it is known who hears at which rate
	two.freq, two.amp = 1000, 32000
	three.freq, three.amp = 1500, 2000
	if one.says = says; speaks {
		one.freq, one.amp = 400, fine
	}
	r.clock.Steps(50)
	one.amp = 0
	r.clock.Steps(50)
	return one.heard
}

// What somebody hears who speaks is, to the last bit, what they would hear if
// they were silent.
func TestOwnVoiceIsTakenOffExactly(t *testing.T) {
	for _, says := range lengths {
		for _, hears := range lengths {
			for _, other := range lengths {
				t.Run(fmt.Sprintf("says %d, hears %d, the other %d", says, hears, other), func(t *testing.T) {
					if !slices.Equal(trio(says, hears, other, true), trio(says, hears, other, false)) {
						t.Error("the two differ")
					}
				})
			}
		}
	}
}

func TestWhoHearsWhat(t *testing.T) {
	r := newRoom()
	r.joinAt(pcm.WidebandSamples, 6000, fine, nil)
	r.join(1000, fine, nil)
	src := &source{freq: 5500, amp: fine}
	r.AddSpeaker(src)
	narrow, wide := r.join(0, 0, nil), r.joinAt(pcm.WidebandSamples, 0, 0, nil)
	r.clock.Steps(50)
	for _, tt := range []struct {
		name        string
		got         float64
		least, most float64
	}{
		{"6 kHz at 16 kHz", powerAt(wide.heard, pcm.Wideband, 6000), -20.5, -19.5},
		{"a remote speaker's 5.5 kHz too", powerAt(wide.heard, pcm.Wideband, 5500), -20.5, -19.5},
		{"a telephone's 1 kHz", powerAt(wide.heard, pcm.Wideband, 1000), -20.5, -19.5},
		{"which has no image at 7 kHz", powerAt(wide.heard, pcm.Wideband, 7000), -100, -70},
		{"nothing of 6 kHz at 8 kHz", power(narrow.heard, 2000), -100, -70},
		{"1 kHz at 8 kHz", power(narrow.heard, 1000), -20.5, -19.5},
	} {
		if tt.got < tt.least || tt.got > tt.most {
			t.Errorf("%s: %.1f dBov, want %v to %v", tt.name, tt.got, tt.least, tt.most)
		}
	}
}

func TestRoomIsWideOnlyWhileSomebodyListensWide(t *testing.T) {
	r := newRoom()
	src := &source{freq: 400, amp: 8000}
	r.AddSpeaker(src).SetRecorded(true)
	var tap recorder
	recording := r.Tap(&tap)
	r.join(0, 0, nil)
	var wide *phone
	for _, step := range []struct {
		name   string
		do     func()
		length int
	}{
		{"telephones only", func() {}, 160},
		{"one of 16 kHz joins", func() { wide = r.joinAt(320, 400, 1000, nil) }, 320},
		{"and is put on hold, of which no recording tells", func() { r.clock.Remove(wide) }, 320},
		{"and comes back", func() { r.clock.Add(wide) }, 320},
		{"and is deaf", func() { wide.port.SetHears(false) }, 160},
		{"and hears again", func() { wide.port.SetHears(true) }, 320},
		{"and the recording ends", func() { recording.Close(); tap.length = 0 }, 320},
		{"and it is put on hold", func() { r.clock.Remove(wide) }, 160},
	} {
		t.Run(step.name, func(t *testing.T) {
			step.do()
			r.clock.Steps(absent + 2)
			if src.length != step.length || tap.length > 0 && tap.length != step.length {
				t.Errorf("frames of %d are read and frames of %d recorded, want %d", src.length, tap.length, step.length)
			}
		})
	}
}

// A call changes its codec in the middle of a word, both ways: no jump.
func TestRateChangesWithoutAnEcho(t *testing.T) {
	r := newRoom()
	talker := r.join(400, fine, nil)
	listener := r.join(0, 0, nil)
	r.clock.Steps(20)
	talker.says, talker.hears, talker.at = 320, 320, 2*talker.at
	r.clock.Steps(20)
	if talker.silent != 40 {
		t.Errorf("it has heard itself on %d beats", 40-talker.silent)
	}
	if listener.silent > 0 {
		t.Errorf("it was not heard on %d beats", listener.silent)
	}
}
