//go:build linux

package app_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// setup is how long callers wait.
type setup struct{ answered, heard []time.Duration }

func (s setup) report(b *testing.B) {
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ms(quantile(s.answered, .5)), "answer-p50-ms")
	b.ReportMetric(ms(quantile(s.answered, .95)), "answer-p95-ms")
	b.ReportMetric(ms(quantile(s.heard, .5)), "sound-p50-ms")
	b.ReportMetric(ms(quantile(s.heard, .95)), "sound-p95-ms")
}

// measureSetup makes calls one after the other, and times them from the moment
// the INVITE leaves to its 200 and to the first packet of sound.
func measureSetup(b *testing.B, program string) (s setup) {
	g := startGenerator(b, startProcess(b, program, 1))
	for range setups {
		p, ok := g.dial(benchNumber(0), nil, 0, nil)
		if !ok {
			b.Fatal("the gateway takes no call")
		}
		peertest.Eventually(b, "sound", func() bool { return !p.begun().IsZero() })
		s.heard = append(s.heard, p.begun().Sub(p.dialed))
		s.answered = append(s.answered, p.answer)
		p.hangup()
		// The next call comes at any moment of the gateway's beat.
		time.Sleep(rand.N(pcm.FrameDuration))
	}
	return s
}

// begun is when the first packet came.
func (p *benchPhone) begun() time.Time {
	p.g.mu.Lock()
	defer p.g.mu.Unlock()
	return p.first
}
