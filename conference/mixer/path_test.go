package mixer

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/jitter"
	"github.com/einwahl/einwahl/transcode/loudness"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pace"
	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/soundtest"
)

// call is the whole way of a telephone's sound without its sockets: packets
// come in through a jitter buffer and go out as the seat hears the room.
type call struct {
	port   *Port
	stream *jitter.Stream
	packet jitter.Packet
	at     time.Time
	frame  [pcm.NarrowbandSamples]int16
	bytes  [pcm.NarrowbandSamples]byte
	heard  func(packet []byte) // packet is nil for silence
}

func dial(r *Room, out pcm.Sink) *call {
	c := &call{
		port:   r.Join(out),
		stream: jitter.New(jitter.Config{ClockRate: pcm.Narrowband, Rate: pcm.Narrowband}, g711.NewDecoder(g711.ALaw)),
		packet: jitter.Packet{Payload: make([]byte, pcm.NarrowbandSamples)},
		at:     time.Unix(1e9, 0),
		heard:  func([]byte) {},
	}
	c.port.SetVoice(true)
	return c
}

// say sends the next packet, or loses it.
func (c *call) say(f pcm.Frame, lost bool) {
	c.at = c.at.Add(pcm.FrameDuration)
	c.packet.Seq++
	c.packet.Timestamp += uint32(len(f))
	if !lost {
		g711.ALaw.Encode(c.packet.Payload, f)
		c.stream.Push(c.packet, c.at)
	}
}

func (c *call) Beat(p pcm.Phase) {
	switch p {
	case pcm.TakeIn:
		if c.stream.ReadFrame(c.frame[:]) {
			c.port.WriteFrame(c.frame[:])
		} else {
			c.port.WriteFrame(nil)
		}
	case pcm.GiveOut:
		if !c.port.ReadFrame(c.frame[:]) {
			c.heard(nil)
			return
		}
		c.heard(c.bytes[:g711.ALaw.Encode(c.bytes[:], c.frame[:])])
	}
}

// twoCalls are a talker and a listener in one room. What the listener hears is
// added to heard.
func twoCalls(out pcm.Sink) (clock *pace.Manual, talker *call, heard *[]int16) {
	clock = new(pace.Manual)
	r := NewRoom(clock)
	talker = dial(r, out)
	listener := dial(r, nil)
	heard = new([]int16)
	listener.heard = func(packet []byte) {
		var f [pcm.NarrowbandSamples]int16 // silence, if the packet is nil
		g711.ALaw.Decode(f[:], packet)
		*heard = append(*heard, f[:]...)
	}
	clock.Add(talker)
	clock.Add(listener)
	return clock, talker, heard
}

// encoder makes packets for browsers of what a phone says.
type encoder struct {
	*opus.Encoder
	packets [][]byte
}

func (e *encoder) WriteFrame(f pcm.Frame) {
	var b [opus.MaxPacket]byte
	n := 0
	if f != nil {
		n, _ = e.Encode(b[:], f)
	}
	e.packets = append(e.packets, b[:n:n])
}

// A packet that is there before a beat leaves on that beat, to other phones and
// to browsers: the path itself waits for nothing.
func TestPacketLeavesOnTheBeatItCameBefore(t *testing.T) {
	enc, err := opus.NewEncoder(opus.Telephone())
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Close()
	browser := &encoder{Encoder: enc}
	clock, talker, heard := twoCalls(browser)
	tone, silence := make(pcm.Frame, 160), make(pcm.Frame, 160)
	at := 0
	for n := range 30 {
		if n >= 20 {
			at = sine(tone, 1004, 8000, at)
			talker.say(tone, false)
		} else {
			talker.say(silence, false)
		}
		clock.Step()
		sent := len(browser.packets[n]) > 2
		if loud := power((*heard)[160*n:], 1004) > -40; loud != (n >= 20) || sent != (n >= 20) {
			t.Errorf("beat %d: heard by the phone %v, sent to the browser %v", n, loud, sent)
		}
	}
}

