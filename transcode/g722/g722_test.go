package g722

import (
	"math"
	"testing"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// sine is a tone at rate.
func sine(hertz, amplitude float64, rate, samples int) []int16 {
	sound := make([]int16, samples)
	for i := range sound {
		sound[i] = int16(math.Round(amplitude * math.Sin(2*math.Pi*hertz*float64(i)/float64(rate))))
	}
	return sound
}

// through codes a sound at one rate and decodes it at another, frame by frame.
func through(t testing.TB, sound []int16, from, to int) []int16 {
	t.Helper()
	e, err := NewEncoder(from)
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDecoder(to)
	if err != nil {
		t.Fatal(err)
	}
	var out []int16
	packet, frame := make([]byte, pcm.NarrowbandSamples), make([]int16, to/50)
	for at := 0; at+from/50 <= len(sound); at += from / 50 {
		n := e.Encode(packet, sound[at:at+from/50])
		m, err := d.Decode(frame, packet[:n])
		if n != 160 || m != to/50 || err != nil {
			t.Fatalf("%d bytes, %d samples, %v", n, m, err)
		}
		out = append(out, frame...)
	}
	return out
}

// level is how loud a tone is, relative to a sine of amplitude 1, in dB.
func level(sound []int16, hertz float64, rate int) float64 {
	var re, im float64
	for i, s := range sound {
		w := 1 - math.Cos(2*math.Pi*float64(i)/float64(len(sound)))
		sin, cos := math.Sincos(2 * math.Pi * hertz * float64(i) / float64(rate))
		re += w * float64(s) * cos
		im += w * float64(s) * sin
	}
	return 20 * math.Log10(2*math.Hypot(re, im)/float64(len(sound))+1e-9)
}

// besides is how loud everything but a tone is, relative to it, in dB.
func besides(sound []int16, hertz float64, rate int) float64 {
	var re, im, all float64
	n := float64(len(sound))
	for i, s := range sound {
		sin, cos := math.Sincos(2 * math.Pi * hertz * float64(i) / float64(rate))
		re += float64(s) * cos
		im += float64(s) * sin
		all += float64(s) * float64(s)
	}
	tone := 2 * (re*re + im*im) / n
	return 10 * math.Log10((all-tone+1e-9)/tone)
}

func TestTonesComeThrough(t *testing.T) {
	for _, tt := range []struct {
		name     string
		hertz    float64
		from, to int
		noise    float64 // at most, relative to the tone, in dB
	}{
		{"wide to wide, in the low band", 1000, 16000, 16000, -35},
		{"wide to wide, in the high band", 6000, 16000, 16000, -18},
		{"wide to the telephone", 1000, 16000, 8000, -35},
		{"the telephone to wide", 1000, 8000, 16000, -35},
		{"the telephone to the telephone", 1000, 8000, 8000, -35},
		{"the lowest of the telephone's band", 300, 8000, 8000, -35},
		{"the highest of the telephone's band", 3400, 8000, 8000, -20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			const amplitude = 8000
			out := through(t, sine(tt.hertz, amplitude, tt.from, tt.from), tt.from, tt.to)
			out = out[tt.to/10:]
			out = out[:tt.to/2]
			if got := level(out, tt.hertz, tt.to) - 20*math.Log10(amplitude); math.Abs(got) > 0.5 {
				t.Errorf("the tone is %.2f dB louder", got)
			}
			if got := besides(out, tt.hertz, tt.to); got > tt.noise {
				t.Errorf("noise at %.1f dB, want %.1f", got, tt.noise)
			}
		})
	}
}

// What the telephone cannot carry must not come back as something else.
func TestNothingIsMirroredIntoTheTelephonesBand(t *testing.T) {
	for _, hertz := range []float64{4600, 5200, 7000} {
		out := through(t, sine(hertz, 8000, 16000, 16000), 16000, 8000)[800:]
		if got := level(out, 8000-hertz, 8000) - 20*math.Log10(8000); got > -40 {
			t.Errorf("%.0f Hz is heard as %.0f Hz at %.1f dB", hertz, 8000-hertz, got)
		}
	}
	for _, hertz := range []float64{1000, 3400} {
		out := through(t, sine(hertz, 8000, 8000, 8000), 8000, 16000)[1600:]
		if got := level(out, 8000-hertz, 16000) - 20*math.Log10(8000); got > -40 {
			t.Errorf("%.0f Hz is heard as %.0f Hz too, at %.1f dB", hertz, 8000-hertz, got)
		}
	}
}

