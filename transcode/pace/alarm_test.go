package pace

import (
	"testing"
	"time"
)

// soon and distant are far enough from one another to tell them apart on a busy
// machine.
const soon, beat, distant = 15 * time.Millisecond, slots * slotWidth, 30 * time.Second

var alarms = map[string]func() alarm{"plain": newPlainAlarm, "kernel": newKernelAlarm, "thread": newThreadAlarm}

func TestAlarmRings(t *testing.T) {
	rules := []struct {
		rule string
		set  func(a alarm, ring func())
		not  time.Duration // before which it must not ring
	}{
		{"when it was set to", func(a alarm, _ func()) { a.set(soon) }, soon},
		{"after many a hold of a processor", func(a alarm, _ func()) { a.set(2*beat - soon) }, 2*beat - soon},
		{"after a rest", func(a alarm, _ func()) { a.set(2*beat + soon) }, 2*beat + soon},
		{"when it was set last, if that is sooner", func(a alarm, _ func()) { a.set(distant); a.set(soon) }, soon},
		{"when it was set last, if that is later", func(a alarm, _ func()) { a.set(1); a.set(soon) }, soon},
		{"at once", func(a alarm, _ func()) { a.set(0) }, 0},
		{"for another who rings while it is waited for", func(a alarm, ring func()) { a.set(distant); ring() }, 0},
	}
	for name, fresh := range alarms {
		for _, tt := range rules {
			t.Run(name+"/"+tt.rule, func(t *testing.T) {
				a := fresh()
				defer a.close()
				began := time.Now()
				tt.set(a, func() { time.AfterFunc(soon, func() { a.set(0) }) })
				a.wait()
				if took := time.Since(began); took < tt.not || took > distant/2 {
					t.Errorf("it rang after %v", took)
				}
			})
		}
	}
}

// A ring cuts a wait short that would have ended by itself.
func TestAlarmRingsForAnotherWithinABeat(t *testing.T) {
	const times = 20
	for name, fresh := range alarms {
		t.Run(name, func(t *testing.T) {
			a := fresh()
			defer a.close()
			began := time.Now()
			for range times {
				a.set(beat)
				rang := make(chan struct{})
				time.AfterFunc(time.Millisecond, func() { a.set(0); close(rang) })
				a.wait()
				<-rang // before the alarm is closed
			}
			if took := time.Since(began); took >= times*beat {
				t.Errorf("%d waits of %v took %v", times, beat, took)
			}
		})
	}
}