// distortion is all that is in sound but the tone, against the tone, in dB.
func distortion(sound []int16, freq float64) float64 {
	var re, im, all float64
	for i, s := range sound {
		a := 2 * math.Pi * freq * float64(i) / pcm.Narrowband
		re += float64(s) * math.Cos(a)
		im += float64(s) * math.Sin(a)
		all += float64(s) * float64(s)
	}
	n := float64(len(sound))
	tone := 2 * (re*re + im*im) / n / n
	return 10 * math.Log10((all/n-tone)/tone)
}

func TestToneStaysCleanFromPhoneToPhone(t *testing.T) {
	clock, talker, heard := twoCalls(nil)
	tone, at := make(pcm.Frame, 160), 0
	for range 60 {
		at = sine(tone, 1004, fine, at)
		talker.say(tone, false)
		clock.Step()
	}
	// 2000 samples are 251 whole periods. Each of the two A-laws adds its own.
	if got := distortion((*heard)[4000:6000], 1004); got > -31 {
		t.Errorf("distortion and noise are at %.1f dB of the tone", got)
	}
}

// What is done to a voice between two phones, level, gate and all, takes no word
// away. A spectral distance would tell of the gain.
func TestSpeechStaysCleanFromPhoneToPhone(t *testing.T) {
	speech := soundtest.Speech(t, pcm.Narrowband)
	clock, talker, heard := twoCalls(nil)
	for f := range slices.Chunk(speech, pcm.NarrowbandSamples) {
		talker.say(f, false)
		clock.Step()
	}
	got := (*heard)[loudness.Delay(pcm.NarrowbandSamples):]
	if stoi := soundtest.STOI(speech, got); stoi < .99 {
		t.Errorf("an STOI of %.4f", stoi)
	}
	if at := soundtest.Clicks(speech, got, pcm.Narrowband); len(at) > 0 {
		t.Errorf("clicks at %v", at)
	}
	if gaps := soundtest.Gaps(speech, got, pcm.Narrowband); len(gaps) > 0 {
		t.Errorf("gaps: %v", gaps)
	}
}

// Every 1004 Hz tone fulfils x[n+1] + x[n-1] = 2 cos(w) x[n]. What does not is
// noise, at some -30 dB behind two A-laws, or a click.
func TestLossDoesNotClick(t *testing.T) {
	const loudest, amplitude = -15.0, 8000
	clock, talker, heard := twoCalls(nil)
	random := rand.New(rand.NewPCG(1, 1))
	tone, at := make(pcm.Frame, 160), 0
	for n := range 3000 {
		at = sine(tone, 1004, amplitude, at)
		talker.say(tone, n > 10 && random.IntN(100) == 0)
		clock.Step()
	}
	around := 2 * math.Cos(2*math.Pi*1004/pcm.Narrowband)
	sound := (*heard)[160:]
	for i := 1; i+1 < len(sound); i++ {
		click := math.Abs(float64(sound[i+1]) + float64(sound[i-1]) - around*float64(sound[i]))
		if l := 20 * math.Log10(click/amplitude); l > loudest {
			t.Errorf("a click of %.1f dB of the tone %d samples after the beginning", l, i)
		}
	}
}

// BenchmarkCall is what two calls in one room cost for 20 ms, both talking,
// beside their sockets and the Opus encoder.
func BenchmarkCall(b *testing.B) {
	clock := new(pace.Manual)
	r := NewRoom(clock)
	talker, listener := dial(r, nil), dial(r, nil)
	clock.Add(talker)
	clock.Add(listener)
	tone := make(pcm.Frame, 160)
	sine(tone, 1000, 8000, 0)
	b.ReportAllocs()
	for b.Loop() {
		talker.say(tone, false)
		listener.say(tone, false)
		clock.Step()
	}
}
