package media

import (
	"math"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/einwahl/einwahl/transcode/g711"
)

// reports returns the next RTCP that the phone gets on a socket.
func (p *phone) reports(shared bool) []rtcp.Packet {
	p.t.Helper()
	conn := p.rtcp
	if shared {
		conn = p.rtp
	}
	buf := make([]byte, 2048)
	conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	n, from, err := conn.ReadFromUDPAddrPort(buf)
	if err != nil {
		p.t.Fatal(err)
	}
	if same := from.Port() == p.leg.pair.port; same != shared {
		p.t.Errorf("reported from port %d", from.Port())
	}
	packets, err := rtcp.Unmarshal(buf[:n])
	if err != nil {
		p.t.Fatal(err)
	}
	return packets
}

func TestReportsAndGoodbye(t *testing.T) {
	for _, tt := range []struct {
		name   string
		shared bool
		lines  []string
	}{
		{"on a port of their own", false, []string{pcma}},
		{"on the port of the sound", true, []string{pcma, "a=rtcp-mux"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newBench(t, nil).dial(tt.lines...)
			payload := encoded(g711.ALaw, 160)
			p.send(8, payload, 160)
			p.seq += 2 // two get lost
			p.send(8, payload, 160)
			p.step(10)
			var last uint32
			for range 10 {
				last = p.receive().Timestamp
			}
			p.leg.report(false)
			packets := p.reports(tt.shared)
			sr, ok := packets[0].(*rtcp.SenderReport)
			if !ok || len(packets) != 2 {
				t.Fatalf("%v", packets)
			}
			if sr.PacketCount != 10 || sr.OctetCount != 1600 || sr.RTPTime != last || sr.NTPTime != ntp(p.engine.now()) {
				t.Errorf("%+v", sr)
			}
			if r := sr.Reports[0]; r.SSRC != p.ssrc || r.TotalLost != 2 || r.FractionLost != 128 || r.LastSequenceNumber != 1<<17|uint32(p.seq-1) && r.LastSequenceNumber != 1<<16|uint32(p.seq-1) {
				t.Errorf("%+v", r)
			}
			p.leg.report(false) // nothing was sent since
			if _, ok := p.reports(tt.shared)[0].(*rtcp.ReceiverReport); !ok {
				t.Error("no receiver report")
			}
			p.leg.Close()
			packets = p.reports(tt.shared)
			if bye, ok := packets[len(packets)-1].(*rtcp.Goodbye); !ok || bye.Sources[0] != sr.SSRC {
				t.Errorf("no goodbye: %v", packets)
			}
		})
	}
}

func TestReportsComeByThemselves(t *testing.T) {
	b := newBench(t, nil)
	b.engine.every = 2 * time.Millisecond
	p := b.dial(pcma)
	for range 3 {
		p.step(1)
		if packets := p.reports(false); len(packets) != 2 {
			t.Errorf("%v", packets)
		}
	}
}

// control sends RTCP and has the leg look at it.
func (p *phone) control(shared bool, packets ...rtcp.Packet) {
	p.t.Helper()
	raw, err := rtcp.Marshal(packets)
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

func TestTheirReportsAreRead(t *testing.T) {
	for _, tt := range []struct {
		name   string
		shared bool
		lines  []string
	}{
		{"on a port of their own", false, []string{pcma}},
		{"on the port of the sound", true, []string{pcma, "a=rtcp-mux"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newBench(t, nil).dial(tt.lines...)
			p.send(8, encoded(g711.ALaw, 160), 160)
			p.step(1)
			sent := uint32(ntp(p.engine.now()) >> 16)
			p.now.Add(int64(100 * time.Millisecond))
			p.control(tt.shared,
				&rtcp.SenderReport{SSRC: p.ssrc, NTPTime: 0x1234_5678_9abc_def0, Reports: []rtcp.ReceptionReport{
					{SSRC: p.leg.terms.Load().own.ssrc, FractionLost: 64, LastSenderReport: sent, Delay: 65536 / 20},
					{SSRC: 4711, FractionLost: 255},
				}},
				&rtcp.SourceDescription{}, &rtcp.Goodbye{Sources: []uint32{p.ssrc}})
			s := p.leg.Stats()
			if s.TheyLost != 0.25 || math.Abs(float64(s.RoundTrip-50*time.Millisecond)) > 1e6 {
				t.Errorf("%+v", s)
			}
			p.now.Add(int64(time.Second))
			r := p.leg.in.reports(p.engine.now())[0]
			if r.LastSenderReport != 0x5678_9abc || r.Delay != 65536 {
				t.Errorf("%+v", r)
			}
			select {
			case <-p.leg.Lost():
				t.Error("their goodbye, which anybody can forge, has ended the call")
			default:
			}
		})
	}
}

func TestNTP(t *testing.T) {
	if got := ntp(time.Unix(0, 5e8)); got != 2208988800<<32|1<<31 {
		t.Errorf("half a second after 1970 is %x", got)
	}
}
