package sealed

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

var key = bytes.Repeat([]byte{7}, KeySize)

// blocks are what the tests write: different ones, of different length.
func blocks(n int) (all [][]byte) {
	for i := range n {
		all = append(all, []byte(strings.Repeat(fmt.Sprintf("sound %d ", i), i+1)))
	}
	return all
}

// write seals blocks; where end is false nobody has closed the file.
func write(t testing.TB, name string, end bool, all ...[]byte) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := NewWriter(&file, key, name)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range all {
		if _, err := w.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	if end {
		if err := errors.Join(w.Close(), w.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return file.Bytes()
}

// frames takes a file apart: its header, and its blocks as they stand there.
func frames(file []byte) (header []byte, all [][]byte) {
	header, rest := file[:len(magic)+saltSize], file[len(magic)+saltSize:]
	for len(rest) > 0 {
		size := frameHead + int(binary.BigEndian.Uint32(rest[4:])&^lastBlock) + tagSize
		all, rest = append(all, rest[:size]), rest[size:]
	}
	return header, all
}

// open opens a file named p1.
func open(t testing.TB, file []byte) (string, Report) {
	t.Helper()
	var sound bytes.Buffer
	report, err := Open(&sound, bytes.NewReader(file), key, "p1")
	if err != nil {
		t.Fatal(err)
	}
	return sound.String(), report
}

func TestWhatIsSealedIsOpened(t *testing.T) {
	long := bytes.Repeat([]byte("x"), 2*MaxBlock+5)
	for name, all := range map[string][][]byte{"nothing": nil, "blocks": blocks(5), "more than a block": {long, []byte("y")}} {
		t.Run(name, func(t *testing.T) {
			file := write(t, "p1", true, all...)
			if bytes.Contains(file, []byte("sound")) || bytes.Contains(file, []byte("xxxx")) {
				t.Error("it can be read")
			}
			sound, report := open(t, file)
			if sound != string(bytes.Join(all, nil)) || !report.Whole() || !report.Ended {
				t.Errorf("%d bytes, %+v", len(sound), report)
			}
		})
	}
	if bytes.Equal(write(t, "p1", true, []byte("a")), write(t, "p1", true, []byte("a"))) {
		t.Error("the same sound is sealed alike twice")
	}
}

// TestEachTamperingIsNamed does to a file of ten blocks what somebody may do who
// has no key.
func TestEachTamperingIsNamed(t *testing.T) {
	_, other := frames(write(t, "p1", true, blocks(10)...))
	for _, tt := range []struct {
		name   string
		change func(b [][]byte) [][]byte
		faults []Fault
		lost   []int // blocks
		ended  bool
	}{
		{"nothing", func(b [][]byte) [][]byte { return b }, nil, nil, true},
		{"a bit of the sound", func(b [][]byte) [][]byte { b[4][frameHead] ^= 1; return b }, []Fault{{Altered, 4, 4}}, []int{4}, true},
		{"a bit of the seal", func(b [][]byte) [][]byte { b[4][len(b[4])-1] ^= 1; return b }, []Fault{{Altered, 4, 4}}, []int{4}, true},
		{"a block's number", func(b [][]byte) [][]byte { b[4][3] ^= 8; return b }, []Fault{{Altered, 4, 4}}, []int{4}, true},
		{"a block's length", func(b [][]byte) [][]byte { b[4][7] ^= 1; return b }, []Fault{{Altered, 4, 4}}, []int{4}, true},
		{"a length beyond the file's end", func(b [][]byte) [][]byte { b[4][6] ^= 0x80; return b }, []Fault{{Altered, 4, 4}}, []int{4}, true},
		{"a length that no block has", func(b [][]byte) [][]byte { b[4][4] ^= 0x40; return b }, []Fault{{Altered, 4, 4}}, []int{4}, true},
		{"a block that is said to be the last", func(b [][]byte) [][]byte { b[4][4] ^= 0x80; return b }, []Fault{{Altered, 4, 4}}, []int{4}, true},
		{"the first block", func(b [][]byte) [][]byte { b[0][frameHead] ^= 1; return b }, []Fault{{Altered, 0, 0}}, []int{0}, true},
		{"two blocks in a row", func(b [][]byte) [][]byte { b[4][9] ^= 1; b[5][9] ^= 1; return b }, []Fault{{Altered, 4, 5}}, []int{4, 5}, true},
		{"a block is taken out", func(b [][]byte) [][]byte { return slices.Delete(b, 4, 5) }, []Fault{{Missing, 4, 4}}, []int{4}, true},
		{"the middle is taken out", func(b [][]byte) [][]byte { return slices.Delete(b, 3, 7) }, []Fault{{Missing, 3, 6}}, []int{3, 4, 5, 6}, true},
		{"a block is cut short", func(b [][]byte) [][]byte { b[4] = b[4][:20]; return b }, []Fault{{Altered, 4, 4}}, []int{4}, true},
		{"two change places", func(b [][]byte) [][]byte { b[4], b[5] = b[5], b[4]; return b }, []Fault{{Moved, 4, 4}}, []int{4}, true},
		{"one is there twice", func(b [][]byte) [][]byte { return slices.Insert(b, 5, b[4]) }, []Fault{{Repeated, 4, 4}}, nil, true},
		{"one comes from another file", func(b [][]byte) [][]byte { b[4] = other[4]; return b }, []Fault{{Altered, 4, 4}}, []int{4}, true},
		{"bytes are put in", func(b [][]byte) [][]byte { return slices.Insert(b, 5, []byte("sound of others")) }, []Fault{{Inserted, 5, 5}}, nil, true},
		{"bytes are added", func(b [][]byte) [][]byte { return append(b, []byte("more")) }, []Fault{{Appended, 11, 11}}, nil, true},
		{"a block is added", func(b [][]byte) [][]byte { return append(b, other[10]) }, []Fault{{Appended, 11, 11}}, nil, true},
		{"the end is altered", func(b [][]byte) [][]byte { b[10][frameHead] ^= 1; return b }, []Fault{{Altered, 10, 10}}, nil, false},
		{"the end is cut off", func(b [][]byte) [][]byte { return b[:10] }, nil, nil, false},
		{"blocks are cut off", func(b [][]byte) [][]byte { return b[:8] }, nil, []int{8, 9}, false},
		{"it ends within a block", func(b [][]byte) [][]byte { b[9] = b[9][:30]; return b[:10] }, nil, []int{9}, false},
		{"it ends within a block's length", func(b [][]byte) [][]byte { b[9] = b[9][:6]; return b[:10] }, nil, []int{9}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			header, b := frames(write(t, "p1", true, blocks(10)...))
			for i := range b {
				b[i] = slices.Clone(b[i])
			}
			sound, report := open(t, append(slices.Clone(header), bytes.Join(tt.change(b), nil)...))
			if !slices.Equal(report.Faults, tt.faults) || report.Ended != tt.ended {
				t.Errorf("%+v, want %+v and its end: %v", report, tt.faults, tt.ended)
			}
			var want []byte
			for i, b := range blocks(10) {
				if !slices.Contains(tt.lost, i) {
					want = append(want, b...)
				}
			}
			if sound != string(want) {
				t.Errorf("opened\n%s\nwant\n%s", sound, want)
			}
		})
	}
}

func TestAFileOpensWithItsKeyAndNameOnly(t *testing.T) {
	file := write(t, "p1", true, blocks(3)...)
	other := slices.Clone(key)
	other[0] ^= 1
	salted := slices.Clone(file)
	salted[len(magic)] ^= 1
	for _, tt := range []struct {
		name, of string
		file     []byte
		key      []byte
	}{{"another key", "p1", file, other}, {"another name", "p2", file, key}, {"an altered header", "p1", salted, key}} {
		var sound bytes.Buffer
		report, err := Open(&sound, bytes.NewReader(tt.file), tt.key, tt.of)
		if err != nil || sound.Len() > 0 || report.Whole() || report.Ended {
			t.Errorf("%s: %q, %+v, %v", tt.name, &sound, report, err)
		}
	}
	for name, text := range map[string][]byte{"nothing": nil, "plain sound": []byte("OggS and much more than the header has"), "half a header": file[:20]} {
		if _, err := Open(&bytes.Buffer{}, bytes.NewReader(text), key, "p1"); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open(&bytes.Buffer{}, bytes.NewReader(file), key[:16], "p1"); err == nil {
		t.Error("half a key is taken")
	}
}

// fault is a disk that fails.
type fault struct{ after int }

func (f *fault) Write(p []byte) (int, error) {
	if f.after--; f.after < 0 {
		return 0, errors.New("disk full")
	}
	return len(p), nil
}

// What comes after a block that was not written could never be told from
// tampering.
func TestAfterAFailedWriteNothingIsWritten(t *testing.T) {
	disk := &fault{after: 2}
	w, err := NewWriter(disk, key, "p1")
	if err != nil {
		t.Fatal(err)
	}
	for i, fails := range []bool{false, true, true} {
		if i == 2 {
			disk.after = 10 // there is room again
		}
		if _, err := w.Write([]byte("sound")); (err != nil) != fails {
			t.Errorf("write %d: %v", i, err)
		}
	}
	if w.Close() == nil {
		t.Error("it was ended")
	}
	if _, err := NewWriter(&fault{}, key, "p1"); err == nil {
		t.Error("a header that was not written is not told")
	}
}

func TestSealingAllocatesNothing(t *testing.T) {
	w, err := NewWriter(&fault{after: 1 << 30}, key, "p1")
	if err != nil {
		t.Fatal(err)
	}
	page := make([]byte, 4000)
	if n := testing.AllocsPerRun(100, func() { _, _ = w.Write(page) }); n > 0 {
		t.Errorf("%v allocations for a block", n)
	}
}

// FuzzOpen: whatever a file was made into, only blocks that were written come out,
// each once and in their order, and nothing but what was written passes as whole.
func FuzzOpen(f *testing.F) {
	all := blocks(6)
	var sealed bytes.Buffer
	w, err := newWriter(&sealed, key, make([]byte, saltSize), "p1") // the same file in each process
	for _, b := range all {
		_, fault := w.Write(b)
		err = errors.Join(err, fault)
	}
	if err := errors.Join(err, w.Close()); err != nil {
		f.Fatal(err)
	}
	file := sealed.Bytes()
	header, parts := frames(file)
	f.Add(file)
	f.Add(file[:len(file)-10])
	f.Add(header)
	f.Add(slices.Concat(header, parts[0], parts[2], parts[1], parts[3], parts[3], parts[6], parts[5]))
	f.Fuzz(func(t *testing.T, changed []byte) {
		var sound bytes.Buffer
		report, err := Open(&sound, bytes.NewReader(changed), key, "p1")
		if err != nil {
			return
		}
		rest := sound.String()
		for _, b := range all {
			rest = strings.TrimPrefix(rest, string(b))
		}
		if rest != "" {
			t.Errorf("%q was never written", rest)
		}
		if report.Whole() && report.Ended && !bytes.Equal(changed, file) {
			t.Errorf("a file that was changed passes for whole")
		}
		if report.Whole() && !bytes.HasPrefix(bytes.Join(all, nil), sound.Bytes()) {
			t.Errorf("a file with a gap passes for one that was cut off: %q", &sound)
		}
	})
}

func BenchmarkSealing(b *testing.B) {
	w, err := NewWriter(&fault{after: 1 << 62}, key, "p1")
	if err != nil {
		b.Fatal(err)
	}
	page := make([]byte, 4000) // a second of a voice at 32 kbit/s
	b.SetBytes(int64(len(page)))
	for b.Loop() {
		_, _ = w.Write(page)
	}
}
