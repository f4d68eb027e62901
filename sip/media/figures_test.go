package media

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"github.com/einwahl/einwahl/transcode/g711"
	"github.com/einwahl/einwahl/transcode/level"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// talk sends packets of the tone on the beat. Of each hundred, the first lost
// are not sent.
func (p *phone) talk(packets, lost int) {
	p.t.Helper()
	payload := encoded(g711.ALaw, 160)
	for i := range packets {
		if i%100 < lost && i > 100 {
			p.seq++
			p.ts += 160
		} else {
			p.send(8, payload, 160)
		}
		p.step(1)
	}
}

// metrics is what the phone is told of its sound by the next report; nil: nothing.
func (p *phone) metrics() *rtcp.VoIPMetricsReportBlock {
	p.t.Helper()
	for _, packet := range p.reports(false) {
		if x, ok := packet.(*rtcp.ExtendedReport); ok {
			return x.Reports[0].(*rtcp.VoIPMetricsReportBlock)
		}
	}
	return nil
}

func TestFiguresOfACall(t *testing.T) {
	for _, tt := range []struct {
		name       string
		lost       int // of a hundred, in one burst
		least, top float64
	}{
		{"all comes", 0, 93, 93.2},
		{"3 % are lost at once", 3, 80, 92},
		{"20 % are lost at once", 20, 10, 60},
		{"most are: that is not nothing", 70, 1, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newBench(t, nil).dial(pcma)
			p.leg.Connect(nil, &record{})
			if s := p.leg.Stats(); s.Rating != 0 || s.Level != level.Silent {
				t.Errorf("of a call that nothing has come of: %+v", s)
			}
			p.talk(1000, tt.lost)
			s := p.leg.Stats()
			if s.Rating < tt.least || s.Rating > tt.top {
				t.Errorf("R is %.1f, want %v to %v; %+v", s.Rating, tt.least, tt.top, s)
			}
			if s.Level != -15 {
				t.Errorf("the voice is at %d dBov, want -15", s.Level)
			}
			if made := s.Concealed > 0; made != (tt.lost > 0) {
				t.Errorf("%.3f of it is made up", s.Concealed)
			}
			if s.Jitter != 0 || s.Discarded != 0 || s.Delay > 20*time.Millisecond {
				t.Errorf("packets that come on the beat have a jitter of %v, wait %v, and %.3f of them are thrown away", s.Jitter, s.Delay, s.Discarded)
			}
		})
	}
}

// talkLate sends packets of the tone over a network that holds packet i up for
// late(i).
func (p *phone) talkLate(packets int, late func(i int) time.Duration) {
	p.t.Helper()
	payload, begun := encoded(g711.ALaw, 160), p.now.Load()
	var coming []underway
	for i := range packets {
		seq, ts := p.seq+uint16(i), p.ts+uint32(160*i)
		coming = append(coming, underway{time.Duration(i)*pcm.FrameDuration + late(i), func() { p.sendNumber(seq, ts, payload) }})
	}
	slices.SortStableFunc(coming, func(a, b underway) int { return cmp.Compare(a.at, b.at) })
	for beat := time.Duration(0); len(coming) > 0; beat += pcm.FrameDuration {
		for len(coming) > 0 && coming[0].at <= beat {
			p.now.Store(begun + int64(coming[0].at))
			coming[0].send()
			coming = coming[1:]
		}
		p.now.Store(begun + int64(beat))
		p.clock.Step()
	}
}

// span is from where to where a figure is plausible.
type span struct{ least, most float64 }

func TestFiguresOfANetwork(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct {
		name                             string
		late                             func(i int) time.Duration
		jitter, delay, discarded, rating span // the former two in milliseconds
	}{
		{
			name: "what is held up all alike has no jitter",
			late: func(int) time.Duration { return 5 * ms }, delay: span{0, 20}, rating: span{93, 93.2},
		},
		{
			name:   "the buffer waits as long as each second packet is held up",
			late:   func(i int) time.Duration { return time.Duration(i%2) * 15 * ms },
			jitter: span{14, 15}, delay: span{15, 35}, rating: span{92, 93.2},
		},
		{
			name:   "one in fifty that comes far too late is thrown away",
			late:   func(i int) time.Duration { return time.Duration(i%50/49) * 500 * ms },
			jitter: span{20, 70}, delay: span{0, 40}, discarded: span{.018, .02}, rating: span{80, 90},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newBench(t, nil).dial(withEvents, eventsMap)
			p.leg.Connect(nil, &record{})
			p.talkLate(1000, tt.late)
			s := p.leg.Stats()
			for _, f := range []struct {
				name string
				is   float64
				want span
			}{
				{"jitter", s.Jitter.Seconds() * 1000, tt.jitter},
				{"delay", s.Delay.Seconds() * 1000, tt.delay},
				{"share thrown away", s.Discarded, tt.discarded},
				{"R", s.Rating, tt.rating},
				{"number of lost", float64(s.Lost), span{}},
			} {
				if f.is < f.want.least || f.is > f.want.most {
					t.Errorf("the %s is %.3f, want %v to %v", f.name, f.is, f.want.least, f.want.most)
				}
			}
		})
	}
}

