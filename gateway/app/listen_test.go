//go:build linux

package app_test

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/pion/rtp"

	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip/siptest"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/soundtest"
)

// network is what packets go through before they reach the gateway.
type network struct {
	name   string
	loss   float64       // share of packets
	jitter time.Duration // each packet is held up by 0 to so long
	// What is asked of the sound behind it: how much is understood, and how far
	// its spectrum may be off, in dB.
	stoi, distance float64
}

// BenchmarkListen has people talk through the gateway, a telephone and a web
// peer at the same time, and judges what each of them hears of the other. It
// fails where that is worse than it has to be. Where Python has pesq
// and visqol-python, PESQ and ViSQOL judge too.
func BenchmarkListen(b *testing.B) {
	if testing.Short() {
		b.Skip("takes a minute")
	}
	networks := []network{
		{name: "clean", stoi: .99, distance: 4.5},
		{name: "5 % loss, 40 ms jitter", loss: .05, jitter: 40 * time.Millisecond, stoi: .96, distance: 6},
	}
	g := startProcess(b, buildGateway(b), len(networks))
	phone := siptest.New(b, siptest.Config{Gateway: g.sip})
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "\n  \tdirection\tSTOI\tlog-spectral distance\tPESQ\tViSQOL\t\n")
	for i, n := range networks {
		in, out := converse(b, g, phone, i, n)
		for _, h := range []heard{in, out} {
			h.judge(b)
			fmt.Fprintf(w, "  %s\t%s\t%.3f\t%.1f dB\t%s\t%s\t\n", n.name, h.way, h.stoi, h.distance, h.pesq, h.visqol)
			if h.stoi < n.stoi || h.distance > n.distance {
				b.Errorf("%s, %s: STOI %.3f and a distance of %.1f dB, want %v and %v", n.name, h.way, h.stoi, h.distance, n.stoi, n.distance)
			}
		}
	}
	b.ReportMetric(0, "ns/op")
	_ = w.Flush()
	fmt.Fprintln(os.Stdout, text.String())
}

// heard is what one side has heard of the other, at 8 kHz.
type heard struct {
	way          string
	said, sound  []int16
	stoi         float64
	distance     float64
	pesq, visqol string
}

// converse has both sides of a call in meeting i talk through a network.
func converse(b *testing.B, g *process, phone *siptest.Phone, i int, n network) (in, out heard) {
	b.Helper()
	narrow, wide := usual(soundtest.Speech(b, pcm.Narrowband)), usual(soundtest.Speech(b, opus.ClockRate))
	toWeb, toPhone := newTape(opus.ClockRate, decodeOpus(b)), newTape(pcm.Narrowband, decodeLaw)
	web := webtest.Dial(b, g.http, benchMeeting(i), webtest.Join{Name: "Web"},
		webtest.Hears(func(_ string, h rtp.Header, payload []byte, at time.Time) { toWeb.take(h.Timestamp, payload, at) }))
	call := dialWire(b, phone, benchNumber(i), toPhone)
	peertest.Eventually(b, "the caller hears the privacy notice", func() bool { return g.phase("informing") == 1 })
	call.call.Info('#')
	web.Connected()
	peertest.Eventually(b, "the caller is in", func() bool { return g.phase("talking") == 1 })
	// Nobody hears a caller who is still being told who is there.
	peertest.Eventually(b, "the caller may speak", func() bool { return g.muted() == 0 })

	var talking sync.WaitGroup
	law, packets := telephoneTalk(narrow), webTalk(b, wide, int(100*n.loss), true)
	numbers := packets.numbers()
	begin := time.Now().Add(time.Second) // until the last prompt has died away
	talking.Go(func() { n.carry(len(law), begin, 1, func(i int) { call.send(i, law[i].payload) }) })
	talking.Go(func() {
		n.carry(len(packets), begin, 2, func(i int) {
			if p := packets[i]; len(p.payload) > 0 {
				web.SendNumber(numbers[i], uint32(i), p.payload, p.level)
			}
		})
	})
	talking.Wait()
	time.Sleep(time.Second) // until the last word has come
	call.call.Hangup()
	web.Close()
	// Where this machine was busy when a tape began, it tells the time wrong.
	from := begin.Add(-500 * time.Millisecond)
	return heard{way: "telephone to web", said: narrow, sound: toWeb.since(from)},
		heard{way: "web to telephone", said: soundtest.TelephoneBand(wide), sound: toPhone.since(from)}
}

// usual brings speech to -20 dBov while it is active, which a room leaves as it
// is: the measures compare spectra, not loudness.
func usual(speech []int16) []int16 {
	const audible, wanted = 330, 3277 // -40 and -20 dBov
	var sum, n float64
	for f := range slices.Chunk(speech, len(speech)/1000) {
		var power float64
		for _, s := range f {
			power += float64(s) * float64(s)
		}
		if power > audible*audible*float64(len(f)) {
			sum += power
			n += float64(len(f))
		}
	}
	gain := wanted / math.Sqrt(sum/n)
	out := make([]int16, len(speech))
	for i, s := range speech {
		out[i] = int16(min(max(gain*float64(s), math.MinInt16), math.MaxInt16))
	}
	return out
}

