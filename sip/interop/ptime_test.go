package interop

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/transcode/g711"
)

// sine is a tone of -20 dBov as A-law.
func sine(hertz float64, length time.Duration) []byte {
	sound := make([]int16, int(length.Seconds()*8000))
	for i := range sound {
		sound[i] = int16(3277 * math.Sqrt2 * math.Sin(2*math.Pi*hertz*float64(i)/8000))
	}
	return lawOf(sound)
}

func lawOf(sound []int16) []byte {
	payload := make([]byte, len(sound))
	g711.ALaw.Encode(payload, sound)
	return payload
}

// Row 16: packets of any length are taken, as SIPp sends them.
func TestPacketsOfAnyLength(t *testing.T) {
	t.Parallel()
	for _, length := range []int{10, 20, 30, 40, 60} {
		t.Run(fmt.Sprint(length, " ms"), func(t *testing.T) {
			listener := &ear{loop: newLoop()}
			tone := peertest.RTPCapture(t, peertest.PCMA, length, sine(hertz, 1500*time.Millisecond))
			s := scenario().Invite(length).Ack().Play(tone).Pause(1600 * time.Millisecond).Bye()
			play(t, s, func(s *settings) { s.handle = listener.lend })
			unbroken(t, listener.Heard())
		})
	}
}

// Row 16: their length changes in mid-call, without a word about it.
func TestPacketLengthChangesInMidCall(t *testing.T) {
	listener := &ear{loop: newLoop()}
	tone := peertest.RTPCapture(t, peertest.PCMA, 20, sine(hertz, 2*time.Second), 60, 10, 30, 40)
	s := scenario().Invite(20).Ack().Play(tone).Pause(2100 * time.Millisecond)
	play(t, s.Bye(), func(s *settings) { s.handle = listener.lend })
	unbroken(t, listener.Heard())
}

// Row 16: no packet of ours is longer than they take.
func TestShortPacketsWhereTheyAreWanted(t *testing.T) {
	s := scenario()
	s.Begin(offering(1, "8", "ptime:10", "maxptime:10")).Maybe(100).Expect(200).Ack().Pause(time.Second)
	t.Parallel()
	g := start(t, nil)
	peertest.SIPp(t, s.Bye().String(), g.address("udp"), 1, nil)
	call := <-g.calls
	<-call.Done()
	if n := call.Stats().PacketsOut; n < 80 || n > 130 {
		t.Errorf("%d packets in a second, want a hundred", n)
	}
}

// unbroken fails unless the tone has been heard at its level, and without a gap,
// for 300 ms: a busy machine sends not all packets in time, but a length that is
// taken for another breaks it everywhere.
func unbroken(t *testing.T, sound []int16) {
	t.Helper()
	const window, enough = 400, 6 // samples, windows
	longest, row := 0, 0
	for at := 0; at+window <= len(sound); at += window {
		row++
		if peertest.Level(sound[at:at+window], hertz) < -21 {
			row = 0
		}
		longest = max(longest, row)
	}
	if longest < enough {
		t.Errorf("the tone was heard for %d ms at a time", longest*window/8)
	}
}

// steady fails unless the tone has been heard for at least so long.
func steady(t *testing.T, sound []int16, length time.Duration) {
	t.Helper()
	const window = 800 // a tenth of a second
	heard := time.Duration(0)
	for at := 0; at+window <= len(sound); at += window {
		if peertest.Level(sound[at:at+window], hertz) > -24 {
			heard += 100 * time.Millisecond
		}
	}
	if heard < length {
		t.Errorf("the tone was heard for %v, want %v", heard, length)
	}
}

// Row 17: what gateways do to a stream in mid-call, none of it with a marker:
// another SSRC, timestamps that jump, comfort noise and a gap, a packet lost.
func TestStreamJumpsInMidCall(t *testing.T) {
	listener := &ear{loop: newLoop()}
	sound := sine(hertz, 3*time.Second)
	p := peertest.RTP{Type: 8, Seq: 65500, Timestamp: 1 << 31, SSRC: 1}
	var packets []peertest.RTP
	speak := func() {
		for range 20 {
			p.Payload, sound = sound[:160], sound[160:]
			packets = append(packets, p)
			p.At += 20 * time.Millisecond
			p.Seq++
			p.Timestamp += 160
		}
	}
	speak()
	p.SSRC, p.Seq, p.Timestamp = 2, 7, 99
	speak()
	p.Timestamp += 1 << 28
	speak()
	p.Timestamp -= 1 << 27
	speak()
	noise := p
	noise.Type, noise.Payload = 13, []byte{60}
	packets = append(packets, noise)
	p.Seq++
	p.At += 400 * time.Millisecond
	p.Timestamp += 3200
	speak()
	p.Seq++
	p.Timestamp += 160
	speak()
	tone := peertest.RTPPackets(t, packets)
	s := scenario().Invite(20).Ack().Play(tone).Pause(3 * time.Second)
	play(t, s.Bye(), func(s *settings) { s.handle = listener.lend })
	steady(t, listener.Heard(), 1600*time.Millisecond)
}
