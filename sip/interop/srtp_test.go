package interop

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip"
	"github.com/einwahl/einwahl/transcode/halfband"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// hertz is what the phones of these tests say. They hear it back.
const hertz = 440

// encrypted starts a gateway whose trunk has a policy.
func encrypted(t testing.TB, policy string) *gateway {
	return start(t, func(s *settings) { s.trunk.SRTP = policy })
}

// hears waits until a phone hears what it says, through the gateway and back.
func hears(t *testing.T, phone interface{ Heard() []int16 }) {
	t.Helper()
	peertest.Eventually(t, "the phone hears its own tone", func() bool {
		return peertest.Recent(phone.Heard(), hertz) > -26 && peertest.Level(peertest.Last(phone.Heard(), .5), 3*hertz) < -50
	})
}

// intact fails when sound of a call was not under its key. One packet may be:
// baresip opens the way to its RTCP port with one in the clear.
func intact(t *testing.T, c *sip.Call) {
	t.Helper()
	if s := c.Stats(); s.PacketsIn == 0 || s.Forged > 1 || s.Broken > 0 {
		t.Errorf("%+v", s)
	}
}

// ear is a loop that remembers what came through it, at 8 kHz.
type ear struct {
	*loop
	down  *halfband.Down
	mu    sync.Mutex
	sound []int16
}

func (e *ear) WriteFrame(f pcm.Frame) {
	e.loop.WriteFrame(f)
	e.mu.Lock()
	defer e.mu.Unlock()
	if f.Rate() == pcm.Wideband {
		if e.down == nil {
			e.down = halfband.NewDown()
		}
		narrow := make(pcm.Frame, pcm.NarrowbandSamples)
		e.down.Filter(narrow, f)
		f = narrow
	}
	e.sound = append(e.sound, f...)
}

// Heard is what the gateway has heard of the phone.
func (e *ear) Heard() []int16 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.sound)
}

// lend answers a call and sends back what it hears, through e.
func (e *ear) lend(ctx context.Context, c *sip.Call) {
	if c.Answer(ctx) != nil {
		return
	}
	c.Connect(e, e)
	<-ctx.Done()
}

// Rows 5 and 6: SDES in each of the profiles that phones put it into, where the
// trunk takes nothing else.
func TestBaresipEncrypts(t *testing.T) {
	t.Parallel()
	for _, profile := range []string{"srtp", "srtp-mand", "srtp-mandf"} {
		t.Run(profile, func(t *testing.T) {
			t.Parallel()
			g := encrypted(t, "required")
			phone := peertest.StartBaresip(t, peertest.Tone(t, 8000, hertz, -20, 60), "PCMA", "mediaenc="+profile)
			phone.Dial("sip:100@" + g.address("udp"))
			call := <-g.calls
			hears(t, phone)
			intact(t, call)
			if call.Secure() {
				t.Error("keys sent over UDP in the clear count as a secure call")
			}
		})
	}
}

// Row 5: hold, resume and keys leave the encryption as it was. What the phone
// hears after that is not looked at: baresip ceases to record at a re-INVITE.
func TestBaresipHoldsAndPressesKeysEncrypted(t *testing.T) {
	t.Parallel()
	here := &ear{loop: newLoop()}
	g := start(t, func(s *settings) { s.trunk.SRTP, s.handle = "required", here.lend })
	phone := peertest.StartBaresip(t, peertest.Tone(t, 8000, hertz, -20, 60), "PCMA", "mediaenc=srtp-mand")
	phone.Dial("sip:100@" + g.address("udp"))
	call := <-g.calls
	hears(t, phone)
	phone.Hold()
	peertest.Eventually(t, "the call is held", call.Held)
	phone.Resume()
	peertest.Eventually(t, "the call is back", func() bool { return !call.Held() })
	before := len(here.Heard())
	peertest.Eventually(t, "half a second more is heard", func() bool { return len(here.Heard()) > before+4000 })
	hears(t, here)
	phone.Key("19#")
	if got := pressed(t, call, 3); got != "19#" {
		t.Errorf("keys %q", got)
	}
	intact(t, call)
}

// pressed waits for n keys.
func pressed(t *testing.T, c *sip.Call, n int) (keys string) {
	t.Helper()
	peertest.Eventually(t, "the keys arrive", func() bool {
		select {
		case r := <-c.Digits():
			keys += string(r)
		default:
		}
		return len(keys) == n
	})
	return keys
}

// A trunk that must encrypt refuses a phone that does not.
func TestBaresipInTheClearIsRefused(t *testing.T) {
	t.Parallel()
	handled := make(chan error, 1)
	g := start(t, func(s *settings) {
		s.trunk.SRTP = "required"
		s.handle = func(ctx context.Context, c *sip.Call) { handled <- c.Answer(ctx) }
	})
	phone := peertest.StartBaresip(t, peertest.Tone(t, 8000, hertz, -20, 60), "PCMA")
	phone.Try("sip:100@" + g.address("udp"))
	phone.Wait("CALL_CLOSED")
	if err := <-handled; err == nil {
		t.Error("a call in the clear was answered")
	}
}

// Rows 5, 6 and 18: linphonec names an IPv6 address in its description while it
// sends IPv4, and opens the way through routers by STUN. In the clear and
// encrypted; sound both ways, also after a hold, and keys.
func TestLinphoneCalls(t *testing.T) {
	t.Parallel()
	for encryption, policy := range map[string]string{"none": "optional", "srtp": "required"} {
		t.Run(encryption, func(t *testing.T) {
			t.Parallel()
			here := &ear{loop: newLoop()}
			g := start(t, func(s *settings) { s.trunk.SRTP, s.handle = policy, here.lend })
			phone := peertest.StartLinphone(t, peertest.Tone(t, 8000, hertz, -20, 60), encryption)
			phone.Dial("sip:100@" + g.address("udp"))
			call := <-g.calls
			hears(t, here)
			phone.Hold()
			peertest.Eventually(t, "the call is held", call.Held)
			phone.Resume()
			peertest.Eventually(t, "the call is back", func() bool { return !call.Held() })
			before := len(here.Heard())
			peertest.Eventually(t, "two seconds more are heard", func() bool { return len(here.Heard()) > before+16000 })
			hears(t, here)
			phone.Key('7')
			if got := pressed(t, call, 1); got != "7" {
				t.Errorf("key %q", got)
			}
			if s := call.Stats(); s.Forged > 0 || s.Broken > 0 {
				t.Errorf("%+v", s)
			}
			phone.Hangup()
			<-call.Done()
			phone.Close() // before that it does not write down what it has heard
			hears(t, phone)
		})
	}
}
