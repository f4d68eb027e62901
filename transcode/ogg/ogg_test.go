package ogg

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"
)

// write makes a file of packets of the given sizes, 20 ms each.
func write(t testing.TB, sizes ...int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, Head{Channels: 1, PreSkip: 312, Rate: 8000}, "TITLE=test")
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range sizes {
		if err := w.WritePacket(payload(i, n), int64(i+1)*960); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func payload(i, n int) []byte { return bytes.Repeat([]byte{byte(i)}, n) }

// read gives the packets of a file.
func read(b []byte) (packets [][]byte, positions []int64, err error) {
	r, err := NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, nil, err
	}
	for {
		p, err := r.Next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return packets, positions, err
		}
		packets = append(packets, bytes.Clone(p.Data))
		positions = append(positions, p.Position)
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	for _, tt := range []struct {
		name  string
		sizes []int
	}{
		{"nothing", nil},
		{"one packet", []int{50}},
		{"lengths around a segment", []int{0, 1, 254, 255, 256, 509, 510, 511}},
		{"three seconds", slices.Repeat([]int{60}, 150)},
		{"more segments than a page has", slices.Repeat([]int{1275}, 100)},
		{"the longest packet", []int{10, maxPacket, 10}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			packets, positions, err := read(write(t, tt.sizes...))
			if err != nil || len(packets) != len(tt.sizes) {
				t.Fatalf("read %d packets, %v; want %d", len(packets), err, len(tt.sizes))
			}
			for i, n := range tt.sizes {
				if !bytes.Equal(packets[i], payload(i, n)) {
					t.Errorf("packet %d is not what was written", i)
				}
				if p := positions[i]; p != unfinished && p != int64(i+1)*960 {
					t.Errorf("packet %d ends at %d", i, p)
				}
			}
		})
	}
}

func TestHeadIsRead(t *testing.T) {
	r, err := NewReader(bytes.NewReader(write(t, 10)))
	if err != nil {
		t.Fatal(err)
	}
	if want := (Head{Channels: 1, PreSkip: 312, Rate: 8000}); r.Head != want {
		t.Errorf("Head = %+v, want %+v", r.Head, want)
	}
}

// pages tells where the pages of b begin.
func pages(b []byte) (at []int) {
	for i := 0; i+4 <= len(b); i++ {
		if string(b[i:i+4]) == "OggS" {
			at = append(at, i)
		}
	}
	return append(at, len(b))
}

func TestKilledRecorderLosesASecondAtMost(t *testing.T) {
	whole := write(t, slices.Repeat([]int{60}, 500)...)
	for end := pages(whole)[2]; end < len(whole); end += 97 {
		packets, _, err := read(whole[:end])
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("cut at %d: %v", end, err)
		}
		// 62 bytes a packet, with its segment and its share of the page's head.
		if most := end / 62; len(packets) < most-50-3 {
			t.Fatalf("cut at %d: %d packets, want nearly %d", end, len(packets), most)
		}
	}
}

func TestPageASecond(t *testing.T) {
	b := write(t, slices.Repeat([]int{60}, 500)...)
	// Two headers, ten seconds, the end.
	if n := len(pages(b)) - 1; n != 13 {
		t.Errorf("%d pages", n)
	}
}

func TestDamageIsNoticed(t *testing.T) {
	whole := write(t, slices.Repeat([]int{60}, 20)...)
	for i := 0; i < len(whole); i += 13 {
		b := bytes.Clone(whole)
		b[i] ^= 0x10
		if _, _, err := read(b); err == nil {
			t.Errorf("byte %d of %d may be changed", i, len(b))
		}
	}
}

func TestPacketOverSeveralPages(t *testing.T) {
	head := write(t)
	head = head[:pages(head)[2]]
	var b bytes.Buffer
	w := &Writer{w: &b, serial: serialOf(head), sequence: 2}
	piece := func(flags byte, segments []byte, body []byte, position int64) {
		w.segments, w.body = append(w.segments, segments...), append(w.body, body...)
		if err := w.flush(flags, position); err != nil {
			t.Fatal(err)
		}
	}
	piece(0, []byte{10, 255}, append(payload(1, 10), payload(2, 255)...), 960)
	piece(continued, []byte{255}, payload(2, 255), unfinished)
	piece(continued, []byte{5, 255}, append(payload(2, 5), payload(3, 255)...), 1920)
	piece(0, []byte{7}, payload(4, 7), 2880) // the third was never finished
	piece(continued, []byte{9, 8}, append(payload(5, 9), payload(6, 8)...), 3840)
	packets, positions, err := read(append(head, b.Bytes()...))
	if err != nil {
		t.Fatal(err)
	}
	want := [][]byte{payload(1, 10), payload(2, 515), payload(4, 7), payload(6, 8)}
	if !slices.EqualFunc(packets, want, bytes.Equal) {
		t.Errorf("packets %v", packets)
	}
	if !slices.Equal(positions, []int64{960, 1920, 2880, 3840}) {
		t.Errorf("positions %v", positions)
	}
}

func serialOf(b []byte) uint32 {
	var p page
	_ = p.read(bytes.NewReader(b))
	return p.serial
}

