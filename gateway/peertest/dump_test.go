package peertest

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestDumpGoesOnWhereItWas(t *testing.T) {
	dir := t.TempDir()
	var d dump
	reads := func(want ...int16) {
		t.Helper()
		got, err := d.read(filepath.Join(dir, "dump-*"), 8000)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%v, %v; want %v", got, err, want)
		}
	}
	grows := func(name string, data ...byte) {
		t.Helper()
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	head := func(channels uint16, rate uint32) []byte {
		h := make([]byte, 44)
		binary.LittleEndian.PutUint16(h[22:], channels)
		binary.LittleEndian.PutUint32(h[24:], rate)
		copy(h[36:], "data")
		return h
	}
	reads() // there is no file yet
	narrow := head(1, 8000)
	grows("dump-1", narrow[:30]...)
	reads()
	grows("dump-1", append(narrow[30:], 1, 0, 2)...)
	reads(1)
	grows("dump-1", 0, 0xff, 0xff)
	reads(1, 2, -1)
	reads(1, 2, -1)

	grows("dump-2", append(head(2, 16000), 0, 0, 4, 0, 0, 0, 8, 0, 9, 0)...) // the next call
	reads(3)
	grows("dump-2", 9, 0, 9, 0, 9, 0)
	reads(3, 9)
}
