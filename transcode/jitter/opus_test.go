package jitter

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/opus"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// opusTone is a browser's stream: 48 kHz clock, here with a copy of each frame
// in the next.
func opusTone(t *testing.T, n int) []sent {
	t.Helper()
	cfg := opus.Telephone()
	cfg.Rate, cfg.DTX, cfg.FEC, cfg.LossPercent = 48000, false, true, 20
	e, err := opus.NewEncoder(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	var out []sent
	buf, f := make([]byte, opus.MaxPacket), make(pcm.Frame, 960)
	for i := range n {
		for k := range f {
			f[k] = int16(8000 * math.Sin(2*math.Pi*300*float64(i*960+k)/48000))
		}
		n, err := e.Encode(buf, f)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, sent{time.Duration(i) * 20 * ms, Packet{
			Seq: uint16(i), Timestamp: uint32(i * 960), Payload: append([]byte(nil), buf[:n]...),
		}})
	}
	return out
}

func newOpus(t *testing.T, least time.Duration) *Stream {
	t.Helper()
	return newOpusAt(t, pcm.Narrowband, least)
}

func newOpusAt(t *testing.T, rate int, least time.Duration) *Stream {
	t.Helper()
	d, err := opus.NewDecoder(rate)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return New(Config{ClockRate: opus.ClockRate, Rate: rate, Min: least}, d)
}

func TestOpusIsRecoveredFromTheNextPacket(t *testing.T) {
	lost := func(i int) bool { return i > 5 && i%9 == 0 }
	direct, err := opus.NewDecoder(8000)
	if err != nil {
		t.Fatal(err)
	}
	defer direct.Close()
	var want []int16
	var queue []sent
	packets := opusTone(t, 300)
	for i, p := range packets {
		f := make([]int16, 160)
		if lost(i) {
			_, err = direct.DecodeFEC(f, packets[i+1].Payload)
		} else {
			_, err = direct.Decode(f, p.Payload)
			queue = append(queue, p)
		}
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, f...)
	}
	s := newOpus(t, 40*ms) // the packet after a lost one is there in time
	heard := listen(s, queue, 20*ms, 6*time.Second)
	if heard[0].ok {
		t.Error("the first packet did not wait")
	}
	for i, b := range heard[1:] {
		if !slices.Equal(b.frame, want[i*160:][:160]) {
			t.Fatalf("frame %d is not what the decoder made of it", i)
		}
	}
	if st := s.Stats(); st.Lost != 33 || st.Delay != 20*ms {
		t.Errorf("%+v", st)
	}
}

func TestOpusIsConcealedWhereNothingIsWaitedFor(t *testing.T) {
	s := newOpus(t, 20*ms)
	var queue []sent
	for i, p := range opusTone(t, 300) {
		if i < 5 || i%9 != 0 {
			queue = append(queue, p)
		}
	}
	for _, b := range listen(s, queue, 20*ms, 6*time.Second) {
		if !b.ok {
			t.Fatalf("at %v nothing is heard", b.at)
		}
	}
	if st := s.Stats(); st.Lost != 33 || st.Delay > 20*ms {
		t.Errorf("%+v", st)
	}
}

func TestOpusFallsSilentWithoutAClick(t *testing.T) {
	s := newOpus(t, 20*ms)
	heard := listen(s, opusTone(t, 50), 20*ms, 2*time.Second)
	var sound []int16
	for _, b := range heard[40:60] {
		if !b.ok {
			clear(b.frame)
		}
		sound = append(sound, b.frame...)
	}
	steepest := 0
	for i := 1; i < len(sound); i++ {
		d := int(sound[i]) - int(sound[i-1])
		steepest = max(steepest, d, -d)
	}
	if steepest > 2500 { // the tone itself has 1880
		t.Errorf("a step of %d", steepest)
	}
	if heard[58].ok {
		t.Error("still heard after 160 ms")
	}
}

// A browser under DTX says every 400 ms that it still is silent.
func TestOpusPauseIsSilentThroughout(t *testing.T) {
	s := newOpus(t, 20*ms)
	queue := opusTone(t, 200)
	var sparse []sent
	for i, p := range queue {
		switch {
		case i < 50 || i >= 150:
		case i%20 == 10:
			p.Payload = []byte{p.Payload[0]}
		default:
			continue
		}
		p.Seq = uint16(len(sparse))
		sparse = append(sparse, p)
	}
	heard := listen(s, sparse, 20*ms, 4*time.Second)
	for i, b := range heard {
		if want := i < 50 || i >= 150; b.ok != want && (i < 50 || i > 54) {
			t.Errorf("beat %d: heard %v", i, b.ok)
		}
	}
	if st := s.Stats(); st.Lost+st.Late+st.Damaged > 0 || st.Delay > 20*ms {
		t.Errorf("%+v", st)
	}
}

// The first word after a pause under DTX is heard on the beat that it came for,
// and from its beginning.
func TestFirstWordAfterAPauseIsHeardWhole(t *testing.T) {
	const begins = 250
	e, err := opus.NewEncoder(opus.EncoderConfig{Rate: 48000, Bitrate: 32000, Complexity: 9, DTX: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	var queue []sent
	buf, f := make([]byte, opus.MaxPacket), make(pcm.Frame, 960)
	for i := range begins + 20 {
		for k := range f {
			f[k] = int16(k % 5) // the hiss of a microphone
			if i < 50 || i >= begins {
				at := 2 * math.Pi * float64(i*960+k) / 48000
				f[k] += int16(3000*math.Sin(150*at) + 3000*math.Sin(450*at))
			}
		}
		n, err := e.Encode(buf, f)
		if err != nil {
			t.Fatal(err)
		}
		if n > 2 {
			queue = append(queue, sent{time.Duration(i) * 20 * ms, Packet{
				Seq: uint16(len(queue)), Timestamp: uint32(i * 960), Payload: append([]byte(nil), buf[:n]...),
			}})
		}
	}
	heard := listen(newOpus(t, 20*ms), queue, 20*ms, (begins+10)*20*ms)
	loud := func(b beat) (power float64) {
		for _, v := range b.frame {
			power += float64(v) * float64(v)
		}
		return 10 * math.Log10(power)
	}
	if heard[begins-1].ok {
		t.Fatal("there was no pause")
	}
	first, full := heard[begins], heard[begins+8]
	if lack := loud(full) - loud(first); !first.ok || lack > 6 {
		t.Errorf("its first 20 ms are heard: %v, %.1f dB softer than the rest", first.ok, lack)
	}
}
