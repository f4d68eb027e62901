//go:build linux

package app_test

import (
	"bytes"
	"cmp"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/level"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/wav"
)

const (
	// longestPacket is how much a packet of Opus can hold, in samples of the
	// telephone.
	longestPacket = pcm.Narrowband * 120 / 1000
	// talkLength is how long people talk before they say the same again.
	talkLength = time.Minute
	// hiss is what microphones and lines always have: -65 dBov. It is under all
	// speech, and it is what is left where nobody speaks.
	hiss = 32
)

// share is how much of the time somebody speaks: so many frames, from the
// beginning of each cycle. Whoever does not speak sends hiss.
type share struct{ speaks, cycle int }

// What people do. Spurts of a second are what conversations are made of (P.59).
func always() share { return share{1, 1} }
func fifth() share  { return share{50, 250} }
func never() share  { return share{0, 1} }

// part is the share as a number.
func (s share) part() float64 { return float64(s.speaks) / float64(s.cycle) }

// of is what a microphone hears of speech at a rate.
func (s share) of(speech []int16, rate int) []int16 {
	sound := slices.Clone(speech)
	noise := uint32(1)
	for i := range sound {
		noise = noise*1664525 + 1013904223
		if frame := i / (rate / 50); frame%s.cycle >= s.speaks {
			sound[i] = 0
		}
		sound[i] = int16(min(max(int32(sound[i])+int32(noise>>26)-hiss, -32768), 32767))
	}
	return sound
}

// from is where in its talk the i-th of many begins, so that they speak at
// moments of their own: steps of the golden ratio spread any number of them.
func (s share) from(i int) int {
	const golden = 0.6180339887498949
	cycle := max(s.cycle, 250)
	spread := golden * float64(i)
	return 7*i*cycle + int((spread-math.Floor(spread))*float64(cycle))
}

// talk is what somebody says, in packets of 20 ms.
type talk []utterance

// utterance is a packet.
type utterance struct {
	payload []byte // empty: none is sent
	level   int8   // dBov
}

// at is the i-th packet; after the last one it begins anew.
func (t talk) at(i int) utterance { return t[i%len(t)] }

// numbers are those of its packets, without those that are not sent.
func (t talk) numbers() []uint16 {
	numbers := make([]uint16, len(t))
	next := uint16(0)
	for i, u := range t {
		if numbers[i] = next; len(u.payload) > 0 {
			next++
		}
	}
	return numbers
}

// voices are what telephones and browsers say.
type voices struct{ phone, web talk }

// benchVoices makes voices that speak for a share of the time. In between
// browsers pause.
func benchVoices(tb testing.TB, phone, web share) voices {
	tb.Helper()
	v := voices{
		telephoneTalk(phone.of(benchSpeech(tb, pcm.Narrowband, talkLength), pcm.Narrowband)),
		webTalk(tb, web.of(benchSpeech(tb, opus.ClockRate, talkLength), opus.ClockRate), 0, web.part() < 1),
	}
	if sent := float64(slices.Max(v.web.numbers())) / float64(len(v.web)); sent > web.part()+.2 {
		tb.Fatalf("browsers that speak %.0f%% of the time send %.0f%% of the packets: they do not pause", 100*web.part(), 100*sent)
	}
	return v
}

// readings are where Debian and Ubuntu have people who read aloud, in the public
// domain: pages of a novel, of LibriVox.
const readings = "/usr/share/pocketsphinx/test/data/librivox/*.wav"

// benchSpeech is a voice that talks for length with no pause but the short ones: a
// person's where one is installed, otherwise the longest prompts, again and again.
func benchSpeech(tb testing.TB, rate int, length time.Duration) []int16 {
	tb.Helper()
	speech := recordedSpeech(tb, rate)
	if len(speech) == 0 {
		speech = promptSpeech(tb, rate)
	}
	want := int(length.Seconds() * float64(rate))
	for len(speech) < want {
		speech = append(speech, speech...)
	}
	return speech[:want]
}

