package media

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"github.com/einwahl/einwahl/sip/media/offer"
	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/g722"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
)

const (
	opusLine = "m=audio %d RTP/AVP 96"
	opusMap  = "a=rtpmap:96 opus/48000/2"
	wideLine = "m=audio %d RTP/AVP 9"
)

// speaker is one codec as a telephone speaks it.
type speaker struct {
	kind   uint8
	ticks  uint32 // of its clock, to 20 ms
	encode func(pcm.Frame) []byte
	decode func([]byte) []int16
}

func opusSpeaker(t testing.TB) speaker {
	t.Helper()
	e, err := opus.NewEncoder(opus.EncoderConfig{Rate: 16000, Bitrate: 32000, Complexity: 5, FEC: true, LossPercent: 20})
	if err != nil {
		t.Fatal(err)
	}
	d, err := opus.NewDecoder(8000)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	t.Cleanup(d.Close)
	packet, sound := make([]byte, opus.MaxPacket), make([]int16, 960)
	return speaker{96, 960, func(f pcm.Frame) []byte {
		n, err := e.Encode(packet, f)
		if err != nil {
			t.Fatal(err)
		}
		return packet[:n]
	}, func(p []byte) []int16 {
		n, err := d.Decode(sound, p)
		if err != nil {
			t.Fatal(err)
		}
		return sound[:n]
	}}
}

func wideSpeaker(t testing.TB) speaker {
	t.Helper()
	e, err := g722.NewEncoder(16000)
	if err != nil {
		t.Fatal(err)
	}
	d, err := g722.NewDecoder(8000)
	if err != nil {
		t.Fatal(err)
	}
	packet, sound := make([]byte, 160), make([]int16, 960)
	return speaker{9, 160, func(f pcm.Frame) []byte { return packet[:e.Encode(packet, f)] }, func(p []byte) []int16 {
		n, err := d.Decode(sound, p)
		if err != nil {
			t.Fatal(err)
		}
		return sound[:n]
	}}
}

// say says the tone for n frames.
func (p *phone) say(s speaker, n int) {
	p.t.Helper()
	frame := make(pcm.Frame, pcm.WidebandSamples)
	tone{8000}.ReadFrame(frame)
	for range n {
		p.send(s.kind, s.encode(frame), s.ticks)
		p.step(1)
	}
}

// hears tells how many of the next n packets are the tone, and checks that
// their timestamps go on by step.
func (p *phone) hears(s speaker, n int, step uint32) (full int) {
	p.t.Helper()
	var before *rtp.Packet
	for range n {
		packet := p.receive()
		if packet.PayloadType != s.kind {
			p.t.Fatalf("a packet of type %d, want %d", packet.PayloadType, s.kind)
		}
		if before != nil && packet.Timestamp-before.Timestamp != step {
			p.t.Errorf("timestamps go on by %d, want %d", packet.Timestamp-before.Timestamp, step)
		}
		before = packet
		if l := loudness(s.decode(packet.Payload)); l > 5000 && l < 6300 {
			full++
		}
	}
	return full
}