func TestSilenceStaysSilent(t *testing.T) {
	for _, s := range through(t, make([]int16, 16000), 8000, 8000)[400:] {
		if s > 8 || s < -8 {
			t.Fatalf("silence has become %d", s)
		}
	}
}

func TestTheLoudestSoundIsNotTurnedRound(t *testing.T) {
	out := through(t, sine(440, 32767, 8000, 8000), 8000, 8000)[800:]
	if got := besides(out, 440, 8000); got > -25 {
		t.Errorf("noise at %.1f dB", got)
	}
}

func TestLossIsConcealed(t *testing.T) {
	sound := sine(400, 8000, 8000, 8000)
	e, _ := NewEncoder(8000)
	d, _ := NewDecoder(8000)
	packet, frame := make([]byte, 160), make([]int16, 160)
	var out []int16
	for at := 0; at < len(sound); at += 160 {
		e.Encode(packet, sound[at:at+160])
		if at == 3200 {
			if n := d.Conceal(frame); n != 160 {
				t.Fatalf("made up %d samples", n)
			}
		} else if _, err := d.Decode(frame, packet); err != nil {
			t.Fatal(err)
		}
		out = append(out, frame...)
	}
	lost := level(out[3200:3360], 400, 8000) - 20*math.Log10(8000)
	if lost < -6 {
		t.Errorf("the gap is %.1f dB below what was lost", lost)
	}
	if after := besides(out[4800:], 400, 8000); after > -30 {
		t.Errorf("noise at %.1f dB after the gap: the decoder has not found back", after)
	}
	d.Reset()
	if n, err := d.Decode(frame, packet); n != 160 || err != nil {
		t.Errorf("after a reset %d, %v", n, err)
	}
}

func TestPacketsOfAnyLength(t *testing.T) {
	d, _ := NewDecoder(8000)
	dst := make([]int16, 960)
	for _, n := range []int{0, 1, 79, 80, 81, 240, 480, 960} {
		if got, err := d.Decode(dst, make([]byte, n)); got != n || err != nil {
			t.Errorf("%d bytes made %d samples, %v", n, got, err)
		}
	}
	if _, err := d.Decode(dst, make([]byte, 961)); err == nil {
		t.Error("a packet longer than the buffer was decoded")
	}
	if _, err := NewEncoder(48000); err == nil {
		t.Error("made an encoder for 48 kHz")
	}
	if _, err := NewDecoder(0); err == nil {
		t.Error("made a decoder for 0 Hz")
	}
}

func TestNothingIsAllocated(t *testing.T) {
	e, _ := NewEncoder(8000)
	d, _ := NewDecoder(8000)
	sound, packet, frame := sine(1000, 8000, 8000, 160), make([]byte, 160), make([]int16, 160)
	if n := testing.AllocsPerRun(100, func() {
		e.Encode(packet, sound)
		_, _ = d.Decode(frame, packet)
		d.Conceal(frame)
	}); n != 0 {
		t.Errorf("%.1f allocations", n)
	}
}

// FuzzDecoder: whatever comes, there are as many samples as bytes.
func FuzzDecoder(f *testing.F) {
	f.Add([]byte{0xfa, 0xfa, 0xfa}, 8000)
	f.Add(make([]byte, 961), 16000)
	f.Add([]byte{0, 0x3f, 0xff, 0xc0}, 16000)
	f.Fuzz(func(t *testing.T, payload []byte, rate int) {
		d, err := NewDecoder(rate)
		if err != nil {
			return
		}
		dst := make([]int16, rate*12/100)
		n, err := d.Decode(dst, payload)
		if err == nil && n != len(payload)*rate/8000 {
			t.Errorf("%d bytes made %d samples", len(payload), n)
		}
		d.Conceal(dst)
	})
}

func BenchmarkEncode(b *testing.B) {
	e, _ := NewEncoder(8000)
	sound, packet := sine(1000, 8000, 8000, 160), make([]byte, 160)
	b.ReportAllocs()
	for b.Loop() {
		e.Encode(packet, sound)
	}
}

func BenchmarkDecode(b *testing.B) {
	e, _ := NewEncoder(8000)
	d, _ := NewDecoder(8000)
	packet, frame := make([]byte, 160), make([]int16, 160)
	e.Encode(packet, sine(1000, 8000, 8000, 160))
	b.ReportAllocs()
	for b.Loop() {
		_, _ = d.Decode(frame, packet)
	}
}
