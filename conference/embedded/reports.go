package embedded

import (
	"io"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/transport/v4/packetio"
)

const (
	// reportEvery is how often each page gets reports, on average. Its browser
	// guards against loss by them.
	reportEvery = 2500 * time.Millisecond
	// reportsTogether is how many voices' reports go in one packet, so that it
	// is not split on its way.
	reportsTogether = 16
)

// fromMicrophone is where the packets of pub go.
func (l *leg) fromMicrophone(kind packetio.BufferPacketType, ssrc uint32) io.ReadWriteCloser {
	if kind == packetio.RTPBufferPacket {
		return inlet{l.keys}
	}
	return reportsTo(func(p rtcp.Packet) {
		if r, ok := p.(*rtcp.SenderReport); ok && r.SSRC == ssrc {
			l.keys.beside(func() { l.microphone.heard.told(r, time.Now()) })
		}
	})
}

// fromListener is where the packets of sub go. There is no sound among them.
func (l *leg) fromListener(kind packetio.BufferPacketType, ssrc uint32) io.ReadWriteCloser {
	if kind == packetio.RTPBufferPacket {
		return reportsTo(nil)
	}
	return reportsTo(func(p rtcp.Packet) {
		r, ok := p.(*rtcp.ReceiverReport)
		if !ok {
			return
		}
		l.mu.Lock()
		v := l.sources[ssrc]
		l.mu.Unlock()
		for _, block := range r.Reports {
			if v != nil && block.SSRC == ssrc { // the others are told where they belong
				v.report(int32(block.FractionLost) * 100 / 256)
			}
		}
	})
}

// reportsTo takes what is said of one source, and keeps nothing. One that is nil
// takes what nobody wants.
type reportsTo func(rtcp.Packet)

func (f reportsTo) Write(packet []byte) (int, error) {
	if f == nil {
		return len(packet), nil
	}
	packets, err := rtcp.Unmarshal(packet)
	if err != nil {
		return 0, err
	}
	for _, p := range packets {
		f(p)
	}
	return len(packet), nil
}

func (reportsTo) Read([]byte) (int, error) { return 0, io.EOF }
func (reportsTo) Close() error             { return nil }

// report tells the page how its microphone comes over, and of each voice it
// hears what was sent when. A connection that does not stand yet, or no more,
// takes none.
func (l *leg) report(now time.Time) {
	var r rtcp.ReceptionReport
	var ok bool
	if l.keys.beside(func() { r, ok = l.microphone.heard.report(now) }); ok {
		_ = l.pub.WriteRTCP([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: l.ssrc, Reports: []rtcp.ReceptionReport{r}}})
	}
	var together []rtcp.Packet
	l.mu.Lock()
	for ssrc, v := range l.sources {
		if w := v.pages.to(ssrc); w != nil {
			together = w.report(together, v.pages.person, now)
		}
	}
	l.mu.Unlock()
	for len(together) > 0 {
		n := min(len(together), 2*reportsTogether)
		_ = l.sub.WriteRTCP(together[:n])
		together = together[n:]
	}
}

// report adds what was sent on this way (RFC 3550 section 6.4.1), and by whom,
// unless nothing was yet.
func (w *way) report(together []rtcp.Packet, person string, now time.Time) []rtcp.Packet {
	packets, octets := halves(w.sent.Load())
	if packets == 0 {
		return together
	}
	ts, at := halves(w.newest.Load())
	return append(together,
		&rtcp.SenderReport{
			SSRC: w.ssrc, NTPTime: ntp(now), RTPTime: ts + rtpTicks(now) - at,
			PacketCount: packets, OctetCount: octets,
		},
		&rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{{
			Source: w.ssrc, Items: []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: person}},
		}}},
	)
}

// ntp is a time as reports have it: seconds since 1900, in 32.32 bits.
func ntp(t time.Time) uint64 {
	const from1900 = 2208988800
	return uint64(t.Unix()+from1900)<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}
