package media

import "time"

// reception keeps the figures about what arrives from one SSRC, after RFC
// 3550 appendix A.
type reception struct {
	clock    int // of the RTP timestamps, in hertz
	begun    bool
	first    uint32 // extended sequence numbers
	highest  uint32
	received uint32
	timed    bool      // transit is that of a packet before
	transit  uint32    // in timestamp units
	jitter   uint32    // in timestamp units, times 16
	last     time.Time // when a packet came

	expectedBefore, receivedBefore uint32 // at the last report

	senderReport   uint32    // middle bits of the NTP time in their last report
	senderReportAt time.Time // when it came
}

// anew reports whether a packet begins the stream anew under the SSRC it had,
// as players of recordings do: after a pause it bears a number that is past (see
// replayed).
func (r *reception) anew(seq uint16, at time.Time) bool {
	return r.begun && int16(seq-uint16(r.highest)) <= 0 && at.Sub(r.last) > replayed
}

// turn takes another clock for the packets to come. What is known of the jitter
// is kept as time (RFC 7160, 4.3).
func (r *reception) turn(clock int) {
	if clock == r.clock {
		return
	}
	if r.clock > 0 {
		r.jitter = uint32(uint64(r.jitter) * uint64(clock) / uint64(r.clock))
	}
	r.clock, r.timed = clock, false
}

// take counts one packet of sound.
func (r *reception) take(seq uint16, timestamp uint32, at time.Time) {
	r.count(seq, at)
	arrival := uint32(at.UnixNano() / 1000 * int64(r.clock) / 1e6)
	transit := arrival - timestamp
	if r.timed {
		d := int64(int32(transit - r.transit))
		// One outlier, as after a pause with a timestamp jump, must not stand in
		// the figures for minutes.
		d = min(max(d, -d), int64(r.clock))
		r.jitter += uint32(d) - (r.jitter+8)>>4
	}
	r.timed, r.transit = true, transit
}

// count counts one packet, whose timestamp may not be when it was sent: all
// packets of a key bear that of its beginning.
func (r *reception) count(seq uint16, at time.Time) {
	r.last = at
	if !r.begun {
		*r = reception{clock: r.clock, begun: true, last: at, first: uint32(seq) | 1<<16}
		r.highest = r.first
		r.received = 1
		return
	}
	r.received++
	switch step := int16(seq - uint16(r.highest)); {
	case step > 0:
		r.highest += uint32(step)
	case step < -1000: // they have begun to count anew
		*r = reception{clock: r.clock, jitter: r.jitter, begun: true, last: at, received: 1}
		r.first = uint32(seq) | 1<<16
		r.highest = r.first
	}
}

// expected is how many packets there should have been.
func (r *reception) expected() uint32 {
	if !r.begun {
		return 0
	}
	return r.highest - r.first + 1
}

// lost is how many are missing; never negative, duplicates are a gain.
func (r *reception) lost() uint32 {
	if e := r.expected(); e > r.received {
		return e - r.received
	}
	return 0
}

// spread is the jitter as time.
func (r *reception) spread() time.Duration {
	if r.clock == 0 {
		return 0
	}
	return time.Duration(r.jitter>>4) * time.Second / time.Duration(r.clock)
}

// fraction is the share lost since it was last asked for, in 1/256.
func (r *reception) fraction() uint8 {
	expected := r.expected() - r.expectedBefore
	received := r.received - r.receivedBefore
	r.expectedBefore, r.receivedBefore = r.expected(), r.received
	if expected == 0 || received >= expected {
		return 0
	}
	return uint8(min((expected-received)<<8/expected, 255))
}
