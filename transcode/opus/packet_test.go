package opus

import (
	"math"
	"slices"
	"testing"

	"github.com/einwahl/einwahl/transcode/pcm"
)

func TestLengthOfAPacketIsKnownUndecoded(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		e, err := NewEncoder(EncoderConfig{Rate: rate, Bitrate: 24000, Complexity: 1})
		if err != nil {
			t.Fatal(err)
		}
		d, err := NewDecoder(16000)
		if err != nil {
			t.Fatal(err)
		}
		packet, sound := make([]byte, MaxPacket), make([]int16, 2*960)
		for _, parts := range []int{100, 50} { // of a second
			n, err := e.Encode(packet, make(pcm.Frame, rate/parts))
			if err != nil {
				t.Fatal(err)
			}
			one := packet[:n]
			two := append([]byte{one[0] | 1}, slices.Concat(one[1:], one[1:])...)
			several := append([]byte{one[0] | 3, 1}, one[1:]...)
			for _, p := range [][]byte{one, two, several} {
				got := d.Samples(p)
				if want, err := d.Decode(sound, p); err != nil || got != want {
					t.Errorf("rate %d, 1/%d s: %d samples, want %d (%v)", rate, parts, got, want, err)
				}
			}
		}
		d.Close()
		e.Close()
	}
}

func TestVoiceIsKnownUndecoded(t *testing.T) {
	for _, cbr := range []bool{false, true} { // with padding behind the frame
		e, err := NewEncoder(EncoderConfig{Rate: 16000, Bitrate: 24000, Complexity: 5, CBR: cbr})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		var d Decoder
		packet, f, right := make([]byte, MaxPacket), make(pcm.Frame, 320), 0
		for i := range 200 {
			speaks := i/50%2 == 0
			for k := range f {
				f[k] = int16(k % 5) // the hiss of a microphone
				if at := 2 * math.Pi * float64(i*320+k) / 16000; speaks {
					f[k] += int16(4000*math.Sin(150*at) + 3000*math.Sin(450*at))
				}
			}
			n, err := e.Encode(packet, f)
			if err != nil {
				t.Fatal(err)
			}
			if d.Voice(packet[:n]) == speaks {
				right++
			}
		}
		if right < 150 {
			t.Errorf("%d of 200 guesses are right, with packets of one length: %v", right, cbr)
		}
	}
}

func FuzzPacket(f *testing.F) {
	f.Add([]byte{0x0b, 0xff, 0x00})
	d := &Decoder{rate: 48000}
	f.Fuzz(func(t *testing.T, packet []byte) {
		d.Voice(packet)
		d.Copies(packet)
		if n := d.Samples(packet); n < 0 || n > 63*2880 {
			t.Errorf("%d samples", n)
		}
	})
}

func TestCopiesAreKnownUndecoded(t *testing.T) {
	var d Decoder
	for _, cbr := range []bool{false, true} { // with padding behind the frame
		e, err := NewEncoder(EncoderConfig{Rate: 16000, Bitrate: 24000, Complexity: 5, CBR: cbr})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		packet, copies := make([]byte, MaxPacket), 0
		for i := range 200 {
			if i == 100 {
				if copies > 0 {
					t.Errorf("%d of 100 packets are said to carry copies", copies)
				}
				if err := e.SetLoss(20); err != nil {
					t.Fatal(err)
				}
			}
			f := make(pcm.Frame, 320)
			if i/10%2 == 0 { // what goes on without a pause is taken for noise
				f = voice(i*320, 320, 16000)
			}
			n, err := e.Encode(packet, f)
			if err != nil {
				t.Fatal(err)
			}
			if d.Copies(packet[:n]) {
				copies++
			}
		}
		if copies < 30 {
			t.Errorf("%d of 50 packets of speech are said to carry copies, with packets of one length: %v", copies, cbr)
		}
	}
	for _, p := range [][]byte{nil, {0x58}, {0xF8, 0xFF, 0xFF}, {0x5B, 0xFF, 0xFF}} {
		if d.Copies(p) {
			t.Errorf("%x is said to carry a copy", p)
		}
	}
}
