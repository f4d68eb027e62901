package interop

import (
	"encoding/binary"
	"math"
	"net"
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/sip/media"
	"github.com/einwahl/einwahl/sip/siptest"
	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// Section 4, RTP injection: while a phone is in a call, strangers at another
// address and at another port of the phone's own address send a loud tone of
// their own, as fast as they can, to the very port of the call. The meeting
// hears none of it, nor does the phone, and the strangers hear nothing.
func TestStrangersAreNotHeard(t *testing.T) {
	t.Parallel()
	for _, encryption := range []string{"mediaenc=", "mediaenc=srtp-mand"} {
		t.Run(encryption, func(t *testing.T) {
			t.Parallel()
			here, port := &ear{loop: newLoop()}, uint16(peertest.Port(t))
			g := start(t, func(s *settings) {
				s.media.Ports = media.PortRange{First: port, Last: port + 1}
				s.handle = here.lend
			})
			phone := peertest.StartBaresip(t, peertest.Tone(t, 8000, hertz, -20, 60), "PCMA", encryption)
			phone.Dial("sip:100@" + g.address("udp"))
			call := <-g.calls
			hears(t, here)
			// Baresip begins with a greeting in the clear, on the RTCP port, which is
			// looked at a few times in a second.
			peertest.Eventually(t, "half a second is heard", func() bool { return len(here.Heard()) > 4000 })
			const shots, theirs = 1000, 1234.
			before := call.Stats()
			strangers := []*net.UDPConn{stranger(t, "127.0.0.2"), stranger(t, "127.0.0.1")}
			for i := range shots {
				for _, s := range strangers {
					if _, err := s.WriteToUDP(shot(i, theirs), &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(port)}); err != nil {
						t.Fatal(err)
					}
				}
			}
			sent := len(here.Heard())
			peertest.Eventually(t, "half a second more is heard", func() bool { return len(here.Heard()) > sent+4000 })
			after := call.Stats()
			thrown := after.Foreign - before.Foreign
			// Of a burst within a beat the kernel keeps a few hundred packets.
			if thrown < shots/10 || after.Unproven > before.Unproven || after.Forged > before.Forged {
				t.Errorf("before %+v, after %+v", before, after)
			}
			for who, sound := range map[string][]int16{"the meeting": here.Heard(), "the phone": phone.Heard()} {
				if level := peertest.Level(sound, theirs); level > -70 {
					t.Errorf("%s hears a stranger at %.0f dBov", who, level)
				}
			}
			hears(t, here)
			for _, s := range strangers {
				_ = s.SetReadDeadline(time.Now().Add(time.Millisecond))
				if n, err := s.Read(make([]byte, 2048)); err == nil {
					t.Errorf("a stranger was sent %d bytes", n)
				}
			}
			t.Logf("%d packets injected, %d of them seen and thrown away, 0 reached the meeting", shots*len(strangers), thrown)
		})
	}
}

func stranger(t *testing.T, from string) *net.UDPConn {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(from)})
	if err != nil {
		siptest.Lacks(t, from, err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// shot is one packet of a stranger's tone, in PCMA.
func shot(i int, hertz float64) []byte {
	packet := make([]byte, 12+pcm.NarrowbandSamples)
	packet[0], packet[1] = 0x80, 8
	binary.BigEndian.PutUint16(packet[2:], uint16(i))
	binary.BigEndian.PutUint32(packet[4:], uint32(i*pcm.NarrowbandSamples))
	binary.BigEndian.PutUint32(packet[8:], 0x666)
	frame := make(pcm.Frame, pcm.NarrowbandSamples)
	for n := range frame {
		frame[n] = int16(20000 * math.Sin(2*math.Pi*hertz*float64(i*len(frame)+n)/pcm.Narrowband))
	}
	g711.ALaw.Encode(packet[12:], frame)
	return packet
}
