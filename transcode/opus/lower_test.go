package opus

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// speech is what a browser sends at 32 kbit/s and 48 kHz: a voice with hiss above
// it that pauses for one second in three.
func speech(t testing.TB, seconds, parts int, cfg EncoderConfig) (packets [][]byte) {
	t.Helper()
	cfg.Rate, cfg.Complexity = ClockRate, 9
	e, err := NewEncoder(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	chance := rand.New(rand.NewPCG(1, 2))
	for i := range seconds * parts {
		n := ClockRate / parts
		f, hiss := make(pcm.Frame, n), 40
		if i/parts%3 < 2 {
			f, hiss = voice(i*n, n, ClockRate), 3000
		}
		for k := range f {
			f[k] += int16(chance.IntN(hiss))
		}
		packet := make([]byte, MaxPacket)
		size, err := e.Encode(packet, f)
		if err != nil {
			t.Fatal(err)
		}
		packets = append(packets, packet[:size])
	}
	return packets
}

// Whatever else becomes of a stream, it sounds to the bit as if all of it had
// been decoded.
func TestWhatIsLeftUndecodedIsNotHeard(t *testing.T) {
	browser := EncoderConfig{Bitrate: 32000}
	never := func(int) bool { return false }
	lossy := EncoderConfig{Bitrate: 40000, FEC: true, LossPercent: 10}
	for _, tt := range []struct {
		name   string
		parts  int // of a second, that a packet is long
		cfg    EncoderConfig
		lost   func(i int) bool
		parted int // so many percent of packets at least are decoded in part,
		copied int // and so many packets made of the next
	}{
		{"speech with pauses", 50, browser, never, 50, 0},
		{"packets of 10 ms", 100, EncoderConfig{Bitrate: 40000}, never, 50, 0},
		{"silence is hardly sent", 50, EncoderConfig{Bitrate: 32000, DTX: true}, never, 40, 0},
		{"packets are lost", 50, browser, func(i int) bool { return i%7 == 3 }, 40, 0},
		{"many are lost in a row", 50, browser, func(i int) bool { return i%60 > 40 }, 30, 0},
		{"the next packet has a copy of what is lost", 50, lossy, func(i int) bool { return i%9 == 5 }, 0, 30},
	} {
		t.Run(tt.name, func(t *testing.T) {
			packets := speech(t, 12, tt.parts, tt.cfg)
			for _, rate := range []int{8000, 12000, 16000} {
				part, whole := newDecoder(t, rate), newDecoder(t, rate)
				got, want := make([]int16, rate/tt.parts), make([]int16, rate/tt.parts)
				parted, copied := 0, 0
				for i, p := range packets {
					if tt.lost(i) {
						if i+1 < len(packets) && !tt.lost(i+1) && part.Copies(packets[i+1]) {
							copied++
							_, _ = part.DecodeFEC(got, packets[i+1])
							_, _ = whole.DecodeFEC(want, packets[i+1])
						} else {
							part.Conceal(got)
							whole.Conceal(want)
						}
					} else {
						if part.layered && lower(p) {
							parted++
						}
						n, err := part.Decode(got, p)
						if m, wantErr := whole.DecodeWhole(want, p); n != m || err != nil || wantErr != nil {
							t.Fatalf("at %d Hz packet %d: Decode = %d, %v, want %d, %v", rate, i, n, err, m, wantErr)
						}
					}
					if !slices.Equal(got, want) {
						t.Fatalf("at %d Hz packet %d, lost: %v, sounds otherwise", rate, i, tt.lost(i))
					}
				}
				if 100*parted < tt.parted*len(packets) || copied < tt.copied {
					t.Errorf("at %d Hz %d of %d packets were decoded in part, %d had a copy", rate, parted, len(packets), copied)
				}
			}
		})
	}
}

// Where a stream changes its mode, what leads over to the other is not lost: no
// more than the end of a frame sounds otherwise, and hardly so.
func TestChangeOfModeIsLedOver(t *testing.T) {
	for _, tt := range []struct {
		name  string
		bits  int // a second, in turn with 32000, which is two layers
		other func(config byte) bool
		most  int // packets that sound otherwise, for each change to it
	}{
		{"CELT alone", 160000, func(c byte) bool { return c >= celt }, 1},
		{"SILK alone", 12000, func(c byte) bool { return c < hybrid }, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, err := NewEncoder(EncoderConfig{Rate: ClockRate, Bitrate: 32000, Complexity: 9})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			part, whole := newDecoder(t, 8000), newDecoder(t, 8000)
			packet, got, want := make([]byte, MaxPacket), make([]int16, 160), make([]int16, 160)
			changes, other, parted, otherwise := 0, false, 0, 0
			for i := range 600 {
				bits := 32000
				if i/50%2 == 1 {
					bits = tt.bits
				}
				if err := e.set("bitrate", 4002, bits); err != nil { // OPUS_SET_BITRATE
					t.Fatal(err)
				}
				f := voice(i*960, 960, ClockRate)
				if i/5%3 == 0 && i%50 > 5 && i%50 < 45 { // what never pauses is noise to an encoder
					clear(f)
				}
				n, err := e.Encode(packet, f)
				if err != nil {
					t.Fatal(err)
				}
				if is := tt.other(packet[0] >> 3); is != other {
					if other = is; is {
						changes++
					}
				}
				if part.layered && lower(packet[:n]) {
					parted++
				}
				if _, err := part.Decode(got, packet[:n]); err != nil {
					t.Fatal(err)
				}
				if _, err := whole.DecodeWhole(want, packet[:n]); err != nil {
					t.Fatal(err)
				}
				if slices.Equal(got, want) {
					continue
				}
				otherwise++
				apart := make([]int16, len(got))
				for k := range got {
					apart[k] = got[k] - want[k]
				}
				if db := 10 * math.Log10(power(apart)/power(want)); db > -25 {
					t.Errorf("%.1f dB of packet %d sound otherwise", db, i)
				}
			}
			if changes < 5 || parted < 100 {
				t.Fatalf("the mode changed %d times, and %d packets were decoded in part: nothing was tried", changes, parted)
			}
			if otherwise > tt.most*changes {
				t.Errorf("%d packets sound otherwise; the mode changed %d times", otherwise, changes)
			}
		})
	}
}

