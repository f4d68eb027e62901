package jitter

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/soundtest"
)

// said is speech as a telephone sends it.
func said(sound []int16) (out []sent) {
	for i := 0; (i+1)*160 <= len(sound); i++ {
		payload := make([]byte, 160)
		g711.ALaw.Encode(payload, sound[i*160:][:160])
		out = append(out, sent{time.Duration(i) * 20 * ms, Packet{
			Seq: uint16(i), Timestamp: uint32(i * 160), Payload: payload,
		}})
	}
	return out
}

// spoken is speech at a rate as a program sends it.
func spoken(t *testing.T, sound []int16, cfg opus.EncoderConfig) (out []sent) {
	t.Helper()
	e, err := opus.NewEncoder(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	buf, per := make([]byte, opus.MaxPacket), cfg.Rate/50
	for i := 0; (i+1)*per <= len(sound); i++ {
		n, err := e.Encode(buf, sound[i*per:][:per])
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, sent{time.Duration(i) * 20 * ms, Packet{
			Seq: uint16(i), Timestamp: uint32(i * 960), Payload: append([]byte(nil), buf[:n]...),
		}})
	}
	return out
}

// browser is how a browser encodes.
func browser(loss int) opus.EncoderConfig {
	return opus.EncoderConfig{Rate: 48000, Bitrate: 32000, Complexity: 9, FEC: true, LossPercent: loss}
}

// sound is all that was heard in a row.
func sound(heard []beat) (out []int16) {
	for _, b := range heard {
		if !b.ok {
			clear(b.frame)
		}
		out = append(out, b.frame...)
	}
	return out
}

// rough is a network that loses so many packets in a hundred and delays the
// others by up to a time.
func rough(queue []sent, lost int, jitter time.Duration) (out []sent) {
	rnd := rand.New(rand.NewPCG(5, 6))
	for i, p := range queue {
		late := time.Duration(rnd.Int64N(int64(jitter) + 1))
		if i > 0 && rnd.IntN(100) < lost {
			continue
		}
		p.at += late
		out = append(out, p)
	}
	return inOrder(out)
}

// ways are the networks on which it is judged, and what is asked of the sound:
// understanding, distance in dB, and the peers' least opinion.
var ways = []struct {
	name              string
	lost              int
	jitter            time.Duration
	understood, apart float64
	opinion           float64
}{
	{"clean", 0, 0, 0.99, 4.5, 4},
	{"lossy", 5, 40 * ms, 0.96, 4.5, 3},
}

func TestWayIntoTheMeeting(t *testing.T) {
	speech := soundtest.Speech(t, 8000)
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			s, end := newTone(), time.Duration(len(speech)/160)*20*ms
			phone := sound(listen(s, rough(said(speech), way.lost, way.jitter), 20*ms, end))
			heard := sound(listen(newOpus(t, 20*ms), spoken(t, phone, opus.Telephone()), 20*ms, end))
			judge(t, speech, heard, way.understood, way.apart, way.opinion)
			t.Logf("%+v", s.Stats())
		})
	}
}

// copying is a decoder whose packets carry copies of those before them, as a
// browser's do once it is told of losses.
type copying struct{ *opus.Decoder }

func (copying) Forward() bool { return true }

func newCopying(t *testing.T) *Stream {
	t.Helper()
	d, err := opus.NewDecoder(pcm.Narrowband)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return New(Config{ClockRate: opus.ClockRate, Rate: pcm.Narrowband}, copying{d})
}

func TestWayToTheTelephone(t *testing.T) {
	full := soundtest.Speech(t, 48000)
	speech := soundtest.TelephoneBand(full)
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			s, end := newCopying(t), time.Duration(len(speech)/160)*20*ms
			heard := sound(listen(s, rough(spoken(t, full, browser(way.lost)), way.lost, way.jitter), 20*ms, end))
			law := make([]byte, len(heard))
			g711.ALaw.Encode(law, heard)
			decodeALaw(heard, law)
			judge(t, speech, heard, way.understood, way.apart, way.opinion)
			t.Logf("%+v", s.Stats())
		})
	}
}

// 1004 Hz is what a telephone exchange is measured with.
func TestToneStaysPure(t *testing.T) {
	tone := soundtest.Sine(1004, 10000, pcm.Narrowband, 0, 10*pcm.Narrowband)
	for _, late := range []time.Duration{0, 15 * ms} {
		heard := sound(listen(newTone(), rough(said(tone), 0, late), 20*ms, 9*time.Second))
		if p := soundtest.Purity(heard[5*pcm.Narrowband:], pcm.Narrowband, 1004); p < 30 {
			t.Errorf("packets late by up to %v: %.1f dB", late, p)
		}
	}
}

// judge compares what was heard with what was said.
func judge(t *testing.T, said, heard []int16, understood, apart, opinion float64) {
	t.Helper()
	step := soundtest.Align(said, heard, 1600)
	u, a := soundtest.STOI(said, step), soundtest.Distance(said, step)
	clicks := soundtest.Clicks(said, step, pcm.Narrowband)
	t.Logf("STOI %.4f, %.2f dB apart, clicks at %v, gaps %v", u, a, clicks, soundtest.Gaps(said, step, pcm.Narrowband))
	if u < understood || a > apart {
		t.Errorf("STOI %.4f, want %.2f; %.2f dB apart, want %.2f", u, understood, a, apart)
	}
	if len(clicks) > 0 {
		t.Errorf("clicks at %v", clicks)
	}
	for name, score := range soundtest.Peers(t, said, heard) {
		t.Logf("%s %.2f", name, score)
		if score < opinion {
			t.Errorf("%s %.2f, want %.1f", name, score, opinion)
		}
	}
}
