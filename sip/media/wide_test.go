package media

import (
	"math"
	"testing"

	"github.com/einwahl/einwahl/sip/media/offer"
	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/g722"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// whistle is a source of 6 kHz, which the telephone's band does not carry.
type whistle struct{ at int }

func (w *whistle) ReadFrame(f pcm.Frame) bool {
	for i := range f {
		f[i] = 0
		if f.Rate() == pcm.Wideband {
			f[i] = int16(8000 * math.Sin(2*math.Pi*6000*float64(w.at+i)/pcm.Wideband))
		}
	}
	w.at += len(f)
	return true
}

// keep is a sink that keeps what it gets.
type keep struct {
	sound   []int16
	lengths []int
}

func (k *keep) WriteFrame(f pcm.Frame) {
	k.sound = append(k.sound, f...)
	k.lengths = append(k.lengths, len(f))
}

// share is how much of the power of 16 kHz sound is at freq.
func share(sound []int16, freq float64) float64 {
	var re, im, sum float64
	for i, s := range sound {
		a := 2 * math.Pi * freq * float64(i) / pcm.Wideband
		re, im = re+float64(s)*math.Cos(a), im+float64(s)*math.Sin(a)
		sum += float64(s) * float64(s)
	}
	return 2 * (re*re + im*im) / float64(len(sound)) / max(sum, 1)
}

// widely is a codec as a telephone speaks it that plays wideband.
func widely(t testing.TB, s speaker) speaker {
	t.Helper()
	sound := make([]int16, 1920)
	if s.kind == 9 {
		d, err := g722.NewDecoder(pcm.Wideband)
		if err != nil {
			t.Fatal(err)
		}
		s.decode = func(p []byte) []int16 { n, _ := d.Decode(sound, p); return sound[:n] }
		return s
	}
	d, err := opus.NewDecoder(pcm.Wideband)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	s.decode = func(p []byte) []int16 { n, _ := d.Decode(sound, p); return sound[:n] }
	return s
}

func TestWidebandGoesBothWays(t *testing.T) {
	for _, tt := range []struct {
		name    string
		speaker speaker
		lines   []string
	}{
		{"G.722", wideSpeaker(t), []string{wideLine}},
		{"Opus", opusSpeaker(t), []string{opusLine, opusMap}},
		{"G.722 with keys", wideSpeaker(t), []string{"m=audio %d RTP/AVP 9 101", eventsMap}},
		{"Opus with keys", opusSpeaker(t), []string{opusKeysLine, opusMap, opusKeysMap}},
		{"G.722 in short packets", wideSpeaker(t), []string{wideLine, "a=maxptime:10"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, s := newBench(t, nil).dial(tt.lines...), widely(t, tt.speaker)
			heard := &keep{}
			p.leg.Connect(&whistle{}, heard)
			frame, from := make(pcm.Frame, pcm.WidebandSamples), &whistle{}
			for range 50 {
				from.ReadFrame(frame)
				p.send(s.kind, s.encode(frame), s.ticks)
				p.step(1)
			}
			if got := share(heard.sound[len(heard.sound)/2:], 6000); got < 0.9 {
				t.Errorf("the tone is %.3f of what the meeting hears: frames of %v", got, heard.lengths)
			}
			var sound []int16
			for range 50 {
				sound = append(sound, s.decode(p.receive().Payload)...)
			}
			if got := share(sound[len(sound)/2:], 6000); got < 0.9 {
				t.Errorf("the tone is %.3f of what the caller hears", got)
			}
		})
	}
}

func TestRateFollowsTheCodecInMidCall(t *testing.T) {
	p := newBench(t, nil).dial(wideLine)
	heard := &keep{}
	p.leg.Connect(nil, heard)
	p.step(1) // before anything is said
	heard.lengths = nil
	s := wideSpeaker(t)
	frame := make(pcm.Frame, pcm.WidebandSamples)
	for range 3 {
		p.offer(wideLine)
		for range 20 {
			tone{8000}.ReadFrame(frame)
			p.send(s.kind, s.encode(frame), s.ticks)
			p.step(1)
		}
		p.offer(pcma)
		for range 20 {
			p.send(8, encoded(g711.ALaw, 160), 160)
			p.step(1)
		}
	}
	turns, silent := 0, 0
	for i, n := range heard.lengths[2:] {
		if n == 0 {
			silent++
		}
		if i > 0 && n != heard.lengths[1+i] {
			turns++
		}
	}
	if turns != 5 || silent > 0 {
		t.Errorf("%d turns, %d silent: %v", turns, silent, heard.lengths)
	}
}

func TestNarrowCallersAreLeftNarrow(t *testing.T) {
	p := newBench(t, nil).dial(opusLine, opusMap, "a=fmtp:96 maxplaybackrate=8000")
	asked := 0
	p.leg.Connect(lengthSource(func(n int) { asked = n }), nil)
	p.step(2)
	if asked != pcm.NarrowbandSamples {
		t.Errorf("%d samples are read for who plays 8 kHz", asked)
	}
	for _, tt := range []struct {
		rate int
		want int
	}{{0, pcm.Wideband}, {8000, pcm.Narrowband}, {12000, pcm.Wideband}, {48000, pcm.Wideband}} {
		v, err := newOpusVoice(offer.Asks{Rate: tt.rate}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if v.rate() != tt.want {
			t.Errorf("who plays %d Hz gets %d", tt.rate, v.rate())
		}
		v.close()
	}
}

type lengthSource func(n int)

func (l lengthSource) ReadFrame(f pcm.Frame) bool {
	l(len(f))
	return false
}