// speechOf says whose voice that is.
func speechOf() string {
	if files, _ := filepath.Glob(readings); len(files) > 0 {
		return "people who read aloud (LibriVox, of Debian's pocketsphinx-testdata)"
	}
	return "the gateway's own prompts, for pocketsphinx-testdata is not installed"
}

func recordedSpeech(tb testing.TB, rate int) (speech []int16) {
	tb.Helper()
	files, err := filepath.Glob(readings)
	if err != nil {
		tb.Fatal(err)
	}
	for _, name := range files {
		file, err := os.Open(name)
		if err != nil {
			tb.Fatal(err)
		}
		sound, err := wav.Read(file, rate)
		if err = errors.Join(err, file.Close()); err != nil {
			tb.Fatalf("%s: %v", name, err)
		}
		speech = append(speech, withoutPauses(sound, rate)...)
	}
	return speech
}

// withoutPauses leaves of each pause no more than what is between two words.
func withoutPauses(sound []int16, rate int) (left []int16) {
	const between, soft = 3, -45
	pause := 0
	for f := range slices.Chunk(sound, rate/50) {
		if pause++; level.Of(f) > soft {
			pause = 0
		}
		if pause <= between {
			left = append(left, f...)
		}
	}
	return left
}

func promptSpeech(tb testing.TB, rate int) (speech []int16) {
	tb.Helper()
	library, err := announcements.Open(announcements.DefaultConfig(), zerolog.Nop())
	if err != nil {
		tb.Fatal(err)
	}
	prompts := library.Prompts()
	slices.SortStableFunc(prompts, func(x, y announcements.Prompt) int {
		return cmp.Compare(library.Duration("en", y), library.Duration("en", x))
	})
	for _, p := range prompts[:min(len(prompts), 20)] {
		var file bytes.Buffer
		if err := library.WriteWAV(&file, "en", p); err != nil {
			tb.Fatal(err)
		}
		sound, err := wav.Read(&file, rate)
		if err != nil {
			tb.Fatal(err)
		}
		speech = append(speech, sound...)
	}
	return speech
}

// telephoneTalk is sound as a telephone sends it: without a pause, for the
// network behind it has no silence either.
func telephoneTalk(sound []int16) talk {
	var packets talk
	for f := range slices.Chunk(sound, pcm.NarrowbandSamples) {
		packet := make([]byte, len(f))
		g711.ALaw.Encode(packet, f)
		packets = append(packets, utterance{packet, int8(level.Of(f))})
	}
	return packets
}

// webTalk is sound at 48 kHz as browsers send it: 32 kbit/s, the most thorough
// encoder, repair of single losses, and the whole band, with the level of each
// packet beside it. Recordings have nothing above 8 kHz, microphones do: hiss keeps
// the encoder from leaving the upper band out.
//
// lost is how many packets in a hundred browsers have heard to be missed. Who
// pauses sends two packets every 400 ms once nobody has spoken for 200 ms.
func webTalk(tb testing.TB, sound []int16, lost int, pauses bool) talk {
	tb.Helper()
	encoder, err := opus.NewEncoder(opus.EncoderConfig{Rate: opus.ClockRate, Bitrate: 32000, Complexity: 9, FEC: true, LossPercent: lost, DTX: pauses})
	if err != nil {
		tb.Fatal(err)
	}
	defer encoder.Close()
	var packets talk
	sent, hybrid := 0, 0
	var row webtest.Pauses
	for f := range slices.Chunk(sound, opus.ClockRate/50) {
		packet := make([]byte, opus.MaxPacket)
		n, err := encoder.Encode(packet, f)
		if err != nil {
			tb.Fatal(err)
		}
		if !row.Sends(n) {
			packets = append(packets, utterance{})
			continue
		}
		sent++
		// Configurations 12 to 15 are hybrid (RFC 6716 section 3.1).
		if config := packet[0] >> 3; config >= 12 && config < 16 {
			hybrid++
		}
		packets = append(packets, utterance{packet[:n], int8(level.Of(f))})
	}
	if hybrid < sent*9/10 {
		tb.Fatalf("%d of %d packets are hybrid: browsers send nothing else", hybrid, sent)
	}
	return packets
}
