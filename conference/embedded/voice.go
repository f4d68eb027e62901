package embedded

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"

	"github.com/einwahl/einwahl/transcode/jitter"
	"github.com/einwahl/einwahl/transcode/pace"
)

// voice is what the others hear of one person: a track that is forwarded to
// every page, and, while somebody listens there, a decoder and a file. It is
// shut until it is opened.
//
// A shut voice leaves no trace: the numbers of its packets go on without a gap
// when it opens again, so nobody can tell how much was held back.
type voice struct {
	pages *spread
	began time.Time
	heard atomic.Int64 // when speech was last let through, in nanoseconds since began; 0 if never
	// missed is how many packets in a hundred a listener misses.
	missed atomic.Int32

	outlet atomic.Pointer[outlet] // nil until the voice was opened; changed by the meeting's owner
	turn   pace.Turn              // of who takes a packet
	takers sync.Mutex             // held by them; guards what follows
	count  int                    // of openings, as far as they have been seen
	out    renumber
}

// outlet is where a voice goes. It is replaced, and not changed: who takes a packet
// waits for nobody, as they may be on the beat of another meeting.
type outlet struct {
	isOpen  bool
	count   int            // of openings
	opened  time.Time      // what came before is for nobody
	decoder *jitter.Stream // nil where nobody listens to the decoded voice
	file    *fileTrack     // nil where it is not recorded
	since   time.Time      // what came before is not for the file
	apart   bool           // pages are sent to from the relay
	relay   *relay         // nil until it was needed
}

// newVoice makes the voice of a person. Its track has their id as stream id.
func newVoice(id string) *voice {
	return &voice{pages: &spread{id: "voice-" + id, person: id}, began: time.Now()}
}

// report takes what one listener says to have missed. The worst of them counts,
// and is forgotten by a point with each better report.
func (v *voice) report(percent int32) {
	for {
		known := v.missed.Load()
		if v.missed.CompareAndSwap(known, max(percent, known-1)) {
			return
		}
	}
}

// change puts another outlet in place of that of now. When it returns nothing is
// given to what is in the old one and not in the new.
func (v *voice) change(f func(*outlet)) {
	var o outlet
	if now := v.outlet.Load(); now != nil {
		o = *now
	}
	before := o
	if f(&o); o != before {
		v.outlet.Store(&o)
		v.turn.Wait()
	}
}

// shut closes the voice. When it returns nothing passes any more. It waits for a
// packet that is being sent to all pages, without keeping beats from the next.
func (v *voice) shut() {
	var relay *relay
	v.change(func(o *outlet) {
		o.isOpen, o.decoder, o.file = false, nil, nil
		relay = o.relay
	})
	v.heard.Store(0)
	if relay != nil {
		relay.drop()
		relay.wait()
	}
}

// sendApart is told whether a voice that comes on the beat is to be sent from a
// goroutine of its own, as sending to all pages may take long.
func (v *voice) sendApart(yes bool) {
	v.change(func(o *outlet) {
		if o.apart = yes; yes && o.relay == nil {
			o.relay = startRelay(v.pages)
		}
	})
}

// close ends a voice that was shut for good. Nothing is given to it any more.
func (v *voice) close() {
	var relay *relay
	v.change(func(o *outlet) { relay, o.relay = o.relay, nil })
	if relay != nil {
		relay.close()
	}
}

// open lets the voice through, and into file unless it is nil. A packet that has
// come before a yes does not get to the others, or into the file, because it was
// looked at after it, where all pages share a port: that notes when it came. What pion
// opens, as where each connection has a port of its own, counts as come when that is
// done, later than it was by as long as it has waited.
func (v *voice) open(decoder *jitter.Stream, file *fileTrack) {
	now := time.Now()
	v.change(func(o *outlet) {
		if !o.isOpen {
			o.opened = now
			o.count++
		}
		if file != nil && o.file == nil {
			o.since = now
		}
		o.isOpen, o.decoder, o.file = true, decoder, file
	})
}

// muffle takes the decoder away.
func (v *voice) muffle() { v.change(func(o *outlet) { o.decoder = nil }) }

// unrecord takes the file away.
func (v *voice) unrecord() { v.change(func(o *outlet) { o.file = nil }) }

// fromBeat is take for an encoder.
func (v *voice) fromBeat(h rtp.Header, payload []byte, at time.Time) { v.take(h, payload, 0, at) }

// take passes one packet on. level is how loud its sender says it to be, in
// dBov, 0 where that is not told. The payload is not looked at; it is the
// caller's again on return.
//
// Of two at a time one is dropped: for a moment a page may have two connections, of
// which one takes the place of the other.
func (v *voice) take(h rtp.Header, payload []byte, level int8, at time.Time) {
	if !v.takers.TryLock() {
		return
	}
	defer v.takers.Unlock()
	v.turn.Begin()
	defer v.turn.End()
	o := v.outlet.Load()
	if o == nil || !o.isOpen || len(payload) == 0 || at.Before(o.opened) {
		return
	}
	if v.count != o.count {
		v.count = o.count
		v.out.resume()
	}
	if isSpeech(level, payload) {
		v.heard.Store(int64(at.Sub(v.began)))
	}
	seq, ts, marker, ok := v.out.next(h, at)
	if !ok {
		return
	}
	if o.decoder != nil {
		o.decoder.Push(jitter.Packet{Seq: seq, Timestamp: ts, Marker: marker, Level: level, Payload: payload}, at)
	}
	if o.file != nil && !at.Before(o.since) {
		o.file.push(ts, payload, at)
	}
	if o.relay != nil && (o.apart || !o.relay.empty()) {
		o.relay.take(seq, ts, marker, payload, at)
		return
	}
	v.pages.write(seq, ts, marker, payload, at)
}

// speechLevel is the level, in dBov, from which on a packet counts as speech.
const speechLevel = -45

// isSpeech goes by the level. Without one, a packet that carries anything counts.
func isSpeech(level int8, payload []byte) bool {
	if level == 0 {
		return len(payload) > 10
	}
	return level >= speechLevel
}

// lastHeard is when the person last spoke, zero if they have not since the voice
// was opened.
func (v *voice) lastHeard() time.Time {
	if since := v.heard.Load(); since != 0 {
		return v.began.Add(time.Duration(since))
	}
	return time.Time{}
}