// carry sends packets as the network lets them through.
func (n network) carry(packets int, begin time.Time, seed uint64, send func(i int)) {
	chance := rand.New(rand.NewPCG(seed, 0))
	type passage struct {
		number int
		at     time.Duration
	}
	var all []passage
	for i := range packets {
		held := time.Duration(chance.Float64() * float64(n.jitter))
		if chance.Float64() >= n.loss {
			all = append(all, passage{i, time.Duration(i)*pcm.FrameDuration + held})
		}
	}
	slices.SortStableFunc(all, func(a, b passage) int { return cmp.Compare(a.at, b.at) })
	for _, p := range all {
		time.Sleep(time.Until(begin.Add(p.at)))
		send(p.number)
	}
}

// tape is what somebody hears, packet by packet in its place.
type tape struct {
	clock  int // of the timestamps
	decode func(payload []byte) []int16

	mu     sync.Mutex
	begun  time.Time
	first  uint32
	sounds []int16 // at 8 kHz
}

func newTape(clock int, decode func([]byte) []int16) *tape {
	return &tape{clock: clock, decode: decode}
}

func (t *tape) take(timestamp uint32, payload []byte, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.begun.IsZero() {
		t.begun, t.first = at, timestamp
	}
	place := int(int32(timestamp-t.first)) / (t.clock / pcm.Narrowband)
	sound := t.decode(payload)
	if place < 0 {
		return
	}
	if end := place + len(sound); end > len(t.sounds) {
		t.sounds = append(t.sounds, make([]int16, end-len(t.sounds))...)
	}
	copy(t.sounds[place:], sound)
}

// since is what was heard from a moment on.
func (t *tape) since(begin time.Time) []int16 {
	t.mu.Lock()
	defer t.mu.Unlock()
	from := int(begin.Sub(t.begun).Seconds() * pcm.Narrowband)
	if from < 0 { // the first packet came later
		return append(make([]int16, -from), t.sounds...)
	}
	return t.sounds[min(from, len(t.sounds)):]
}

func decodeLaw(payload []byte) []int16 {
	sound := make([]int16, 0, len(payload))
	for _, v := range payload {
		sound = append(sound, siptest.PCMA.Decode(v))
	}
	return sound
}

func decodeOpus(b *testing.B) func([]byte) []int16 {
	d, err := opus.NewDecoder(pcm.Narrowband)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(d.Close)
	sound := make([]int16, longestPacket)
	return func(payload []byte) []int16 {
		n, err := d.Decode(sound, payload)
		if err != nil {
			return nil
		}
		return sound[:n]
	}
}

// wire is a telephone whose packets the benchmark makes itself.
type wire struct {
	call   *siptest.Call
	socket *net.UDPConn
	to     *net.UDPAddr
}

func dialWire(b *testing.B, phone *siptest.Phone, number string, hears *tape) *wire {
	b.Helper()
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = socket.Close() })
	offer := fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"+
		"m=audio %d RTP/AVP 8\r\na=ptime:20\r\n", socket.LocalAddr().(*net.UDPAddr).Port)
	w := &wire{call: phone.Dial(number, siptest.WithBody("application/sdp", offer), siptest.Dumb()), socket: socket}
	answer := w.call.Final()
	port, err := soundPort(string(answer.Body))
	if err != nil {
		b.Fatal(err)
	}
	w.to = &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(port)}
	go func() {
		for buf := make([]byte, 2048); ; {
			n, err := socket.Read(buf)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil && n > 12 && buf[1]&0x7f == 8 {
				hears.take(binary.BigEndian.Uint32(buf[4:]), buf[12:n], time.Now())
			}
		}
	}()
	return w
}

func (w *wire) send(i int, payload []byte) {
	packet := make([]byte, 12, 12+len(payload))
	packet[0], packet[1] = 0x80, 8
	binary.BigEndian.PutUint16(packet[2:], uint16(i))
	binary.BigEndian.PutUint32(packet[4:], uint32(i*pcm.NarrowbandSamples))
	binary.BigEndian.PutUint32(packet[8:], 0x115e)
	_, _ = w.socket.WriteToUDP(append(packet, payload...), w.to)
}

// judge compares what was heard with what was said.
func (h *heard) judge(b *testing.B) {
	b.Helper()
	const longest = pcm.Narrowband // on the way, and before it
	inStep := soundtest.Align(h.said, h.sound, longest)
	h.stoi, h.distance = soundtest.STOI(h.said, inStep), soundtest.Distance(h.said, inStep)
	h.pesq, h.visqol = "–", "–"
	for name, score := range soundtest.Peers(b, h.said, inStep) {
		switch name {
		case "PESQ":
			h.pesq = fmt.Sprintf("%.2f", score)
		case "ViSQOL":
			h.visqol = fmt.Sprintf("%.2f", score)
		}
	}
}
