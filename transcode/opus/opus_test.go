package opus

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// voice is something like a vowel: a pitch with a few harmonics.
func voice(from, n, rate int) pcm.Frame {
	f := make(pcm.Frame, n)
	for i := range f {
		t := 2 * math.Pi * 150 * float64(from+i) / float64(rate)
		f[i] = int16(3000*math.Sin(t) + 2500*math.Sin(3*t) + 1500*math.Sin(5*t))
	}
	return f
}

// power is the mean square of f.
func power(f []int16) (sum float64) {
	for _, s := range f {
		sum += float64(s) * float64(s)
	}
	return sum / float64(max(len(f), 1))
}

// share is how much of the power of f is at freq.
func share(f []int16, freq float64, rate int) float64 {
	var re, im float64
	for i, s := range f {
		a := 2 * math.Pi * freq * float64(i) / float64(rate)
		re += float64(s) * math.Cos(a)
		im += float64(s) * math.Sin(a)
	}
	n := float64(len(f))
	return 2 * (re*re + im*im) / (n * n) / power(f)
}

func newPair(t testing.TB, cfg EncoderConfig, rate int) (*Encoder, *Decoder) {
	t.Helper()
	e, err := NewEncoder(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e, newDecoder(t, rate)
}

func newDecoder(t testing.TB, rate int) *Decoder {
	t.Helper()
	d, err := NewDecoder(rate)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

func TestToneComesThroughAtEveryRate(t *testing.T) {
	for _, tt := range []struct {
		name     string
		from, to int
	}{
		{"telephone to telephone", 8000, 8000},
		{"telephone to browser", 8000, 48000},
		{"browser to telephone", 48000, 8000},
		{"wideband to telephone", 16000, 8000},
		{"wideband to wideband", 16000, 16000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := Telephone()
			cfg.Rate, cfg.DTX = tt.from, false
			e, d := newPair(t, cfg, tt.to)
			packet := make([]byte, MaxPacket)
			var out []int16
			for i := range 50 {
				f := make(pcm.Frame, tt.from/50)
				for k := range f {
					f[k] = int16(10000 * math.Sin(2*math.Pi*440*float64(i*len(f)+k)/float64(tt.from)))
				}
				n, err := e.Encode(packet, f)
				if err != nil {
					t.Fatal(err)
				}
				got := make([]int16, tt.to/50)
				if n, err := d.Decode(got, packet[:n]); err != nil || n != len(got) {
					t.Fatalf("Decode = %d, %v", n, err)
				}
				out = append(out, got...)
			}
			late := out[len(out)/2:]
			if got := share(late, 440, tt.to); got < 0.98 {
				t.Errorf("%.3f of the sound is the tone", got)
			}
			if db := 10 * math.Log10(power(late)/5e7); math.Abs(db) > 1 {
				t.Errorf("it is %.1f dB off in level", db)
			}
		})
	}
}

func TestSilenceIsNotWorthSending(t *testing.T) {
	e, _ := newPair(t, Telephone(), 8000)
	packet, f, small := make([]byte, MaxPacket), make(pcm.Frame, 160), 0
	for range 100 {
		n, err := e.Encode(packet, f)
		if err != nil {
			t.Fatal(err)
		}
		if n <= 2 {
			small++
		}
	}
	if small < 60 {
		t.Errorf("%d of 100 silent frames need not be sent", small)
	}
}

// A packet may be of any length and hold nothing: it lasts as long as the one that it
// is like.
func TestEmptyPacketsLastAsLongAsOthers(t *testing.T) {
	for _, samples := range []int{80, 160} {
		e, d := newPair(t, Telephone(), 8000)
		packet, out := make([]byte, MaxPacket), make([]int16, 960)
		n, err := e.Encode(packet, voice(0, samples, 8000))
		if err != nil {
			t.Fatal(err)
		}
		toc, sound := packet[0], slices.Clone(packet[:n])
		for length := 1; length <= 600; length++ {
			if n := Empty(packet[:length], toc); n != length {
				t.Fatalf("%d bytes, want %d", n, length)
			}
			if _, err := d.Decode(out, sound); err != nil {
				t.Fatal(err)
			}
			n, err := d.Decode(out, packet[:length])
			if err != nil || n != samples {
				t.Errorf("%d bytes are %d samples, want %d: %v", length, n, samples, err)
			}
		}
	}
}

func TestLostFrameIsConcealed(t *testing.T) {
	e, d := newPair(t, Telephone(), 8000)
	packet, out := make([]byte, MaxPacket), make([]int16, 160)
	for i := range 30 {
		n, err := e.Encode(packet, voice(i*160, 160, 8000))
		if err != nil {
			t.Fatal(err)
		}
		if i == 29 {
			break
		}
		if _, err := d.Decode(out, packet[:n]); err != nil {
			t.Fatal(err)
		}
	}
	was := power(out)
	if n := d.Conceal(out); n != 160 || power(out) < was/4 {
		t.Errorf("concealed %d samples at %.1f dB", n, 10*math.Log10(power(out)/was))
	}
}

// A change within the lost frame cannot be guessed; only the copy in the next
// packet knows of it.
func TestLostFrameComesBackFromTheNext(t *testing.T) {
	cfg := Telephone()
	cfg.FEC, cfg.LossPercent = true, 20
	e, d := newPair(t, cfg, 8000)
	_, blind := newPair(t, cfg, 8000)
	packet, out, guess := make([]byte, MaxPacket), make([]int16, 160), make([]int16, 160)
	for i := range 40 {
		f := voice(i*160, 160, 8000)
		if i >= 30 { // louder from here on
			for k := range f {
				f[k] *= 3
			}
		} else {
			for k := range f {
				f[k] /= 8
			}
		}
		n, err := e.Encode(packet, f)
		if err != nil {
			t.Fatal(err)
		}
		switch i {
		case 30, 31: // lost
			if i == 31 {
				d.Conceal(out)
				blind.Conceal(guess)
			}
			continue
		case 32:
			if n, err := d.DecodeFEC(out, packet[:n]); err != nil || n != 160 {
				t.Fatalf("DecodeFEC = %d, %v", n, err)
			}
			blind.Conceal(guess)
			if power(out) < 10*power(guess) {
				t.Errorf("recovered %.0f, guessed %.0f", power(out), power(guess))
			}
			return
		}
		_, _ = d.Decode(out, packet[:n])
		_, _ = blind.Decode(guess, packet[:n])
	}
}

func TestLossSwitchesFEC(t *testing.T) {
	e, d := newPair(t, Telephone(), 8000)
	spoken := 0
	copies := func() (n int) {
		packet := make([]byte, MaxPacket)
		for range 30 {
			frame := voice(spoken, 160, 8000)
			if spoken%3200 < 800 { // what never pauses is noise to an encoder
				clear(frame)
			}
			spoken += 160
			size, err := e.Encode(packet, frame)
			if err != nil {
				t.Fatal(err)
			}
			if d.Copies(packet[:size]) {
				n++
			}
		}
		return n
	}
	for _, tt := range []struct{ percent, least, most int }{
		{0, 0, 0},
		{20, 15, 30},
		{250, 15, 30}, // more than all is all
		{-1, 0, 1},    // the first was under way
	} {
		if err := e.SetLoss(tt.percent); err != nil {
			t.Error(err)
		}
		if n := copies(); n < tt.least || n > tt.most {
			t.Errorf("with %d %% of loss %d of 30 packets carry a copy, want %d to %d", tt.percent, n, tt.least, tt.most)
		}
	}
}

func TestComplexityHasLimits(t *testing.T) {
	e, _ := newPair(t, Telephone(), 8000)
	if err := e.SetComplexity(0); err != nil {
		t.Error(err)
	}
	if err := e.SetComplexity(11); err == nil {
		t.Error("complexity 11 is no error")
	}
}

func TestNonsenseIsAnError(t *testing.T) {
	if _, err := NewEncoder(EncoderConfig{Rate: 11025}); err == nil {
		t.Error("an encoder at 11025 Hz")
	}
	if _, err := NewDecoder(0); err == nil {
		t.Error("a decoder at 0 Hz")
	}
	cfg := Telephone()
	cfg.Complexity = 99
	if _, err := NewEncoder(cfg); err == nil || !strings.Contains(err.Error(), "complexity") {
		t.Errorf("complexity 99: %v", err)
	}
	e, d := newPair(t, Telephone(), 8000)
	if _, err := e.Encode(make([]byte, 100), make(pcm.Frame, 320)); err == nil {
		t.Error("a frame of another rate")
	}
	if _, err := e.Encode(nil, make(pcm.Frame, 160)); err == nil {
		t.Error("no room for the packet")
	}
	if _, err := d.Decode(make([]int16, 160), nil); err == nil {
		t.Error("an empty packet")
	}
	if _, err := d.DecodeFEC(make([]int16, 160), nil); err == nil {
		t.Error("an empty packet for FEC")
	}
	if _, err := d.Decode(make([]int16, 10), []byte{0x08}); err == nil {
		t.Error("no room for the sound")
	}
	if !strings.HasPrefix(Version(), "libopus") {
		t.Errorf("Version = %q", Version())
	}
}

func TestClosedIsClosed(t *testing.T) {
	e, d := newPair(t, Telephone(), 8000)
	e.Close()
	e.Close()
	d.Close()
	d.Close()
	d.Reset()
	if _, err := e.Encode(make([]byte, 10), make(pcm.Frame, 160)); err == nil {
		t.Error("a closed encoder encodes")
	}
	if err := e.SetLoss(1); err == nil {
		t.Error("a closed encoder is set")
	}
	out := []int16{1, 2, 3}
	if n := d.Conceal(out); n != 3 || out[0] != 0 {
		t.Errorf("a closed decoder conceals %d samples %v", n, out)
	}
}

func TestGuessesAreKnown(t *testing.T) {
	cfg := Telephone()
	cfg.FEC, cfg.LossPercent = true, 20
	e, d := newPair(t, cfg, 8000)
	packet, f := make([]byte, MaxPacket), make([]int16, 160)
	var n int
	for at := range 10 {
		n, _ = e.Encode(packet, voice(at*160, 160, 8000))
		_, _ = d.Decode(f, packet[:n])
	}
	guess := func(what string, want bool) {
		t.Helper()
		if d.Guessing() != want {
			t.Errorf("after %s: a guess %v, want %v", what, !want, want)
		}
	}
	guess("a packet", false)
	d.Conceal(f)
	guess("a gap", true)
	if !d.Copies(packet[:n]) {
		t.Fatal("no copy to decode")
	}
	_, _ = d.DecodeFEC(f, packet[:n])
	guess("a copy", false)
	_, _ = d.DecodeFEC(f, []byte{0x08, 0x80, 1, 2, 3})
	guess("no copy", true)
	d.Reset()
	guess("a new beginning", false)
}

func TestNothingAllocates(t *testing.T) {
	e, d := newPair(t, Telephone(), 8000)
	packet, f := make([]byte, MaxPacket), voice(0, 160, 8000)
	if n := testing.AllocsPerRun(100, func() {
		n, _ := e.Encode(packet, f)
		_, _ = d.Decode(f, packet[:n])
		_, _ = d.DecodeFEC(f, packet[:n])
		d.Conceal(f)
		Empty(packet[:n], packet[0])
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzDecode trusts libopus with what the network sends; the frame around it
// has to be right.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{0x08, 1, 2, 3})
	f.Add([]byte{0x0b, 0xff, 3})
	f.Add([]byte{15 << 3, 0x80, 1, 2, 3}) // decoded in part
	f.Fuzz(func(t *testing.T, packet []byte) {
		_, d := newPair(t, Telephone(), 8000)
		out := make([]int16, 960)
		for range 2 {
			if n, err := d.Decode(out, packet); err == nil && (n <= 0 || n > len(out)) {
				t.Fatalf("Decode = %d", n)
			}
			_, _ = d.DecodeFEC(out[:160], packet)
			d.Conceal(out[:160])
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	e, _ := newPair(b, Telephone(), 8000)
	packet, f := make([]byte, MaxPacket), voice(0, 160, 8000)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = e.Encode(packet, f)
	}
}

func BenchmarkDecode(b *testing.B) {
	e, d := newPair(b, Telephone(), 8000)
	packet, f := make([]byte, MaxPacket), voice(0, 160, 8000)
	n, _ := e.Encode(packet, f)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = d.Decode(f, packet[:n])
	}
}
