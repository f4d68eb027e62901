package digits

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"math"
	chance "math/rand/v2"
	"strings"
	"testing"
)

func TestPatterns(t *testing.T) {
	for s, weak := range map[string]bool{
		"4829157730": false, "739204": false, "4711": false, "835146": false,
		"000000": true, "911114": true, "123456": true, "987654": true, "478905": true, "210987": true,
		"121212": true, "483483": true, "12121212121": true, "4829482948": true,
		"479974": true, "48299284": true, "4774": true, "112211": true, "3838383883": true, "1000000001": true,
		"": false, "1": false, "77": true,
	} {
		if got := Pattern(s); (got != "") != weak {
			t.Errorf("%s: %q, want weak %v", s, got, weak)
		}
	}
	for pin, weak := range map[string]bool{"915773": true, "037751": true, "739204": false, "123456": true} {
		if got := WeakPIN(pin, "4829157730"); (got != "") != weak {
			t.Errorf("PIN %s: %q, want weak %v", pin, got, weak)
		}
	}
}

func TestWhatIsMadeHasNoPattern(t *testing.T) {
	seen, again := map[string]bool{}, 0
	for range 20000 {
		for n := MinNumber; n <= MaxNumber; n++ {
			number, err := Number(rand.Reader, n)
			if err != nil || len(number) != n || number[0] == '0' || Pattern(number) != "" {
				t.Fatalf("number %q, %v", number, err)
			}
			if seen[number] {
				again++
			}
			seen[number] = true
			pin, err := PIN(rand.Reader, MinPIN, number)
			if err != nil || len(pin) != MinPIN || WeakPIN(pin, number) != "" {
				t.Fatalf("PIN %q of %q, %v", pin, number, err)
			}
		}
	}
	// Of so many with nine digits one time in five some two are alike; more than a
	// few never are.
	if again > 8 {
		t.Errorf("%d numbers came twice", again)
	}
}

// TestNumbersAreEven compares a million numbers with chance: how often each
// digit stands at each place, and how often one is above the one before.
func TestNumbersAreEven(t *testing.T) {
	const all, n = 1_000_000, 10
	random := chance.NewChaCha8([32]byte{7})
	var at [n][10]float64
	var last uint64
	above := 0
	for range all {
		number, err := Number(random, n)
		if err != nil {
			t.Fatal(err)
		}
		var value uint64
		for i := range n {
			d := number[i] - '0'
			at[i][d]++
			value = value*10 + uint64(d)
		}
		if value > last {
			above++
		}
		last = value
	}
	for i := range at {
		first := 0
		if i == 0 {
			first = 1 // which is never 0
		}
		// Leaving patterns out moves each by less than half a percent, which a
		// million numbers show; chance alone would stay below 28 (p = 0.001).
		if x := chiSquare(at[i][first:]); x > 60 {
			t.Errorf("digit %d: chi-square %.1f of %v", i, x, at[i])
		}
	}
	if up := float64(above) / all; math.Abs(up-0.5) > 0.002 {
		t.Errorf("%.4f of the numbers are above the one before: in no sequence half of them are", up)
	}
}

// chiSquare measures how far counts are from being alike.
func chiSquare(counts []float64) (x float64) {
	mean := 0.0
	for _, c := range counts {
		mean += c / float64(len(counts))
	}
	for _, c := range counts {
		x += (c - mean) * (c - mean) / mean
	}
	return x
}

func TestWhatIsTakenIsNotMadeAgain(t *testing.T) {
	random := chance.NewChaCha8([32]byte{1})
	first, _ := PIN(random, 6, "")
	second, err := PIN(io.MultiReader(chance.NewChaCha8([32]byte{1}), rand.Reader), 6, "", first)
	if err != nil || second == first {
		t.Errorf("%q after %q, %v", second, first, err)
	}
}

func TestABrokenSourceOfChanceMakesNothing(t *testing.T) {
	broken := errors.New("broken")
	for name, random := range map[string]io.Reader{
		"ends":           bytes.NewReader([]byte{1, 2, 3}),
		"fails":          io.MultiReader(strings.NewReader("x"), failing{broken}),
		"repeats itself": same(7), "has nothing even": same(255),
	} {
		if s, err := Number(random, 10); err == nil || s != "" {
			t.Errorf("%s: %q", name, s)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

type same byte

func (s same) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(s)
	}
	return len(p), nil
}
