package media

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// event is a telephone-event payload.
func event(code uint8, end bool, duration uint16) []byte {
	b := []byte{code, 10, byte(duration >> 8), byte(duration)}
	if end {
		b[1] |= 0x80
	}
	return b
}

func (p *phone) key(code uint8) {
	for i := range 5 {
		p.send(101, event(code, false, uint16(160*(i+1))), 0)
	}
	for range 3 {
		p.send(101, event(code, true, 960), 0)
	}
	p.ts += 960
}

func (p *phone) digits() (all string) {
	for {
		select {
		case r := <-p.leg.Digits():
			all += string(r)
		default:
			return all
		}
	}
}

func TestDigits(t *testing.T) {
	p := newBench(t, nil).dial(withEvents, eventsMap)
	p.key(1)
	p.leg.PushDigit('1') // the same press by INFO
	p.key(1)
	p.leg.PushDigit('1')
	p.leg.PushDigit('#') // INFO comes first
	p.key(11)
	p.key(10)
	if got := p.digits(); got != "11#*" {
		t.Errorf("digits %q", got)
	}
	if s := p.engine.Stats(); s.Digits != 4 {
		t.Errorf("counted %d", s.Digits)
	}
	for range 200 { // nobody takes them: nothing blocks
		p.leg.PushDigit('7')
	}
}

func TestDigitsOfOddSenders(t *testing.T) {
	t.Run("a stream of its own beside the sound", func(t *testing.T) {
		p := newBench(t, nil).dial(withEvents, eventsMap)
		sound, keys := *p, *p
		keys.ssrc, keys.seq, keys.ts = 99, 100, 5
		for i := range 8 {
			sound.send(8, encoded(g711.ALaw, 160), 160)
			keys.send(101, event(4, i > 5, uint16(160*(i+1))), 0)
		}
		if got := p.digits(); got != "4" {
			t.Errorf("digits %q", got)
		}
		if s := p.leg.Stats(); s.Lost != 0 || s.Unproven != 0 {
			t.Errorf("%+v", s)
		}
	})
	t.Run("a recording played again", func(t *testing.T) {
		p := newBench(t, nil).dial(withEvents, eventsMap)
		for range 3 {
			p.seq, p.ts = 12080, 17632
			p.key(0)
			p.now.Add(int64(time.Second))
		}
		p.seq, p.ts = 7984, 13280
		p.key(1)
		if got := p.digits(); got != "0001" {
			t.Errorf("digits %q", got)
		}
	})
	t.Run("a network that stood still within a key", func(t *testing.T) {
		p := newBench(t, nil).dial(withEvents, eventsMap)
		p.send(101, event(7, false, 160), 0)
		p.now.Add(int64(2 * time.Second))
		p.send(101, event(7, true, 320), 0)
		p.send(101, event(7, true, 320), 0)
		if got := p.digits(); got != "7" {
			t.Errorf("digits %q", got)
		}
	})
	t.Run("sound begins under another number in the middle of a key", func(t *testing.T) {
		p := newBench(t, nil).dial(withEvents, eventsMap)
		sound, keys := *p, *p
		keys.ssrc = 99
		for i := range 8 {
			keys.send(101, event(4, i > 5, uint16(160*(i+1))), 0)
			if i > 2 {
				sound.send(8, encoded(g711.ALaw, 160), 160)
			}
		}
		if got := p.digits(); got != "4" {
			t.Errorf("digits %q", got)
		}
	})
}

func TestKeysAreCutOutOfTheSound(t *testing.T) {
	p := newBench(t, nil).dial(withEvents, eventsMap)
	heard := &record{}
	p.leg.Connect(nil, heard)
	payload := encoded(g711.ALaw, 160)
	speak := func(n int) {
		for range n {
			p.send(8, payload, 160)
			p.step(1)
		}
	}
	speak(20)
	if heard.full() < 15 {
		t.Fatalf("the caller is not heard: %.0f", heard.loud)
	}
	before := len(heard.loud)
	ts := p.ts
	for i := range 10 { // the tone goes on beside its events
		p.ts = ts
		p.send(101, event(5, i == 9, uint16(160*(i+1))), 0)
		p.ts = ts + uint32(160*i)
		speak(1)
	}
	for _, l := range heard.loud[before:] {
		if l > 0 {
			t.Fatalf("a key is heard: %.0f", heard.loud[before:])
		}
	}
	before = len(heard.loud)
	speak(30)
	if n := (&record{heard.loud[before:]}).full(); n < 15 {
		t.Errorf("%d of 30 frames heard after the key", n)
	}
}

// keyTone is how high each of the two tones of a key goes.
const keyTone = 5000

// keysHeard is the loudness above which a key is heard in the meeting: 40 dB
// below the key. Two tones together are as loud as each of them is high.
const keysHeard = keyTone / 100.

// tonesOf is a key as sound, in packets of 20 ms of A-law.
func tonesOf(key rune, milliseconds int) [][]byte {
	rows, columns := [...]float64{697, 770, 852, 941}, [...]float64{1209, 1336, 1477, 1633}
	at := strings.IndexRune("123A456B789C*0#D", key)
	low, high := rows[at/4], columns[at%4]
	var packets [][]byte
	for from := 0; from < milliseconds*8; from += 160 {
		f := make(pcm.Frame, 160)
		for i := range f {
			x := 2 * math.Pi * float64(from+i) / 8000
			f[i] = int16(keyTone*math.Sin(low*x) + keyTone*math.Sin(high*x))
		}
		b := make([]byte, 160)
		g711.ALaw.Encode(b, f)
		packets = append(packets, b)
	}
	return packets
}

