package peertest

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

const rate = 8000

// Tone writes a WAV file of a sine tone, so loud as dBov says, for seconds,
// and returns its absolute path.
func Tone(t testing.TB, sampleRate int, hertz, dBov float64, seconds int) string {
	t.Helper()
	which := tone{sampleRate, hertz, dBov, seconds}
	data, ok := tones.Load(which)
	if !ok {
		data, _ = tones.LoadOrStore(which, wav(sampleRate, which.sound()))
	}
	return write(t, data.([]byte))
}

// tone is what is in a file of Tone. Most telephones of a test play the same for
// minutes, so each is made once.
type tone struct {
	sampleRate  int
	hertz, dBov float64
	seconds     int
}

var tones sync.Map // from tone to the file's []byte

//go:norace
func (w tone) sound() []int16 {
	amplitude := 32767 * math.Pow(10, w.dBov/20) * math.Sqrt2
	sound := make([]int16, w.sampleRate*w.seconds)
	for i := range sound {
		if i >= w.sampleRate && w.hertz == math.Trunc(w.hertz) { // each second is like the first
			sound[i] = sound[i-w.sampleRate]
			continue
		}
		sound[i] = int16(math.Round(amplitude * math.Sin(2*math.Pi*w.hertz*float64(i)/float64(w.sampleRate))))
	}
	return sound
}

// WriteWAV writes 16-bit mono samples and returns the file's absolute path.
func WriteWAV(t testing.TB, sampleRate int, sound []int16) string {
	t.Helper()
	return write(t, wav(sampleRate, sound))
}

func write(t testing.TB, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sound.wav")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// wav is a WAV file of 16-bit mono samples.
//
//go:norace
func wav(sampleRate int, sound []int16) []byte {
	le, size := binary.LittleEndian, uint32(2*len(sound))
	b := make([]byte, 0, 44+size)
	b = le.AppendUint32(append(b, "RIFF"...), 36+size)
	b = le.AppendUint32(append(b, "WAVEfmt "...), 16)
	b = le.AppendUint16(le.AppendUint16(b, 1), 1) // linear, mono
	b = le.AppendUint32(le.AppendUint32(b, uint32(sampleRate)), uint32(2*sampleRate))
	b = le.AppendUint16(le.AppendUint16(b, 2), 16)
	b = le.AppendUint32(append(b, "data"...), size)
	for _, s := range sound {
		b = le.AppendUint16(b, uint16(s))
	}
	return b
}

// Level is how loud the tone of hertz is in a sound, in dBov: 0 is a full-scale
// sine's power times two, as RFC 6465 counts. Silence is -120.
//
//go:norace
func Level(sound []int16, hertz float64) float64 {
	if len(sound) == 0 {
		return -120
	}
	n := float64(len(sound))
	// Both waves are turned on step by step: the race detector makes a sine for each
	// sample a hundred times dearer. A Hann window keeps a loud neighbour out of the measure.
	s, c := math.Sincos(2 * math.Pi * hertz / rate)
	ws, wc := math.Sincos(2 * math.Pi / n)
	var re, im float64
	x, y, wx, wy := 1.0, 0.0, 1.0, 0.0
	for _, v := range sound {
		w := (1 - wx) * float64(v)
		re += w * x
		im += w * y
		x, y = x*c-y*s, x*s+y*c
		wx, wy = wx*wc-wy*ws, wx*ws+wy*wc
	}
	amplitude := 2 * math.Hypot(re, im) / n
	return dBov(amplitude / math.Sqrt2)
}

// Recent is how loud a tone has been at best within the last two seconds of a
// sound, a fifth of a second at a time. On a busy machine packets come late and
// the phase of a tone jumps; over a whole second that would look like a fainter
// tone.
func Recent(sound []int16, hertz float64) float64 {
	const window = rate / 5
	sound = Last(sound, 2)
	best := -120.0
	for at := 0; at+window <= len(sound); at += window / 2 {
		best = max(best, Level(sound[at:at+window], hertz))
	}
	return best
}

// RecentWide is Recent of a sound at 16 kHz.
func RecentWide(sound []int16, hertz float64) float64 {
	// At half the rate all is an octave lower, and lasts twice as long.
	return Recent(sound, hertz/2)
}

// Loudness is the root mean square of a sound in dBov.
func Loudness(sound []int16) float64 {
	if len(sound) == 0 {
		return -120
	}
	var sum float64
	for _, s := range sound {
		sum += float64(s) * float64(s)
	}
	return dBov(math.Sqrt(sum / float64(len(sound))))
}

func dBov(rms float64) float64 {
	return math.Max(-120, 20*math.Log10(rms/32767))
}

// Last cuts the last seconds from a sound.
func Last(sound []int16, seconds float64) []int16 {
	n := int(seconds * rate)
	if len(sound) < n {
		return sound
	}
	return sound[len(sound)-n:]
}

// Match is the best normalised cross-correlation of a prompt with any place of
// a recording, between 0 and 1, and where that place begins, in samples. Envelopes
// would be too coarse, so the waveform itself is compared; G.711 leaves it at .99.
//
//go:norace
func Match(recording, prompt []int16) (best float64, at int) {
	if len(prompt) == 0 || len(recording) < len(prompt) {
		return 0, -1
	}
	var promptEnergy float64
	for _, s := range prompt {
		promptEnergy += float64(s) * float64(s)
	}
	var energy float64
	for _, s := range recording[:len(prompt)] {
		energy += float64(s) * float64(s)
	}
	products := correlate(recording, prompt)
	for lag, sum := range products {
		if energy > 0 && promptEnergy > 0 {
			if c := sum / math.Sqrt(energy*promptEnergy); c > best {
				best, at = c, lag
			}
		}
		if next := lag + len(prompt); next < len(recording) {
			energy += float64(recording[next])*float64(recording[next]) - float64(recording[lag])*float64(recording[lag])
		}
	}
	return best, at
}
