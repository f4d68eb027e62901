package media

import (
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/einwahl/einwahl/transcode/g711"
)

// onTheirWay is how many beats a caller is heard after they hold: what came before
// is kept back by a frame, so that the beginning of a key can be cut.
const onTheirWay = 1

func TestHold(t *testing.T) {
	for _, tt := range []struct {
		name string
		hold []string
	}{
		{"sendonly", []string{pcma, "a=sendonly"}},
		{"inactive", []string{pcma, "a=inactive"}},
		{"no address", []string{pcma, "c=IN IP4 0.0.0.0"}},
		{"port 0", []string{"m=audio 0 RTP/AVP 8"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newBench(t, nil).dial(pcma)
			heard := &record{}
			p.leg.Connect(tone{8000}, heard)
			p.talk(20, 0)
			if heard.full() < 15 {
				t.Fatalf("the caller is not heard: %.0f", heard.loud)
			}
			var before *rtp.Packet
			for range 20 {
				before = p.receive()
			}
			if strings.HasPrefix(tt.hold[0], "m=audio 0") {
				p.offerRaw(tt.hold[0])
			} else {
				p.offer(tt.hold...)
			}
			if !p.leg.Held() {
				t.Error("not held")
			}
			held := len(heard.loud) + onTheirWay
			p.talk(10, 0) // their music
			p.quiet(p.rtp)
			p.step(10 * 50 * 60)
			for i, l := range heard.loud[held:] {
				if l >= 0 {
					t.Fatalf("something of a caller who holds is heard in beat %d: %.0f", i, heard.loud[held:][:20])
				}
			}
			select {
			case <-p.leg.Lost():
				t.Error("a held call was given up")
			default:
			}
			p.offer(pcma)
			p.step(2)
			after := p.receive()
			if !after.Marker || after.SequenceNumber != before.SequenceNumber+1 || after.Timestamp != before.Timestamp+160*(10+10*50*60+1) {
				t.Errorf("resumed with %v after %v", after, before)
			}
			if p.receive().Marker {
				t.Error("the second packet bears a marker too")
			}
		})
	}
}

// offerRaw makes an offer without the phone's port in it.
func (p *phone) offerRaw(line string) {
	p.t.Helper()
	body := "v=0\r\no=- 1 99 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" + line + "\r\n"
	if _, err := p.leg.Answer([]byte(body)); err != nil {
		p.t.Fatal(err)
	}
}

func TestWhoCannotBeMissedIsUnwatched(t *testing.T) {
	for _, tt := range []struct {
		name, direction string
		timeout         time.Duration
		want            bool
	}{
		{"a caller who speaks", "sendrecv", time.Minute, false},
		{"a caller who holds", "sendonly", time.Minute, true},
		{"a caller who only listens", "recvonly", time.Minute, true},
		{"any caller where the operator wants no time-out", "sendrecv", 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newBench(t, func(c *Config) { c.SilentTimeout = tt.timeout }).dial()
			if p.leg.Unwatched() {
				t.Error("unwatched before there is an agreement")
			}
			p.offer(pcma, "a="+tt.direction)
			if got := p.leg.Unwatched(); got != tt.want {
				t.Errorf("unwatched: %v", got)
			}
		})
	}
}

func TestSilentCallerIsLost(t *testing.T) {
	p := newBench(t, func(c *Config) { c.SilentTimeout = time.Second }).dial(pcma)
	lost := func() bool {
		select {
		case <-p.leg.Lost():
			return true
		default:
			return false
		}
	}
	p.step(45)
	p.send(8, encoded(g711.ALaw, 160), 160)
	p.step(45)
	p.send(comfortNoise, []byte{40}, 160) // silence that is told is no silence
	p.step(45)
	if lost() {
		t.Fatal("lost though packets came")
	}
	p.sendFrom(p.socket(), 8, encoded(g711.ALaw, 160)) // somebody else's do not count
	p.step(6)
	if !lost() {
		t.Error("not lost after a second without a packet")
	}
	p.step(100)
}

func TestSilenceIsForeverWhereTheOperatorSaysSo(t *testing.T) {
	p := newBench(t, func(c *Config) { c.SilentTimeout = 0 }).dial(pcma)
	p.step(1000)
	select {
	case <-p.leg.Lost():
		t.Error("lost")
	default:
	}
}
