package dtmf

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/soundtest"
	"github.com/einwahl/einwahl/transcode/wav"
)

// clamped is what is left of sound, in step with it.
func clamped(sound []int16, frame int) []int16 {
	var c Clamp
	out := make([]int16, 0, len(sound))
	for f := range slices.Chunk(slices.Clone(sound), frame) {
		if len(f) < frame {
			break
		}
		if heard, _ := c.Pass(f); !heard {
			clear(f)
		}
		out = append(out, f...)
	}
	return out
}

// through is sound that has come through a telephone network.
func through(law g711.Law, sound []int16) []int16 {
	packet, out := make([]byte, len(sound)), make([]int16, len(sound))
	law.Encode(packet, sound)
	law.Decode(out, packet)
	return out
}

func strength(sound []int16) (sum float64) {
	for _, s := range sound {
		sum += float64(s) * float64(s)
	}
	return sum
}

// -8 and -20 dBm0 for each tone, as a sine at 8 kHz goes high.
const loud, soft = 9100, 2290

func TestTonesAreClampedFromTheirBeginning(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for _, tt := range []struct {
		name  string
		law   g711.Law
		press press // its key stands for all
		noise float64
		least float64 // dB
	}{
		{"loud, A-law", g711.ALaw, press{low: loud, high: loud}, 0, 50},
		{"soft, A-law", g711.ALaw, press{low: soft, high: soft}, 0, 50},
		{"loud, mu-law", g711.MuLaw, press{low: loud, high: loud}, 0, 50},
		{"soft, mu-law", g711.MuLaw, press{low: soft, high: soft}, 0, 50},
		{"1.5 % too high", g711.ALaw, press{low: soft, high: soft, off: 1.5}, 0, 45},
		{"1.5 % too low", g711.ALaw, press{low: soft, high: soft, off: -1.5}, 0, 45},
		{"the high tone 8 dB fainter", g711.ALaw, press{low: loud, high: loud * 0.4}, 0, 45},
		{"the high tone 6 dB louder", g711.ALaw, press{low: loud / 2, high: loud}, 0, 45},
		{"a noisy line", g711.ALaw, press{low: loud, high: loud}, loud / 100, 30}, // the noise is what is left
	} {
		t.Run(tt.name, func(t *testing.T) {
			worst := 1e9
			for i, key := range keypad {
				for begin := i % 3; begin < pcm.NarrowbandSamples; begin += 3 {
					p := tt.press
					p.key, p.length = key, 80
					key := p.sound()
					sound := slices.Concat(make([]int16, 320+begin), key, make([]int16, 320-begin))
					for i := range sound {
						sound[i] += int16(tt.noise * random.NormFloat64())
					}
					got := clamped(through(tt.law, sound), pcm.NarrowbandSamples)
					worst = min(worst, 10*math.Log10(strength(key)/max(strength(got[320:]), 1)))
				}
			}
			t.Logf("at least %.1f dB down", worst)
			if worst < tt.least {
				t.Errorf("a key is only %.1f dB down", worst)
			}
		})
	}
}

// TestTonesThatRiseSlowlyAreClamped: by 30 dB at least, and most of them by 40.
func TestTonesThatRiseSlowlyAreClamped(t *testing.T) {
	for _, tt := range []struct{ amplitude, rise float64 }{{loud, 3}, {soft, 3}, {loud, 6}, {soft, 6}} {
		cases, heard, worst := 0, 0, 1e9
		for _, key := range keypad {
			for begin := range pcm.NarrowbandSamples {
				p := press{key, 80, tt.amplitude, tt.amplitude, 0}.sound()
				for i := range int(tt.rise * rate / 1000) {
					p[i] = int16(float64(p[i]) * float64(i) / (tt.rise * rate / 1000))
				}
				got := clamped(through(g711.ALaw, slices.Concat(make([]int16, 320+begin), p, make([]int16, 320-begin))), pcm.NarrowbandSamples)
				down := 10 * math.Log10(strength(p)/max(strength(got[320:]), 1))
				cases, worst = cases+1, min(worst, down)
				if down < 40 {
					heard++
				}
			}
		}
		t.Logf("%.0f, within %.0f ms: %d of %d are less than 40 dB down, the loudest %.1f dB", tt.amplitude, tt.rise, heard, cases, worst)
		if heard*20 > cases || worst < 30 {
			t.Errorf("%.0f, within %.0f ms: %d of %d are less than 40 dB down, the loudest %.1f dB", tt.amplitude, tt.rise, heard, cases, worst)
		}
	}
}

