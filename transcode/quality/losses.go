package quality

import "time"

// Apart is how many packets in a row have to come for a burst of losses to be
// over (Gmin of RFC 3611 section 4.7.2).
const Apart = 16

// Losses counts in which patterns packets get lost; what came and was not played
// is lost to who listens (RFC 3611 section 4.7.2). The zero value is ready.
type Losses struct {
	came, lost uint64
	runs       uint64 // of losses without a packet in between
	since      uint64 // packets that came since the last loss

	// A cluster is losses that are not Apart. Of one alone nobody speaks as of
	// a burst: it belongs to the gap around it.
	cluster, within      uint64 // losses, and packets that came between them
	bursts               uint64
	burstCame, burstLost uint64
	gapCame, gapLost     uint64
}

// Pattern is how losses lie.
type Pattern struct {
	BurstDensity, GapDensity float64 // share that is lost in bursts and between them
	Burst, Gap               time.Duration
	// Ratio is how much longer runs of losses are than if they were random.
	Ratio float64
}

// Came counts a packet.
func (l *Losses) Came() {
	l.came++
	l.since++
}

// Lost counts n packets that are missing, one after another.
func (l *Losses) Lost(n int) {
	for range n {
		if l.since > 0 || l.lost == 0 {
			l.runs++
		}
		if l.since >= Apart || l.lost == 0 {
			l.close()
			l.gapCame += l.since
		} else {
			l.within += l.since
		}
		l.cluster++
		l.lost++
		l.since = 0
	}
}

// close ends the cluster at hand.
func (l *Losses) close() {
	if l.cluster > 1 {
		l.bursts++
		l.burstLost += l.cluster
		l.burstCame += l.within
	} else {
		l.gapLost += l.cluster
	}
	l.cluster, l.within = 0, 0
}

// Pattern tells how the losses lay so far, for packets of a length.
func (l *Losses) Pattern(packet time.Duration) Pattern {
	now := *l
	now.close()
	now.gapCame += now.since
	inBursts, between := now.burstCame+now.burstLost, now.gapCame+now.gapLost
	p := Pattern{
		BurstDensity: share(now.burstLost, inBursts),
		GapDensity:   share(now.gapLost, between),
		Gap:          time.Duration(between/(now.bursts+1)) * packet,
		Ratio:        1,
	}
	if now.bursts > 0 {
		p.Burst = time.Duration(inBursts/now.bursts) * packet
	}
	if now.runs > 0 {
		mean := float64(now.lost) / float64(now.runs)
		p.Ratio = max(mean*(1-share(now.lost, now.lost+now.came)), 1)
	}
	return p
}

func share(part, whole uint64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}
