package media

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
)

// reportEvery is how often we report, on average (RFC 3550, 6.2).
const reportEvery = 5 * time.Second

// control is what a leg keeps about RTCP.
type control struct {
	cname string        // says nothing about the machine or the caller (RFC 7022)
	seen  atomic.Uint64 // their packets

	mu     sync.Mutex // held while a report is made
	own    *sender    // on the RTCP port
	shared *sender    // on the RTP port, where the caller wants both on one
	sent   uint64     // packets at the last report
}

func (c *control) begin(both *pair) (err error) {
	c.cname = strconv.FormatUint(rand.Uint64(), 36)
	if c.own, err = newSender(both.rtcp); err != nil {
		return err
	}
	c.shared, err = newSender(both.rtp)
	return err
}

// runControl reads the RTCP port, and reports whenever it is time, until the
// port has rested.
func (l *Leg) runControl() {
	defer l.recoverReader()
	buf := make([]byte, maxPacket)
	l.scheduleReport()
	for bad := 0; bad < manyErrors; {
		n, from, err := l.pair.rtcp.ReadFromUDPAddrPort(buf)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case errors.Is(err, os.ErrDeadlineExceeded):
			if l.closed.Load() {
				return
			}
			l.report(false)
			l.scheduleReport()
		case err != nil:
			bad++
		case !l.closed.Load():
			l.controlPacket(buf[:n], netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), l.engine.now())
			bad = 0
		}
	}
}

// scheduleReport makes the reader wake for the next report, at a random time
// so that the calls of a trunk do not report all at once.
func (l *Leg) scheduleReport() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed.Load() {
		_ = l.pair.rtcp.SetReadDeadline(time.Now().Add(l.engine.every/2 + rand.N(l.engine.every)))
	}
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
	from, to := l.ctl.own, l.controlTarget(t)
	if t.Mux {
		from = l.ctl.shared
	}
	where := from.destination(to)
	if where == nil {
		return
	}
	packet, err := rtcp.Marshal(l.compound(t, bye))
	if err == nil {
		packet, err = t.seal.wrapControl(packet)
	}
	if err == nil {
		err = from.send(packet, where)
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
		return to.AddrPort
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
	if t.Asks.Metrics {
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
// can neither move nor end a call.
func (l *Leg) controlPacket(p []byte, from netip.AddrPort, at time.Time) {
	defer l.ctl.seen.Add(1)
	if isSTUN(p) {
		return
	}
	in := &l.in
	in.mu.Lock()
	defer in.mu.Unlock()
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
	var ours uint32
	if t := l.terms.Load(); t != nil {
		ours = t.own.ssrc
	}
	for _, packet := range packets {
		switch r := packet.(type) {
		case *rtcp.SenderReport:
			if r.SSRC == in.latch.ssrc {
				in.reception.senderReport, in.reception.senderReportAt = uint32(r.NTPTime>>16), at
			}
			in.feedback(r.Reports, ours, at)
		case *rtcp.ReceiverReport:
			in.feedback(r.Reports, ours, at)
		case *rtcp.ExtendedReport:
			in.extended(r, ours)
		}
	}
}

// feedback takes what they say about our stream.
func (in *inbound) feedback(reports []rtcp.ReceptionReport, ours uint32, at time.Time) {
	for _, r := range reports {
		if r.SSRC != ours {
			continue
		}
		in.theyLost = float64(r.FractionLost) / 256
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
