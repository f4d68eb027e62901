package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/einwahl/einwahl/announcements"
)

const (
	rate        = 16000
	block       = rate / 100 // 10 ms
	speechLevel = -22.0      // dBov of active speech
	musicLevel  = -28.0
	// ceiling is the greatest peak before the codec, which may overshoot.
	ceiling = -4.5
	// quiet is how far below the level of speech its end is taken to be.
	quiet = 48.0
	// longestPause is what remains of a longer one between sentences.
	longestPause = 45 * block
)

// edges is the silence left before and after what is said.
type edges struct{ head, tail int }

var (
	sentenceEdges = edges{head: 6 * block, tail: 25 * block}
	pieceEdges    = edges{head: block, tail: 3 * block}
)

// readSound reads a file as 16 kHz mono, without the rumble below the
// telephone band, and with these effects.
func readSound(name string, effects ...string) ([]float64, error) {
	args := []string{name, "-t", "raw", "-r", "16000", "-c", "1", "-b", "16", "-e", "signed", "-D", "-L", "-", "gain", "-6", "highpass", "100"}
	out, err := exec.Command("sox", append(args, effects...)...).Output()
	if err != nil {
		return nil, fmt.Errorf("sox: %w", err)
	}
	return floats(out), nil
}

func floats(raw []byte) []float64 {
	sound := make([]float64, len(raw)/2)
	for i := range sound {
		sound[i] = float64(int16(binary.LittleEndian.Uint16(raw[2*i:]))) / 32768
	}
	return sound
}

// blocks are the levels of each 10 ms in dB.
func blocks(sound []float64) []float64 {
	levels := make([]float64, len(sound)/block)
	for b := range levels {
		power := 1e-12
		for _, s := range sound[b*block : (b+1)*block] {
			power += s * s / block
		}
		levels[b] = 10 * math.Log10(power)
	}
	return levels
}

// active is the level of what is said, without the pauses, as the gateway
// measures it: a crack does not count as the loudest.
func active(sound []float64) float64 {
	const frame = 2 * block
	var powers []float64
	for at := 0; at+frame <= len(sound); at += frame / 4 {
		power := 1e-12
		for _, s := range sound[at : at+frame] {
			power += s * s / frame
		}
		powers = append(powers, power)
	}
	if len(powers) == 0 {
		return math.Inf(-1)
	}
	slices.Sort(powers)
	floor := powers[len(powers)*19/20] * math.Pow(10, -25.0/10)
	sum, n := 0.0, 0
	for _, power := range powers {
		if power >= floor {
			sum += power
			n++
		}
	}
	return 10 * math.Log10(sum/float64(max(n, 1)))
}

func (e edges) trim(sound []float64) []float64 {
	levels, threshold := blocks(sound), active(sound)-quiet
	first, last := 0, len(levels)-1
	for first < last && levels[first] < threshold {
		first++
	}
	for last > first && levels[last] < threshold {
		last--
	}
	said := sound[first*block : (last+1)*block]
	out := make([]float64, e.head+len(said)+e.tail)
	copy(out[e.head:], said)
	const fade = block / 2
	for i := range min(fade, len(said)) {
		gain := float64(i) / fade
		out[e.head+i] *= gain
		out[e.head+len(said)-1-i] *= gain
	}
	return out
}

func shortenPauses(sound []float64) []float64 {
	levels, threshold := blocks(sound), active(sound)-quiet
	var out []float64
	silent := 0
	for b, l := range levels {
		if l < threshold {
			silent += block
		} else {
			silent = 0
		}
		if silent <= longestPause {
			out = append(out, sound[b*block:(b+1)*block]...)
		}
	}
	return append(out, sound[len(levels)*block:]...)
}

// normalise brings the sound to a level and takes back the peaks that are too
// high for it, gently: the gain bends over a few milliseconds.
func normalise(sound []float64, level float64) {
	gain := math.Pow(10, (level-active(sound))/20)
	top := math.Pow(10, ceiling/20)
	const side = block / 2
	need := make([]float64, len(sound))
	for i, s := range sound {
		sound[i] = s * gain
		need[i] = min(1, top/max(math.Abs(sound[i]), 1e-9))
	}
	lowest := make([]float64, len(sound))
	for i := range lowest {
		lowest[i] = 1
	}
	for i, g := range need {
		for j := max(0, i-side); g < 1 && j < min(len(lowest), i+side+1); j++ {
			lowest[j] = min(lowest[j], g)
		}
	}
	sums := make([]float64, len(lowest)+1)
	for i, g := range lowest {
		sums[i+1] = sums[i] + g
	}
	for i := range sound {
		from, to := max(0, i-side), min(len(lowest), i+side+1)
		sound[i] *= (sums[to] - sums[from]) / float64(to-from)
	}
}

func encode(sound []float64, file, work, kbit, kind string) error {
	raw := make([]byte, 2*len(sound))
	for i, s := range sound {
		binary.LittleEndian.PutUint16(raw[2*i:], uint16(int16(math.Round(s*32767))))
	}
	name := filepath.Join(work, "sound.raw")
	if err := os.WriteFile(name, raw, 0o600); err != nil {
		return err
	}
	return execute("", "opusenc", "--quiet", "--raw", "--raw-rate", "16000", "--raw-chan", "1",
		"--bitrate", kbit, "--vbr", kind, "--comp", "10", "--serial", "1", "--padding", "0", "--discard-comments", name, file)
}

// decode is what the gateway makes of a file. Another decoder, at another rate, makes
// other peaks of it.
func decode(file string) ([]float64, error) {
	read, err := announcements.Read(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	sound := make([]float64, len(read))
	for i, s := range read {
		sound[i] = float64(s) / 32768
	}
	return sound, nil
}
