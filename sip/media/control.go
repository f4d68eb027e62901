package media

import (
	"math/rand/v2"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/pion/rtcp"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// reportEvery is how often we report, on average (RFC 3550, 6.2).
const reportEvery = 5 * time.Second

// outdated is how old a report may be before it says nothing of the network as it is
// (RFC 3550, 6.3.5).
const outdated = 5 * reportEvery

// lookEvery is how many beats pass between two looks at the RTCP port. Nothing
// there is urgent, and the kernel has noted when it came.
const lookEvery = 16

// control is what a leg keeps about RTCP.
type control struct {
	cname string // says nothing about the machine or the caller (RFC 7022)

	// The beat's, in beats.
	look  int // until the port is looked at
	next  int // until the next report
	every int // between reports, on average

	mu   sync.Mutex // held while a report is made
	sent uint64     // packets at the last report
}

func (c *control) begin(every time.Duration) {
	c.cname = strconv.FormatUint(rand.Uint64(), 36)
	c.every = max(int(every/pcm.FrameDuration), 1)
	c.look = rand.N(lookEvery)
	c.schedule()
}

// looks reports whether this is the beat to look at the port.
func (c *control) looks() bool {
	if c.look--; c.look > 0 {
		return false
	}
	c.look = lookEvery
	return true
}

// schedule chooses when to report, at random, so that the calls of a trunk do
// not report all at once.
func (c *control) schedule() { c.next = c.every/2 + rand.N(c.every) }

// reportInTime reports when it is time.
func (l *Leg) reportInTime(t *terms) {
	if l.ctl.next--; l.ctl.next > 0 {
		return
	}
	l.ctl.schedule()
	l.reportBy(t, false)
}

// report sends what we know about both directions, and with bye that there will
// be no more.
func (l *Leg) report(bye bool) {
	if t := l.terms.Load(); t != nil {
		l.reportBy(t, bye)
	}
}

// reportBy is report for the SSRC of some terms.
func (l *Leg) reportBy(t *terms, bye bool) {
	l.ctl.mu.Lock()
	defer l.ctl.mu.Unlock()
	from, to := l.pair.rtcp, l.controlTarget(t)
	if t.Mux {
		from = l.pair.rtp
	}
	if to.Port() == 0 || !from.Reaches(to.Addr()) {
		return
	}
	packet, err := rtcp.Marshal(l.compound(t, bye))
	if err == nil {
		packet, err = t.seal.wrapControl(packet)
	}
	if err == nil {
		err = from.Send(packet, to)
	}
	if err != nil {
		l.count.refused.Add(1)
	}
}

// controlTarget is where RTCP goes: where the description wants it, or, if
// their packets come from elsewhere, next to that.
func (l *Leg) controlTarget(t *terms) netip.AddrPort {
	to := l.target.Load()
	switch {
	case to == nil:
		return netip.AddrPort{}
	case t.Mux:
		return *to
	case t.RTCP.Addr() == to.Addr():
		return t.RTCP
	}
	return netip.AddrPortFrom(to.Addr(), to.Port()+1)
}

// compound is a whole RTCP packet: a report, who we are, and the goodbye.
func (l *Leg) compound(t *terms, bye bool) []rtcp.Packet {
	now, ssrc := l.engine.now(), t.own.ssrc
	reports := l.in.reports(now)
	sent := l.count.out.Load()
	var first rtcp.Packet = &rtcp.ReceiverReport{SSRC: ssrc, Reports: reports}
	if sent != l.ctl.sent {
		first = &rtcp.SenderReport{
			SSRC:        ssrc,
			NTPTime:     ntp(now),
			RTPTime:     t.timestampAt(now),
			PacketCount: uint32(sent - t.own.packets),
			OctetCount:  uint32(l.count.octets.Load() - t.own.octets),
			Reports:     reports,
		}
	}
	l.ctl.sent = sent
	packets := []rtcp.Packet{first, &rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{{
		Source: ssrc,
		Items:  []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: l.ctl.cname}},
	}}}}
	if t.Asks.Metrics && len(reports) > 0 { // before anything came there is no SSRC to tell of
		packets = append(packets, l.metrics(t))
	}
	if bye {
		packets = append(packets, &rtcp.Goodbye{Sources: []uint32{ssrc}})
	}
	return packets
}

// reports is what we say about their stream.
func (in *inbound) reports(now time.Time) []rtcp.ReceptionReport {
	in.mu.Lock()
	defer in.mu.Unlock()
	if now.Sub(in.toldAt) > outdated {
		in.missed.Store(0)
	}
	r := &in.reception
	if !r.begun {
		return nil
	}
	var delay uint32
	if !r.senderReportAt.IsZero() {
		delay = uint32(now.Sub(r.senderReportAt) * 65536 / time.Second)
	}
	return []rtcp.ReceptionReport{{
		SSRC:               in.latch.ssrc,
		FractionLost:       r.fraction(),
		TotalLost:          min(r.lost(), 1<<23-1),
		LastSequenceNumber: r.highest,
		Jitter:             r.jitter >> 4,
		LastSenderReport:   r.senderReport,
		Delay:              delay,
	}}
}

// controlPacket takes in RTCP. It only ever yields figures: whoever forges it
// can neither move nor end a call. in.mu is held.
func (l *Leg) controlPacket(t *terms, p []byte, from netip.AddrPort, at time.Time) {
	if isSTUN(p) {
		return
	}
	in := &l.in
	if from.Addr() != in.latch.source.Addr() && !in.latch.allowed(from.Addr()) {
		l.count.foreign.Add(1)
		return
	}
	p, ok := in.opened.control(p, at)
	if !ok {
		l.count.forged.Add(1)
		return
	}
	packets, err := rtcp.Unmarshal(p)
	if err != nil {
		l.count.broken.Add(1)
		return
	}
	for _, packet := range packets {
		switch r := packet.(type) {
		case *rtcp.SenderReport:
			if r.SSRC == in.latch.ssrc {
				in.reception.senderReport, in.reception.senderReportAt = uint32(r.NTPTime>>16), at
			}
			in.feedback(r.Reports, t.own.ssrc, at)
		case *rtcp.ReceiverReport:
			in.feedback(r.Reports, t.own.ssrc, at)
		case *rtcp.ExtendedReport:
			in.extended(r, t.own.ssrc)
		}
	}
}

// feedback takes what they say about our stream.
func (in *inbound) feedback(reports []rtcp.ReceptionReport, ours uint32, at time.Time) {
	for _, r := range reports {
		if r.SSRC != ours {
			continue
		}
		in.theyLost, in.toldAt = float64(r.FractionLost)/256, at
		in.missed.Store(int32(r.FractionLost) * 100 / 256)
		if r.LastSenderReport == 0 {
			continue
		}
		away := uint32(ntp(at)>>16) - r.LastSenderReport - r.Delay
		if rtt := time.Duration(away) * time.Second / 65536; rtt < time.Minute {
			in.roundTrip = rtt
		}
	}
}

// ntp is a time as RTCP writes it: seconds since 1900, with 32 binary places.
func ntp(t time.Time) uint64 {
	const from1900to1970 = 2208988800
	seconds := uint64(t.Unix() + from1900to1970)
	return seconds<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}
