package dtmf

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/einwahl/einwahl/transcode/pcm"
)

const rate = pcm.Narrowband

// press is one key as a line may bring it.
type press struct {
	key       rune
	length    int     // milliseconds
	low, high float64 // amplitude
	off       float64 // of the frequencies, in per cent
}

func (p press) sound() []int16 {
	code := 0
	for i, k := range keypad {
		if k == p.key {
			code = i
		}
	}
	stretch := 1 + p.off/100
	low, high := frequencies[code/4]*stretch, frequencies[4+code%4]*stretch
	out := make([]int16, p.length*rate/1000)
	for i := range out {
		x := 2 * math.Pi * float64(i) / rate
		out[i] = int16(p.low*math.Sin(low*x) + p.high*math.Sin(high*x))
	}
	return out
}

func silence(milliseconds int) []int16 { return make([]int16, milliseconds*rate/1000) }

// listen gives the keys that a detector hears, and in how many frames it hears
// tones.
func listen(sound []int16) (keys string, tones int) {
	d := NewDetector()
	frame := make(pcm.Frame, pcm.NarrowbandSamples)
	for len(sound) > 0 {
		clear(frame)
		sound = sound[copy(frame, sound):]
		if r, ok := d.Listen(frame); ok {
			keys += string(r)
		}
		if d.Tone() {
			tones++
		}
	}
	return keys, tones
}

func TestEveryKeyIsHeardWhereverItBegins(t *testing.T) {
	for _, key := range keypad {
		for start := range 20 {
			sound := append(silence(start), press{key, 40, 4000, 4000, 0}.sound()...)
			if got, _ := listen(append(sound, silence(60)...)); got != string(key) {
				t.Errorf("40 ms of %c after %d ms are %q", key, start, got)
			}
		}
	}
}

// ITU-T Q.24: tones may be 1.5 % off, wherever they begin.
func TestEveryKeyIsHeardOutOfTune(t *testing.T) {
	for _, key := range keypad {
		for _, off := range []float64{-1.5, 1.5} {
			for start := range 10 {
				sound := append(silence(start), press{key, 50, 4000, 4000, off}.sound()...)
				if got, _ := listen(append(sound, silence(60)...)); got != string(key) {
					t.Errorf("%c, %.1f %% off, after %d ms is %q", key, off, start, got)
				}
			}
		}
	}
}

