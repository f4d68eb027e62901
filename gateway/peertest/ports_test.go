package peertest

import (
	"net"
	"strconv"
	"testing"
)

func TestAPortIsGivenToOneTestAtATime(t *testing.T) {
	before := drawn.Load()
	var first int
	t.Run("first", func(t *testing.T) {
		first = Port(t)
		drawn.Store(before) // as another process that begins at the same place
		if second := Port(t); second == first {
			t.Errorf("%d was given twice", first)
		}
	})
	mark, err := net.Listen("unix", "@einwahl-peer-"+strconv.Itoa(first))
	if err != nil {
		t.Fatalf("after its test it is still kept: %v", err)
	}
	mark.Close()
}
