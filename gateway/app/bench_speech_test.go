//go:build linux

package app_test

import (
	"bytes"
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/wav"
)

// longestPacket is how much a packet of Opus can hold, in samples of the
// telephone.
const longestPacket = pcm.Narrowband * 120 / 1000

// benchSpeech is a voice that talks without a pause, for at least length: the
// longest prompts, one after the other.
func benchSpeech(b *testing.B, rate int, length time.Duration) []int16 {
	b.Helper()
	library, err := announcements.Open(announcements.DefaultConfig(), zerolog.Nop())
	if err != nil {
		b.Fatal(err)
	}
	prompts := library.Prompts()
	slices.SortStableFunc(prompts, func(x, y announcements.Prompt) int {
		return cmp.Compare(library.Duration("en", y), library.Duration("en", x))
	})
	want := int(length.Seconds() * float64(rate))
	var speech []int16
	for _, p := range prompts {
		if len(speech) >= want {
			break
		}
		var file bytes.Buffer
		if err := library.WriteWAV(&file, "en", p); err != nil {
			b.Fatal(err)
		}
		sound, err := wav.Read(&file, rate)
		if err != nil {
			b.Fatal(err)
		}
		speech = append(speech, sound...)
	}
	return speech[:want]
}

// talk is what somebody says, in packets of 20 ms.
type talk [][]byte

// telephoneTalk is speech as a telephone sends it.
func telephoneTalk(speech []int16) talk {
	var packets talk
	for f := range slices.Chunk(speech, pcm.NarrowbandSamples) {
		packet := make([]byte, len(f))
		g711.ALaw.Encode(packet, f)
		packets = append(packets, packet)
	}
	return packets
}

// webTalk is speech at 48 kHz as browsers send it: 32 kbit/s, the most
// thorough encoder, repair of single losses, and the whole band. Prompts have
// nothing above 8 kHz, microphones do: a noise 60 dB below full scale keeps the
// encoder from leaving the upper band out.
func webTalk(b *testing.B, speech []int16) talk {
	b.Helper()
	encoder, err := opus.NewEncoder(opus.EncoderConfig{Rate: opus.ClockRate, Bitrate: 32000, Complexity: 9, FEC: true})
	if err != nil {
		b.Fatal(err)
	}
	defer encoder.Close()
	var packets talk
	hybrid, noise := 0, uint32(1)
	for f := range slices.Chunk(speech, opus.ClockRate/50) {
		noisy := make(pcm.Frame, len(f))
		for i, s := range f {
			noise = noise*1664525 + 1013904223
			noisy[i] = int16(min(max(int32(s)+int32(noise>>26)-32, -32768), 32767))
		}
		packet := make([]byte, opus.MaxPacket)
		n, err := encoder.Encode(packet, noisy)
		if err != nil {
			b.Fatal(err)
		}
		// Configurations 12 to 15 are hybrid (RFC 6716 section 3.1).
		if config := packet[0] >> 3; config >= 12 && config < 16 {
			hybrid++
		}
		packets = append(packets, packet[:n])
	}
	if hybrid < len(packets)*9/10 {
		b.Fatalf("%d of %d packets are hybrid: browsers send nothing else", hybrid, len(packets))
	}
	return packets
}