func TestWhatALineMayDoToTones(t *testing.T) {
	noisy := func(sound []int16, amplitude float64) []int16 {
		random := rand.New(rand.NewPCG(1, 2))
		for i := range sound {
			sound[i] += int16(amplitude * random.NormFloat64())
		}
		return sound
	}
	twice := func(gap int) []int16 {
		p := press{'5', 60, 4000, 4000, 0}.sound()
		return append(append(append([]int16{}, p...), silence(gap)...), p...)
	}
	tone := func(hertz ...float64) []int16 {
		out := make([]int16, rate/5)
		for _, h := range hertz {
			for i := range out {
				out[i] += int16(8000 * math.Sin(2*math.Pi*h*float64(i)/rate))
			}
		}
		return out
	}
	for _, tt := range []struct {
		name  string
		sound []int16
		want  string
	}{
		{"1.5 % too high", press{'D', 60, 4000, 4000, 1.5}.sound(), "D"},
		{"1.5 % too low", press{'1', 60, 4000, 4000, -1.5}.sound(), "1"},
		{"the high tone 8 dB fainter", press{'7', 60, 8000, 3200, 0}.sound(), "7"},
		{"the high tone 4 dB louder", press{'7', 60, 4000, 6300, 0}.sound(), "7"},
		{"the high tone 14 dB fainter is no key", press{'7', 60, 8000, 1600, 0}.sound(), ""},
		{"loud enough to be clipped", press{'9', 60, 16000, 16000, 0}.sound(), "9"},
		{"30 dB below full scale", press{'9', 60, 1000, 1000, 0}.sound(), "9"},
		{"too faint to be meant", press{'9', 60, 300, 300, 0}.sound(), ""},
		{"15 dB above noise", noisy(press{'3', 60, 4000, 4000, 0}.sound(), 700), "3"},
		{"too short to be meant", append(silence(7), press{'3', 20, 4000, 4000, 0}.sound()...), ""},
		{"held for two seconds", press{'3', 2000, 4000, 4000, 0}.sound(), "3"},
		{"the same key twice", twice(40), "55"},
		{"a gap of 8 ms is the line's fault", twice(8), "5"},
		{"one key after another without a pause", append(press{'1', 60, 4000, 4000, 0}.sound(), press{'2', 60, 4000, 4000, 0}.sound()...), "12"},
		{"5 % too high is something else", press{'1', 200, 4000, 4000, 5}.sound(), ""},
		{"dial, busy and ringing tone in Europe", tone(425), ""},
		{"dial tone in America", tone(350, 440), ""},
		{"ringing tone in America", tone(440, 480), ""},
		{"busy tone in America", tone(480, 620), ""},
		{"dial tone in Britain", tone(350, 450), ""},
		{"this number is not in service", append(append(tone(950), tone(1400)...), tone(1800)...), ""},
		{"a call is waiting", tone(440), ""},
		{"a call is recorded", tone(1400), ""},
		{"one tone alone", tone(770), ""},
		{"a tone of each group at once", tone(697, 941, 1209, 1477), ""},
		{"a fax calling", tone(1100), ""},
		{"a fax answering", tone(2100), ""},
		{"a fax saying what it can", append(tone(1650), tone(1850)...), ""},
		{"a modem", tone(980, 1180), ""},
		{"an alarm panel", append(tone(1400), tone(2300)...), ""},
		{"dialling from exchange to exchange", tone(700, 1100), ""},
		{"two of them, higher", tone(900, 1300), ""},
		{"noise", noisy(make([]int16, rate*10), 6000), ""},
		{"silence", silence(1000), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, _ := listen(append(tt.sound, silence(60)...)); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// Speech must press nothing: minutes of it, in two voices and languages.
func TestSpeechPressesNothing(t *testing.T) {
	all, err := prompts()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 100 {
		t.Fatalf("only %d recordings", len(all))
	}
	d := NewDetector()
	frames, tones := 0, 0
	for _, recording := range all {
		for frame := range slices.Chunk(recording.sound, pcm.NarrowbandSamples) {
			if len(frame) < pcm.NarrowbandSamples {
				break
			}
			if r, ok := d.Listen(frame); ok {
				t.Errorf("%s presses %c", recording.name, r)
			}
			if d.Tone() {
				tones++
			}
			frames++
		}
	}
	if frames < 60*50 {
		t.Errorf("only %d frames of speech", frames)
	}
	if tones*1000 > frames {
		t.Errorf("%d of %d frames would be cut", tones, frames)
	}
	t.Logf("%d s of speech, %d frames with something like tones", frames/50, tones)
}

// Nor must music: chords and runs of instruments, whose notes have overtones.
func TestMusicPressesNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	d := NewDetector()
	frames, tones := 0, 0
	for range 800 { // chords
		notes, sound := chord(random)
		for frame := range slices.Chunk(sound, pcm.NarrowbandSamples) {
			if r, ok := d.Listen(frame); ok {
				t.Errorf("%.0f Hz press %c", notes, r)
			}
			if d.Tone() {
				tones++
			}
			frames++
		}
	}
	if tones*500 > frames {
		t.Errorf("%d of %d frames would be cut", tones, frames)
	}
	t.Logf("%d s of music, %d frames with something like tones", frames/50, tones)
}

// chord is 200 ms of one to four notes that die away.
func chord(random *rand.Rand) (notes []float64, sound []int16) {
	notes, sound = make([]float64, 1+random.IntN(4)), make([]int16, rate/5)
	for i := range notes { // from the C of a man's voice to that of a whistle
		notes[i] = 130.8 * math.Pow(2, float64(random.IntN(49))/12)
	}
	bright := 0.4 + 0.4*random.Float64() // how loud each overtone is beside the one below
	for i := range sound {
		x := float64(i) / rate
		v := 0.0
		for _, h := range notes {
			for k, loud := 1.0, 1.0; k*h < 3400 && k < 10; k, loud = k+1, loud*bright {
				v += loud * math.Sin(2*math.Pi*k*h*x)
			}
		}
		sound[i] = int16(v * 3000 * math.Exp(-3*x))
	}
	return notes, sound
}

func FuzzDetector(f *testing.F) {
	f.Add([]byte{0, 0x80, 0xff, 0x7f}, uint8(3))
	f.Add([]byte(fmt.Sprint(press{'1', 40, 4000, 4000, 0}.sound())), uint8(9))
	f.Fuzz(func(t *testing.T, bytes []byte, frames uint8) {
		d := NewDetector()
		frame := make(pcm.Frame, pcm.NarrowbandSamples)
		told := 0
		for range frames {
			for i := range frame {
				if len(bytes) > 1 {
					frame[i] = int16(bytes[(2*i)%len(bytes)]) | int16(bytes[(2*i+1)%len(bytes)])<<8
				}
			}
			if _, ok := d.Listen(frame); ok {
				told++
			}
		}
		if told > 1 {
			t.Errorf("the same sound without an end is %d keys", told)
		}
	})
}

func TestDetectorAllocatesNothing(t *testing.T) {
	d := NewDetector()
	frame := pcm.Frame(press{'1', 20, 4000, 4000, 0}.sound())
	if n := testing.AllocsPerRun(100, func() { d.Listen(frame) }); n != 0 {
		t.Errorf("%.1f allocations", n)
	}
}

func BenchmarkDetector(b *testing.B) {
	d := NewDetector()
	frame := pcm.Frame(press{'1', 20, 4000, 4000, 0}.sound())
	b.ReportAllocs()
	for b.Loop() {
		d.Listen(frame)
	}
}