func TestWidebandCodecsAreSpokenBothWays(t *testing.T) {
	for _, tt := range []struct {
		name    string
		speaker speaker
		lines   []string
	}{
		{"OPUS", opusSpeaker(t), []string{opusLine, opusMap}},
		{"G722", wideSpeaker(t), []string{wideLine}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newBench(t, nil).dial(tt.lines...)
			heard := &record{}
			p.leg.Connect(tone{8000}, heard)
			p.say(tt.speaker, 50)
			if n := heard.full(); n < 40 {
				t.Errorf("%d of 50 frames heard: %.0f", n, heard.loud)
			}
			if n := p.hears(tt.speaker, 50, tt.speaker.ticks); n < 45 {
				t.Errorf("the caller hears %d of 50 frames", n)
			}
			if s := p.leg.Stats(); s.Codec != tt.name || s.Lost != 0 || s.Broken != 0 {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestClockChangesWithTheCodecInMidCall(t *testing.T) {
	p := newBench(t, nil).dial(pcma)
	heard := &record{}
	p.leg.Connect(tone{8000}, heard)
	for range 20 {
		p.send(8, encoded(g711.ALaw, 160), 160)
		p.step(1)
	}
	var last *rtp.Packet
	for range 20 {
		last = p.receive()
	}
	seen := map[uint32]bool{last.SSRC: true}
	for _, next := range []struct {
		speaker speaker
		lines   []string
	}{
		{opusSpeaker(t), []string{opusLine, opusMap}},
		{wideSpeaker(t), []string{wideLine}},
		{opusSpeaker(t), []string{opusLine, opusMap}},
	} {
		p.offer(next.lines...)
		p.say(next.speaker, 20)
		first := p.receive()
		if ahead := int32(first.Timestamp - last.Timestamp); first.SequenceNumber != last.SequenceNumber+1 || ahead <= 0 || ahead > 4*960 {
			t.Errorf("%v goes on as %v", last.Header, first.Header)
		}
		if seen[first.SSRC] {
			t.Errorf("a new clock under the SSRC of an old one")
		}
		seen[first.SSRC] = true
		said := p.reports(false)
		if sr, ok := said[0].(*rtcp.SenderReport); !ok || sr.SSRC != last.SSRC || sr.PacketCount != 20 {
			t.Errorf("the last report: %v", said[0])
		}
		if bye, ok := said[len(said)-1].(*rtcp.Goodbye); !ok || bye.Sources[0] != last.SSRC {
			t.Errorf("no goodbye for the SSRC of the clock before: %v", said)
		}
		p.hears(next.speaker, 18, next.speaker.ticks)
		last = p.receive()
	}
	if n := heard.full(); n < 64 {
		t.Errorf("%d of 80 frames heard: %.0f", n, heard.loud)
	}
}

// buzz is a voice: the overtones of 140 Hz, in bursts.
func buzz(f pcm.Frame, at int) {
	for i := range f {
		x := float64(at*len(f)+i) / float64(f.Rate())
		v := 0.0
		for k := 1.0; k < 20; k++ {
			v += math.Sin(2*math.Pi*140*k*x) / k
		}
		f[i] = int16(5000 * v * (1 + 0.8*math.Sin(2*math.Pi*6*x)))
	}
}

func TestLostOpusIsRecoveredFromTheNextPacket(t *testing.T) {
	const n, every = 300, 10
	hear := func(lose bool) []float64 {
		p := newBench(t, nil).dial(opusLine, opusMap)
		heard := &record{}
		p.leg.Connect(nil, heard)
		s := opusSpeaker(t)
		frame := make(pcm.Frame, pcm.WidebandSamples)
		for i := range n {
			buzz(frame, i)
			packet := s.encode(frame)
			if lose && i%every == every-1 {
				p.seq++
				p.ts += s.ticks
				p.step(1)
				continue
			}
			p.send(s.kind, packet, s.ticks)
			p.step(1)
		}
		if got := p.leg.Stats().Lost; lose && got != n/every-1 {
			t.Errorf("%d lost", got)
		}
		return heard.loud
	}
	whole, holed := hear(false), hear(true)
	missing := 0
	for i := n / 2; i < n-2; i++ {
		// The one with losses is a frame later.
		if holed[i+1] < whole[i]/2 {
			missing++
		}
	}
	if missing > 2 {
		t.Errorf("%d holes:\n%.0f\n%.0f", missing, whole, holed)
	}
}

// The packet after a lost one is waited for, 20 ms, only where it can mend that.
func TestOpusIsKeptLongerWhereItCarriesCopies(t *testing.T) {
	for _, percent := range []int{0, 20} {
		t.Run(fmt.Sprintf("%d %% of loss are guarded against", percent), func(t *testing.T) {
			p := newBench(t, nil).dial(opusLine, opusMap)
			p.leg.Connect(nil, &record{})
			e, err := opus.NewEncoder(opus.EncoderConfig{Rate: pcm.Wideband, Bitrate: 32000, Complexity: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			if err := e.SetLoss(percent); err != nil {
				t.Fatal(err)
			}
			voice, frame, packet := &syllables{}, make(pcm.Frame, pcm.WidebandSamples), make([]byte, maxPayload)
			for i := range 300 {
				voice.ReadFrame(frame)
				n, err := e.Encode(packet, frame)
				if err != nil {
					t.Fatal(err)
				}
				if i%20 == 19 {
					p.seq, p.ts = p.seq+1, p.ts+960
				} else {
					p.send(96, packet[:n], 960)
				}
				p.step(1)
			}
			if target := p.leg.in.stream.Stats().Target; target >= pcm.FrameDuration != (percent > 0) {
				t.Errorf("packets wait for %v", target)
			}
		})
	}
}

// syllables is a tone that pauses: one that never does is noise to an encoder.
type syllables struct{ beats int }

func (s *syllables) ReadFrame(f pcm.Frame) bool {
	if s.beats++; s.beats%20 < 5 {
		clear(f)
		return true
	}
	return tone{8000}.ReadFrame(f)
}

// A copy of each packet costs a third more work, so it is made only for a caller
// who misses packets and can make use of it.
func TestOpusGuardsAgainstTheLossThatIsReported(t *testing.T) {
	for _, tt := range []struct {
		name, parameters string
		guards           bool
	}{
		{"a caller who can use copies", "a=fmtp:96 useinbandfec=1", true},
		{"a caller who cannot", "a=fmtp:96 useinbandfec=0", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newBench(t, nil).dial(opusLine, opusMap, tt.parameters)
			p.leg.Connect(&syllables{}, nil)
			d, err := opus.NewDecoder(pcm.Wideband)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			copies := func() (n int) {
				p.step(5) // the encoder has taken the report in
				for range 5 {
					p.receive()
				}
				for range 20 {
					p.step(1)
					if d.Copies(p.receive().Payload) {
						n++
					}
				}
				return n
			}
			for _, missed := range []uint8{0, 64, 0} {
				p.control(false, &rtcp.ReceiverReport{SSRC: 1, Reports: []rtcp.ReceptionReport{
					{SSRC: p.leg.terms.Load().own.ssrc, FractionLost: missed},
				}})
				if n := copies(); (n > 5) != (tt.guards && missed > 0) {
					t.Errorf("%d of 20 packets carry a copy while %d of 256 are missed", n, missed)
				}
			}
			p.control(false, &rtcp.ReceiverReport{SSRC: 1, Reports: []rtcp.ReceptionReport{
				{SSRC: p.leg.terms.Load().own.ssrc, FractionLost: 64},
			}})
			if n := copies(); (n > 5) != tt.guards {
				t.Errorf("%d of 20 packets carry a copy while some are missed", n)
			}
			for range outdated/pcm.FrameDuration + 1 {
				p.step(1)
				p.receive()
			}
			p.leg.report(false)
			if n := copies(); n > 5 {
				t.Errorf("%d of 20 packets carry a copy long after the last report", n)
			}
		})
	}
}

func TestOpusThatPausesIsNotTheEnd(t *testing.T) {
	p := newBench(t, nil).dial(opusLine, opusMap)
	heard := &record{}
	p.leg.Connect(nil, heard)
	s := opusSpeaker(t)
	for range 3 {
		p.say(s, 20)
		for range 2 { // a packet without sound each 400 ms
			p.send(96, []byte{0x08}, 20*960)
			p.step(20)
		}
	}
	p.say(s, 20)
	if n := heard.full(); n < 60 {
		t.Errorf("%d of 80 frames heard: %.0f", n, heard.loud)
	}
}

func TestSilenceIsSaidOrNotAsTheyAsk(t *testing.T) {
	for _, tt := range []struct {
		name     string
		fmtp     string
		min, max int // of packets in the third and fourth second
	}{
		{"they do not ask for pauses", "a=fmtp:96 useinbandfec=1", 100, 100},
		{"they do", "a=fmtp:96 usedtx=1", 4, 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newBench(t, nil).dial(opusLine, opusMap, tt.fmtp)
			p.step(100)
			before := p.leg.Stats().PacketsOut
			p.step(100)
			if n := int(p.leg.Stats().PacketsOut - before); n < tt.min || n > tt.max {
				t.Errorf("%d packets, want %d to %d", n, tt.min, tt.max)
			}
		})
	}
}

// TestPausesAreNotEncoded: what is sent of a pause is the same to the bit, whatever
// the frames between say, so the encoder has not been given them.
func TestPausesAreNotEncoded(t *testing.T) {
	for _, tt := range []struct {
		name    string
		asks    offer.Asks
		between int // bytes of the packets between; 0: there are none; -1: as of the others
	}{
		{"to a caller who asks for pauses nothing is sent", offer.Asks{DTX: true}, 0},
		{"to one who does not, packets with nothing in them", offer.Asks{}, 1},
		{"to one who wants them of one length, likewise", offer.Asks{CBR: true}, -1},
		{"also where packets are short", offer.Asks{Rate: pcm.Narrowband, Longest: 10 * time.Millisecond}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			noise, loud := sentInAPause(t, tt.asks, 0), sentInAPause(t, tt.asks, 8000)
			if !slices.Equal(noise, loud) {
				t.Error("what is between two packets of a pause was encoded")
			}
			for beat, packet := range noise {
				n := len(packet)
				switch {
				case tt.between < 0 && n != len(noise[0]):
					t.Errorf("beat %d: %d bytes, before it %d", beat, n, len(noise[0]))
				case beat%20 == 19 && n < 10:
					t.Errorf("beat %d: %d bytes do not say how the noise sounds", beat, n)
				case beat%20 != 19 && tt.between >= 0 && n != tt.between:
					t.Errorf("beat %d: %d bytes, want %d", beat, n, tt.between)
				}
			}
		})
	}
}

// sentInAPause is what is sent on each beat of a pause. Between the frames that are
// due there is something of an amplitude.
func sentInAPause(t *testing.T, asks offer.Asks, amp int16) (sent []string) {
	t.Helper()
	made, err := newOpusVoice(asks, nil)
	if err != nil {
		t.Fatal(err)
	}
	v := made.(*opusVoice)
	defer v.close()
	var c comfortable
	parts := 1
	if asks.Longest == 10*time.Millisecond {
		parts = 2
	}
	packet, f := make([]byte, maxPayload), make(pcm.Frame, v.rate()/50)
	encode := func() (n int) {
		for part := range parts {
			n = v.encode(packet, f[part*len(f)/parts:][:len(f)/parts], true)
		}
		return n
	}
	for beats := 0; !v.resting; beats++ {
		if c.fill(f); beats > 150 {
			t.Fatal("no pause within three seconds")
		}
		encode()
	}
	for beat := 1; beat <= 100; beat++ {
		c.fill(f)
		for i := range f {
			if beat%20 > 0 {
				f[i] = amp * int16(i%2)
			}
		}
		sent = append(sent, string(packet[:encode()]))
	}
	return sent
}

// What a decoder makes by itself of a pause is as loud as what it has heard of it, and
// the word after it is whole.
func TestPauseSoundsLikeTheLine(t *testing.T) {
	for _, tt := range []struct {
		name  string
		asks  offer.Asks
		tone  tone
		beats int // for which it comes before the pause
	}{
		// A loud one that goes on is noise to the encoder in the end.
		{"narrowband", offer.Asks{Rate: pcm.Narrowband}, tone{8000}, 250},
		{"wideband", offer.Asks{}, tone{8000}, 250},
		{"packets of one length", offer.Asks{CBR: true}, tone{8000}, 250},
		// After a soft one it takes noise for a voice for a while, and the decoder
		// learns nothing of that.
		{"wideband, after a short tone", offer.Asks{}, tone{500}, 20},
		{"packets of one length, after a short tone", offer.Asks{CBR: true}, tone{500}, 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v, err := newOpusVoice(tt.asks, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer v.close()
			d, err := opus.NewDecoder(v.rate())
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			packet, f := make([]byte, maxPayload), make(pcm.Frame, v.rate()/50)
			hear := func(idle bool) float64 {
				n, err := d.Decode(f, packet[:v.encode(packet, f, idle)])
				if err != nil || n != len(f) {
					t.Fatalf("%d samples: %v", n, err)
				}
				return loudness(f)
			}
			word := &syllables{}
			for range 50 {
				word.ReadFrame(f)
				hear(false)
			}
			for range tt.beats {
				tt.tone.ReadFrame(f)
				hear(false)
			}
			var c comfortable
			var said, heard float64 // in the last tenth of a second
			for beat := range 200 {
				c.fill(f)
				said += loudness(f)
				heard += hear(true)
				if beat%5 < 4 {
					continue
				}
				if db := 20 * math.Log10(heard/said); beat > 2*comfortBeats && math.Abs(db) > 6 {
					t.Errorf("beat %d of the pause is %.1f dB off", beat, db)
				}
				said, heard = 0, 0
			}
			*word = syllables{beats: 4}
			word.ReadFrame(f)
			hear(false)
			for beat := range 10 {
				word.ReadFrame(f)
				said := loudness(f)
				if db := 20 * math.Log10(hear(false)/said); beat > 0 && math.Abs(db) > 1.5 {
					t.Errorf("beat %d of the word is %.1f dB off", beat, db)
				}
			}
		})
	}
}

func TestNoPacketIsLongerThanTheyTake(t *testing.T) {
	for _, tt := range []struct {
		name    string
		lines   []string
		speaker speaker
		length  int // of a payload; 0: any
	}{
		{"G.711", []string{pcma}, speaker{8, 160, nil, nil}, 80},
		{"G.722", []string{wideLine}, wideSpeaker(t), 80},
		{"Opus", []string{opusLine, opusMap}, opusSpeaker(t), 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newBench(t, nil).dial(append(tt.lines, "a=ptime:30", "a=maxptime:10")...)
			p.leg.Connect(tone{8000}, nil)
			p.step(10)
			var before *rtp.Packet
			for i := range 20 {
				packet := p.receive()
				if tt.length > 0 && len(packet.Payload) != tt.length {
					t.Fatalf("%d bytes", len(packet.Payload))
				}
				if before != nil && (packet.Timestamp-before.Timestamp != tt.speaker.ticks/2 || packet.SequenceNumber != before.SequenceNumber+1) {
					t.Errorf("packet %d: %v after %v", i, packet.Header, before.Header)
				}
				before = packet
			}
		})
	}
}

func TestPacketsOfAnyLengthAreTaken(t *testing.T) {
	for _, length := range []int{10, 20, 30, 40, 60} {
		t.Run(fmt.Sprint(length, " ms"), func(t *testing.T) {
			p := newBench(t, nil).dial(pcma)
			heard := &record{}
			p.leg.Connect(nil, heard)
			for at := 0; at < 1200; at += 20 {
				for p.ts-1<<31 < uint32(at*8) {
					p.send(8, encoded(g711.ALaw, length*8), uint32(length*8))
				}
				p.step(1)
			}
			if n := heard.full(); n < 50 {
				t.Errorf("%d of 60 frames heard: %.0f", n, heard.loud)
			}
		})
	}
	t.Run("changing within a call", func(t *testing.T) {
		p := newBench(t, nil).dial(pcma)
		heard := &record{}
		p.leg.Connect(nil, heard)
		for i, at := 0, 0; at < 2400; at += 20 {
			for p.ts-1<<31 < uint32(at*8) {
				length := [...]int{20, 60, 10, 30, 40}[i/6%5]
				i++
				p.send(8, encoded(g711.ALaw, length*8), uint32(length*8))
			}
			p.step(1)
		}
		if n := heard.full(); n < 100 {
			t.Errorf("%d of 120 frames heard: %.0f", n, heard.loud)
		}
	})
}

// What gateways do to a stream in mid-call: another SSRC, a clock that jumps, a
// pause without a marker, comfort noise in between.
func TestStreamsJump(t *testing.T) {
	for _, tt := range []struct {
		name string
		jump func(*phone)
	}{
		{"another SSRC", func(p *phone) { p.ssrc, p.seq, p.ts = p.ssrc+1, p.seq*7, p.ts*5 }},
		{"the timestamp jumps ahead", func(p *phone) { p.ts += 1 << 29 }},
		{"the timestamp jumps back", func(p *phone) { p.ts -= 1 << 29 }},
		{"the sequence begins anew", func(p *phone) { p.seq, p.ts = p.seq+30000, p.ts*5 }},
		{"a pause of a second without a marker", func(p *phone) { p.ts += 8000; p.step(50) }},
		{"comfort noise, and a pause", func(p *phone) {
			p.send(13, []byte{60}, 160)
			p.step(1)
			p.ts += 4000
			p.step(25)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newBench(t, nil).dial(pcma)
			heard := &record{}
			p.leg.Connect(nil, heard)
			for range 4 {
				for range 25 {
					p.send(8, encoded(g711.ALaw, 160), 160)
					p.step(1)
				}
				tt.jump(p)
			}
			if n := heard.full(); n < 84 {
				t.Errorf("%d of 100 frames heard: %.0f", n, heard.loud)
			}
		})
	}
}

// A telephone tells how noisy its line is, and says nothing more.
func TestToldNoiseIsHeard(t *testing.T) {
	p := newBench(t, nil).dial(pcma)
	heard := &record{}
	p.leg.Connect(nil, heard)
	for range 10 {
		p.send(8, encoded(g711.ALaw, 160), 160)
		p.step(1)
	}
	p.send(comfortNoise, []byte{50}, 160)
	p.step(30)
	for i, got := range heard.loud[20:] {
		if want := 32768 * math.Pow(10, -50/20.); got < want/1.3 || got > want*1.3 {
			t.Errorf("frame %d is at %.0f, want about %.0f", 20+i, got, want)
		}
	}
}

func TestNothingIsAllocatedPerPacketInAnyCodec(t *testing.T) {
	for _, tt := range []struct {
		name    string
		lines   []string
		speaker speaker
	}{
		{"Opus", []string{opusLine, opusMap}, opusSpeaker(t)},
		{"G.722", []string{wideLine}, wideSpeaker(t)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			beat, _ := beatOf(t, tt.lines, tt.speaker)
			if n := testing.AllocsPerRun(500, beat); n != 0 {
				t.Errorf("%.2f allocations", n)
			}
		})
	}
}

// beatOf is one beat of a call: a packet in, a packet out.
func beatOf(t testing.TB, lines []string, s speaker) (beat func(), p *phone) {
	t.Helper()
	p = newBench(t, nil).dial(lines...)
	p.leg.Connect(tonePCM{}, pcm.Silence{})
	from, at := mustAddr(p.rtp.LocalAddr().String()), time.Unix(1e9, 0)
	frame := make(pcm.Frame, pcm.WidebandSamples)
	tone{8000}.ReadFrame(frame)
	payload := append([]byte{}, s.encode(frame)...)
	header := rtp.Header{Version: 2, PayloadType: s.kind, SSRC: 77}
	raw := make([]byte, 12+len(payload))
	return func() {
		header.SequenceNumber++
		header.Timestamp += s.ticks
		at = at.Add(pcm.FrameDuration)
		_, _ = header.MarshalTo(raw)
		copy(raw[12:], payload)
		p.judge(raw, from, at)
		p.now.Add(int64(pcm.FrameDuration))
		p.leg.Beat(pcm.TakeIn)
		p.leg.Beat(pcm.Mix)
		p.leg.Beat(pcm.GiveOut)
	}, p
}

func BenchmarkOpusCall(b *testing.B) { benchmarkBeat(b, []string{opusLine, opusMap}, opusSpeaker(b)) }

func BenchmarkWideCall(b *testing.B) { benchmarkBeat(b, []string{wideLine}, wideSpeaker(b)) }

func benchmarkBeat(b *testing.B, lines []string, s speaker) {
	beat, _ := beatOf(b, lines, s)
	b.ReportAllocs()
	for b.Loop() {
		beat()
	}
}

func TestAnswerSaysWhatOpusShouldBe(t *testing.T) {
	p := newBench(t, nil).dial()
	answer := p.offer(opusLine, opusMap, "a=fmtp:96 stereo=1;maxaveragebitrate=64000")
	if !strings.Contains(answer, "a=fmtp:96 maxplaybackrate=16000;") || !strings.Contains(answer, "useinbandfec=1") {
		t.Errorf("answer\n%s", answer)
	}
}
