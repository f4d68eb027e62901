package opus

/*
#cgo noescape opus_encoder_init
#cgo nocallback opus_encoder_init
#include <opus.h>
#ifdef __linux__
#include <features.h>
#endif
#ifdef __GLIBC__
#include <malloc.h>
static void give_back(void) { malloc_trim(0); }
static void keep_together(void) { mallopt(M_ARENA_MAX, 1); }
#else
static void give_back(void) {}
static void keep_together(void) {}
#endif

// cgo cannot call functions with variable arguments.
static int reset_encoder(OpusEncoder *e) { return opus_encoder_ctl(e, OPUS_RESET_STATE); }
*/
import "C"

import (
	"fmt"
	"sync/atomic"
)

const (
	// Best is the highest complexity there is.
	Best = 10
	// kept is how many idle states a pool keeps at most, some 43 KB each: people
	// who begin to talk and those who end come in turns, so few lie idle at a time.
	kept = 64
	// few is how many idle states a pool keeps besides one for every so many that
	// are lent.
	few, every = 4, 8
	// many is how many states are worth it that the C library looks for what it can
	// return to the system: some megabyte.
	many = 24
)

// Pool lends encoders to those who have something to say, and holds the
// complexity of all of them down when the machine has too much to do.
//
// Its methods may be called from several goroutines, on a beat too: none waits.
// The nil pool works: it keeps nothing and holds nobody down.
type Pool struct {
	idle   chan state
	most   atomic.Int32 // complexity
	closed atomic.Bool

	lent         atomic.Int64
	made, reused atomic.Uint64
	freed        atomic.Int32 // since that was returned to the system
}

// state is an encoder's in the library, and the rate that it is for.
type state struct {
	c    *C.OpusEncoder
	rate int
}

// PoolStats tells how a pool is used.
type PoolStats struct {
	Lent, Idle   int    // encoders in use, and states that wait for the next
	Made, Reused uint64 // since the pool was made: new states, and old ones taken again
	Complexity   int    // at most, for all
}

// NewPool makes an empty pool. From then on the C library takes the memory of all
// threads from one place: they seldom take any, and places are not given back.
func NewPool() *Pool {
	C.keep_together()
	p := &Pool{idle: make(chan state, kept)}
	p.most.Store(Best)
	return p
}

// Encoder lends an encoder for speech, as good as new. Its Close gives it back.
func (p *Pool) Encoder(cfg EncoderConfig) (*Encoder, error) {
	if err := checkRate(cfg.Rate); err != nil {
		return nil, err
	}
	c, err := p.state(cfg.Rate)
	if err != nil {
		return nil, err
	}
	e := &Encoder{c: c, pool: p, config: cfg}
	if err := e.apply(); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

// state is a fresh encoder state for rate.
func (p *Pool) state(rate int) (*C.OpusEncoder, error) {
	if p == nil {
		return create(rate)
	}
	count := &p.reused
	var used state
	var err error
	select {
	case used = <-p.idle:
		err = used.renew(rate)
	default:
		count = &p.made
		used.c, err = create(rate)
	}
	if err != nil {
		C.opus_encoder_destroy(used.c)
		return nil, err
	}
	count.Add(1)
	p.lent.Add(1)
	return used.c, nil
}

func create(rate int) (*C.OpusEncoder, error) {
	var code C.int
	c := C.opus_encoder_create(C.opus_int32(rate), 1, C.OPUS_APPLICATION_VOIP, &code)
	if code != C.OPUS_OK {
		return nil, fmt.Errorf("make opus encoder: %w", Error(code))
	}
	return c, nil
}

// renew makes it fresh, but for how soon it adds copies once packets are lost.
func (s state) renew(rate int) error {
	if s.rate != rate {
		return begin(s.c, rate)
	}
	// begin asks the processor what it can do, three times over. On a virtual machine
	// that takes a hundred times as long as all the rest.
	if code := C.reset_encoder(s.c); code != C.OPUS_OK {
		return fmt.Errorf("reset opus encoder: %w", Error(code))
	}
	return nil
}

// begin begins anew in the same place.
func begin(c *C.OpusEncoder, rate int) error {
	if code := C.opus_encoder_init(c, C.opus_int32(rate), 1, C.OPUS_APPLICATION_VOIP); code != C.OPUS_OK {
		return fmt.Errorf("begin opus encoder anew: %w", Error(code))
	}
	return nil
}

// take takes a state back.
func (p *Pool) take(s state) {
	if p == nil {
		C.opus_encoder_destroy(s.c)
		return
	}
	most := int(p.lent.Add(-1))/every + few
	select {
	case p.idle <- s:
	default:
		p.free(s.c)
	}
	if p.closed.Load() { // asked last: Close may have drained before
		most = 0
	}
	p.drain(most)
}

// SetComplexity holds all encoders of the pool at no more than that from their
// next frame on, 0 to [Best].
func (p *Pool) SetComplexity(complexity int) {
	if p != nil {
		p.most.Store(int32(min(max(complexity, 0), Best)))
	}
}

// atMost is the complexity in force for one who wants that much.
func (p *Pool) atMost(wanted int) int {
	if p == nil {
		return wanted
	}
	return min(wanted, int(p.most.Load()))
}

// Stats tells how the pool is used.
func (p *Pool) Stats() PoolStats {
	if p == nil {
		return PoolStats{Complexity: Best}
	}
	return PoolStats{
		Lent: int(p.lent.Load()), Idle: len(p.idle),
		Made: p.made.Load(), Reused: p.reused.Load(), Complexity: int(p.most.Load()),
	}
}

// Tidy has the C library return to the system what has been freed, which it does
// not do by itself, where that is worth it: those who have all begun to talk at
// once do not go on so. It takes a moment: not on a beat.
func (p *Pool) Tidy() {
	if p != nil && p.freed.Load() >= many {
		p.giveBack()
	}
}

// Empty frees what lies idle, and has all of it returned. It takes a moment: not on
// a beat.
func (p *Pool) Empty() {
	if p != nil {
		p.drain(0)
		p.giveBack()
	}
}

func (p *Pool) giveBack() {
	p.freed.Store(0)
	C.give_back()
}

// Close frees what lies idle, and from then on what is given back. It is safe
// to call twice.
func (p *Pool) Close() {
	if p != nil {
		p.closed.Store(true)
		p.drain(0)
	}
}

func (p *Pool) free(c *C.OpusEncoder) {
	C.opus_encoder_destroy(c)
	p.freed.Add(1)
}

// drain frees idle states until only so many are left.
func (p *Pool) drain(most int) {
	for len(p.idle) > most {
		select {
		case s := <-p.idle:
			p.free(s.c)
		default:
			return
		}
	}
}
