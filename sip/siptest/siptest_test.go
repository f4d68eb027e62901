package siptest

import (
	"math"
	"testing"
	"time"
)

func TestLawsKeepAToneWithinTheirNoise(t *testing.T) {
	tone := Tone(1000, time.Second)
	for _, c := range []Codec{PCMA, PCMU} {
		back := make([]int16, len(tone))
		for i, s := range tone {
			back[i] = c.Decode(c.Encode(s))
		}
		if got, want := Level(back, 1000), -10.0; math.Abs(got-want) > 0.2 {
			t.Errorf("%v: level %.1f dB, want %.1f", c, got, want)
		}
		noise := make([]int16, len(tone))
		for i := range tone {
			noise[i] = back[i] - tone[i]
		}
		if got := Loudness(noise) - Loudness(tone); got > -35 {
			t.Errorf("%v: noise only %.1f dB below the tone", c, got)
		}
		if s := c.Decode(c.Encode(0)); s < -8 || s > 8 {
			t.Errorf("%v: silence became %d", c, s)
		}
	}
}

func TestLevelTellsTonesApart(t *testing.T) {
	tone := Tone(440, time.Second)
	if got := Level(tone, 440); math.Abs(got+10) > 0.1 {
		t.Errorf("440 Hz: %.1f dB, want -10", got)
	}
	if got := Level(tone, 880); got > -80 {
		t.Errorf("880 Hz: %.1f dB in a tone of 440", got)
	}
}

func FuzzParseMessage(f *testing.F) {
	f.Add([]byte("SIP/2.0 200 OK\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"))
	f.Add([]byte("BYE sip:a SIP/2.0\r\nContent-Length: 3\r\n\r\nabc"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := parseMessage(data)
		if err == nil {
			_, _, _ = m.Status(), m.Method(), m.Seq()
		}
	})
}
