package interop

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip"
)

// typist is an ear that writes down the keys of its call.
type typist struct {
	ear
	mu   sync.Mutex
	keys string
}

func newTypist() *typist { return &typist{ear: ear{loop: newLoop()}} }

func (k *typist) lend(ctx context.Context, c *sip.Call) {
	if c.Answer(ctx) != nil {
		return
	}
	c.Connect(&k.ear, &k.ear)
	for {
		select {
		case <-ctx.Done():
			return
		case r := <-c.Digits():
			k.mu.Lock()
			k.keys += string(r)
			k.mu.Unlock()
		}
	}
}

// typed is the keys so far.
func (k *typist) typed() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.keys
}

// recorded is one of the key presses that SIPp brings along, as events of type
// 101 at 8000 Hz.
func recorded(t *testing.T, key string) string {
	t.Helper()
	for _, dir := range []string{"/usr/share/sip-tester", "/usr/share/sipp/pcap", "/usr/share/sipp"} {
		path := filepath.Join(dir, "dtmf_2833_"+key+".pcap")
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	t.Fatal("SIPp's recordings of keys are not installed: run `make deps`")
	return ""
}

// keyTone is how high each of the two tones of a key goes.
const keyTone = 4000

// keysHeard is the loudness in dBov above which a key is heard in the meeting:
// 40 dB below the key. Two tones together are as loud as each of them is high.
var keysHeard = 20*math.Log10(keyTone/32767.) - 40

// tonesOf are keys as tones, long enough for a busy machine: 250 ms each with pauses of 150, in packets of
// A-law.
func tonesOf(t *testing.T, keys string) string {
	t.Helper()
	rows, columns := [...]float64{697, 770, 852, 941}, [...]float64{1209, 1336, 1477, 1633}
	sound := make([]int16, 800)
	for _, key := range keys {
		at := strings.IndexRune("123A456B789C*0#D", key)
		for i := range 2000 {
			x := 2 * math.Pi * float64(i) / 8000
			sound = append(sound, int16(keyTone*math.Sin(rows[at/4]*x)+keyTone*math.Sin(columns[at%4]*x)))
		}
		sound = append(sound, make([]int16, 1200)...)
	}
	return peertest.RTPCapture(t, peertest.PCMA, 20, lawOf(append(sound, make([]int16, 1600)...)))
}

const beat = 300 * time.Millisecond

// Row 15: keys however they come, alone and together, each once and in order.
func TestKeysOfEveryKind(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		call func(*testing.T) *peertest.Scenario
		want string
	}{
		{"events that SIPp has recorded", func(t *testing.T) *peertest.Scenario {
			s := scenario().Invite(20).Ack()
			for _, key := range []string{"1", "2", "2", "pound", "star"} {
				s.Play(recorded(t, key)).Pause(2 * beat)
			}
			return s
		}, "122#*"},
		{"events beside Opus, at the clock of the telephone", func(t *testing.T) *peertest.Scenario {
			s := scenario()
			s.Begin(offering(1, "107 101", opusMap, keysMap)).Maybe(100).Expect(200, "body: RTP/AVP 107 101[^0-9 ]").Ack()
			return s.Play(recorded(t, "7")).Pause(2 * beat).Play(recorded(t, "8")).Pause(2 * beat)
		}, "78"},
		{"events under one of several types, not the one answered", func(t *testing.T) *peertest.Scenario {
			s := scenario()
			s.Begin(offering(1, "8 97 101", "rtpmap:97 telephone-event/8000", "rtpmap:101 telephone-event/16000")).Maybe(100).Expect(200, "body: RTP/AVP 8 97[^0-9 ]").Ack()
			return s.Play(recorded(t, "9")).Pause(2 * beat)
		}, "9"},
		{"INFO", func(*testing.T) *peertest.Scenario { return scenario().Invite(20).Ack().Keys("1234567890*#A") }, "1234567890*#A"},
		{"INFO where there are no events", func(*testing.T) *peertest.Scenario {
			s := scenario()
			s.Begin(offering(1, "8")).Maybe(100).Expect(200, "no: telephone-event").Ack()
			return s.Keys("55")
		}, "55"},
		{"events and INFO of the same keys", func(t *testing.T) *peertest.Scenario {
			s := scenario().Invite(20).Ack()
			return s.Play(recorded(t, "4")).Pause(beat).Keys("4").Pause(beat).Keys("4").Play(recorded(t, "4")).Pause(2 * beat)
		}, "44"},
		{"tones where there is nothing else", func(t *testing.T) *peertest.Scenario {
			s := scenario()
			s.Begin(offering(1, "8")).Maybe(100).Expect(200, "no: telephone-event").Ack()
			return s.Play(tonesOf(t, "28*#")).Pause(3 * time.Second)
		}, "28*#"},
		{"tones where events are agreed", func(t *testing.T) *peertest.Scenario {
			s := scenario().Invite(20).Ack()
			return s.Play(tonesOf(t, "1")).Pause(3 * beat).Play(recorded(t, "5")).Pause(2 * beat)
		}, "5"},
		{"tones and INFO of the same keys", func(t *testing.T) *peertest.Scenario {
			s := scenario()
			s.Begin(offering(1, "8")).Maybe(100).Expect(200).Ack()
			return s.Play(tonesOf(t, "6")).Pause(4 * beat).Keys("6").Play(tonesOf(t, "7")).Pause(4 * beat).Keys("7").Pause(beat)
		}, "67"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := newTypist()
			play(t, tt.call(t).Pause(time.Second).Bye(), func(s *settings) { s.handle = k.lend }) // a busy SIPp plays late
			if got := k.typed(); got != tt.want {
				t.Errorf("keys %q, want %q", got, tt.want)
			}
			for at := 0; at+800 <= len(k.Heard()); at += 800 {
				if tt.name != "tones where events are agreed" && peertest.Loudness(k.Heard()[at:at+800]) > keysHeard {
					t.Errorf("a key is heard in the meeting at %d ms", at/8)
				}
			}
		})
	}
}

// Row 15: baresip's keys, beside each codec.
func TestBaresipPressesKeys(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		codec string
		rate  int
	}{{"PCMU", 8000}, {peertest.BaresipG722, 16000}, {peertest.BaresipOpus, 48000}} {
		t.Run(strings.Split(tt.codec, "/")[0], func(t *testing.T) {
			t.Parallel()
			k := newTypist()
			g := start(t, func(s *settings) { s.handle = k.lend })
			phone := peertest.StartBaresip(t, peertest.Tone(t, tt.rate, hertz, -20, 60), tt.codec)
			phone.Dial("sip:100@" + g.address("udp"))
			call := <-g.calls
			hears(t, phone)
			for i, key := range "42#" {
				phone.Key(string(key))
				peertest.Eventually(t, "a key arrives", func() bool { return len(k.typed()) > i })
			}
			if got := k.typed(); got != "42#" {
				t.Errorf("keys %q", got)
			}
			phone.Hangup()
			<-call.Done()
		})
	}
}
