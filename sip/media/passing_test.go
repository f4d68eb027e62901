package media

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// meeting is a sink that takes packets as they are.
type meeting struct {
	record
	packets []pcm.Packet
	early   bool // a packet came behind the frame of its beat
	beats   int
}

func (m *meeting) WritePacket(p pcm.Packet) {
	p.Payload = bytes.Clone(p.Payload)
	m.packets = append(m.packets, p)
	if len(m.loud) != m.beats {
		m.early = true
	}
}

func (m *meeting) WriteFrame(f pcm.Frame) {
	m.record.WriteFrame(f)
	m.beats++
}

const (
	opusKeysLine = "m=audio %d RTP/AVP 96 101"
	opusKeysMap  = "a=rtpmap:101 telephone-event/48000"
)

func opusWithKeys(t testing.TB) (*phone, *meeting, speaker) {
	t.Helper()
	p, m := newBench(t, nil).dial(opusKeysLine, opusMap, opusKeysMap), &meeting{}
	p.leg.Connect(nil, m)
	p.step(1)
	return p, m, opusSpeaker(t)
}

func TestOpusIsOfferedAsItCame(t *testing.T) {
	p, m, s := opusWithKeys(t)
	frame := make(pcm.Frame, pcm.WidebandSamples)
	var said []pcm.Packet
	for i := range 50 {
		buzz(frame, i)
		payload := bytes.Clone(s.encode(frame))
		said = append(said, pcm.Packet{Stream: p.ssrc, Sequence: p.seq, Timestamp: p.ts, Payload: payload})
		p.send(s.kind, payload, s.ticks)
		p.step(1)
	}
	p.step(1)
	if len(m.packets) != len(said) || m.early {
		t.Fatalf("%d of %d packets came through, behind their frames: %v", len(m.packets), len(said), m.early)
	}
	for i, got := range m.packets {
		want := said[i]
		if got.Stream != want.Stream || got.Sequence != want.Sequence || got.Timestamp != want.Timestamp || !bytes.Equal(got.Payload, want.Payload) || got.At.IsZero() {
			t.Fatalf("packet %d: %+v, want %+v", i, got, want)
		}
	}
	if n := len(m.loud); n != 52 {
		t.Errorf("%d frames in 52 beats", n)
	}
}

func TestWhatIsToBeChangedIsNotOffered(t *testing.T) {
	for _, tt := range []struct {
		name  string
		lines []string
		then  func(*phone, *meeting)
	}{
		{"keys are tones: their sound has to be cut", []string{opusLine, opusMap}, func(*phone, *meeting) {}},
		{"a key was just pressed", []string{opusKeysLine, opusMap, opusKeysMap}, func(p *phone, _ *meeting) {
			p.send(101, []byte{5, 10, 0, 160}, 0)
		}},
		{"a key has come by INFO", []string{opusKeysLine, opusMap, opusKeysMap}, func(p *phone, _ *meeting) { p.leg.PushDigit('5') }},
		{"we are on hold: it is music", []string{opusKeysLine, opusMap, opusKeysMap}, func(p *phone, _ *meeting) {
			p.offer(opusKeysLine, opusMap, opusKeysMap, "a=sendonly")
		}},
		{"it was said to somebody else", []string{opusKeysLine, opusMap, opusKeysMap}, func(p *phone, m *meeting) {
			p.leg.Connect(nil, &meeting{})
			p.leg.Connect(nil, m)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, m := newBench(t, nil).dial(tt.lines...), &meeting{}
			p.leg.Connect(nil, m)
			p.step(1)
			s := opusSpeaker(t)
			frame := make(pcm.Frame, pcm.WidebandSamples)
			tone{8000}.ReadFrame(frame)
			p.send(s.kind, s.encode(frame), s.ticks)
			tt.then(p, m)
			p.step(1)
			p.say(s, 1)
			p.step(1)
			if tt.name == "it was said to somebody else" {
				if len(m.packets) != 1 {
					t.Errorf("%d packets, want the last", len(m.packets))
				}
				return
			}
			if len(m.packets) > 0 {
				t.Errorf("%d packets came through", len(m.packets))
			}
		})
	}
}

// What was said to somebody else stays theirs where it was overtaken on its way.
func TestWhatComesLateOfAnotherTalkIsNotOffered(t *testing.T) {
	p, _, s := opusWithKeys(t)
	p.say(s, 5)
	overtaken, ts := p.seq, p.ts
	p.seq, p.ts = p.seq+1, p.ts+960
	p.say(s, 1)
	m := &meeting{}
	p.leg.Connect(nil, m)
	p.step(2)
	seq, next := p.seq, p.ts
	p.seq, p.ts = overtaken, ts
	frame := make(pcm.Frame, pcm.WidebandSamples)
	p.send(s.kind, s.encode(frame), 0)
	p.seq, p.ts = seq, next
	p.step(2)
	p.say(s, 3)
	p.step(2)
	var got []uint16
	for _, packet := range m.packets {
		got = append(got, packet.Sequence)
	}
	if want := []uint16{seq, seq + 1, seq + 2}; !slices.Equal(got, want) {
		t.Errorf("packets %d are passed on, want %d", got, want)
	}
}

func TestPacketsGoOnAfterAKey(t *testing.T) {
	p, m, s := opusWithKeys(t)
	p.say(s, 10)
	p.leg.PushDigit('5')
	cut := len(m.packets)
	p.say(s, hushBeats)
	if len(m.packets) != cut {
		t.Errorf("%d packets with a key in them", len(m.packets)-cut)
	}
	p.say(s, 20)
	if n := len(m.packets) - cut; n < 15 {
		t.Errorf("%d packets after a key", n)
	}
}

// TestAfterAStallTheNewestArePassedOn: 60 ms before the last, as of the sound itself.
func TestAfterAStallTheNewestArePassedOn(t *testing.T) {
	for _, stalled := range []int{2, 4, 5, 9, 30} {
		t.Run(fmt.Sprint(stalled), func(t *testing.T) {
			p, m, s := opusWithKeys(t)
			p.say(s, 5)
			p.step(1)
			before := len(m.packets)
			frame := make(pcm.Frame, pcm.WidebandSamples)
			for range stalled {
				p.send(s.kind, s.encode(frame), s.ticks)
			}
			p.step(3)
			var got, want []uint16
			for _, packet := range m.packets[before:] {
				got = append(got, packet.Sequence)
			}
			for n := min(stalled, 4); n > 0; n-- {
				want = append(want, p.seq-uint16(n))
			}
			if !slices.Equal(got, want) {
				t.Errorf("packets %d are passed on, want %d", got, want)
			}
		})
	}
}

func TestOfferingPacketsAllocatesNothing(t *testing.T) {
	beat, p := beatOf(t, []string{opusKeysLine, opusMap, opusKeysMap}, opusSpeaker(t))
	n := 0
	p.leg.Connect(tonePCM{}, counting{n: &n})
	for range 5 {
		beat()
	}
	if n := testing.AllocsPerRun(500, beat); n != 0 {
		t.Errorf("%.2f allocations", n)
	}
	if n < 500 {
		t.Errorf("%d packets offered", n)
	}
}

type counting struct {
	pcm.Silence
	n *int
}

func (c counting) WritePacket(pcm.Packet) { *c.n++ }
