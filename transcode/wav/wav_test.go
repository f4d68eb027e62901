package wav

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"testing"

	"github.com/einwahl/einwahl/transcode/g711"
)

// file makes a WAV of chunks.
func file(chunks ...[]byte) []byte {
	body := bytes.Join(chunks, nil)
	b := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(4+len(body)))
	return append(append(b, "WAVE"...), body...)
}

func chunk(name string, data []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte(name), uint32(len(data)))
	b = append(b, data...)
	if len(data)%2 == 1 {
		b = append(b, 0)
	}
	return b
}

func fmtChunk(code, channels, rate, bits int, more ...byte) []byte {
	b := binary.LittleEndian.AppendUint16(nil, uint16(code))
	b = binary.LittleEndian.AppendUint16(b, uint16(channels))
	b = binary.LittleEndian.AppendUint32(b, uint32(rate))
	b = binary.LittleEndian.AppendUint32(b, uint32(rate*channels*bits/8))
	b = binary.LittleEndian.AppendUint16(b, uint16(channels*bits/8))
	b = binary.LittleEndian.AppendUint16(b, uint16(bits))
	return chunk("fmt ", append(b, more...))
}

// encode gives n samples of a tone at half scale, in each channel.
func encode(n, channels, rate int, freq float64, put func(b []byte, v float64) []byte) []byte {
	var b []byte
	for i := range n {
		v := 0.5 * math.Sin(2*math.Pi*freq*float64(i)/float64(rate))
		for range channels {
			b = put(b, v)
		}
	}
	return b
}

func put8(b []byte, v float64) []byte { return append(b, byte(math.Round(v*127)+128)) }

func put16(b []byte, v float64) []byte {
	return binary.LittleEndian.AppendUint16(b, uint16(int16(math.Round(v*32767))))
}

func put24(b []byte, v float64) []byte {
	n := int32(math.Round(v * (1<<23 - 1)))
	return append(b, byte(n), byte(n>>8), byte(n>>16))
}

func put32(b []byte, v float64) []byte {
	return binary.LittleEndian.AppendUint32(b, uint32(int32(math.Round(v*(1<<31-1)))))
}

func putFloat(b []byte, v float64) []byte {
	return binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v)))
}

func putDouble(b []byte, v float64) []byte {
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
}

func putLaw(l g711.Law) func([]byte, float64) []byte {
	return func(b []byte, v float64) []byte {
		var one [1]byte
		l.Encode(one[:], []int16{int16(v * 32767)})
		return append(b, one[0])
	}
}

// tone measures freq in a quarter of a second of sound: its amplitude, and how
// far down all else is, in dB.
func tone(sound []int16, freq float64, rate int) (amplitude, clean float64) {
	from := rate / 8
	s := sound[from:][:rate/4]
	var re, im, all float64
	for i, v := range s {
		a := 2 * math.Pi * freq * float64(from+i) / float64(rate)
		x := float64(v) / 32768
		re += x * math.Cos(a)
		im += x * math.Sin(a)
		all += x * x
	}
	n := float64(len(s))
	amplitude = 2 * math.Hypot(re, im) / n
	rest := math.Max(all/n-amplitude*amplitude/2, 1e-12)
	return amplitude, 10 * math.Log10(amplitude*amplitude/2/rest)
}

func TestEveryFormatIsRead(t *testing.T) {
	guid := []byte("\x16\x00\x10\x00\x04\x00\x00\x00\x01\x00\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71")
	guid = append([]byte{22, 0}, guid[2:]...)
	for _, tt := range []struct {
		name                 string
		code, channels, bits int
		more                 []byte
		put                  func([]byte, float64) []byte
		clean                float64
	}{
		{"8 bit", 1, 1, 8, nil, put8, 40},
		{"16 bit", 1, 1, 16, nil, put16, 80},
		{"16 bit stereo", 1, 2, 16, nil, put16, 80},
		{"24 bit", 1, 1, 24, nil, put24, 80},
		{"32 bit", 1, 1, 32, nil, put32, 80},
		{"float", 3, 1, 32, nil, putFloat, 80},
		{"double, six channels", 3, 6, 64, nil, putDouble, 80},
		{"A-law", 6, 1, 8, nil, putLaw(g711.ALaw), 35},
		{"mu-law", 7, 1, 8, []byte{0, 0}, putLaw(g711.MuLaw), 35},
		{"extensible", 0xfffe, 1, 24, guid, put24, 80},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data := encode(4000, tt.channels, 8000, 440, tt.put)
			b := file(
				chunk("LIST", []byte("odd")),
				fmtChunk(tt.code, tt.channels, 8000, tt.bits, tt.more...),
				chunk("fact", make([]byte, 4)),
				chunk("data", data),
			)
			got, err := Read(bytes.NewReader(b), 8000)
			if err != nil || len(got) != 4000 {
				t.Fatalf("%d samples, %v", len(got), err)
			}
			if a, clean := tone(got, 440, 8000); math.Abs(a-0.5) > 0.01 || clean < tt.clean {
				t.Errorf("amplitude %.3f, clean to %.1f dB, want 0.5 and %.0f", a, clean, tt.clean)
			}
		})
	}
}