// For who listens a packet that came too late is lost.
func TestBurstsAreOfWhatIsThrownAwayToo(t *testing.T) {
	p := newBench(t, nil).dial(pcma, "a=rtcp-xr:voip-metrics")
	p.leg.Connect(nil, &record{})
	p.talk(100, 0)
	p.step(25) // half a second comes at once
	for range 25 {
		p.send(8, encoded(g711.ALaw, 160), 160)
	}
	p.talk(100, 0)
	p.leg.report(false)
	thrown := time.Duration(p.leg.in.stream.Stats().Discarded) * pcm.FrameDuration
	m := p.metrics()
	if thrown < 300*time.Millisecond || m.LossRate != 0 || m.DiscardRate == 0 || m.BurstDensity != 255 || m.GapDensity != 0 ||
		m.BurstDuration != milliseconds(thrown) {
		t.Errorf("%v are thrown away, and told is %+v", thrown, m)
	}
}

// What is overtaken and played in its place is no loss.
func TestBurstsAreNotOfWhatIsOvertaken(t *testing.T) {
	p := newBench(t, nil).dial(pcma, "a=rtcp-xr:voip-metrics")
	p.leg.Connect(nil, &record{})
	for range 100 {
		p.step(2)
		p.seq, p.ts = p.seq+1, p.ts+160
		p.send(8, encoded(g711.ALaw, 160), 160)
		p.seq, p.ts = p.seq-2, p.ts-320
		p.send(8, encoded(g711.ALaw, 160), 160)
		p.seq, p.ts = p.seq+1, p.ts+160
	}
	p.leg.report(false)
	if m := p.metrics(); m.BurstDensity != 0 || m.GapDensity != 0 {
		t.Errorf("told is %+v", m)
	}
}

// What is made up of the music of a hold is a share of that music, not of what
// was said besides.
func TestMusicOfAHoldIsNotMadeUpSpeech(t *testing.T) {
	p := newBench(t, nil).dial(pcma)
	p.leg.Connect(nil, &record{})
	p.talk(50, 0)
	p.offer(pcma, "a=sendonly")
	p.talk(1000, 10)
	p.offer(pcma)
	p.talk(50, 0)
	if s := p.leg.Stats(); s.Concealed < .02 || s.Concealed > .12 {
		t.Errorf("%.3f of what is played is made up, of packets of which a tenth is lost", s.Concealed)
	}
}

func TestWhoAsksHearsHowTheySound(t *testing.T) {
	p := newBench(t, nil).dial(pcma, "a=rtcp-xr:rcvr-rtt=all voip-metrics")
	p.leg.Connect(nil, &record{})
	p.talk(400, 2)
	p.leg.report(false)
	m := p.metrics()
	if m == nil {
		t.Fatal("no metrics are reported")
	}
	if m.SSRC != p.ssrc || m.LossRate == 0 || m.BurstDensity != 255 || m.BurstDuration != 40 || m.Gmin != 16 ||
		int8(m.SignalLevel) != -9 || m.DiscardRate != 0 || m.EndSystemDelay < 20 || m.EndSystemDelay > 60 || m.RFactor < 80 || m.RFactor > 93 || m.MOSCQ < 38 || m.MOSCQ > 45 {
		t.Errorf("%+v", m)
	}
	// What they report of us.
	p.control(false, &rtcp.ExtendedReport{SenderSSRC: p.ssrc, Reports: []rtcp.ReportBlock{
		&rtcp.VoIPMetricsReportBlock{SSRC: p.leg.terms.Load().own.ssrc, RFactor: 71},
		&rtcp.VoIPMetricsReportBlock{SSRC: 1, RFactor: 3},
	}})
	if s := p.leg.Stats(); s.TheirRating != 71 {
		t.Errorf("they report R %v, we read %v", 71, s.TheirRating)
	}
}

func TestLevelsAreToldInDBm0(t *testing.T) {
	for dBov, want := range map[int]int8{level.Silent: unavailable, -60: -54, -22: -16, -6: 0, -3: 3, 0: 6} {
		if got := int8(decibels(dBov)); got != want {
			t.Errorf("%d dBov is told as %d, want %d", dBov, got, want)
		}
	}
}

func TestWhoDoesNotAskHearsNoMetrics(t *testing.T) {
	p := newBench(t, nil).dial(pcma)
	p.talk(10, 0)
	p.leg.report(false)
	if m := p.metrics(); m != nil {
		t.Errorf("they are told %+v", m)
	}
}

func TestNoMetricsAreToldOfWhatNeverCame(t *testing.T) {
	p := newBench(t, nil).dial(pcma, "a=rtcp-xr:voip-metrics")
	p.step(10)
	p.leg.report(false)
	if m := p.metrics(); m != nil {
		t.Errorf("they are told %+v", m)
	}
	p.talk(1, 0)
	p.leg.report(false)
	if m := p.metrics(); m == nil || m.SSRC != p.ssrc || m.RFactor != 93 {
		t.Errorf("of the first packet they are told %+v", m)
	}
}

func BenchmarkFigures(b *testing.B) {
	var f figures
	frame := make([]int16, 160)
	tone{8000}.ReadFrame(frame)
	seq := uint16(0)
	b.ReportAllocs()
	for b.Loop() {
		seq++
		f.take(seq)
		f.hear(frame)
	}
}
