package mixer

import (
	"slices"
	"testing"

	"github.com/einwahl/einwahl/transcode/level"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// page is a source that can be left out. It says a tone as loud as it tells.
type page struct {
	source
	loud          int
	read, skimmed []bool // beat by beat
}

func (p *page) Loudness() int { return p.loud }

func (p *page) Skim() { p.step(false) }

func (p *page) ReadFrame(f pcm.Frame) bool {
	p.step(true)
	return p.loud > level.Silent && p.source.ReadFrame(f)
}

func (p *page) step(read bool) {
	p.read, p.skimmed = append(p.read, read), append(p.skimmed, !read)
}

// last is on how many of the last beats the page was read.
func (p *page) last(beats int) (n int) {
	for _, read := range p.read[len(p.read)-beats:] {
		if read {
			n++
		}
	}
	return n
}

// pages are remote speakers in a room in which one phone listens.
func pages(loud ...int) (r room, all []*page, listener *phone) {
	r = newRoom()
	for i, l := range loud {
		p := &page{source: source{freq: 400 + 300*float64(i), amp: fine}, loud: l}
		r.AddSpeaker(p)
		all = append(all, p)
	}
	return r, all, r.join(0, 0, nil)
}

func reads(all []*page, beats int) (n []int) {
	for _, p := range all {
		n = append(n, p.last(beats))
	}
	return n
}

func TestLoudestAreHeardAndTheOthersSkip(t *testing.T) {
	r, all, listener := pages(-30, -20, -40, -35, -25, -50)
	r.clock.Steps(50)
	if got := reads(all, 50); !slices.Equal(got, []int{50, 50, 0, 50, 50, 0}) {
		t.Errorf("read on %v of 50 beats", got)
	}
	for i, p := range all {
		if len(p.read) != 50 {
			t.Errorf("page %d was read or skipped on %d of 50 beats", i, len(p.read))
		}
		if got := power(listener.heard, p.freq); (got > -30) != (p.last(50) > 0) {
			t.Errorf("page %d is heard at %.1f dBov", i, got)
		}
	}
}

func TestWhoBeginsToSpeakIsHeardOnThatBeat(t *testing.T) {
	r, all, _ := pages(-30, -30, -30, -30, level.Silent)
	r.clock.Steps(50)
	all[4].loud = -20
	r.clock.Step()
	if all[4].last(1) != 1 {
		t.Error("it was not")
	}
	if got := reads(all, 1); sum(got) != 5 {
		t.Errorf("read: %v; the one who goes should have faded out", got)
	}
	r.clock.Step()
	if got := reads(all, 1); sum(got) != 4 {
		t.Errorf("read: %v", got)
	}
}

func TestNobodyLosesTheirPlaceBetweenTwoWords(t *testing.T) {
	r, all, _ := pages(-30, -30, -30, -20, -40)
	r.clock.Steps(50)
	all[3].loud = -60
	r.clock.Steps(holdOn - 1)
	if got := reads(all, holdOn-1); got[3] == 0 || got[3] > holdOn/2 || got[4] != 0 {
		t.Errorf("read on %v of %d beats of a pause", got, holdOn-1)
	}
	r.clock.Steps(3)
	if got := reads(all, 1); got[3] != 0 || got[4] != 1 {
		t.Errorf("read: %v after 400 ms of it", got)
	}
}

// Five who are about as loud do not take turns.
func TestPlacesAreNotTakenForATrifle(t *testing.T) {
	r, all, _ := pages(-30, -30, -30, -30, -30)
	r.clock.Steps(10)
	for n := range 200 {
		for i, p := range all {
			p.loud = -30 + (n*7+i*3)%lead
		}
		r.clock.Step()
	}
	if got := reads(all, 210); !slices.Equal(got, []int{210, 210, 210, 210, 0}) {
		t.Errorf("read on %v of 210 beats", got)
	}
}

func TestSilenceIsNotDecoded(t *testing.T) {
	r, all, _ := pages(level.Silent, -90, -60)
	r.clock.Steps(30)
	if got := reads(all, 30); sum(got) != 0 {
		t.Errorf("read on %v of 30 beats", got)
	}
}

func TestPagesGoOnWhileNobodyListens(t *testing.T) {
	r, all, listener := pages(-20)
	listener.port.SetHears(false)
	r.clock.Steps(10)
	if n := len(all[0].skimmed); n != 10 || all[0].last(10) != 0 {
		t.Errorf("went on by %d of 10 beats, and was read on %d", n, all[0].last(10))
	}
}

// Who is pushed out in the middle of a word does not click. That nobody does who
// comes in there is up to the source.
func TestGoingDoesNotClick(t *testing.T) {
	r, all, listener := pages(-20, -20, -20, -20, -40)
	for i, p := range all {
		if p.amp, p.freq = 0, 300+50*float64(i); i >= 3 {
			p.amp = fine
		}
	}
	r.clock.Steps(40)
	all[4].loud = -10
	r.clock.Steps(20)
	steepest := 0
	for i := 160; i < len(listener.heard); i++ {
		steepest = max(steepest, int(listener.heard[i])-int(listener.heard[i-1]))
	}
	// Both together, at 450 and 500 Hz, are at most .75 of their amplitude steep.
	if steepest > fine*3/4 {
		t.Errorf("a step of %d", steepest)
	}
}

// What a filter remembers of the last word is no part of the next.
func TestWhoComesBackBringsNothingOfTheLastWord(t *testing.T) {
	r, all, listener := pages(-20)
	p := all[0]
	p.freq = 210
	r.clock.Steps(20)
	p.loud = level.Silent
	r.clock.Steps(2 * holdOn)
	p.loud, p.amp = -20, .1 // a word that begins with nothing
	before := len(listener.heard)
	r.clock.Steps(2)
	for i, s := range listener.heard[before:] {
		if s != 0 {
			t.Fatalf("sample %d is %d", i, s)
		}
	}
}

func sum(n []int) (all int) {
	for _, v := range n {
		all += v
	}
	return all
}

// Voices are brought to one loudness: a soft one is not kept out by four noisy
// microphones.
func TestLiftedVoiceCountsAsLoudAsItIsHeard(t *testing.T) {
	r, all, _ := pages(-42, level.Silent, level.Silent, level.Silent, level.Silent)
	for _, noisy := range all[1:] {
		noisy.amp = 0
	}
	soft := all[0]
	soft.amp = 370
	talk(r, 400, &soft.amp)
	soft.loud = level.Silent
	r.clock.Steps(2 * holdOn)
	for _, noisy := range all[1:] {
		noisy.loud = -38
	}
	r.clock.Steps(2 * holdOn)
	soft.loud = -42
	r.clock.Steps(50)
	if got := soft.last(50); got != 50 {
		t.Errorf("heard on %d of 50 beats", got)
	}
}
