package media

import (
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/g711"
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
