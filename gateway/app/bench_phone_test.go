//go:build linux

package app_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/einwahl/einwahl/sip/siptest"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// benchPhone is a telephone that costs little: siptest does its signalling, and
// its sound is ready-made packets in and nothing kept of what comes out.
type benchPhone struct {
	b      *testing.B
	call   *siptest.Call
	socket *net.UDPConn
	to     *net.UDPAddr // where the gateway wants its sound
	cancel context.CancelFunc
	work   sync.WaitGroup
	dialed time.Time
	answer time.Duration      // INVITE to 200
	first  chan time.Duration // INVITE to the first packet
	hears  func(payload []byte, at time.Time)
}

// dialBench calls, and waits for the answer. hears gets each packet with the
// time at which the kernel took it in, so that it does not matter when this
// process gets round to it.
func dialBench(b *testing.B, phone *siptest.Phone, number string, hears func(payload []byte, at time.Time)) *benchPhone {
	b.Helper()
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		b.Fatal(err)
	}
	if err := stampArrivals(socket); err != nil {
		b.Fatal(err)
	}
	port := socket.LocalAddr().(*net.UDPAddr).Port
	offer := fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"+
		"m=audio %d RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\n", port)
	p := &benchPhone{b: b, socket: socket, hears: hears, first: make(chan time.Duration, 1), dialed: time.Now()}
	p.work.Go(p.listen)
	b.Cleanup(p.close)
	p.call = phone.Dial(number, siptest.WithBody("application/sdp", offer))
	p.call.Mute(true) // its own sound goes nowhere
	final := p.call.Final()
	if final.Status() != 200 {
		b.Fatalf("call %s: %s", number, final.Start)
	}
	p.answer = final.At.Sub(p.dialed)
	if p.to, err = mediaAddress(string(final.Body)); err != nil {
		b.Fatal(err)
	}
	return p
}

// stampArrivals has the kernel tell with each packet when it came.
func stampArrivals(socket *net.UDPConn) error {
	raw, err := socket.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_TIMESTAMPNS, 1)
	})
	return errors.Join(err, failed)
}

// arrival is the kernel's time in a control message.
func arrival(control []byte) time.Time {
	if messages, err := syscall.ParseSocketControlMessage(control); err == nil {
		for _, m := range messages {
			if m.Header.Type == syscall.SCM_TIMESTAMPNS && len(m.Data) >= 16 {
				return time.Unix(int64(binary.NativeEndian.Uint64(m.Data)), int64(binary.NativeEndian.Uint64(m.Data[8:])))
			}
		}
	}
	return time.Now()
}

func (p *benchPhone) listen() {
	buf, control := make([]byte, 2048), make([]byte, 64)
	begun := false
	for {
		n, c, _, _, err := p.socket.ReadMsgUDPAddrPort(buf, control)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil || n <= 12 || buf[1]&0x7f != 8 {
			continue
		}
		at := arrival(control[:c])
		if !begun {
			begun = true
			p.first <- at.Sub(p.dialed)
		}
		if p.hears != nil {
			p.hears(buf[12:n], at)
		}
	}
}

// talk sends packets from one of them on, over and over, until the phone is
// closed. The first goes after wait. sent is told of each before it goes.
func (p *benchPhone) talk(packets talk, from int, wait time.Duration, sent func(number int, at time.Time)) {
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	p.work.Go(func() {
		packet := make([]byte, 12+pcm.NarrowbandSamples)
		packet[0], packet[1] = 0x80, 8
		binary.BigEndian.PutUint32(packet[8:], 0xbe4c)
		everyFrame(ctx, wait, func(i int) {
			binary.BigEndian.PutUint16(packet[2:], uint16(i))
			binary.BigEndian.PutUint32(packet[4:], uint32(i*pcm.NarrowbandSamples))
			number := (from + i) % len(packets)
			copy(packet[12:], packets[number])
			if sent != nil {
				sent(number, time.Now())
			}
			_, _ = p.socket.WriteToUDP(packet, p.to)
		})
	})
}

// mediaAddress is where a description wants its sound.
func mediaAddress(sdp string) (*net.UDPAddr, error) {
	for line := range strings.Lines(sdp) {
		if fields := strings.Fields(line); len(fields) > 2 && fields[0] == "m=audio" {
			port, err := strconv.Atoi(fields[1])
			return &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}, err
		}
	}
	return nil, fmt.Errorf("no sound in %q", sdp)
}

// everyFrame calls f every 20 ms, counted from its beginning, until ctx ends.
func everyFrame(ctx context.Context, wait time.Duration, f func(i int)) {
	begin := time.Now().Add(wait)
	for i := 0; ctx.Err() == nil; i++ {
		time.Sleep(time.Until(begin.Add(time.Duration(i) * pcm.FrameDuration)))
		f(i)
	}
}

// hangup ends the call in order, before the phone is closed.
func (p *benchPhone) hangup() {
	p.call.Hangup()
	p.close()
}

func (p *benchPhone) close() {
	if p.cancel != nil {
		p.cancel()
	}
	_ = p.socket.Close()
	p.work.Wait()
}
