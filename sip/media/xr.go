package media

import (
	"math"
	"time"

	"github.com/pion/rtcp"

	"github.com/einwahl/einwahl/transcode/level"
	"github.com/einwahl/einwahl/transcode/pcm"
	"github.com/einwahl/einwahl/transcode/quality"
)

const (
	unavailable = 127 // of a level, a rating or an opinion (RFC 3611, 4.7)
	// received is the octet that tells how we play: with concealment like that
	// of G.711 appendix I, from a buffer that adapts, at a rate of its own.
	received = 3<<6 | 3<<4
	// longestDelay is where the buffer ends (see newStream).
	longestDelay = 200 * time.Millisecond
	// dBm0 is what a level of 0 dBov is on the scale of telephone lines, where the
	// block has its zero (RFC 3611, 4.7.4), in whole dB. A sine at full scale is
	// -3.01 dBov, and by ITU-T G.711 +3.14 dBm0 in A-law and +3.17 in u-law.
	dBm0 = 6
)

// metrics are what a caller who asks for them hears about their own sound, once
// there is any: the VoIP metrics report block (RFC 3611, 4.7).
func (l *Leg) metrics(t *terms) rtcp.Packet {
	s := l.Stats()
	in := &l.in
	in.mu.Lock()
	pattern, ssrc := in.figures.shown.Pattern(pcm.FrameDuration), in.latch.ssrc
	in.mu.Unlock()
	lost := 0.0
	if due := s.PacketsIn + s.Lost; due > 0 {
		lost = float64(s.Lost) / float64(due)
	}
	b := &rtcp.VoIPMetricsReportBlock{
		SSRC:           ssrc,
		LossRate:       part(lost),
		DiscardRate:    part(s.Discarded),
		BurstDensity:   part(pattern.BurstDensity),
		GapDensity:     part(pattern.GapDensity),
		BurstDuration:  milliseconds(pattern.Burst),
		GapDuration:    milliseconds(pattern.Gap),
		RoundTripDelay: milliseconds(s.RoundTrip),
		EndSystemDelay: milliseconds(s.Delay + pcm.FrameDuration),
		SignalLevel:    decibels(s.Level),
		NoiseLevel:     decibels(s.Noise),
		RERL:           unavailable,
		Gmin:           quality.Apart,
		RFactor:        uint8(math.Round(s.Rating)),
		ExtRFactor:     unavailable,
		MOSLQ:          unavailable,
		MOSCQ:          uint8(math.Round(10 * quality.Opinion(s.Rating))),
		RXConfig:       received,
		JBNominal:      milliseconds(s.Delay),
		JBMaximum:      milliseconds(longestDelay),
		JBAbsMax:       milliseconds(longestDelay),
	}
	return &rtcp.ExtendedReport{SenderSSRC: t.own.ssrc, Reports: []rtcp.ReportBlock{b}}
}

// extended takes what they say about our stream.
func (in *inbound) extended(report *rtcp.ExtendedReport, ours uint32) {
	for _, block := range report.Reports {
		if m, ok := block.(*rtcp.VoIPMetricsReportBlock); ok && m.SSRC == ours && m.RFactor <= 100 {
			in.theirRating = float64(m.RFactor)
		}
	}
}

// part is a share in 1/256.
func part(share float64) uint8 { return uint8(min(max(256*share, 0), 255)) }

func milliseconds(d time.Duration) uint16 {
	return uint16(min(max(d.Milliseconds(), 0), math.MaxUint16))
}

// decibels is a level as the block has it: in dBm0, as two's complement.
func decibels(dBov int) uint8 {
	if dBov == level.Silent {
		return unavailable
	}
	return uint8(int8(dBov + dBm0))
}
