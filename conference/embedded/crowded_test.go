package embedded

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/pace"
)

// A change of one meeting must not wait for the others, of which one may be busy
// and there may be thousands: callers look for meetings meanwhile.
func TestAChangeOfOneMeetingDoesNotTouchTheOthers(t *testing.T) {
	b := start(t, testConfig(t), &pace.Manual{}, meetingOf("1", nil))
	own := makes(t, b, wish(nil))
	busy, free := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(free) })
	b.meeting("1").post(func() { close(busy); <-free })
	<-busy
	done := make(chan error, 1)
	go func() {
		_, err := b.Make(wish(nil), 0)
		if err == nil {
			_, err = b.Change(own.ID, func(m *MeetingConfig) error { m.Title = "Board"; return nil })
		}
		if err == nil {
			err = b.Unmake(own.ID)
		}
		done <- err
	}()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Error("it waits for a meeting that it has nothing to do with")
	}
}

// A number is given once, also where the file and somebody who makes a meeting
// want it at the same moment.
func TestAFileAndAMeetingThatIsMadeDoNotGetOneNumber(t *testing.T) {
	cfg := testConfig(t)
	b := start(t, cfg, &pace.Manual{})
	for _, id := range []string{"60318527", "60318524", "60318529", "60318521", "60318520"} {
		var both sync.WaitGroup
		var inFile, wasMade error
		var over atomic.Bool
		both.Go(func() {
			defer over.Store(true)
			_, wasMade = b.Make(wish(func(m *MeetingConfig) { m.ID = id }), 0)
		})
		for !over.Load() && b.made.mu.TryLock() { // until it is being made
			b.made.mu.Unlock()
			runtime.Gosched()
		}
		both.Go(func() { inFile = b.SetMeetings([]MeetingConfig{meetingOf(id, nil)}) })
		both.Wait()
		if (inFile == nil) == (wasMade == nil) {
			t.Errorf("%s: the file %v, made %v", id, inFile, wasMade)
		}
		if err := b.SetMeetings(nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := newBackend(cfg, nil, nil, journal(t)); err != nil {
		t.Error(err)
	}
}
