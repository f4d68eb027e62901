package pcm

// Phase is a third of a beat. All members of a clock finish a phase before any
// begins the next.
type Phase int

const (
	// TakeIn is when a member takes what has arrived from outside and writes
	// it to the sink it feeds.
	TakeIn Phase = iota
	// Mix is when a room makes of what its members have written what each of
	// them will read.
	Mix
	// GiveOut is when a member reads from the source it hears and sends.
	GiveOut
)

// Member is something that a clock moves.
type Member interface {
	// Beat is called once for each phase of each beat, for the members of one
	// clock one after another, though not always from the same goroutine. It
	// may neither block nor allocate.
	Beat(p Phase)
}

// Clock moves its members in step, one beat every [FrameDuration]. Members of
// one clock never run at the same time, so they share what they share without
// a lock.
type Clock interface {
	// Add begins to move m, from the next beat on. Adding a member twice does
	// nothing.
	Add(m Member)
	// Remove stops moving m. When it returns, m is not running and will not be
	// run again by this clock. It must not be called from within a beat.
	Remove(m Member)
}

// Clocked is what a Sink or a Source also is when it lives on a clock of its
// own, as a seat lives on its room's: whoever exchanges frames with it moves
// over to that clock.
type Clocked interface {
	Clock() Clock
}
