package media

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/einwahl/einwahl/conference/mixer"
	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/jitter"
	"github.com/einwahl/einwahl/transcode/level"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
)

const (
	// chirpEvery is how often a mouth chirps, and chirpLength how long, in samples
	// at 8 kHz.
	chirpEvery, chirpLength = pcm.Narrowband * 2 / 5, pcm.Narrowband / 10
	// longestWay is the most that is looked for, in samples.
	longestWay = pcm.Narrowband / 4
	talks      = 5 * time.Second
)

// TestDelayFromMouthToEar tells how long the gateway itself keeps what is said, of
// the 150 ms from mouth to ear that ITU-T G.114 recommends not to exceed: from the
// end of the packet that the sound is in, had the network not held it up, to when
// it is sent on, with all that stands between: the jitter buffer, the room with its
// levels and its limiter, and the codecs. Time is the test's, and not a clock's.
// Chirps are said, and looked for in what is heard.
func TestDelayFromMouthToEar(t *testing.T) {
	for _, network := range []struct {
		name   string
		jitter time.Duration // each packet is held up by 0 to so long
		most   time.Duration
	}{
		{"a clean network", 0, 40 * time.Millisecond},
		{"20 ms of jitter", 20 * time.Millisecond, 80 * time.Millisecond},
	} {
		for _, r := range journeys() {
			t.Run(r.name+" over "+network.name, func(t *testing.T) {
				t.Parallel()
				var all []time.Duration
				// Packets come at any time between two beats.
				for early := time.Millisecond; early < pcm.FrameDuration; early += 3 * time.Millisecond {
					m := newMouthToEar(t, early, network.jitter)
					r.connect(m)
					all = append(all, m.delays()...)
				}
				slices.Sort(all)
				median, longest, most := all[len(all)/2], all[len(all)-1], network.most+r.more
				t.Logf("median %v, the longest of %d %v", median, len(all), longest)
				if longest > most {
					t.Errorf("the gateway adds %v, and to one chirp %v, want at most %v", median, longest, most)
				}
			})
		}
	}
}

type journey struct {
	name    string
	connect func(*mouthToEar)
	more    time.Duration // than is wanted of the others
}

func journeys() []journey {
	const messages = "a=fmtp:101 0-15"
	return []journey{
		{"telephone to telephone", func(m *mouthToEar) {
			m.fromTelephone(nil, withEvents, eventsMap, messages)
			m.toTelephone()
		}, 0},
		{"telephone to page", func(m *mouthToEar) {
			m.toPage()
			m.fromTelephone(m.page, withEvents, eventsMap, messages)
		}, 0},
		{"page to telephone", func(m *mouthToEar) {
			m.fromPage()
			m.toTelephone()
		}, 0},
		// Their sound waits for a beat, so that the beginning of a key can be cut.
		{"telephone that knows keys as tones only", func(m *mouthToEar) {
			m.fromTelephone(nil, pcma)
			m.toTelephone()
		}, pcm.FrameDuration},
	}
}

// mouthToEar is one call of a talker with a listener.
type mouthToEar struct {
	*bench
	room   *mixer.Room
	chance *rand.Rand
	early  time.Duration // before a beat a packet comes
	jitter time.Duration
	packet func(f pcm.Frame) func() // makes a packet of what the mouth says, and how it is sent
	heard  func() []int16           // of the beat, at 8 kHz
	page   pcm.Sink
}

func newMouthToEar(t *testing.T, early, jitter time.Duration) *mouthToEar {
	b := newBench(t, nil)
	return &mouthToEar{
		bench: b, room: mixer.NewRoom(b.clock), chance: rand.New(rand.NewPCG(1, uint64(early))), early: early, jitter: jitter,
	}
}

// join connects a telephone with the room.
func (m *mouthToEar) join(p *phone, out pcm.Sink) {
	port := m.room.Join(out)
	port.SetVoice(true)
	p.leg.Connect(port, port)
}

func (m *mouthToEar) fromTelephone(out pcm.Sink, lines ...string) {
	p := m.dial(lines...)
	m.join(p, out)
	m.packet = func(f pcm.Frame) func() {
		payload := make([]byte, len(f))
		g711.ALaw.Encode(payload, f)
		seq, ts := p.seq, p.ts
		p.seq, p.ts = p.seq+1, p.ts+uint32(len(f))
		return func() { p.sendNumber(seq, ts, payload) }
	}
}

// sendNumber sends a packet out of order.
func (p *phone) sendNumber(seq uint16, ts uint32, payload []byte) {
	nextSeq, nextTS := p.seq, p.ts
	p.seq, p.ts = seq, ts
	p.send(8, payload, 0)
	p.seq, p.ts = nextSeq, nextTS
}

func (m *mouthToEar) toTelephone() {
	p := m.dial(withEvents, eventsMap)
	m.join(p, nil)
	m.heard = func() []int16 {
		f := make(pcm.Frame, pcm.NarrowbandSamples)
		g711.ALaw.Decode(f, p.receive().Payload)
		return f
	}
}

