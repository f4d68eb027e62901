package soundtest

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/loudness"
)

// noisy is sound with so much noise.
func noisy(sound []int16, peak int) []int16 {
	rnd := rand.New(rand.NewPCG(1, 2))
	out := make([]int16, len(sound))
	for i, v := range sound {
		out[i] = v + int16(rnd.IntN(2*peak)-peak)
	}
	return out
}

func TestNoiseTakesUnderstandingAway(t *testing.T) {
	s := Speech(t, 8000)
	if len(s) < 15*8000 {
		t.Fatalf("%d samples of speech", len(s))
	}
	understood, apart := STOI(s, s), Distance(s, s)
	if understood < 0.9999 || apart > 0 {
		t.Errorf("speech against itself: %.4f, %.2f dB", understood, apart)
	}
	for _, peak := range []int{100, 3000} {
		n := noisy(s, peak)
		u, a := STOI(s, n), Distance(s, n)
		if u >= understood || a <= apart {
			t.Errorf("noise of %d: %.4f after %.4f, %.2f dB after %.2f", peak, u, understood, a, apart)
		}
		understood, apart = u, a
	}
	if understood > 0.65 || apart < 15 {
		t.Errorf("hardly any speech: %.4f, %.2f dB", understood, apart)
	}
}

func TestLoudnessIsNoLossOfUnderstanding(t *testing.T) {
	s := Speech(t, 8000)
	half := make([]int16, len(s))
	for i, v := range s {
		half[i] = v / 2
	}
	if u := STOI(s, half); u < 0.999 {
		t.Errorf("half as loud: %.4f", u)
	}
}

func TestSoundIsBroughtIntoStep(t *testing.T) {
	s := Speech(t, 8000)
	late := make([]int16, 400, 400+len(s))
	late = append(late, s[:len(s)/2]...)
	late = append(late, make([]int16, 160)...) // and later
	late = append(late, s[len(s)/2:]...)
	if u := STOI(s, late); u > 0.5 {
		t.Fatalf("out of step: %.4f", u)
	}
	if u := STOI(s, Align(s, late, 800)); u < 0.99 {
		t.Errorf("in step: %.4f", u)
	}
}

func TestDelayIsFoundToTheSample(t *testing.T) {
	s := Speech(t, 8000)
	var f loudness.HighPass
	filtered := slices.Clone(s)
	for frame := range slices.Chunk(filtered, 160) {
		f.Filter(frame)
	}
	for _, delay := range []int{0, 1, 2, 333, 334} {
		for name, sound := range map[string][]int16{"as it was": s, "filtered": filtered} {
			late := append(make([]int16, delay), sound...)
			if got := Align(s, late, 800); !slices.Equal(got, sound) {
				t.Errorf("%s and %d samples late: STOI %.4f in step, want %.4f", name, delay, STOI(s, got), STOI(s, sound))
			}
		}
	}
}

// A filter that turns the lowest tones does not fool it.
func TestVoiceWithoutItsLowestTonesStaysInStep(t *testing.T) {
	s := Speech(t, 8000)
	filtered := slices.Clone(s)
	var f loudness.HighPass
	for frame := range slices.Chunk(filtered, 160) {
		f.Filter(frame)
	}
	const delay = 100
	got := course(edges(s), edges(append(make([]int16, delay), filtered...)), 800)
	for i, lag := range got {
		if lag < delay || lag > delay+4 || lag != got[0] {
			t.Fatalf("piece %d is %d samples late, want %d", i, lag, delay)
		}
	}
}

func TestClicksAreFound(t *testing.T) {
	if at := Clicks(nil, Speech(t, 8000), 8000); len(at) > 0 {
		t.Errorf("speech clicks at %v", at)
	}
	cut := append(Sine(200, 8000, 8000, 0, 8000), Sine(200, 8000, 8000, 11, 8000)...)
	if at := Clicks(nil, cut, 8000); len(at) != 1 || at[0] < 7999 || at[0] > 8001 {
		t.Errorf("a cut at 8000 is found at %v", at)
	}
	if at := Clicks(cut, cut, 8000); len(at) > 0 {
		t.Errorf("what belongs there clicks at %v", at)
	}
}

// Speech is sharp itself, so that most cuts in it are no click: how many are is
// what the tests that find none are worth.
func TestShareOfCutsInSpeechThatAreFound(t *testing.T) {
	const about = 400
	s := Speech(t, 8000)
	var all, found, steep, steepFound int
	for at, skip := about, 37; at+2*about < len(s); at, skip = at+331, 37+(skip+16)%160 {
		if power(s[at-80:at+160]) < 1000*1000 {
			continue
		}
		cut := slices.Concat(s[at-about:at], s[at+skip:][:about])
		clicks := Clicks(s[at-about:at+about], cut, 8000)
		if len(clicks) > 1 || len(clicks) == 1 && (clicks[0] < about-8 || clicks[0] > about+8) {
			t.Errorf("a cut at %d is found at %v", about, clicks)
		}
		all, found = all+1, found+len(clicks)
		if math.Abs(float64(s[at+skip])-float64(s[at-1])) > 3000 {
			steep, steepFound = steep+1, steepFound+len(clicks)
		}
	}
	if all < 200 || found*4 < all || steep < 40 || steepFound*5 < steep*3 {
		t.Errorf("%d of %d cuts are found, %d of %d with a step of more than 3000; want a quarter, and three fifths", found, all, steepFound, steep)
	}
	t.Logf("%d of %d, %d of %d", found, all, steepFound, steep)
}

func TestGapsAreFound(t *testing.T) {
	s := Speech(t, 8000)
	holed := append([]int16(nil), s...)
	at := 0
	for quiet := true; quiet; {
		at += 40
		quiet = false
		for b := at; b < at+240; b += 40 {
			quiet = quiet || power(s[b:b+40]) < 500*500
		}
	}
	clear(holed[at : at+240])
	gaps := Gaps(s, holed, 8000)
	if len(gaps) != 1 || gaps[0].At < at-40 || gaps[0].At > at+40 || gaps[0].Length < 20*time.Millisecond || gaps[0].Length > 40*time.Millisecond {
		t.Errorf("a gap of 30 ms at %d is found as %v", at, gaps)
	}
}

func TestPurityOfATone(t *testing.T) {
	tone := Sine(1004, 10000, 8000, 0, 8000)
	if p := Purity(tone, 8000, 1004); p < 70 {
		t.Errorf("a tone: %.1f dB", p)
	}
	// Noise from -173 to 173 has a mean square of 10,000, the tone 50,000,000.
	if p := Purity(noisy(tone, 173), 8000, 1004); math.Abs(p-37) > 1 {
		t.Errorf("37 dB above noise: %.1f dB", p)
	}
}