// play sends a key as sound, and a pause after it.
func (p *phone) play(key rune, milliseconds int) {
	for _, packet := range tonesOf(key, milliseconds) {
		p.send(8, packet, 160)
		p.step(1)
	}
	for range 4 {
		p.send(8, bytes.Repeat([]byte{0xd5}, 160), 160)
		p.step(1)
	}
}

func TestTonesAreKeysWhereNothingElseIs(t *testing.T) {
	p := newBench(t, nil).dial(pcma)
	heard := &record{}
	p.leg.Connect(nil, heard)
	for _, key := range "1234567890*#ABCD" {
		p.play(key, 60)
	}
	p.play('0', 1000)
	if got := p.digits(); got != "1234567890*#ABCD0" {
		t.Errorf("digits %q", got)
	}
	for i, l := range heard.loud {
		if l > keysHeard {
			t.Fatalf("a tone is heard in frame %d: %.0f", i, heard.loud)
		}
	}
	for range 20 {
		p.send(8, encoded(g711.ALaw, 160), 160)
		p.step(1)
	}
	if n := heard.full(); n < 15 {
		t.Errorf("%d of 20 frames heard after the keys", n)
	}
}

func TestNoKeyCountsTwice(t *testing.T) {
	t.Run("tones beside events count for nothing", func(t *testing.T) {
		p := newBench(t, nil).dial(withEvents, eventsMap)
		p.play('5', 100)
		if got := p.digits(); got != "" {
			t.Errorf("digits %q", got)
		}
		p.key(5)
		if got := p.digits(); got != "5" {
			t.Errorf("digits %q", got)
		}
	})
	t.Run("tones and INFO, whichever comes first", func(t *testing.T) {
		p := newBench(t, nil).dial(pcma)
		heard := &record{}
		p.leg.Connect(nil, heard)
		p.play('5', 100)
		p.leg.PushDigit('5')
		p.leg.PushDigit('6')
		p.play('6', 100)
		p.play('7', 100) // INFO has been seen: tones tell nothing more
		p.leg.PushDigit('7')
		if got := p.digits(); got != "567" {
			t.Errorf("digits %q", got)
		}
		for i, l := range heard.loud {
			if l > keysHeard {
				t.Fatalf("a tone is heard in frame %d: %.0f", i, heard.loud)
			}
		}
	})
	t.Run("events, tones and INFO at once", func(t *testing.T) {
		p := newBench(t, nil).dial(withEvents, eventsMap)
		for _, code := range []uint8{9, 9, 11} {
			p.play(rune("0123456789*#"[code]), 100)
			p.key(code)
			p.leg.PushDigit(rune("0123456789*#"[code]))
		}
		if got := p.digits(); got != "99#" {
			t.Errorf("digits %q", got)
		}
	})
}

func TestEventsAtOtherClocks(t *testing.T) {
	for _, tt := range []struct {
		name  string
		lines []string
		kind  uint8
	}{
		{"48000 with Opus", []string{"m=audio %d RTP/AVP 96 127", opusMap, "a=rtpmap:127 telephone-event/48000"}, 127},
		{"8000 with Opus", []string{"m=audio %d RTP/AVP 96 127", opusMap, "a=rtpmap:127 telephone-event/8000"}, 127},
		{"16000 with G.722", []string{"m=audio %d RTP/AVP 9 96", "a=rtpmap:96 telephone-event/16000"}, 96},
		{"under another type than the one answered", []string{"m=audio %d RTP/AVP 8 101 100", eventsMap, "a=rtpmap:100 telephone-event/16000"}, 100},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newBench(t, nil).dial(tt.lines...)
			for range 2 {
				for i := range 4 {
					p.send(tt.kind, event(7, i == 3, uint16(960*(i+1))), 0)
				}
				p.ts += 9600
			}
			if got := p.digits(); got != "77" {
				t.Errorf("digits %q", got)
			}
		})
	}
}

// BenchmarkCallWithTones is one call for 20 ms whose keys are listened for.
func BenchmarkCallWithTones(b *testing.B) {
	beat, _ := beatOf(b, []string{pcma}, speaker{8, 160, func(pcm.Frame) []byte { return payloadOfTone }, nil})
	b.ReportAllocs()
	for b.Loop() {
		beat()
	}
}

// Where keys come as tones, sound is kept back by a frame. When they come so
// again later, that frame is long past.
func TestNothingKeptBackComesLater(t *testing.T) {
	p := newBench(t, nil).dial(pcma)
	heard := &record{}
	p.leg.Connect(nil, heard)
	for range 5 {
		p.send(8, encoded(g711.ALaw, 160), 160)
		p.step(1)
	}
	p.offer(withEvents, eventsMap)
	p.step(50)
	before := heard.full()
	p.offer(pcma)
	p.step(10)
	if n := heard.full() - before; n > 0 {
		t.Errorf("%d frames are heard of a caller who has been silent for a second", n)
	}
}