// fromPage sends the Opus of a browser, which has its own delay of some ms.
func (m *mouthToEar) fromPage() {
	encoder, decoder := m.codec(opus.EncoderConfig{Rate: pcm.Narrowband, Bitrate: 32000, Complexity: 5})
	stream := jitter.New(jitter.Config{ClockRate: opus.ClockRate, Rate: pcm.Narrowband}, decoder)
	m.t.Cleanup(m.room.AddSpeaker(stream).Close)
	var next jitter.Packet
	m.packet = func(f pcm.Frame) func() {
		payload := m.encode(encoder, f)
		next.Seq, next.Timestamp = next.Seq+1, next.Timestamp+opus.ClockRate/50
		next.Level, next.Payload = int8(max(min(level.Of(f), -1), level.Silent)), payload
		sent := next
		return func() { stream.Push(sent, m.engine.now()) }
	}
}

// toPage encodes what the telephone says, as the built-in meetings do, and decodes
// it at once, as nobody can.
func (m *mouthToEar) toPage() {
	encoder, decoder := m.codec(opus.Telephone())
	var latest []byte
	m.page = sink(func(f pcm.Frame) {
		if latest = nil; f != nil {
			latest = m.encode(encoder, f)
		}
	})
	m.heard = func() []int16 {
		f := make([]int16, pcm.NarrowbandSamples)
		if latest != nil {
			if _, err := decoder.Decode(f, latest); err != nil {
				m.t.Fatal(err)
			}
		}
		return f
	}
}

type sink func(pcm.Frame)

func (s sink) WriteFrame(f pcm.Frame) { s(f) }

func (m *mouthToEar) codec(c opus.EncoderConfig) (*opus.Encoder, *opus.Decoder) {
	m.t.Helper()
	encoder, err := opus.NewEncoder(c)
	if err != nil {
		m.t.Fatal(err)
	}
	decoder, err := opus.NewDecoder(pcm.Narrowband)
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { encoder.Close(); decoder.Close() })
	return encoder, decoder
}

func (m *mouthToEar) encode(e *opus.Encoder, f pcm.Frame) []byte {
	m.t.Helper()
	var buf [opus.MaxPacket]byte
	n, err := e.Encode(buf[:], f)
	if err != nil {
		m.t.Fatal(err)
	}
	return slices.Clone(buf[:n])
}

// underway is a packet on its way.
type underway struct {
	at   time.Duration
	send func()
}

// delays has the mouth talk, and tells for how long the gateway has kept each
// chirp but those of the first second.
func (m *mouthToEar) delays() []time.Duration {
	m.t.Helper()
	said, begun := chirps(int(talks*pcm.Narrowband/time.Second)), m.engine.now()
	var coming []underway
	for i, f := range slices.Collect(slices.Chunk(said, pcm.NarrowbandSamples)) {
		held := time.Duration(m.chance.Float64() * float64(m.jitter))
		coming = append(coming, underway{time.Duration(i+1)*pcm.FrameDuration - m.early + held, m.packet(f)})
	}
	slices.SortStableFunc(coming, func(a, b underway) int { return cmp.Compare(a.at, b.at) })
	var heard []int16
	for beat := time.Duration(0); len(heard) < len(said)+longestWay; beat += pcm.FrameDuration {
		for len(coming) > 0 && coming[0].at <= beat {
			m.now.Store(begun.Add(coming[0].at).UnixNano())
			coming[0].send()
			coming = coming[1:]
		}
		m.now.Store(begun.Add(beat).UnixNano())
		m.clock.Step()
		heard = append(heard, m.heard()...)
	}
	var all []time.Duration
	for at := 3 * chirpEvery; at+chirpEvery <= len(said); at += chirpEvery {
		samples, like := match(said[at:at+chirpLength], heard[at:])
		if like < .8 {
			m.t.Errorf("a chirp is heard, if it is, with a correlation of %.2f", like)
		}
		lag := time.Duration(samples) * time.Second / pcm.Narrowband
		// Its packet could be sent, and came, so long after it was said.
		all = append(all, lag-(pcm.FrameDuration-m.early))
	}
	return all
}

// chirps is so much of a voice that says one at the beginning of each chirpEvery,
// from 400 to 3000 Hz, at -20 dBov.
func chirps(samples int) []int16 {
	sound := make([]int16, samples)
	for i := range sound {
		const from, to = 400.0, 3000.0
		if at := float64(i%chirpEvery) / pcm.Narrowband; i%chirpEvery < chirpLength {
			const lasts = float64(chirpLength) / pcm.Narrowband
			sound[i] = int16(3277 * math.Sqrt2 * math.Sin(2*math.Pi*(from*at+(to-from)*at*at/2/lasts)))
		}
	}
	return sound
}

// match is how many samples into heard a chirp is, and how much that is like it.
func match(chirp, heard []int16) (best int, like float64) {
	most := 0.0
	for lag := range longestWay {
		if sum := product(chirp, heard[lag:]); sum > most {
			most, best = sum, lag
		}
	}
	there := heard[best : best+len(chirp)]
	return best, most / math.Sqrt(product(chirp, chirp)*product(there, there))
}

// product is that of two sounds, as long as the first. The race detector would make
// it ten times slower.
//
//go:norace
func product(a, b []int16) (sum float64) {
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}