// TestTonesBehindAWordAreClamped: where somebody speaks until they press, up to 5 ms of
// the tones are heard, and of the softest now and then more.
func TestTonesBehindAWordAreClamped(t *testing.T) {
	speech := soundtest.Speech(t, rate)
	for _, amplitude := range []float64{loud, soft} {
		cases, late := 0, 0
		for i, key := range keypad {
			for begin := range pcm.NarrowbandSamples {
				p := press{key, 80, amplitude, amplitude, 0}.sound()
				word := speech[pcm.NarrowbandSamples*(2*i+3*begin)+begin:][:320+begin]
				got := clamped(through(g711.ALaw, slices.Concat(word, p, make([]int16, 320-begin))), pcm.NarrowbandSamples)
				cases++
				if strength(got[320+begin+part:]) > strength(p)/1e4 {
					late++
				}
			}
		}
		t.Logf("%.0f: of %d keys %d are heard for more than 5 ms", amplitude, cases, late)
		if late*100 > cases {
			t.Errorf("%.0f: of %d keys %d are heard for more than 5 ms", amplitude, cases, late)
		}
	}
}

// TestTonesAreClampedAtBothRates: at 16 kHz too, and over as little as 25 ms.
func TestTonesAreClampedAtBothRates(t *testing.T) {
	for _, rate := range []int{pcm.Narrowband, pcm.Wideband} {
		for begin := range rate / 50 {
			sound := make([]int16, rate/5)
			for i := range rate / 40 {
				x := 2 * math.Pi * float64(i) / float64(rate)
				sound[begin+i] = int16(soft*math.Sin(852*x) + soft*math.Sin(1336*x))
			}
			if left := 10 * math.Log10(strength(sound)/max(strength(clamped(sound, rate/50)), 1)); left < 40 {
				t.Fatalf("%d Hz: of tones that begin with sample %d what is heard is %.1f dB down", rate, begin, left)
			}
		}
	}
}

