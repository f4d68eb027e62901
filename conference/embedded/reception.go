package embedded

import (
	"time"

	"github.com/pion/rtcp"

	"github.com/einwahl/einwahl/transcode/opus"
)

// restart is how far back, in numbers, a packet is no late one: its sender has
// begun to count anew.
const restart = 1000

// reception keeps what a report has to say about the packets of one
// microphone (RFC 3550 appendix A).
type reception struct {
	begun    bool
	ssrc     uint32
	first    uint32 // extended sequence numbers
	highest  uint32
	received uint32
	transit  uint32 // of the packet before, in ticks of the RTP clock
	jitter   uint32 // in ticks, times 16

	expectedBefore, receivedBefore uint32 // at the last report

	theirs   uint32    // middle bits of the NTP time in their last report
	theirsAt time.Time // when it came
}

// take counts a packet.
func (r *reception) take(ssrc uint32, seq uint16, ts uint32, at time.Time) {
	transit := rtpTicks(at) - ts
	step := int16(seq - uint16(r.highest))
	if !r.begun || r.ssrc != ssrc || step < -restart || step > restart {
		r.begin(ssrc, seq, transit)
		return
	}
	r.received++
	if step > 0 {
		r.highest += uint32(step)
	}
	d := int64(int32(transit - r.transit))
	r.transit = transit
	// A silence of which nothing was sent must not stand in the figures for long.
	d = min(max(d, -d), opus.ClockRate)
	r.jitter += uint32(d) - (r.jitter+8)>>4
}

func (r *reception) begin(ssrc uint32, seq uint16, transit uint32) {
	if r.ssrc != ssrc {
		r.theirs, r.theirsAt = 0, time.Time{}
	}
	r.begun, r.ssrc, r.transit = true, ssrc, transit
	// A cycle above, so that one that is late is not below zero.
	r.first = uint32(seq) | 1<<16
	r.highest, r.received = r.first, 1
	r.expectedBefore, r.receivedBefore = 0, 0
}

// told takes a report of the sender's. Those of others are not looked at.
func (r *reception) told(report *rtcp.SenderReport, at time.Time) {
	if r.begun && report.SSRC == r.ssrc {
		r.theirs, r.theirsAt = uint32(report.NTPTime>>16), at
	}
}

// report is what is known now. It reports false if nothing has come yet.
func (r *reception) report(now time.Time) (rtcp.ReceptionReport, bool) {
	if !r.begun {
		return rtcp.ReceptionReport{}, false
	}
	expected := r.highest - r.first + 1
	report := rtcp.ReceptionReport{
		SSRC:               r.ssrc,
		FractionLost:       fraction(expected-r.expectedBefore, r.received-r.receivedBefore),
		LastSequenceNumber: r.highest,
		Jitter:             r.jitter >> 4,
		LastSenderReport:   r.theirs,
	}
	if expected > r.received { // packets that came twice may be more than were lost
		report.TotalLost = min(expected-r.received, 1<<23-1)
	}
	if !r.theirsAt.IsZero() {
		report.Delay = uint32(now.Sub(r.theirsAt) * 65536 / time.Second)
	}
	r.expectedBefore, r.receivedBefore = expected, r.received
	return report, true
}

// fraction is the share that is missing, in 1/256.
func fraction(expected, received uint32) uint8 {
	if expected == 0 || received >= expected {
		return 0
	}
	return uint8(min((expected-received)<<8/expected, 255))
}
