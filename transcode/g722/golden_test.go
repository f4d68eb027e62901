package g722

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"testing"
)

// goldenSound is a second of rising sawtooth, then noise, loud and faint, made
// of whole numbers so that every machine makes the same.
func goldenSound() []int16 {
	sound := make([]int16, 16000)
	var phase, fast, noise uint32 = 0, 0, 1
	for i := range sound {
		phase += uint32(27<<20 + i*60000)
		fast += 1400 << 20
		noise = noise*1664525 + 1013904223
		v := int32(phase)>>17 + int32(fast)>>19
		switch {
		case i >= 14000:
			v = int32(noise) >> 26
		case i >= 12000:
			v = int32(noise) >> 16
		}
		sound[i] = int16(v)
	}
	return sound
}

// anyCodes is half a second of bytes that no encoder would send.
func anyCodes() []byte {
	codes := make([]byte, 4000)
	noise := uint32(7)
	for i := range codes {
		noise = noise*1664525 + 1013904223
		codes[i] = byte(noise >> 24)
	}
	return codes
}

// The sums are of what FFmpeg 5.1 makes of the same: its g722 encoder and
// decoder, both at 64 kbit/s.
func TestAsAnotherImplementation(t *testing.T) {
	sound := goldenSound()
	e, err := NewEncoder(16000)
	if err != nil {
		t.Fatal(err)
	}
	codes := make([]byte, len(sound)/2)
	if n := e.Encode(codes, sound); n != len(codes) {
		t.Fatalf("encoded %d bytes", n)
	}
	const begin = "a06eda595afe117a7099f11b77197d777c75fa787abaf8729b248448a67535db"
	if got := hex.EncodeToString(codes[400:432]); got != begin {
		t.Errorf("encoded  %s\nas FFmpeg %s", got, begin)
	}
	checkSum(t, "encoded", codes, "b27b256c3d43101776d4b668")
	checkSum(t, "decoded", littleEndian(decodeAll(t, codes)), "69beb1c94870755007a55c2c")
	checkSum(t, "decoded from any bytes", littleEndian(decodeAll(t, anyCodes())), "727ce76f38c611b0d8b070c5")
}

func decodeAll(t *testing.T, codes []byte) []int16 {
	t.Helper()
	d, err := NewDecoder(16000)
	if err != nil {
		t.Fatal(err)
	}
	sound := make([]int16, 2*len(codes))
	if n, err := d.Decode(sound, codes); err != nil || n != len(sound) {
		t.Fatalf("decoded %d samples, %v", n, err)
	}
	return sound
}

func littleEndian(sound []int16) []byte {
	var b bytes.Buffer
	_ = binary.Write(&b, binary.LittleEndian, sound)
	return b.Bytes()
}

func checkSum(t *testing.T, what string, got []byte, want string) {
	t.Helper()
	sum := sha256.Sum256(got)
	if s := hex.EncodeToString(sum[:12]); s != want {
		t.Errorf("%s: sum %s, want %s", what, s, want)
	}
}
