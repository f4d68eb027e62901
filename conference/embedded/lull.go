package embedded

// longestLull is how long a sender says nothing at most who has told that nobody
// speaks: under DTX Opus tells of the room every 400 ms.
const longestLull = clockRate / 2

// lull is a pause that a sender has told of, with a packet of Opus that has nothing
// in it (DTX, RFC 6716 section 2.1.9). A decoder that is given more of these goes on
// with the noise of the room; with silence in their place the noise would come and
// go, as of it the sender tells a little now and then.
type lull struct {
	packet  [2]byte
	length  int   // 0: the last packet had something in it
	samples int64 // of the packet
}

// begin takes note of a packet that is written.
func (l *lull) begin(packet []byte, samples int64) {
	l.length, l.samples = 0, samples
	if len(packet) <= len(l.packet) {
		l.length = copy(l.packet[:], packet)
	}
}

// until is how many more of the packet there are in a gap of so many samples that
// has an end. There are none in a gap that is too long to have been told of.
func (l *lull) until(gap int64) int64 {
	if l.length == 0 || gap > longestLull {
		return 0
	}
	return gap / l.samples
}
