package peertest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// dump is what a phone hears or says, as far as it has written it to a WAV file.
// Tests look at it many times a second, so what was read once is not read again. The
// lengths in the file's header are not trusted: it may still be growing.
type dump struct {
	name  string
	data  []byte  // of the file
	begin int     // of the samples in it; 0 until it was found
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
	if d.begin == 0 {
		if d.begin = soundIn(d.data); d.begin == 0 {
			return nil, nil
		}
	}
	group := samplesPerSample(d.data, rate)
	whole := d.data[d.begin+2*group*len(d.sound):]
	d.sound = appendReduced(d.sound, whole, group)
	return d.sound[:len(d.sound):len(d.sound)], nil
}

// grow reads what is new in the file.
func (d *dump) grow() error {
	f, err := os.Open(d.name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	was := len(d.data)
	d.data = append(d.data, make([]byte, max(0, info.Size()-int64(was)))...)
	n, err := f.ReadAt(d.data[was:], int64(was))
	d.data = d.data[:was+n]
	if errors.Is(err, io.EOF) {
		return nil
	}
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

// samplesPerSample is how many samples of the file, of all its channels, make one of
// mono at a rate.
func samplesPerSample(data []byte, rate int) int {
	const channels, sampleRate = 22, 24 // in the WAV header
	return max(1, int(binary.LittleEndian.Uint16(data[channels:]))*int(binary.LittleEndian.Uint32(data[sampleRate:]))/rate)
}

// appendReduced brings 16-bit samples to mono at a lower rate, by mean values: good
// enough for tones.
//
//go:norace
func appendReduced(sound []int16, data []byte, group int) []int16 {
	for ; len(data) >= 2*group; data = data[2*group:] {
		sum := 0
		for i := range group {
			sum += int(int16(binary.LittleEndian.Uint16(data[2*i:])))
		}
		sound = append(sound, int16(sum/group))
	}
	return sound
}
