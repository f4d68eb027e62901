package embedded

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/transcode/pace"
)

// many is as many meetings as a busy service has made.
const many = 5000

// startMany runs a service with many meetings in which nobody is.
func startMany(b *testing.B) *Backend {
	b.Helper()
	meetings := make([]MeetingConfig, many)
	for i := range meetings {
		meetings[i] = meetingOf(fmt.Sprintf("%010d", i), nil)
	}
	return start(b, testConfig(b), &pace.Manual{}, meetings...)
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
