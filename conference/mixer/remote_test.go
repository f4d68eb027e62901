package mixer

import (
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/jitter"
	"github.com/einwahl/einwahl/transcode/level"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/soundtest"
)

// counting is a decoder that counts what it decodes.
type counting struct {
	*opus.Decoder
	packets int
}

func (c *counting) Decode(dst []int16, packet []byte) (int, error) {
	c.packets++
	return c.Decoder.Decode(dst, packet)
}

// browser sends Opus of 16 kHz with the level of each packet (RFC 6464), and is
// decoded as the room wants it.
type browser struct {
	stream  *jitter.Stream
	decoder *counting
	encoder *opus.Encoder
	sound   []int16
	packet  jitter.Packet
	at      time.Time
	untold  bool // no level
}

func (r room) browser(t *testing.T, sound []int16) *browser {
	t.Helper()
	encoder, err := opus.NewEncoder(opus.EncoderConfig{Rate: pcm.Wideband, Bitrate: 32000, Complexity: 5})
	if err != nil {
		t.Fatal(err)
	}
	decoder, err := opus.NewDecoder(pcm.Narrowband)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{encoder: encoder, decoder: &counting{Decoder: decoder}, sound: sound, at: time.Unix(1e9, 0)}
	b.stream = jitter.New(jitter.Config{ClockRate: 48000, Rate: pcm.Narrowband}, b.decoder)
	s := r.AddSpeaker(b.stream)
	r.clock.Add(b)
	t.Cleanup(func() { s.Close(); encoder.Close(); decoder.Close() })
	return b
}

// Beat sends a packet.
func (b *browser) Beat(p pcm.Phase) {
	if p != pcm.TakeIn {
		return
	}
	var buf [opus.MaxPacket]byte
	f := b.sound[:pcm.WidebandSamples]
	b.sound = b.sound[pcm.WidebandSamples:]
	n, _ := b.encoder.Encode(buf[:], f)
	b.at = b.at.Add(pcm.FrameDuration)
	b.packet.Seq++
	b.packet.Timestamp += 960
	b.packet.Level = int8(max(min(level.Of(f), -1), level.Silent))
	if b.untold {
		b.packet.Level = 0
	}
	b.packet.Payload = buf[:n]
	b.stream.Push(b.packet, b.at)
}

// scaled is sound that is softer by some factor.
func scaled(sound []int16, by int) []int16 {
	out := make([]int16, len(sound))
	for i, s := range sound {
		out[i] = s / int16(by)
	}
	return out
}

func TestDecodersRestThatNobodyHears(t *testing.T) {
	const beats = 200
	r := newRoom()
	r.join(0, 0, nil)
	speech := soundtest.Speech(t, pcm.Wideband)
	var all []*browser
	for _, by := range []int{1, 1, 1, 1, 20, 30, 40, 50} {
		all = append(all, r.browser(t, scaled(speech, by)))
	}
	r.clock.Steps(beats)
	for i, b := range all {
		if n := b.decoder.packets; i < most && n < beats*3/4 || i >= most && n > beats/4 {
			t.Errorf("browser %d: %d of %d packets were decoded", i, n, beats)
		}
	}
}

// A tone is the hardest test of a decoder that enters: it is garbled until the
// decoder knows the pitch.
func TestWhoEntersIsHeardCleanly(t *testing.T) {
	for _, length := range lengths {
		r := newRoom()
		listener := r.joinAt(length, 0, 0, nil)
		silence := make([]int16, 120*pcm.WidebandSamples)
		for range most {
			r.browser(t, soundtest.Sine(300, 300, pcm.Wideband, 0, len(silence)))
		}
		tone := soundtest.Sine(1000, 100, pcm.Wideband, 0, len(silence))
		copy(tone[60*pcm.WidebandSamples:], soundtest.Sine(1000, 9000, pcm.Wideband, 60*pcm.WidebandSamples, 60*pcm.WidebandSamples))
		enters := r.browser(t, tone)
		r.clock.Steps(100)
		if n := enters.decoder.packets; n > 50 {
			t.Errorf("%d of 100 packets were decoded", n)
		}
		from := 0
		for i, s := range listener.heard {
			if s > 4000 {
				from = i
				break
			}
		}
		if beat := from / length; beat < 60 || beat > 63 {
			t.Errorf("heard from beat %d on, want 60", beat)
		}
		first := listener.heard[from+length/4:][:length]
		if d := residue(first, length*50, 1000); d > -15 {
			t.Errorf("frames of %d: a THD+N of %.1f dB in the first 20 ms", length, d)
		}
	}
}

// A note that goes on does not look like speech. Whoever plays it and tells no
// levels is heard again when those have ended who were louder.
func TestNoteOfUntoldLevelComesBack(t *testing.T) {
	r := newRoom()
	listener := r.join(0, 0, nil)
	note := r.browser(t, soundtest.Sine(440, 1500, pcm.Wideband, 0, 700*pcm.WidebandSamples))
	note.untold = true
	voices := make([]int16, 700*pcm.WidebandSamples)
	copy(voices[300*pcm.WidebandSamples:], soundtest.Sine(1000, 5000, pcm.Wideband, 0, 200*pcm.WidebandSamples))
	for range most {
		r.browser(t, voices)
	}
	r.clock.Steps(700)
	if got := power(listener.heard[len(listener.heard)-8000:], 440); got < -40 {
		t.Errorf("heard at %.1f dBov", got)
	}
}
