// Package wav reads the recordings that operators bring, whatever their format,
// as mono at the rate of the audio path, and writes what the gateway gives out.
// It is for loading, not for the beat.
package wav

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/einwahl/einwahl/transcode/g711"
)

const (
	// maxData bounds a recording: twelve minutes of CD sound.
	maxData = 128 << 20

	formatPCM        = 1
	formatFloat      = 3
	formatALaw       = 6
	formatMuLaw      = 7
	formatExtensible = 0xfffe
)

// ErrFormat reports a file that is no WAV, or one of a kind that is not read.
var ErrFormat = errors.New("wav: format not understood")

// format is what the fmt chunk says.
type format struct {
	code     uint16
	channels int
	rate     int
	bits     int
}

// Read reads a WAV file as mono at rate. Several channels are mixed. Formats
// that it does not know give an error that wraps [ErrFormat].
func Read(r io.Reader, rate int) ([]int16, error) {
	f, data, err := chunks(r)
	if err != nil {
		return nil, err
	}
	mono, err := f.mono(data)
	if err != nil {
		return nil, err
	}
	return quantise(Resample(mono, f.rate, rate)), nil
}

// chunks finds the format and the sound. What else may be in the file is passed
// over. A size of the data that is too great, as a recorder leaves it that was
// killed or that writes to a pipe, means all there is.
func chunks(r io.Reader) (f format, data []byte, err error) {
	var riff [12]byte
	if _, err := io.ReadFull(r, riff[:]); err != nil {
		return f, nil, fmt.Errorf("read wav header: %w", err)
	}
	if string(riff[:4]) != "RIFF" || string(riff[8:]) != "WAVE" {
		return f, nil, fmt.Errorf("%w: not a WAV file", ErrFormat)
	}
	for {
		var head [8]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return f, nil, fmt.Errorf("%w: no sound in it", ErrFormat)
		}
		size := int64(binary.LittleEndian.Uint32(head[4:]))
		switch string(head[:4]) {
		case "fmt ":
			if f, err = readFormat(r, size); err != nil {
				return f, nil, err
			}
		case "data":
			if f.channels == 0 {
				return f, nil, fmt.Errorf("%w: sound before its format", ErrFormat)
			}
			data, err := io.ReadAll(io.LimitReader(r, min(size, maxData+1)))
			if err == nil && len(data) > maxData {
				err = fmt.Errorf("%w: more than %d MB", ErrFormat, maxData>>20)
			}
			return f, data, err
		default:
			if _, err := io.CopyN(io.Discard, r, size+size%2); err != nil {
				return f, nil, fmt.Errorf("%w: no sound in it", ErrFormat)
			}
		}
	}
}

func readFormat(r io.Reader, size int64) (format, error) {
	if size < 16 || size > 1024 {
		return format{}, fmt.Errorf("%w: fmt chunk of %d bytes", ErrFormat, size)
	}
	b := make([]byte, size+size%2)
	if _, err := io.ReadFull(r, b); err != nil {
		return format{}, fmt.Errorf("read wav format: %w", err)
	}
	f := format{
		code:     binary.LittleEndian.Uint16(b),
		channels: int(binary.LittleEndian.Uint16(b[2:])),
		rate:     int(binary.LittleEndian.Uint32(b[4:])),
		bits:     int(binary.LittleEndian.Uint16(b[14:])),
	}
	if f.code == formatExtensible && size >= 26 {
		f.code = binary.LittleEndian.Uint16(b[24:]) // begins the sub-format's GUID
	}
	if f.channels < 1 || f.channels > 64 {
		return format{}, fmt.Errorf("%w: %d channels", ErrFormat, f.channels)
	}
	if f.rate < 4000 || f.rate > 384000 {
		return format{}, fmt.Errorf("%w: sample rate %d", ErrFormat, f.rate)
	}
	return f, nil
}

// mono decodes data to one channel of full scale 1.
func (f format) mono(data []byte) ([]float32, error) {
	sample, err := f.sample()
	if err != nil {
		return nil, err
	}
	width := f.bits / 8
	frame := width * f.channels
	out := make([]float32, len(data)/frame)
	for i := range out {
		var sum float64
		for c := range f.channels {
			at := i*frame + c*width
			sum += sample(data[at : at+width])
		}
		out[i] = float32(sum / float64(f.channels))
	}
	return out, nil
}

// sample is how one sample is decoded.
func (f format) sample() (func([]byte) float64, error) {
	le := binary.LittleEndian
	switch [2]int{int(f.code), f.bits} {
	case [2]int{formatPCM, 8}:
		return func(b []byte) float64 { return (float64(b[0]) - 128) / 128 }, nil
	case [2]int{formatPCM, 16}:
		return func(b []byte) float64 { return float64(int16(le.Uint16(b))) / (1 << 15) }, nil
	case [2]int{formatPCM, 24}:
		return func(b []byte) float64 {
			return float64(int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24)) / (1 << 31)
		}, nil
	case [2]int{formatPCM, 32}:
		return func(b []byte) float64 { return float64(int32(le.Uint32(b))) / (1 << 31) }, nil
	case [2]int{formatFloat, 32}:
		return func(b []byte) float64 { return finite(float64(math.Float32frombits(le.Uint32(b)))) }, nil
	case [2]int{formatFloat, 64}:
		return func(b []byte) float64 { return finite(math.Float64frombits(le.Uint64(b))) }, nil
	case [2]int{formatALaw, 8}:
		return companded(g711.ALaw), nil
	case [2]int{formatMuLaw, 8}:
		return companded(g711.MuLaw), nil
	}
	return nil, fmt.Errorf("%w: format %d with %d bits", ErrFormat, f.code, f.bits)
}

func companded(law g711.Law) func([]byte) float64 {
	return func(b []byte) float64 {
		var s [1]int16
		law.Decode(s[:], b)
		return float64(s[0]) / (1 << 15)
	}
}

// finite keeps what is no number, or far too loud, out of the filters.
func finite(v float64) float64 {
	if v != v {
		return 0
	}
	return min(max(v, -4), 4)
}

func quantise(in []float32) []int16 {
	out := make([]int16, len(in))
	for i, v := range in {
		s := math.Round(float64(v) * (1 << 15))
		out[i] = int16(min(max(s, math.MinInt16), math.MaxInt16))
	}
	return out
}

// Write writes mono sound as 16-bit WAV.
func Write(w io.Writer, rate int, sound []int16) error {
	const width = 2
	size := len(sound) * width
	var b bytes.Buffer
	b.Grow(44 + size)
	put := func(values ...any) {
		for _, v := range values {
			_ = binary.Write(&b, binary.LittleEndian, v) // a Buffer takes all
		}
	}
	put([]byte("RIFF"), uint32(36+size), []byte("WAVE"))
	put([]byte("fmt "), uint32(16), uint16(formatPCM), uint16(1), uint32(rate), uint32(rate*width), uint16(width), uint16(8*width))
	put([]byte("data"), uint32(size), sound)
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write wav: %w", err)
	}
	return nil
}
