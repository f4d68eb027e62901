package media

import (
	"testing"
	"time"
)

func TestKeys(t *testing.T) {
	type message struct {
		by    way
		digit rune
		at    time.Duration
	}
	const s = time.Second
	for _, tt := range []struct {
		name string
		told []message
		want string
	}{
		{name: "by RTP alone", told: []message{{inRTP, '1', 0}, {inRTP, '1', s}, {inRTP, '2', 2 * s}}, want: "112"},
		{name: "by INFO alone", told: []message{{inINFO, '1', 0}, {inINFO, '1', s}, {inINFO, '2', 2 * s}}, want: "112"},
		{name: "each key by both", told: []message{{inRTP, '1', 0}, {inINFO, '1', s}, {inINFO, '1', 2 * s}, {inRTP, '1', 2 * s}}, want: "11"},
		{name: "all by RTP, then all by INFO", told: []message{{inRTP, '1', 0}, {inRTP, '2', s}, {inRTP, '2', s}, {inINFO, '1', s}, {inINFO, '2', s}, {inINFO, '2', 2 * s}}, want: "122"},
		{name: "a long press is told by INFO at its end", told: []message{{inRTP, '#', 0}, {inINFO, '#', 4 * s}}, want: "#"},
		{name: "each key by all three", told: []message{{inTones, '1', 0}, {inINFO, '1', 0}, {inRTP, '1', 0}, {inRTP, '1', s}, {inTones, '1', s}, {inINFO, '1', s}}, want: "11"},
		{name: "by two, and then by the other two", told: []message{{inTones, '1', 0}, {inINFO, '1', 0}, {inINFO, '2', s}, {inRTP, '2', s}}, want: "12"},
		{name: "one way stops", told: []message{{inRTP, '1', 0}, {inINFO, '1', 0}, {inINFO, '2', s}, {inINFO, '1', 2 * s}}, want: "121"},
		{name: "another digit is no twin", told: []message{{inRTP, '1', 0}, {inINFO, '2', 0}}, want: "12"},
		{name: "the same digit much later is another press", told: []message{{inRTP, '1', 0}, {inINFO, '1', 6 * s}}, want: "11"},
		{name: "a message that got lost does not double the next press", told: []message{{inRTP, '1', 0}, {inRTP, '2', s}, {inINFO, '2', s}}, want: "12"},
		{name: "a message that got lost does not swallow later presses", told: []message{{inRTP, '1', 0}, {inRTP, '2', 6 * s}, {inINFO, '2', 6 * s}, {inINFO, '3', 7 * s}, {inRTP, '3', 7 * s}}, want: "123"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var k keys
			got := ""
			for _, m := range tt.told {
				if k.press(m.digit, m.by, time.Unix(1e9, 0).Add(m.at)) {
					got += string(m.digit)
				}
			}
			if got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestManyKeysAreBounded(t *testing.T) {
	var k keys
	for range 1000 {
		if !k.press('5', inRTP, time.Unix(1e9, 0)) {
			t.Fatal("a press by one way alone was taken for a twin")
		}
	}
}