func TestResampling(t *testing.T) {
	for _, tt := range []struct{ from, to int }{
		{44100, 8000},
		{48000, 8000},
		{16000, 8000},
		{22050, 8000},
		{11025, 8000},
		{44100, 16000},
		{48000, 16000},
		{8000, 16000},
		{22050, 16000},
		{44099, 8000},
	} {
		for _, freq := range []float64{300, 1004, 3300} {
			b := file(fmtChunk(1, 1, tt.from, 16), chunk("data", encode(tt.from/2, 1, tt.from, freq, put16)))
			got, err := Read(bytes.NewReader(b), tt.to)
			if err != nil {
				t.Fatal(err)
			}
			if n := tt.to / 2; len(got) < n-1 || len(got) > n+1 {
				t.Errorf("%d to %d: %d samples", tt.from, tt.to, len(got))
			}
			if a, clean := tone(got, freq, tt.to); math.Abs(a-0.5) > 0.01 || clean < 60 {
				t.Errorf("%d to %d, %v Hz: amplitude %.3f, clean to %.1f dB", tt.from, tt.to, freq, a, clean)
			}
		}
	}
}

func TestWhatDoesNotFitIntoTheBandIsCut(t *testing.T) {
	for _, freq := range []float64{4500, 5000, 7000, 15000} {
		b := file(fmtChunk(1, 1, 48000, 16), chunk("data", encode(24000, 1, 48000, freq, put16)))
		got, err := Read(bytes.NewReader(b), 8000)
		if err != nil {
			t.Fatal(err)
		}
		var most int16
		for _, s := range got[1000:3000] {
			most = max(most, s, -s)
		}
		if most > 16 { // 60 dB below what went in
			t.Errorf("%v Hz comes through at %d", freq, most)
		}
	}
}

func TestLoudestSoundDoesNotWrap(t *testing.T) {
	data := make([]byte, 0, 4000)
	for i := range 1000 {
		data = putFloat(data, float64(i%7)*10-30)
	}
	data = putFloat(putFloat(data, math.NaN()), math.Inf(1))
	got, err := Read(bytes.NewReader(file(fmtChunk(3, 1, 8000, 32), chunk("data", data))), 8000)
	if err != nil {
		t.Fatal(err)
	}
	if got[0] != math.MinInt16 || got[6] != math.MaxInt16 || got[1000] != 0 || got[1001] != math.MaxInt16 {
		t.Errorf("%v, %v", got[:7], got[1000:])
	}
}

func TestKilledRecorderLeavesAllThereIs(t *testing.T) {
	b := file(fmtChunk(1, 1, 8000, 16), chunk("data", make([]byte, 3200)))
	binary.LittleEndian.PutUint32(b[40:], 0xffffffff)
	got, err := Read(bytes.NewReader(b[:len(b)-201]), 8000)
	if err != nil || len(got) != 1499 {
		t.Errorf("%d samples, %v", len(got), err)
	}
}

func TestWhatIsNoWAV(t *testing.T) {
	good := fmtChunk(1, 1, 8000, 16)
	data := chunk("data", make([]byte, 10))
	for name, b := range map[string][]byte{
		"text":                []byte("RIFFabcdTEXT and more"),
		"no format":           file(data),
		"no sound":            file(good),
		"no channel":          file(fmtChunk(1, 0, 8000, 16), data),
		"a thousand channels": file(fmtChunk(1, 1000, 8000, 16), data),
		"no rate":             file(fmtChunk(1, 1, 0, 16), data),
		"twelve bits":         file(fmtChunk(1, 1, 8000, 12), data),
		"ADPCM":               file(fmtChunk(2, 1, 8000, 4), data),
		"short format":        file(chunk("fmt ", make([]byte, 8)), data),
	} {
		if _, err := Read(bytes.NewReader(b), 8000); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Read(bytes.NewReader(nil), 8000); err == nil {
		t.Error("an empty file")
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	sound := []int16{0, 1, -1, 1000, math.MaxInt16, math.MinInt16}
	var b bytes.Buffer
	if err := Write(&b, 8000, sound); err != nil {
		t.Fatal(err)
	}
	got, err := Read(&b, 8000)
	if err != nil || len(got) != len(sound) {
		t.Fatalf("%v, %v", got, err)
	}
	for i := range sound {
		if got[i] != sound[i] {
			t.Errorf("sample %d is %d, want %d", i, got[i], sound[i])
		}
	}
}

func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	if err := Write(&b, 8000, []int16{1, 2, 3}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes(), true)
	f.Add(file(fmtChunk(7, 2, 11025, 8, 0, 0), chunk("data", make([]byte, 64))), false)
	f.Fuzz(func(t *testing.T, b []byte, wide bool) {
		rate := 8000
		if wide {
			rate = 16000
		}
		got, err := Read(bytes.NewReader(b), rate)
		if err == nil && len(got) > 4*len(b) { // 16 kHz of 4 kHz, a byte a sample
			t.Fatalf("%d samples of %d bytes", len(got), len(b))
		}
	})
}
