package peertest

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// RTP is a packet of a capture.
type RTP struct {
	At        time.Duration // since the capture began
	Type      uint8
	Seq       uint16
	Timestamp uint32
	SSRC      uint32
	Payload   []byte
}

// RTPCapture writes encoded sound as a pcap file of RTP packets, for Play: of
// one length in milliseconds, or of several, which change every six packets.
func RTPCapture(t testing.TB, codec Codec, ptime int, payload []byte, more ...int) string {
	t.Helper()
	lengths := append([]int{ptime}, more...)
	var packets []RTP
	for from := 0; ; {
		size := 8 * lengths[len(packets)/6%len(lengths)]
		if from+size > len(payload) {
			return RTPPackets(t, packets)
		}
		packets = append(packets, RTP{
			At: time.Duration(from/8) * time.Millisecond, Type: uint8(codec.Payload), Seq: uint16(len(packets) + 1),
			Timestamp: uint32(from), SSRC: 0x5157, Payload: payload[from : from+size],
		})
		from += size
	}
}

// RTPPackets writes packets as a pcap file, for Play. SIPp changes addresses and
// ports as it plays.
func RTPPackets(t testing.TB, packets []RTP) string {
	t.Helper()
	var b bytes.Buffer
	write := func(order binary.ByteOrder, fields ...any) {
		for _, f := range fields {
			if err := binary.Write(&b, order, f); err != nil {
				t.Fatal(err)
			}
		}
	}
	write(binary.LittleEndian, uint32(0xa1b2c3d4), uint16(2), uint16(4), uint32(0), uint32(0), uint32(65535), uint32(1))
	for _, p := range packets {
		length := 14 + 20 + 8 + 12 + len(p.Payload)
		write(binary.LittleEndian, uint32(p.At/time.Second), uint32(p.At%time.Second/time.Microsecond), uint32(length), uint32(length))
		write(binary.BigEndian, make([]byte, 12), uint16(0x0800)) // Ethernet
		write(binary.BigEndian, []byte{0x45, 0}, uint16(length-14), uint32(0), []byte{64, 17}, uint16(0), []byte{127, 0, 0, 1, 127, 0, 0, 1})
		write(binary.BigEndian, uint16(6000), uint16(6000), uint16(length-34), uint16(0))
		write(binary.BigEndian, []byte{0x80, p.Type}, p.Seq, p.Timestamp, p.SSRC, p.Payload)
	}
	path := filepath.Join(t.TempDir(), "sound.pcap")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
