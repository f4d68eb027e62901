package peertest

import (
	"math/rand/v2"
	"net"
	"strconv"
	"sync/atomic"
	"testing"
)

// The ports for peers are below those that the system gives away, so that nobody
// gets one by chance between the moment it is found free and the moment its peer
// listens on it, and beside those of media.
const (
	firstPort = 12000
	portPairs = 4000
)

// drawn goes through the ports from somewhere else in each process.
var drawn = func() *atomic.Uint32 {
	n := &atomic.Uint32{}
	n.Store(rand.Uint32N(portPairs))
	return n
}()

// Port is an even port of 127.0.0.1 that nobody has, nor the next one, with TCP as
// with UDP: for a peer that must be told its port. No other test is given it until
// this one has ended, nor are those of other processes: a peer takes its time to
// listen, and who dialled meanwhile would talk to the peer of another test.
func Port(t testing.TB) int {
	t.Helper()
	for range 100 {
		port := firstPort + 2*int(drawn.Add(1)%portPairs)
		if mark, err := net.Listen("unix", "@einwahl-peer-"+strconv.Itoa(port)); err == nil {
			t.Cleanup(func() { mark.Close() })
			if isFree(port) && isFree(port+1) {
				return port
			}
		}
	}
	t.Fatal("no port is free for a peer")
	return 0
}

func isFree(port int) bool {
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	stream, err := net.Listen("tcp", address)
	if err != nil {
		return false
	}
	defer stream.Close()
	packets, err := net.ListenPacket("udp", address)
	if err != nil {
		return false
	}
	packets.Close()
	return true
}
