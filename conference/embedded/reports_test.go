package embedded

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/transport/v4/packetio"

	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/transcode/pace"
)

func TestReceptionCountsWhatIsMissing(t *testing.T) {
	begin := time.Unix(1000, 0)
	for _, tt := range []struct {
		name     string
		numbers  []uint16
		fraction uint8
		lost     uint32
		highest  uint16
	}{
		{"all", []uint16{1, 2, 3, 4}, 0, 0, 4},
		{"one of four is missing", []uint16{1, 2, 4}, 64, 1, 4},
		{"late is not lost", []uint16{1, 3, 2, 4}, 0, 0, 4},
		{"twice makes up for nothing more than was lost", []uint16{1, 2, 2, 3}, 0, 0, 3},
		{"numbers begin again at 0", []uint16{65534, 65535, 0, 1}, 0, 0, 1},
		{"a sender counts anew", []uint16{1, 2, 3, 30000, 30001}, 0, 0, 30001},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var r reception
			if _, ok := r.report(begin); ok {
				t.Error("there is a report of nothing")
			}
			for i, seq := range tt.numbers {
				r.take(7, seq, uint32(i)*frameTicks, begin.Add(time.Duration(i)*20*time.Millisecond))
			}
			got, ok := r.report(begin)
			if !ok || got.SSRC != 7 || got.FractionLost != tt.fraction || got.TotalLost != tt.lost || uint16(got.LastSequenceNumber) != tt.highest || got.Jitter != 0 {
				t.Errorf("report %+v", got)
			}
			if again, _ := r.report(begin); again.FractionLost != 0 {
				t.Errorf("nothing was lost since, but %d/256", again.FractionLost)
			}
		})
	}
}

func TestReceptionTellsJitterAndTheWayBack(t *testing.T) {
	var r reception
	at := time.Unix(1000, 0)
	for i := range 500 {
		at = at.Add(20 * time.Millisecond)
		r.take(1, uint16(i), uint32(i)*frameTicks, at.Add(time.Duration(i%2)*10*time.Millisecond))
	}
	r.told(&rtcp.SenderReport{SSRC: 1, NTPTime: 0x0000_1234_5678_0000}, at)
	r.told(&rtcp.SenderReport{SSRC: 2, NTPTime: 1 << 40}, at)
	got, _ := r.report(at.Add(500 * time.Millisecond))
	if ms := got.Jitter / 48; ms != 9 && ms != 10 {
		t.Errorf("jitter %d ms, want 10", ms)
	}
	if got.LastSenderReport != 0x1234_5678 || got.Delay != 1<<15 {
		t.Errorf("their report %#x, %d/65536 s ago", got.LastSenderReport, got.Delay)
	}
}

func TestTimeOfAReport(t *testing.T) {
	// RFC 3550 and every other description of NTP: 1970 is 2,208,988,800 s late.
	if got := ntp(time.Unix(1, 5e8)); got != 2208988801<<32|1<<31 {
		t.Errorf("%#x", got)
	}
}

// TestPageGetsReports: of its microphone, and of the voices that it hears.
func TestPageGetsReports(t *testing.T) {
	b := start(t, testConfig(t), &pace.Manual{}, meetingOf("1", nil))
	server := serve(t, b)
	ada, bob := webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Ada"}), webtest.Dial(t, server.URL, "1", webtest.Join{Name: "Bob"})
	ada.Joined()
	id := bob.Joined()
	for _, p := range []*webtest.Peer{ada, bob} {
		defer sendRaw(p, []byte{0xF8, 1, 2, 3})()
	}
	ada.Await("packets of Bob's", func(h webtest.History) bool { return len(h.Packets[id]) > 10 })
	adas := personID(t, b, "1", "Ada")
	bob.Await("packets of Ada's", func(h webtest.History) bool { return len(h.Packets[adas]) > 10 })
	m := b.meeting("1")
	var of *leg
	m.do(func() { of = m.members[adas].browser.leg })
	of.report(time.Now())
	ada.Await("a report of its microphone", func(h webtest.History) bool {
		return reported(h, func(r *rtcp.ReceiverReport) bool {
			return len(r.Reports) == 1 && r.Reports[0].LastSequenceNumber > 1<<16
		})
	})
	ada.Await("a report of what it hears", func(h webtest.History) bool {
		return reported(h, func(r *rtcp.SenderReport) bool { return r.PacketCount > 10 && r.SSRC == h.Packets[id][0].Header.SSRC })
	})
}

func reported[R rtcp.Packet](h webtest.History, f func(R) bool) bool {
	for _, p := range h.Reports {
		if r, ok := p.(R); ok && f(r) {
			return true
		}
	}
	return false
}

// TestLossIsToldByThePage: its reports reach the voice that they are about.
func TestLossIsToldByThePage(t *testing.T) {
	v, other := newVoice("p1"), newVoice("p2")
	l := &leg{sources: map[uint32]*voice{1: v, 2: other}}
	packet, err := (&rtcp.ReceiverReport{SSRC: 9, Reports: []rtcp.ReceptionReport{
		{SSRC: 1, FractionLost: 64}, {SSRC: 2, FractionLost: 128}, {SSRC: 3, FractionLost: 255},
	}}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	into := l.fromListener(packetio.RTCPBufferPacket, 1)
	if n, err := into.Write(packet); n != len(packet) || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if v.missed.Load() != 25 || other.missed.Load() != 0 {
		t.Errorf("missed %d and %d", v.missed.Load(), other.missed.Load())
	}
	if _, err := into.Write([]byte{1, 2, 3}); err == nil {
		t.Error("a broken report is taken")
	}
}