func TestTonesGoAllThroughAFrame(t *testing.T) {
	key := press{'8', 60, soft, soft, 0}.sound()
	for _, tt := range []struct {
		name  string
		sound []int16
		want  bool
	}{
		{"a key that is held", key, true},
		{"one that begins", slices.Concat(make([]int16, 80), key), false},
		{"one that ends", slices.Concat(key[:80], make([]int16, 80)), false},
		{"nothing", make([]int16, pcm.NarrowbandSamples), false},
		{"a row alone", soundtest.Sine(852, soft, rate, 0, pcm.NarrowbandSamples), false},
	} {
		if got := HasTones(through(g711.ALaw, tt.sound[:pcm.NarrowbandSamples])); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
	for f := range slices.Chunk(soundtest.Speech(t, rate), pcm.NarrowbandSamples) {
		if len(f) == pcm.NarrowbandSamples && HasTones(f) {
			t.Error("speech has the tones of a key")
		}
	}
}

// TestTonesWithoutAMessageAreLetThrough: softly, and as they are.
func TestTonesWithoutAMessageAreLetThrough(t *testing.T) {
	sound := press{'5', 1000, 4000, 4000, 0}.sound()
	got := clamped(sound, pcm.NarrowbandSamples)
	silent := 0
	for _, s := range got {
		if s != 0 {
			break
		}
		silent++
	}
	if at := silent * 1000 / rate; at < 100 || at > 160 {
		t.Errorf("tones come back after %d ms", at)
	}
	if !slices.Equal(sound[silent+160:], got[silent+160:]) {
		t.Error("they are changed later on")
	}
	if at := soundtest.Clicks(sound, got, rate); len(at) > 0 {
		t.Errorf("clicks at %d", at)
	}
}

// TestWhatIsNoKeyIsNotClamped: but for 2 ms where it begins suddenly.
func TestWhatIsNoKeyIsNotClamped(t *testing.T) {
	for _, tt := range []struct {
		name  string
		hertz []float64
	}{
		{"dial tone in Europe", []float64{425}},
		{"dial tone in America", []float64{350, 440}},
		{"busy tone in America", []float64{480, 620}},
		{"a row alone", []float64{770}},
		{"a column alone", []float64{1336}},
		{"1000 Hz", []float64{1000}},
		{"two rows", []float64{697, 941}},
		{"a fax calling", []float64{1100}},
		{"a call is recorded", []float64{1400}},
		{"from exchange to exchange", []float64{700, 1100}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sound := make([]int16, rate)
			for i := range sound {
				for _, h := range tt.hertz {
					sound[i] += int16(8000 * math.Sin(2*math.Pi*h*float64(i)/rate))
				}
			}
			if got := clamped(through(g711.ALaw, sound), pcm.NarrowbandSamples); strength(got) < 0.99*strength(sound) {
				t.Errorf("%.2f of it is left", strength(got)/strength(sound))
			}
		})
	}
	hits, tones := 0, 0
	for hertz := 200.0; hertz < 3400; hertz += 5 {
		tones++
		if got := clamped(soundtest.Sine(hertz, 8000, rate, 17, rate/5), pcm.NarrowbandSamples); strength(got) < 0.9*strength(soundtest.Sine(hertz, 8000, rate, 17, rate/5)) {
			hits++
		}
	}
	if hits > 0 {
		t.Errorf("%d of %d sines are clamped", hits, tones)
	}
}

// people speak: those whom the tests of sound have, and
// some who read aloud where Debian's pocketsphinx-testdata is installed.
func people(t testing.TB) []int16 {
	t.Helper()
	all := soundtest.Speech(t, rate)
	readings, _ := filepath.Glob("/usr/share/pocketsphinx/test/data/*/*.wav")
	for _, name := range readings {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sound, err := wav.Read(bytes.NewReader(file), rate)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, sound...)
	}
	return all
}

// recording is a prompt of the gateway's, or its music, at 8 kHz.
type recording struct {
	name  string
	sound []int16
}

// prompts are all of the gateway's, an hour and a half. They are decoded once.
var prompts = sync.OnceValues(func() (all []recording, err error) {
	files, err := filepath.Glob("../../announcements/prompts/*/*.ogg")
	for _, name := range files {
		sound, err := soundtest.Read(name, rate)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, recording{filepath.Base(name), sound})
	}
	return all, err
})

func TestSpeechIsNotClamped(t *testing.T) {
	all, err := prompts()
	if err != nil {
		t.Fatal(err)
	}
	frames, tones, sudden, changed := 0, 0, 0, 0
	frame := make(pcm.Frame, pcm.NarrowbandSamples)
	for _, sound := range append(voices(all), people(t)) {
		var c Clamp
		for f := range slices.Chunk(through(g711.ALaw, sound), pcm.NarrowbandSamples) {
			if len(f) < pcm.NarrowbandSamples {
				break
			}
			copy(frame, f)
			c.Pass(frame)
			frames++
			switch {
			case c.sure:
				tones++
			case c.frames > 0:
				sudden++
			}
			changed += unlike(f, frame)
		}
	}
	minutes := float64(frames) / 50 / 60
	t.Logf("of %.0f minutes of speech %d frames are like tones, %d begin too suddenly, and %d ms are changed",
		minutes, tones, sudden, changed*1000/rate)
	if minutes < 60 {
		t.Errorf("only %.1f minutes of speech", minutes)
	}
	if float64(tones) > 0.05*minutes {
		t.Errorf("%d frames of speech are taken for tones", tones)
	}
	if float64(sudden) > 2.5*minutes {
		t.Errorf("%d beginnings of speech are softened", sudden)
	}
}

