// Package overload decides how many new calls a gateway can take without harm
// to those in progress, and how much care it can take with their sound.
//
// What is measured goes into a pure function, which says what share of the new
// calls is taken. A [Meter] samples, and answers for each call at once.
package overload

import (
	"context"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// every is how often the load is looked at.
const every = 200 * time.Millisecond

// Sources are what only others know. They must be quick.
type Sources struct {
	// Calls are those there are now, and Waiting those among them that nobody
	// has begun to deal with.
	Calls, Waiting func() int
	// Beats are those of the audio clock since its start, and of them those that
	// were later than a limit.
	Beats func(limit time.Duration) (all, late uint64)
	// Effort is told when encoders are to be held to another complexity; it may
	// be nil.
	Effort func(complexity int)
}

// Meter watches the load. Its methods may be called from several goroutines.
type Meter struct {
	sources Sources
	busy    func() time.Duration // computed, but in tests
	config  atomic.Pointer[Config]
	share   atomic.Uint64 // the bits of a float64
	key     atomic.Pointer[string]
	load    atomic.Pointer[load]
	effort  atomic.Int32 // complexity
	rate    atomic.Pointer[rate.Limiter]
}

// New makes a meter that finds nothing to do. It measures once it runs.
func New(c Config, s Sources) *Meter {
	m := &Meter{sources: s, busy: computed}
	m.decide(state{share: 1})
	m.load.Store(&load{})
	m.effort.Store(int32(effort{}.complexity()))
	m.Set(c)
	return m
}

// Set puts other limits in force.
func (m *Meter) Set(c Config) {
	m.config.Store(&c)
	limit := rate.Limit(c.CallsPerSecond)
	if c.CallsPerSecond == 0 {
		limit = rate.Inf
	}
	m.rate.Store(rate.NewLimiter(limit, c.CallsPerSecond))
}

// Refuse asks for a new call whether it must be refused: it is the key of the
// limit that is reached, empty where there is room. It takes nothing from others,
// so it may be asked before anything is known of the call.
func (m *Meter) Refuse() string {
	c := m.config.Load()
	if c.Calls > 0 && m.sources.Calls() >= c.Calls {
		return callsKey
	}
	if c.Waiting > 0 && m.sources.Waiting() >= c.Waiting {
		return waitingKey
	}
	if share := m.Share(); share < 1 && rand.Float64() >= share {
		return *m.key.Load()
	}
	return ""
}

// Turn takes a turn for a call that nothing else stands in the way of, or says
// which limit leaves none.
func (m *Meter) Turn() string {
	if !m.rate.Load().Allow() {
		return perSecond
	}
	return ""
}

// Share is what part of the new calls is taken, 0 to 1.
func (m *Meter) Share() float64 { return math.Float64frombits(m.share.Load()) }

// Load is how busy the gateway is: in shares of the processors and of the
// memory, and the share of beats that were late.
func (m *Meter) Load() (cpu, heap, late float64) {
	l := m.load.Load()
	return l.cpu, l.heap, l.late
}

// Complexity is what encoders are held to.
func (m *Meter) Complexity() int { return int(m.effort.Load()) }

// Run measures until ctx ends.
func (m *Meter) Run(ctx context.Context) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	may := limitsOf("/")
	last, s, l, e := m.sample(may), state{share: 1}, load{}, effort{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now := m.sample(may)
		l = l.after(last, now)
		s, last = next(s, l, *m.config.Load()), now
		shown := l // which is no longer changed
		m.load.Store(&shown)
		m.decide(s)
		e = e.next(l, *m.config.Load())
		m.hold(e.complexity())
	}
}

// hold tells when encoders are to do more or less than before.
func (m *Meter) hold(complexity int) {
	if was := m.effort.Swap(int32(complexity)); int(was) != complexity && m.sources.Effort != nil {
		m.sources.Effort(complexity)
	}
}

func (m *Meter) decide(s state) {
	m.key.Store(&s.key)
	m.share.Store(math.Float64bits(s.share))
}

func (m *Meter) sample(may limits) Sample {
	s := Sample{At: time.Now(), CPU: m.busy(), Cores: may.cores, Heap: inUse(), Memory: may.memory}
	if s.Lateness = m.config.Load().Lateness; s.Lateness > 0 {
		s.Beats, s.Late = m.sources.Beats(s.Lateness)
	}
	return s
}
