package g711

import (
	"math"
	"testing"

	"github.com/zaf/g711"

	"github.com/einwahl/einwahl/transcode/pcm"
)

var laws = []Law{ALaw, MuLaw}

// define decodes one byte as the Recommendation defines it (G.711 tables 1a to
// 2b), scaled to 16 bits.
func define(l Law, b byte) int {
	if l == ALaw {
		b ^= 0x55 // even bits are inverted
		segment, step := int(b>>4&7), int(b&15)
		v := step<<4 + 8
		if segment > 0 {
			v = (v + 256) << (segment - 1)
		}
		if b&0x80 == 0 {
			return -v
		}
		return v
	}
	b = ^b
	segment, step := int(b>>4&7), int(b&15)
	v := (step<<3+132)<<segment - 132
	if b&0x80 != 0 {
		return -v
	}
	return v
}

func TestDecodeIsTheRecommendation(t *testing.T) {
	for _, l := range laws {
		for b := range 256 {
			var got [1]int16
			l.Decode(got[:], []byte{byte(b)})
			if want := define(l, byte(b)); int(got[0]) != want {
				t.Errorf("%v %#02x decodes to %d, want %d", l, b, got[0], want)
			}
		}
	}
}

func TestEncodeOfWhatWasDecodedIsTheSame(t *testing.T) {
	for _, l := range laws {
		for b := range 256 {
			var s [1]int16
			var back [1]byte
			l.Decode(s[:], []byte{byte(b)})
			l.Encode(back[:], s[:])
			if back[0] != byte(b) && s[0] != 0 { // mu-law has two zeros
				t.Errorf("%v %#02x comes back as %#02x", l, b, back[0])
			}
		}
	}
}

// The golden sweep: every one of the 65536 samples becomes a step whose middle
// is no farther than any other's, but for the width of a decision.
func TestEverySampleFindsItsStep(t *testing.T) {
	for _, l := range laws {
		last := math.MinInt
		for v := math.MinInt16; v <= math.MaxInt16; v++ {
			var b [1]byte
			l.Encode(b[:], pcm.Frame{int16(v)})
			got := define(l, b[0])
			if got < last {
				t.Fatalf("%v is not monotone at %d", l, v)
			}
			last = got
			// Half a step is 1/33 of the value, and 8 near zero; the loudest
			// mu-law steps end at 32635.
			if off, most := math.Abs(float64(got-v)), math.Max(8, (math.Abs(float64(v))+132)/32); off > most+1 {
				t.Fatalf("%v takes %d for %d", l, v, got)
			}
		}
	}
}

func TestSilenceIsSilent(t *testing.T) {
	for _, l := range laws {
		if v := define(l, l.Silence()); v < -8 || v > 8 {
			t.Errorf("%v silence is %d", l, v)
		}
	}
}

func TestShorterOfBothIsWritten(t *testing.T) {
	if n := ALaw.Encode(make([]byte, 3), make(pcm.Frame, 5)); n != 3 {
		t.Errorf("Encode = %d", n)
	}
	if n := MuLaw.Decode(make([]int16, 5), make([]byte, 2)); n != 2 {
		t.Errorf("Decode = %d", n)
	}
	if _, err := NewDecoder(ALaw).Decode(make([]int16, 5), make([]byte, 6)); err == nil {
		t.Error("a packet that does not fit is no error")
	}
}

func TestToneSurvives(t *testing.T) {
	for _, l := range laws {
		in, bytes, out := tone(0, 1600), make([]byte, 1600), make([]int16, 1600)
		l.Encode(bytes, in)
		l.Decode(out, bytes)
		var signal, noise float64
		for i := range in {
			signal += float64(in[i]) * float64(in[i])
			noise += float64(in[i]-out[i]) * float64(in[i]-out[i])
		}
		if db := 10 * math.Log10(signal/noise); db < 36 {
			t.Errorf("%v: noise is %.1f dB down, want 36", l, db)
		}
	}
}

func TestLostPacketSoundsLikeTheLast(t *testing.T) {
	d := NewDecoder(ALaw)
	bytes, got := make([]byte, 160), make([]int16, 0, 1600)
	for i := range 10 {
		f := make([]int16, 160)
		if i == 6 {
			d.Conceal(f)
		} else {
			ALaw.Encode(bytes, tone(i*160, 160))
			if _, err := d.Decode(f, bytes); err != nil {
				t.Fatal(err)
			}
		}
		got = append(got, f...)
	}
	want := tone(0, 1600)
	for i := range got {
		if off := math.Abs(float64(got[i]) - float64(want[i])); off > 2200 {
			t.Fatalf("sample %d is %d, want about %d", i, got[i], want[i])
		}
	}
}

func TestNothingAllocates(t *testing.T) {
	d := NewDecoder(MuLaw)
	f, b := tone(0, 160), make([]byte, 160)
	if n := testing.AllocsPerRun(100, func() {
		MuLaw.Encode(b, f)
		_, _ = d.Decode(f, b)
		d.Conceal(f)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// tone is 400 Hz: a period of 20 samples.
func tone(from, n int) pcm.Frame {
	f := make(pcm.Frame, n)
	for i := range f {
		f[i] = int16(8000 * math.Sin(2*math.Pi*400*float64(from+i)/pcm.Narrowband))
	}
	return f
}

func BenchmarkEncode(b *testing.B) {
	f, dst := tone(0, 160), make([]byte, 160)
	b.ReportAllocs()
	for b.Loop() {
		ALaw.Encode(dst, f)
	}
}

func BenchmarkDecode(b *testing.B) {
	f, src := tone(0, 160), make([]byte, 160)
	b.ReportAllocs()
	for b.Loop() {
		ALaw.Decode(f, src)
	}
}

func BenchmarkConceal(b *testing.B) {
	f, d := tone(0, 160), NewDecoder(ALaw)
	src := make([]byte, 160)
	ALaw.Encode(src, f)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = d.Decode(f, src)
		d.Conceal(f)
	}
}

// TestTablesAreTheDefinition: the bits that are not looked at make no difference.
func TestTablesAreTheDefinition(t *testing.T) {
	for v := math.MinInt16; v <= math.MaxInt16; v++ {
		var a, mu [1]byte
		ALaw.Encode(a[:], pcm.Frame{int16(v)})
		MuLaw.Encode(mu[:], pcm.Frame{int16(v)})
		if wantA, wantMu := g711.EncodeAlawFrame(int16(v)), g711.EncodeUlawFrame(int16(v)); a[0] != wantA || mu[0] != wantMu {
			t.Fatalf("%d becomes %#02x and %#02x, want %#02x and %#02x", v, a[0], mu[0], wantA, wantMu)
		}
	}
}
