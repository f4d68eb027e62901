package sip

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

func TestStrangersAreToldOnceAMinute(t *testing.T) {
	var s strangers
	now := time.Now()
	if _, ok := s.due(now); ok {
		t.Error("told of nobody")
	}
	address := netip.MustParseAddr("192.0.2.0")
	s.meet(address)
	first, ok := s.due(now)
	if !ok || first.packets != 1 || len(first.addresses) != 1 || first.more {
		t.Errorf("the first is told at once: %+v, %v", first, ok)
	}
	for range 10 {
		for range 1000 {
			s.meet(address)
		}
		address = address.Next()
	}
	if _, ok := s.due(now.Add(tellStrangersEvery - 1)); ok {
		t.Error("told twice in a minute")
	}
	then, ok := s.due(now.Add(tellStrangersEvery))
	if !ok || then.packets != 10000 || len(then.addresses) != maxStrangers || !then.more {
		t.Errorf("after a minute: %+v, %v", then, ok)
	}
	if n := testing.AllocsPerRun(100, func() { s.meet(address) }); n != 0 {
		t.Errorf("%v allocations for each stranger", n)
	}
}

func TestLineAboutStrangersTellsWhatToDo(t *testing.T) {
	own := []netip.Addr{netip.MustParseAddr("192.168.1.7")}
	for _, tt := range []struct{ name, from, want string }{
		{"somebody else", "192.0.2.1", "add it to the peers of a trunk"},
		{"our own machine", "192.168.1.7", "this machine itself called from 192.168.1.7"},
		{"a trunk by another transport", "192.0.2.7", "192.0.2.7 is an address of trunk carrier"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			strangersMet{addresses: []netip.Addr{netip.MustParseAddr(tt.from)}, packets: 3}.log(zerolog.New(&out), own, func(a netip.Addr) string {
				if a == netip.MustParseAddr("192.0.2.7") {
					return "carrier"
				}
				return ""
			})
			for _, want := range []string{tt.from, tt.want, `"packets":3`} {
				if !strings.Contains(out.String(), want) {
					t.Errorf("no %s in %s", want, out.String())
				}
			}
		})
	}
}