// unlike is in how many places two frames differ.
func unlike(a, b []int16) (n int) {
	if slices.Equal(a, b) {
		return 0
	}
	for i := range a {
		if a[i] != b[i] {
			n++
		}
	}
	return n
}

// voices is what is in recordings.
func voices(all []recording) (sounds [][]int16) {
	for _, r := range all {
		sounds = append(sounds, r.sound)
	}
	return sounds
}

// TestMusicIsHardlyClamped: neither chords nor what is played to who waits.
func TestMusicIsHardlyClamped(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var chords []int16
	for range 800 {
		_, sound := chord(random)
		chords = append(chords, sound...)
	}
	music, err := soundtest.Read("../../announcements/prompts/music.ogg", rate)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		sound []int16
		most  float64
	}{
		{"chords", chords, 0.01},
		{"music on hold", music, 0.001},
	} {
		changed := 0
		for i, s := range clamped(tt.sound, pcm.NarrowbandSamples) {
			if s != tt.sound[i] {
				changed++
			}
		}
		share := float64(changed) / float64(len(tt.sound))
		t.Logf("%s: %.3f %% of %d s", tt.name, 100*share, len(tt.sound)/rate)
		if share > tt.most {
			t.Errorf("%s: %.3f %% are clamped", tt.name, 100*share)
		}
	}
}

// TestSpeechSoundsAsBefore: what is changed of it is neither heard nor missed.
func TestSpeechSoundsAsBefore(t *testing.T) {
	speech := through(g711.ALaw, people(t))
	for cut := range 3 {
		want := speech[53*cut:]
		got := clamped(want, pcm.NarrowbandSamples)
		want = want[:len(got)]
		stoi := soundtest.STOI(want, got)
		t.Logf("cut %d: STOI %.6f of %d s", cut, stoi, len(want)/rate)
		if stoi < 0.9995 {
			t.Errorf("cut %d: STOI %.6f", cut, stoi)
		}
		if at := soundtest.Clicks(want, got, rate); len(at) > 0 {
			t.Errorf("cut %d: clicks at %d", cut, at)
		}
		if gaps := soundtest.Gaps(want, got, rate); len(gaps) > 0 {
			t.Errorf("cut %d: gaps %v", cut, gaps)
		}
	}
}

func TestClampAllocatesNothing(t *testing.T) {
	var c Clamp
	frame, tone := make(pcm.Frame, pcm.WidebandSamples), soundtest.Sine(900, 8000, pcm.Wideband, 0, pcm.WidebandSamples)
	if n := testing.AllocsPerRun(100, func() {
		copy(frame, tone)
		c.Pass(frame)
	}); n != 0 {
		t.Errorf("%.1f allocations", n)
	}
}

// BenchmarkClamp is a frame of speech in which somebody speaks.
func BenchmarkClamp(b *testing.B) {
	var frames []pcm.Frame
	for f := range slices.Chunk(through(g711.ALaw, people(b)), pcm.NarrowbandSamples) {
		if len(f) == pcm.NarrowbandSamples && strength(f) > 300*300*pcm.NarrowbandSamples {
			frames = append(frames, f)
		}
	}
	var c Clamp
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c.Pass(frames[i%len(frames)])
	}
}

// BenchmarkClampSilence is a frame of a line on which nobody speaks.
func BenchmarkClampSilence(b *testing.B) {
	frame := make(pcm.Frame, pcm.NarrowbandSamples)
	for i := range frame {
		frame[i] = int16(i % 16)
	}
	var c Clamp
	for b.Loop() {
		c.Pass(frame)
	}
}
