package embedded

import (
	"context"
	"fmt"
	"net/netip"
	"runtime"
	"testing"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/transcode/pace"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// many is as many meetings as a busy service has made.
const many = 5000

// startMany runs a service with many meetings in which nobody is.
func startMany(b *testing.B) *Backend {
	b.Helper()
	cfg := DefaultConfig()
	cfg.WebRTC = WebRTC{Listen: []netip.Addr{netip.MustParseAddr("127.0.0.1")}}
	cfg.Recordings, cfg.Directory = b.TempDir(), b.TempDir()
	meetings := make([]MeetingConfig, many)
	for i := range meetings {
		meetings[i] = meetingOf(fmt.Sprintf("%010d", i), nil)
	}
	s, err := newBackend(cfg, meetings, func() pcm.Clock { return &pace.Manual{} }, zerolog.Nop())
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	b.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			b.Errorf("run: %v", err)
		}
	})
	<-s.Ready()
	return s
}

// BenchmarkMeetingsListed is what it costs to look at all of many meetings, as
// each open dashboard does once a second.
func BenchmarkMeetingsListed(b *testing.B) {
	s := startMany(b)
	b.ReportAllocs()
	for b.Loop() {
		if n := len(s.Meetings()); n != many {
			b.Fatal(n)
		}
	}
}

// BenchmarkOrder is what a meeting's owner costs whoever has it do something.
func BenchmarkOrder(b *testing.B) {
	s := startMany(b)
	m := s.meeting("0000000007")
	v, err := m.Visit(b.Context(), conference.Guest{Label: "Phone"})
	if err != nil {
		b.Fatal(err)
	}
	defer v.Leave()
	b.ReportAllocs()
	for b.Loop() {
		m.do(func() {})
	}
}

// BenchmarkVisitOfAnEmptyMeeting is what a caller's coming to a meeting in which
// nobody is costs, and their going.
func BenchmarkVisitOfAnEmptyMeeting(b *testing.B) {
	s := startMany(b)
	m := s.meeting("0000000007")
	b.ReportAllocs()
	for b.Loop() {
		v, err := m.Visit(b.Context(), conference.Guest{Label: "Phone"})
		if err != nil {
			b.Fatal(err)
		}
		v.Leave()
	}
}

// BenchmarkMeetingsAtRest is what meetings hold in which nobody is.
func BenchmarkMeetingsAtRest(b *testing.B) {
	held := func() (memory uint64, goroutines int) {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapInuse + m.StackInuse, runtime.NumGoroutine()
	}
	for b.Loop() {
		memory, goroutines := held()
		s := startMany(b)
		memoryNow, goroutinesNow := held()
		b.ReportMetric(float64(memoryNow-memory)/many, "B/meeting")
		b.ReportMetric(float64(goroutinesNow-goroutines)/many, "goroutines/meeting")
		runtime.KeepAlive(s)
	}
}
