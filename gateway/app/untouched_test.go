package app_test

import (
	"fmt"
	"math"
	"net"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip/siptest"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// opusPhone is the sound of a telephone that speaks Opus.
type opusPhone struct {
	t    *testing.T
	conn *net.UDPConn

	mu   sync.Mutex
	sent map[string]bool // payloads
}

func newOpusPhone(t *testing.T) *opusPhone {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	return &opusPhone{t: t, conn: conn, sent: map[string]bool{}}
}

// offer describes it, with keys as events, so that its sound need not be searched
// for tones.
func (p *opusPhone) offer() string {
	return fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP 96 101\r\n"+
		"a=rtpmap:96 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\n", p.conn.LocalAddr().(*net.UDPAddr).Port)
}

var audioPort = regexp.MustCompile(`(?m)^m=audio (\d+) RTP/AVP 96\b`)

// talk says words to where an answer wants them. It ends with the test.
func (p *opusPhone) talk(answer []byte) {
	p.t.Helper()
	port := audioPort.FindSubmatch(answer)
	if port == nil {
		p.t.Fatalf("the answer has no Opus:\n%s", answer)
	}
	to, err := net.ResolveUDPAddr("udp4", "127.0.0.1:"+string(port[1]))
	if err != nil {
		p.t.Fatal(err)
	}
	encoder, err := opus.NewEncoder(opus.EncoderConfig{Rate: pcm.Wideband, Bitrate: 24000, Complexity: 3})
	if err != nil {
		p.t.Fatal(err)
	}
	end := make(chan struct{})
	var talking sync.WaitGroup
	talking.Go(func() {
		defer encoder.Close()
		beat := time.NewTicker(pcm.FrameDuration)
		defer beat.Stop()
		for n := uint16(0); ; n++ {
			select {
			case <-end:
				return
			case <-beat.C:
				p.say(encoder, n, to)
			}
		}
	})
	p.t.Cleanup(func() {
		close(end)
		talking.Wait()
		_ = p.conn.Close()
	})
}

// say sends packet n.
func (p *opusPhone) say(encoder *opus.Encoder, n uint16, to *net.UDPAddr) {
	payload := make([]byte, opus.MaxPacket)
	size, err := encoder.Encode(payload, word(int(n)))
	if err != nil {
		p.t.Error(err)
		return
	}
	packet := rtp.Packet{
		Header:  rtp.Header{Version: 2, PayloadType: 96, SequenceNumber: n, Timestamp: uint32(n) * 960, SSRC: 7},
		Payload: payload[:size],
	}
	raw, err := packet.Marshal()
	if err != nil {
		p.t.Error(err)
		return
	}
	p.mu.Lock()
	p.sent[string(packet.Payload)] = true
	p.mu.Unlock()
	_, _ = p.conn.WriteTo(raw, to) // what is lost is heard as a gap
}

// word is frame n of tones with pauses between them: whether packets go on
// untouched is decided where a word begins. They are at -20 dBov, which a meeting
// has no reason to change.
func word(n int) pcm.Frame {
	const length, of = 40, 60
	frame := make(pcm.Frame, pcm.WidebandSamples)
	if n%of >= length {
		return frame
	}
	amplitude := math.MaxInt16 * math.Pow(10, -20./20) * math.Sqrt2
	for i := range frame {
		frame[i] = int16(amplitude * math.Sin(2*math.Pi*440*float64(n*len(frame)+i)/pcm.Wideband))
	}
	return frame
}

// ownOf counts the packets whose payload the telephone has sent.
func (p *opusPhone) ownOf(packets []webtest.Packet) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, packet := range packets {
		if p.sent[string(packet.Payload)] {
			n++
		}
	}
	return n
}

// TestOpusOfACallerComesToAPageUntouched: whatever stands between the line and the
// meeting hands on the packets of who speaks Opus, and not only their sound.
func TestOpusOfACallerComesToAPageUntouched(t *testing.T) {
	t.Parallel()
	const meeting = "100000001"
	g := startGateway(t, func(c *config.Config) {
		c.Numbers[0].Meeting, c.Announcements.Directory = meeting, shortWords(t, announcements.Welcome, announcements.Enter)
	})
	page := webtest.Dial(t, "http://"+g.app.HTTP().String(), meeting, webtest.Join{Name: "Ada"})
	page.Joined()
	phone := newOpusPhone(t)
	call := siptest.New(t, siptest.Config{Gateway: g.address("udp"), User: "030123456"}).
		Dial("en", siptest.WithBody("application/sdp", phone.offer()), siptest.Dumb())
	answer := call.Final()
	if answer.Status() != 200 {
		t.Fatalf("the call was answered with %s", answer.Start)
	}
	phone.talk(answer.Body)
	g.waitPhase("informing")
	call.Info('#')
	g.waitPhones(meeting, 1)
	id := g.phones(meeting)[0].ID
	const heard, some = 100, 10 // a busy machine may have a word or two encoded anew
	peertest.Eventually(t, "the page hears the telephone", func() bool { return len(page.Heard(id)) >= heard })
	if packets := page.Heard(id); phone.ownOf(packets) < some {
		t.Errorf("of %d packets %d are the telephone's own", len(packets), phone.ownOf(packets))
	}
	call.Hangup()
	g.waitPhones(meeting, 0)
}
