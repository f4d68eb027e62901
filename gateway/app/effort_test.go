package app

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/overload"
	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip/media"
	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// wired is a gateway of which nothing runs yet.
func wired(t *testing.T, limits overload.Config) *App {
	t.Helper()
	c, dir := config.Sample(), t.TempDir()
	c.SIP.Listen = []string{"udp://127.0.0.1:0"}
	c.Conference.Embedded.WebRTC.Ports = embedded.Ports{}
	c.Admin.Listen = "127.0.0.1:0"
	c.Records.Directory = filepath.Join(dir, "records")
	c.Conference.Embedded.Recordings = filepath.Join(dir, "recordings")
	c.Conference.Embedded.Directory = filepath.Join(dir, "meetings")
	c.Limits.Drain = 0
	c.Overload = limits
	a, err := New(c, Options{Log: zerolog.Nop(), Token: "token"})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// lead leads a gateway until ctx ends. The test waits for its end.
func lead(ctx context.Context, t *testing.T, a *App) {
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	t.Cleanup(func() {
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// TestBusyGatewayEncodesWithLessEffort: what the meter finds is what encoders are
// held to, and what the metrics say. Time is the test's, so that the little that
// is computed in it is much.
func TestBusyGatewayEncodesWithLessEffort(t *testing.T) {
	a := wired(t, overload.Config{CPU: 10})
	ended, end := context.WithCancel(t.Context())
	end()
	defer lead(ended, t, a)
	sounds := map[int][]byte{}
	for _, complexity := range []int{5, 3} {
		pool := opus.NewPool()
		pool.SetComplexity(complexity)
		sounds[complexity] = encodedBy(t, pool)
		pool.Close()
	}
	if bytes.Equal(sounds[5], sounds[3]) {
		t.Fatal("the sound does not tell how it was encoded")
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- a.load.Run(ctx) }()
		held := func(want int) {
			t.Helper()
			if got := a.load.Complexity(); got != want {
				t.Fatalf("the meter holds encoders to %d, want %d", got, want)
			}
			if !bytes.Equal(encodedBy(t, a.encoders), sounds[want]) {
				t.Errorf("what is encoded is not what comes of complexity %d", want)
			}
			answer := httptest.NewRecorder()
			a.metrics.Handler().ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
			if line := fmt.Sprintf("\neinwahl_opus_complexity %d\n", want); !strings.Contains(answer.Body.String(), line) {
				t.Errorf("the metrics lack %q", line)
			}
		}
		const moment = 100 * time.Millisecond // less than from one look at the load to the next
		held(5)
		for tries := 0; a.load.Complexity() == 5 && tries < 50; tries++ {
			compute(moment / 2 * time.Duration(runtime.GOMAXPROCS(0)))
			time.Sleep(moment)
		}
		held(3)
		time.Sleep(time.Minute)
		held(5)
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// speaker is who makes a noise in a meeting, and listens to nothing.
type speaker struct {
	seat  conference.Seat
	beats int
}

// Beat makes 20 ms of it.
func (s *speaker) Beat(phase pcm.Phase) {
	if phase == pcm.TakeIn {
		s.seat.WriteFrame(siren(s.beats))
		s.beats++
	}
}

// Whoever encodes, for a telephone that speaks Opus or for the pages of a meeting,
// has an encoder of those that are held to one complexity.
func TestAllEncodersAreHeldTogether(t *testing.T) {
	a := wired(t, overload.Config{})
	lead(t.Context(), t, a)
	<-a.Ready()
	lent := func(want int, whose string) {
		t.Helper()
		peertest.Eventually(t, whose+" is lent", func() bool { return a.encoders.Stats().Lent == want })
	}
	loopback := netip.MustParseAddr("127.0.0.1")
	leg, err := a.media.NewLeg(media.LegConfig{Bind: loopback, Signalling: loopback, Log: zerolog.Nop()})
	if err != nil {
		t.Fatal(err)
	}
	defer leg.Close()
	if _, err := leg.Answer([]byte("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" +
		"m=audio 9 RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\n")); err != nil {
		t.Fatal(err)
	}
	lent(1, "the encoder of a telephone")

	const meeting = "100000001"
	webtest.Dial(t, "http://"+a.HTTP().String(), meeting, webtest.Join{Name: "Ada"}).Joined()
	found, err := a.meet.Find(t.Context(), meeting)
	if err != nil {
		t.Fatal(err)
	}
	visit, err := found.Visit(t.Context(), conference.Guest{Call: "c", Label: "Phone 1"})
	if err != nil {
		t.Fatal(err)
	}
	defer visit.Leave()
	seat, err := visit.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seat.SetMicrophone(true)
	says := &speaker{seat: seat}
	clock := seat.(pcm.Clocked).Clock()
	clock.Add(says)
	defer clock.Remove(says)
	lent(2, "the encoder of a meeting")
}

// compute has this process compute for so long.
func compute(d time.Duration) {
	for begun := computed(); computed()-begun < d; {
		runtime.Gosched()
	}
}

func computed() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // cannot fail
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// encodedBy is a second of sound as an encoder of a pool makes packets of it.
func encodedBy(t *testing.T, pool *opus.Pool) (packets []byte) {
	t.Helper()
	e, err := pool.Encoder(opus.EncoderConfig{Rate: pcm.Narrowband, Bitrate: 24000, Complexity: 5})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	packet := make([]byte, opus.MaxPacket)
	for n := range 50 {
		size, err := e.Encode(packet, siren(n))
		if err != nil {
			t.Fatal(err)
		}
		packets = append(packets, packet[:size]...)
	}
	return packets
}

// siren is frame n of a tone that goes up and down.
func siren(n int) pcm.Frame {
	f := make(pcm.Frame, pcm.NarrowbandSamples)
	for i := range f {
		at := float64(n*len(f)+i) / pcm.Narrowband
		f[i] = int16(8000 * math.Sin(2*math.Pi*at*(300+200*math.Sin(5*at))))
	}
	return f
}
