package media

import (
	"math"
	"strings"
	"testing"

	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// pressed is a key whose tones come in the sound, and which a gateway on the way finds
// there: its messages begin late.
type pressed struct {
	key       rune
	begin     int // in milliseconds from the beginning of a packet
	late      int // in milliseconds from there
	amplitude float64
}

const (
	// pressedFor is in milliseconds.
	pressedFor = 100
	// beforeKey is how many packets come before the one in which a key is pressed.
	beforeKey = 5
)

// fill writes a packet's worth of sound.
func (k pressed) fill(f pcm.Frame, packet int) {
	rows, columns := [...]float64{697, 770, 852, 941}, [...]float64{1209, 1336, 1477, 1633}
	at := strings.IndexRune("123A456B789C*0#D", k.key)
	for i := range f {
		f[i] = 0
		if x := float64((packet-beforeKey)*len(f)+i)/float64(f.Rate()) - float64(k.begin)/1000; x >= 0 && x < pressedFor/1000. {
			f[i] = int16(k.amplitude*math.Sin(2*math.Pi*rows[at/4]*x) + k.amplitude*math.Sin(2*math.Pi*columns[at%4]*x))
		}
	}
}

// send has a phone press the key. The messages go on until it is up, beside the sound.
func (k pressed) send(p *phone, s speaker, rate int) {
	frame := make(pcm.Frame, rate/50)
	for packet := range beforeKey + pressedFor/20 + 8 {
		k.fill(frame, packet)
		since := 20*(packet+1-beforeKey) - k.begin // what is known when the packet is sent
		if since >= k.late && since < pressedFor+40 {
			now := p.ts
			p.ts -= s.ticks * uint32(since) / 20
			p.send(101, event(5, since >= pressedFor, uint16(s.ticks)*uint16(since)/20), 0)
			p.ts = now
		}
		p.send(s.kind, s.encode(frame), s.ticks)
		p.step(1)
	}
}

// heardOf is how far what is heard of a key lies below it, in dB, over its length and
// in its worst 20 ms.
func (k pressed) heardOf(sound []int16, rate int) (all, worst float64) {
	window, sum, last, most := rate/50, 0.0, 0.0, 0.0
	for i, s := range sound {
		sum += float64(s) * float64(s)
		if last += float64(s) * float64(s); i >= window {
			last -= float64(sound[i-window]) * float64(sound[i-window])
		}
		most = max(most, last)
	}
	down := func(energy, seconds float64) float64 {
		return 10 * math.Log10(k.amplitude*k.amplitude*seconds*float64(rate)/max(energy, 1))
	}
	return down(sum, pressedFor/1000.), down(most, 0.02)
}

// TestKeysAreCutBeforeTheirMessages: wherever in a packet they begin, at -8 and -20
// dBm0 for each tone, and however late the message is.
func TestKeysAreCutBeforeTheirMessages(t *testing.T) {
	law := func(l g711.Law) func(testing.TB) speaker {
		packet := make([]byte, pcm.NarrowbandSamples)
		return func(testing.TB) speaker {
			return speaker{uint8(l), 160, func(f pcm.Frame) []byte { return packet[:l.Encode(packet, f)] }, nil}
		}
	}
	for _, tt := range []struct {
		name       string
		lines      []string
		rate       int
		speaker    func(testing.TB) speaker
		all, worst float64 // dB
	}{
		{"A-law", []string{withEvents, eventsMap}, pcm.Narrowband, law(g711.ALaw), 40, 40},
		{"mu-law", []string{"m=audio %d RTP/AVP 0 101", eventsMap}, pcm.Narrowband, law(g711.MuLaw), 40, 40},
		{"G.722", []string{"m=audio %d RTP/AVP 9 101", eventsMap}, pcm.Wideband, wideSpeaker, 40, 40},
		{"Opus", []string{opusKeysLine, opusMap, opusKeysMap}, pcm.Wideband, opusSpeaker, 40, 32}, // which spreads what is sudden
	} {
		t.Run(tt.name, func(t *testing.T) {
			all, worst := 1e9, 1e9
			for n, key := range "123A456B789C*0#D" {
				for i := range 2 * 3 * 4 {
					k := pressed{key, (5*(i/6) + n + i%6) % 20, 20 + 20*(i%3), []float64{9100, 2290}[i%2]}
					p, heard := newBench(t, nil).dial(tt.lines...), &keep{}
					p.leg.Connect(nil, heard)
					k.send(p, tt.speaker(t), tt.rate)
					p.leg.Close()
					if got := p.digits(); got != "5" {
						t.Fatalf("%+v: digits %q", k, got)
					}
					a, w := k.heardOf(heard.sound, tt.rate)
					if all, worst = min(all, a), min(worst, w); a < tt.all || w < tt.worst {
						t.Errorf("%+v: what is heard of it is %.1f dB down, its worst 20 ms %.1f dB", k, a, w)
					}
				}
			}
			t.Logf("at least %.1f dB down, the worst 20 ms %.1f dB", all, worst)
		})
	}
}

// TestOpusWithTonesIsNotPassedOn: before their message comes.
func TestOpusWithTonesIsNotPassedOn(t *testing.T) {
	for begin := range 20 {
		p, m, s := opusWithKeys(t)
		first := p.seq + beforeKey
		pressed{'7', begin, 60, 9100}.send(p, s, pcm.Wideband)
		if n := len(m.packets); n < beforeKey-1 {
			t.Errorf("%d packets are passed on", n)
		}
		for _, packet := range m.packets {
			if after := int16(packet.Sequence - first); after >= 0 && after < pressedFor/20 {
				t.Errorf("tones that begin after %d ms: packet %d of them is passed on", begin, after)
			}
		}
		p.leg.Close()
	}
}

// TestWhoseKeysComeTwiceIsNotPassedOn: after the first of them, which who keys in a
// meeting presses before they are in it. However uneven the network, nothing is left to
// whether a message comes in time.
func TestWhoseKeysComeTwiceIsNotPassedOn(t *testing.T) {
	const said = 20
	for _, tt := range []struct {
		name string
		key  pressed
		want int
	}{
		{"tones, and a message at once", pressed{'7', 0, 0, 9100}, 0},
		{"soft tones, and a message at once", pressed{'7', 5, 0, 2290}, 0},
		{"tones, and a message after a while", pressed{'7', 13, 60, 9100}, 0},
		{"a message only", pressed{'7', 0, 0, 0}, said},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, m, s := opusWithKeys(t)
			p.leg.Connect(nil, &keep{})
			tt.key.send(p, s, pcm.Wideband)
			p.leg.Connect(nil, m)
			p.step(1)
			p.say(s, said)
			p.step(1)
			if n := len(m.packets); n != tt.want {
				t.Errorf("%d packets are passed on, want %d", n, tt.want)
			}
		})
	}
}

// TestKeysAreCountedOneByOne: what is cut between two keys by the message of the first
// is no part of either, also where there is nothing else.
func TestKeysAreCountedOneByOne(t *testing.T) {
	l, frame := &Leg{}, make(pcm.Frame, pcm.NarrowbandSamples)
	for press := range 4 {
		for packet := range 3 {
			pressed{key: '5', amplitude: 9100}.fill(frame, beforeKey+packet)
			if heard, tones := l.clamp(frame, true); heard || !tones {
				t.Errorf("press %d: packet %d is heard: %v, has tones: %v", press, packet, heard, tones)
			}
		}
		for range 5 {
			l.clamp(frame, false)
		}
	}
}
