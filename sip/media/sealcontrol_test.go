package media

import (
	"fmt"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/einwahl/einwahl/transcode/g711"
)

func TestEncryptedReports(t *testing.T) {
	for _, suite := range []string{usual, "AEAD_AES_256_GCM"} {
		for _, lines := range [][]string{{savp}, {savp, "a=rtcp-mux"}} {
			t.Run(fmt.Sprint(suite, len(lines)), func(t *testing.T) {
				shared := len(lines) > 1
				p := newBench(t, nil).secure(newSecret(t, suite), lines...)
				p.send(8, encoded(g711.ALaw, 160), 160)
				p.step(1)
				p.receive()
				for n := range 3 {
					p.leg.report(false)
					raw := p.rawReport(shared)
					if packets, err := rtcp.Unmarshal(raw); err == nil && len(packets) == 2 && n == 0 {
						if sr, ok := packets[0].(*rtcp.SenderReport); ok && sr.PacketCount == 1 {
							t.Fatal("a report in the clear")
						}
					}
					plain, err := p.opener.DecryptRTCP(nil, raw, nil)
					if err != nil {
						t.Fatal(err)
					}
					if packets, err := rtcp.Unmarshal(plain); err != nil || len(packets) != 2 {
						t.Errorf("%v %v", err, packets)
					}
				}
				p.theirReport(shared)
				if s := p.leg.Stats(); s.TheyLost != 0.5 || s.Forged != 0 {
					t.Errorf("%+v", s)
				}
				p.control(shared, lossReport(p, 64)) // in the clear
				if s := p.leg.Stats(); s.TheyLost != 0.5 || s.Forged != 1 {
					t.Errorf("a forged report counts: %+v", s)
				}
			})
		}
	}
}

func lossReport(p *phone, fraction uint8) rtcp.Packet {
	return &rtcp.ReceiverReport{SSRC: p.ssrc, Reports: []rtcp.ReceptionReport{{SSRC: p.leg.terms.Load().own.ssrc, FractionLost: fraction}}}
}

func (p *phone) rawReport(shared bool) []byte {
	p.t.Helper()
	conn := p.rtcp
	if shared {
		conn = p.rtp
	}
	buf := make([]byte, 2048)
	conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	n, err := conn.Read(buf)
	if err != nil {
		p.t.Fatal(err)
	}
	return buf[:n]
}

// theirReport sends an encrypted report of half our packets lost.
func (p *phone) theirReport(shared bool) {
	p.t.Helper()
	raw, err := rtcp.Marshal([]rtcp.Packet{lossReport(p, 128)})
	if err == nil {
		raw, err = p.seal.EncryptRTCP(nil, raw, nil)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	from, to := p.rtcp, p.leg.pair.rtcp
	if shared {
		from, to = p.rtp, p.leg.pair.rtp
	}
	if _, err := from.WriteToUDPAddrPort(raw, to.LocalAddr()); err != nil {
		p.t.Fatal(err)
	}
	listen(p.leg)
}
