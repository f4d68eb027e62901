package peertest

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
)

// dump is what a phone hears or says, as far as it has written it to a WAV file.
// Tests look at it many times a second, so what was read once is not read again. The
// lengths in the file's header are not trusted: it may still be growing.
type dump struct {
	name  string
	size  int64   // of the file that was read
	rest  []byte  // of that, what is no whole sample yet
	group int     // samples of the file, of all its channels, for one of sound; 0 before the header
	sound []int16 // mono, at the rate that was asked for
}

// read goes on with the newest file that matches a pattern, and gives all of its
// sound at a rate.
func (d *dump) read(pattern string, rate int) ([]int16, error) {
	names, err := filepath.Glob(pattern)
	if len(names) == 0 {
		return nil, err
	}
	if newest := names[len(names)-1]; newest != d.name {
		*d = dump{name: newest}
	}
	if err := d.grow(); err != nil {
		return nil, err
	}
	if d.group == 0 {
		begin := soundIn(d.rest)
		if begin == 0 {
			return nil, nil
		}
		d.group, d.rest = groups(d.rest, rate), d.rest[begin:]
	}
	d.sound, d.rest = appendReduced(d.sound, d.rest, d.group)
	return d.sound[:len(d.sound):len(d.sound)], nil
}

// grow reads what is new in the file.
func (d *dump) grow() error {
	f, err := os.Open(d.name)
	if err != nil {
		return err
	}
	defer f.Close()
	data, err := io.ReadAll(io.NewSectionReader(f, d.size, math.MaxInt64-d.size))
	d.size += int64(len(data))
	d.rest = append(slices.Clip(d.rest), data...)
	return err
}

// soundIn is where the samples of a WAV file begin, and 0 before they do.
func soundIn(data []byte) int {
	i := bytes.Index(data, []byte("data"))
	if i < 0 || len(data) < i+8 {
		return 0
	}
	return i + 8
}

// groups is how many samples of a WAV file, of all its channels, make one of mono at
// a rate.
func groups(header []byte, rate int) int {
	const channels, sampleRate = 22, 24 // in the header
	return max(1, int(binary.LittleEndian.Uint16(header[channels:]))*int(binary.LittleEndian.Uint32(header[sampleRate:]))/rate)
}

// appendReduced brings 16-bit samples to mono at a lower rate, by mean values: good
// enough for tones. It returns what is no whole group besides.
//
//go:norace
func appendReduced(sound []int16, data []byte, group int) (all []int16, rest []byte) {
	for ; len(data) >= 2*group; data = data[2*group:] {
		sum := 0
		for i := range group {
			sum += int(int16(binary.LittleEndian.Uint16(data[2*i:])))
		}
		sound = append(sound, int16(sum/group))
	}
	return sound, data
}
