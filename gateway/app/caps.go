package app

import (
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/sip"
)

// tellEvery is how often the log says that a number is full.
const tellEvery = 10 * time.Second

// Refusals of a number that has as many calls as the operator lets it have:
// Q.850 cause 17 is "user busy", 42 "switching equipment congestion".
func numberFull() sip.Cause {
	return sip.Cause{Status: 486, Q850: 17, Text: "max_calls of the number is reached"}
}

func numberTooFast() sip.Cause {
	return sip.Cause{Status: 503, Q850: 42, Text: "max_calls_per_second of the number is reached"}
}

// places are the calls that numbers have, for those with a limit of their own.
// The zero value is ready.
type places struct {
	mu   sync.Mutex
	rows map[string]*place
}

// place is what one number takes up, across changes of the file.
type place struct {
	calls   int
	begun   *rate.Limiter
	told    time.Time
	refused int // since it was told
}

// take takes a place for a call to a number. Without one it says why, and
// refused is how many calls the log has to tell of, 0 for none now.
func (p *places) take(n config.Number, now time.Time) (free func(), why *sip.Cause, refused int) {
	if n.MaxCalls == 0 && n.MaxCallsPerSecond == 0 {
		return func() {}, nil, 0
	}
	key := n.Number + " " + strings.Join(n.Trunks, " ")
	p.mu.Lock()
	defer p.mu.Unlock()
	row := p.row(key, n.MaxCallsPerSecond)
	var full sip.Cause
	switch {
	case n.MaxCalls > 0 && row.calls >= n.MaxCalls:
		full = numberFull()
	case n.MaxCallsPerSecond > 0 && !row.begun.AllowN(now, 1):
		full = numberTooFast()
	default:
		row.calls++
		return func() { p.free(key) }, nil, 0
	}
	row.refused++
	if now.Sub(row.told) < tellEvery {
		return nil, &full, 0
	}
	refused, row.refused, row.told = row.refused, 0, now
	return nil, &full, refused
}

// row is that of a number, with the limit of the file as it is now.
func (p *places) row(key string, perSecond int) *place {
	if p.rows == nil {
		p.rows = map[string]*place{}
	}
	row := p.rows[key]
	if row == nil {
		row = &place{}
		p.rows[key] = row
	}
	if row.begun == nil || row.begun.Burst() != perSecond {
		row.begun = rate.NewLimiter(rate.Limit(perSecond), perSecond)
	}
	return row
}

func (p *places) free(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rows[key].calls--
}