func TestOtherStreamsArePassedOver(t *testing.T) {
	one, other := write(t, 10, 20), write(t, 30)
	at := pages(other)
	mixed := slices.Concat(one[:pages(one)[2]], other[:at[len(at)-2]], one[pages(one)[2]:])
	packets, _, err := read(mixed)
	if err != nil || len(packets) != 2 {
		t.Errorf("%d packets, %v", len(packets), err)
	}
}

func TestWhatIsNoOggOpus(t *testing.T) {
	whole := write(t, 10)
	stereo := Head{Channels: 3}
	var b bytes.Buffer
	if _, err := NewWriter(&b, stereo); err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string][]byte{
		"text":          []byte("this is no Ogg file, whatever its name may be"),
		"no head":       whole[pages(whole)[1]:],
		"three of them": b.Bytes(),
	} {
		if _, _, err := read(in); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := read(nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("an empty file: %v", err)
	}
}

func TestClosedWriterIsClosed(t *testing.T) {
	w, err := NewWriter(io.Discard, Head{Channels: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Close(), w.Close()); err != nil {
		t.Error(err)
	}
	if err := w.WritePacket([]byte{1}, 960); err == nil {
		t.Error("a closed writer writes")
	}
}

func TestPacketThatNoReaderTakesIsRefused(t *testing.T) {
	w, err := NewWriter(io.Discard, Head{Channels: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.WritePacket(make([]byte, maxPacket+1), 960); err == nil {
		t.Error("it was written")
	}
}

func TestFullDiskIsAnError(t *testing.T) {
	for room := range 4 {
		w, err := NewWriter(&full{room}, Head{Channels: 1})
		for i := 0; err == nil && i < 200; i++ {
			err = w.WritePacket(payload(0, 50), int64(i+1)*960)
		}
		if !errors.Is(err, errFull) {
			t.Errorf("room for %d pages: %v", room, err)
		}
	}
}

var errFull = errors.New("no space left")

type full struct{ room int }

func (f *full) Write(b []byte) (int, error) {
	if f.room == 0 {
		return 0, errFull
	}
	f.room--
	return len(b), nil
}

func TestSamples(t *testing.T) {
	for _, tt := range []struct {
		packet []byte
		want   int
	}{
		{nil, 0},
		{[]byte{1 << 3}, 960},               // SILK narrowband, 20 ms
		{[]byte{3 << 3}, 2880},              // 60 ms
		{[]byte{3<<3 | 1}, 5760},            // twice that
		{[]byte{12 << 3}, 480},              // hybrid, 10 ms
		{[]byte{16 << 3}, 120},              // CELT, 2.5 ms
		{[]byte{19<<3 | 3, 6}, 5760},        // six of 20 ms
		{[]byte{19<<3 | 3, 7}, 0},           // more than 120 ms
		{[]byte{19<<3 | 3}, 0},              // no count
		{[]byte{31<<3 | 3, 0x80 | 2}, 1920}, // padding does not count
	} {
		t.Run(fmt.Sprint(string(tt.packet)), func(t *testing.T) {
			if got := Samples(tt.packet); got != tt.want {
				t.Errorf("Samples = %d, want %d", got, tt.want)
			}
		})
	}
}

func TestWriterAllocatesNothingPerPacket(t *testing.T) {
	w, err := NewWriter(io.Discard, Head{Channels: 1})
	if err != nil {
		t.Fatal(err)
	}
	p, end := payload(0, 60), int64(0)
	next := func() {
		end += 960
		_ = w.WritePacket(p, end)
	}
	for range 100 {
		next()
	}
	if n := testing.AllocsPerRun(200, next); n != 0 {
		t.Errorf("%v allocations a packet", n)
	}
}

func FuzzReader(f *testing.F) {
	f.Add(write(f, 10, 255, 300))
	f.Add([]byte("OggS"))
	f.Fuzz(func(t *testing.T, b []byte) {
		packets, _, _ := read(b)
		total := 0
		for _, p := range packets {
			total += len(p)
		}
		if total > len(b) {
			t.Fatalf("%d bytes of packets in %d bytes", total, len(b))
		}
	})
}

// FuzzPages gives the reader pages that are well-formed but senseless: the
// checksum keeps random bytes from getting that far.
func FuzzPages(f *testing.F) {
	f.Add([]byte{0, 2, 10, 255, 1, 1, 255})
	head := write(f)
	head = head[:pages(head)[2]]
	f.Fuzz(func(t *testing.T, in []byte) {
		var b bytes.Buffer
		w := &Writer{w: &b, serial: serialOf(head), sequence: 2}
		for len(in) > 2 {
			n := min(int(in[1]), len(in)-2)
			for _, size := range in[2 : 2+n] {
				w.segments = append(w.segments, size)
				w.body = append(w.body, make([]byte, size)...)
			}
			if err := w.flush(in[0]&^beginStream, int64(n)); err != nil {
				t.Fatal(err)
			}
			in = in[2+n:]
		}
		_, _, _ = read(append(bytes.Clone(head), b.Bytes()...))
	})
}