func TestDecodingInPartDoesNotAllocate(t *testing.T) {
	d, sound := newDecoder(t, 8000), make([]int16, 160)
	packets := slices.DeleteFunc(speech(t, 2, 50, EncoderConfig{Bitrate: 32000}), func(p []byte) bool { return !lower(p) })
	for _, p := range packets { // until the largest has been seen
		_, _ = d.Decode(sound, p)
	}
	i := 0
	if n := testing.AllocsPerRun(len(packets), func() {
		_, _ = d.Decode(sound, packets[i%len(packets)])
		i++
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestWhichPacketsAreDecodedInPart(t *testing.T) {
	d := newDecoder(t, 8000)
	for _, tt := range []struct {
		name   string
		packet []byte
		want   bool
	}{
		{"two layers, one frame of 20 ms, active", []byte{15 << 3, 0x80, 1}, true},
		{"superwideband", []byte{13 << 3, 0xbf, 1}, true},
		{"10 ms", []byte{14 << 3, 0x80, 1}, true},
		{"not active", []byte{15 << 3, 0x3f, 1}, false},
		{"with a copy of the one before", []byte{15 << 3, 0xc0, 1}, false},
		{"two channels", []byte{15<<3 | 4, 0x80, 1}, false},
		{"two frames", []byte{15<<3 | 1, 0x80, 1, 0x80, 1}, false},
		{"any number of frames", []byte{15<<3 | 3, 0x81, 1}, false},
		{"SILK alone", []byte{9 << 3, 0x80, 1}, false},
		{"CELT alone", []byte{31 << 3, 0x80, 1}, false},
		{"silence", []byte{15 << 3, 0x80}, false},
		{"nothing", nil, false},
		{"too long", append([]byte{15 << 3, 0x80}, make([]byte, MaxPacket)...), false},
	} {
		if got := lower(tt.packet); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
		_, _ = d.Decode(make([]int16, 960), tt.packet)
	}
}

// BenchmarkDecodeBrowser decodes a browser's voice for a telephone.
func BenchmarkDecodeBrowser(b *testing.B) {
	packets := slices.DeleteFunc(speech(b, 6, 50, EncoderConfig{Bitrate: 32000}), func(p []byte) bool { return !lower(p) })
	for name, decode := range map[string]func(*Decoder, []int16, []byte) (int, error){
		"as-needed": (*Decoder).Decode,
		"whole":     (*Decoder).DecodeWhole,
	} {
		b.Run(name, func(b *testing.B) {
			d, sound := newDecoder(b, 8000), make([]int16, 160)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, err := decode(d, sound, packets[i%len(packets)]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
