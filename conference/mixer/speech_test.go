package mixer

import (
	"slices"
	"testing"

	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/jitter"
	"github.com/einwahl/einwahl/transcode/level"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/soundtest"
)

// understood fails if less than .99 of what was said is, or if it clicks.
func understood(t *testing.T, said, heard []int16) {
	t.Helper()
	step := soundtest.Align(said, heard, 800)
	stoi := soundtest.STOI(said, step)
	t.Logf("STOI %.4f, %.2f dB apart", stoi, soundtest.Distance(said, step))
	if stoi < .99 {
		t.Errorf("an STOI of %.4f", stoi)
	}
	if at := soundtest.Clicks(said, step, pcm.Narrowband); len(at) > 0 {
		t.Errorf("clicks at %v", at)
	}
}

// The whole way of a telephone's voice to a page, codecs, high-pass, gate and
// all.
func TestSpeechStaysCleanFromPhoneToPage(t *testing.T) {
	config := opus.Telephone()
	config.DTX = false
	enc, err := opus.NewEncoder(config)
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Close()
	page := &encoder{Encoder: enc}
	clock, talker, _ := twoCalls(page)
	speech := soundtest.Speech(t, pcm.Narrowband)
	for f := range slices.Chunk(speech, pcm.NarrowbandSamples) {
		talker.say(f, false)
		clock.Step()
	}
	dec, err := opus.NewDecoder(pcm.Narrowband)
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	heard := make([]int16, pcm.NarrowbandSamples*len(page.packets)) // silence between packets
	for i, packet := range page.packets {
		if len(packet) == 0 {
			continue
		}
		if _, err := dec.Decode(heard[i*pcm.NarrowbandSamples:], packet); err != nil {
			t.Fatal(err)
		}
	}
	understood(t, speech, heard)
}

// And of a page's to a telephone.
func TestSpeechStaysCleanFromPageToPhone(t *testing.T) {
	enc, err := opus.NewEncoder(opus.EncoderConfig{Rate: opus.ClockRate, Bitrate: 32000, Complexity: 9, FEC: true})
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Close()
	dec, err := opus.NewDecoder(pcm.Narrowband)
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	clock, listener, _ := twoCalls(nil)
	stream := jitter.New(jitter.Config{ClockRate: opus.ClockRate, Rate: pcm.Narrowband}, dec)
	listener.port.room.AddSpeaker(stream)
	var heard []int16
	listener.heard = func(packet []byte) {
		var f [pcm.NarrowbandSamples]int16 // silence, if the packet is nil
		g711.ALaw.Decode(f[:], packet)
		heard = append(heard, f[:]...)
	}
	speech, p, at := soundtest.Speech(t, opus.ClockRate), jitter.Packet{}, listener.at
	for f := range slices.Chunk(speech[:len(speech)/960*960], 960) {
		payload := make([]byte, opus.MaxPacket)
		n, err := enc.Encode(payload, f)
		if err != nil {
			t.Fatal(err)
		}
		at = at.Add(pcm.FrameDuration)
		p.Seq, p.Timestamp, p.Level, p.Payload = p.Seq+1, p.Timestamp+960, int8(min(level.Of(f), -1)), payload[:n]
		stream.Push(p, at)
		clock.Step()
	}
	understood(t, soundtest.TelephoneBand(speech), heard)
}
