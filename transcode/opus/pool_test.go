package opus

import (
	"slices"
	"sync"
	"testing"
)

// said is what an encoder makes of a second of voice.
func said(t *testing.T, e *Encoder, rate int) (out []byte) {
	t.Helper()
	packet := make([]byte, MaxPacket)
	for i := range 50 {
		n, err := e.Encode(packet, voice(i*rate/50, rate/50, rate))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, packet[:n]...)
	}
	return out
}

func lend(t *testing.T, p *Pool, rate int) *Encoder {
	t.Helper()
	cfg := Telephone()
	cfg.Rate = rate
	e, err := p.Encoder(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestUsedEncoderIsAsGoodAsNew(t *testing.T) {
	p := NewPool()
	defer p.Close()
	for _, rate := range []int{8000, 8000, 16000, 16000, 8000, 48000, 48000} {
		fresh, err := NewEncoder(EncoderConfig{Rate: rate, Bitrate: 24000, Complexity: 5, DTX: true})
		if err != nil {
			t.Fatal(err)
		}
		used := lend(t, p, rate)
		if !slices.Equal(said(t, used, rate), said(t, fresh, rate)) {
			t.Errorf("at %d Hz a used encoder says something else", rate)
		}
		_ = used.SetLoss(20) // must not stay
		_ = used.SetComplexity(0)
		used.Close()
		fresh.Close()
	}
	if s := p.Stats(); s != (PoolStats{Idle: 1, Made: 1, Reused: 6, Complexity: Best}) {
		t.Errorf("Stats = %+v", s)
	}
}

func TestRateChangesInPlace(t *testing.T) {
	fresh := lend(t, nil, 16000)
	defer fresh.Close()
	e, d := newPair(t, Telephone(), 8000)
	said(t, e, 8000)
	if err := e.SetRate(16000); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(said(t, e, 16000), said(t, fresh, 16000)) {
		t.Error("an encoder that was turned over to 16 kHz says something else")
	}
	packet := make([]byte, MaxPacket)
	n, _ := e.Encode(packet, voice(0, 320, 16000))
	for _, rate := range []int{16000, 48000, 8000} {
		if err := d.SetRate(rate); err != nil {
			t.Fatal(err)
		}
		if got, err := d.Decode(make([]int16, 960), packet[:n]); got != rate/50 || err != nil {
			t.Errorf("at %d Hz Decode = %d, %v", rate, got, err)
		}
	}
	if e.SetRate(11025) == nil || d.SetRate(11025) == nil {
		t.Error("11025 Hz is no error")
	}
	if n := testing.AllocsPerRun(10, func() {
		_, _ = e.SetRate(8000), e.SetRate(16000)
		_, _ = d.SetRate(16000), d.SetRate(8000)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	e.Close()
	d.Close()
	if e.SetRate(8000) == nil || d.SetRate(8000) == nil {
		t.Error("a closed one takes another rate")
	}
}

func TestPoolHoldsComplexityDown(t *testing.T) {
	p := NewPool()
	defer p.Close()
	e := lend(t, p, 8000)
	defer e.Close()
	for _, tt := range []struct{ most, want int }{{3, 3}, {0, 0}, {-1, 0}, {7, 5}, {99, 5}} {
		p.SetComplexity(tt.most)
		said(t, e, 8000)
		if e.complexity != tt.want {
			t.Errorf("at most %d: complexity %d, want %d", tt.most, e.complexity, tt.want)
		}
	}
	p.SetComplexity(2)
	if err := e.SetComplexity(4); err != nil {
		t.Fatal(err)
	}
	said(t, e, 8000)
	if e.complexity != 2 {
		t.Errorf("wants 4 where 2 is most: complexity %d", e.complexity)
	}
}

func TestPoolKeepsFewAndNothingOnceClosed(t *testing.T) {
	p := NewPool()
	var all []*Encoder
	for range kept + 10 {
		all = append(all, lend(t, p, 8000))
	}
	if s := p.Stats(); s.Lent != kept+10 || s.Idle != 0 {
		t.Errorf("Stats = %+v", s)
	}
	for _, e := range all[1:] {
		e.Close()
		e.Close()
		if s := p.Stats(); s.Idle > min(kept, s.Lent/every+few) {
			t.Fatalf("too many are kept: Stats = %+v", s)
		}
	}
	if s := p.Stats(); s.Lent != 1 || s.Idle != few {
		t.Errorf("Stats = %+v", s)
	}
	if p.Empty(); p.Stats().Idle != 0 {
		t.Errorf("emptied: Stats = %+v", p.Stats())
	}
	p.Close()
	p.Close()
	all[0].Close()
	if s := p.Stats(); s.Lent != 0 || s.Idle != 0 {
		t.Errorf("closed: Stats = %+v", s)
	}
}

// Who gives back while the pool is being closed leaves nothing lying there.
func TestNothingLiesIdleInAClosedPool(t *testing.T) {
	for range 500 {
		p, begin := NewPool(), make(chan struct{})
		var giving sync.WaitGroup
		for range 4 {
			e := lend(t, p, 8000)
			giving.Go(func() { <-begin; e.Close() })
		}
		giving.Go(func() { <-begin; p.Close() })
		close(begin)
		giving.Wait()
		if n := p.Stats().Idle; n > 0 {
			t.Fatalf("%d encoders lie idle for ever", n)
		}
	}
}

func TestNoPoolIsNoPool(t *testing.T) {
	var p *Pool
	e := lend(t, p, 8000)
	p.SetComplexity(0)
	said(t, e, 8000)
	if e.complexity != 5 || p.Stats() != (PoolStats{Complexity: Best}) {
		t.Errorf("complexity %d, %+v", e.complexity, p.Stats())
	}
	e.Close()
	p.Close()
	if _, err := NewPool().Encoder(EncoderConfig{Rate: 11025}); err == nil {
		t.Error("an encoder at 11025 Hz")
	}
}

func TestPoolIsSharedByMany(t *testing.T) {
	p := NewPool()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			packet, f := make([]byte, MaxPacket), voice(0, 160, 8000)
			for i := range 50 {
				e, err := p.Encoder(Telephone())
				if err != nil {
					t.Error(err)
					return
				}
				p.SetComplexity(i % 6)
				_, _ = e.Encode(packet, f)
				e.Close()
			}
		})
	}
	wg.Wait()
	p.Close()
	if s := p.Stats(); s.Lent != 0 || s.Idle != 0 || s.Made > 4 || s.Made+s.Reused != 200 {
		t.Errorf("Stats = %+v", s)
	}
}

func BenchmarkLend(b *testing.B) {
	p := NewPool()
	defer p.Close()
	b.ReportAllocs()
	for b.Loop() {
		e, err := p.Encoder(Telephone())
		if err != nil {
			b.Fatal(err)
		}
		e.Close()
	}
}
