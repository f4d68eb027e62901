package jitter

import (
	"sync/atomic"
	"time"
)

// Stats is what a stream has been through. All but Delay and Target only grow.
type Stats struct {
	Received   uint64 // packets, of all kinds
	Duplicates uint64 // packets that had come before
	Late       uint64 // packets that came after their place was played
	Lost       uint64 // packets that were missing when their place was played
	Discarded  uint64 // packets thrown away: strays, too many, or stale
	Damaged    uint64 // packets that the decoder refused
	Restarts   uint64 // times the stream began anew
	// Concealed, Removed and Inserted are sound that was made up for lost or
	// late packets, and cut out or put in to change the delay. Sound for late
	// packets is counted when they come.
	Concealed, Removed, Inserted time.Duration
	// Delay is how long a packet that meets no delay on the network now waits
	// to be played, and Target is how long it should.
	Delay, Target time.Duration
}

// counters are Stats as the stream counts them, readable from anywhere.
type counters struct {
	received, duplicates, late, lost, discarded, damaged, restarts atomic.Uint64
	concealed, removed, inserted, delay, target                    atomic.Int64 // nanoseconds
}

// Stats tells what the stream has been through. It may be called from any
// goroutine.
func (s *Stream) Stats() Stats {
	c := &s.counters
	return Stats{
		Received:   c.received.Load(),
		Duplicates: c.duplicates.Load(),
		Late:       c.late.Load(),
		Lost:       c.lost.Load(),
		Discarded:  c.discarded.Load(),
		Damaged:    c.damaged.Load(),
		Restarts:   c.restarts.Load(),
		Concealed:  time.Duration(c.concealed.Load()),
		Removed:    time.Duration(c.removed.Load()),
		Inserted:   time.Duration(c.inserted.Load()),
		Delay:      time.Duration(c.delay.Load()),
		Target:     time.Duration(c.target.Load()),
	}
}
