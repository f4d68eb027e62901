package peertest

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// RTPCapture writes encoded sound as a pcap file of RTP packets, for Play: of
// one length in milliseconds, or of several, which change every six packets.
// SIPp changes addresses and ports as it plays.
func RTPCapture(t testing.TB, codec Codec, ptime int, payload []byte, more ...int) string {
	t.Helper()
	lengths := append([]int{ptime}, more...)
	var b bytes.Buffer
	write := func(order binary.ByteOrder, fields ...any) {
		for _, f := range fields {
			if err := binary.Write(&b, order, f); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(binary.LittleEndian, uint32(0xa1b2c3d4), uint16(2), uint16(4), uint32(0), uint32(0), uint32(65535), uint32(1))
	for i, from := 0, 0; ; i++ {
		size := 8 * lengths[i/6%len(lengths)]
		if from+size > len(payload) {
			break
		}
		at := time.Duration(from/8) * time.Millisecond
		length := 14 + 20 + 8 + 12 + size
		write(binary.LittleEndian, uint32(at/time.Second), uint32(at%time.Second/time.Microsecond), uint32(length), uint32(length))
		write(binary.BigEndian, make([]byte, 12), uint16(0x0800)) // Ethernet
		write(binary.BigEndian, []byte{0x45, 0}, uint16(length-14), uint32(0), []byte{64, 17}, uint16(0), []byte{127, 0, 0, 1, 127, 0, 0, 1})
		write(binary.BigEndian, uint16(6000), uint16(6000), uint16(length-34), uint16(0))
		write(binary.BigEndian, []byte{0x80, byte(codec.Payload)}, uint16(i+1), uint32(from), uint32(0x5157), payload[from:from+size])
		from += size
	}
	path := filepath.Join(t.TempDir(), "sound.pcap")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
