package sip

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// Some phones acknowledge a 200 in the INVITE's own transaction, and somebody may
// do so all the time.
func TestAcksLeaveNothingBehind(t *testing.T) {
	bubble(t, 0, takeAndWait, func(c *caller) {
		c.request("INVITE", "body")
		res := c.learn(c.wants(200))
		before := runtime.NumGoroutine()
		for range 100 {
			c.bows(res)
			synctest.Wait()
		}
		if more := runtime.NumGoroutine() - before; more > 10 {
			t.Errorf("%d goroutines more", more)
		}
		if !c.silent(time.Minute) {
			t.Error("the ACK was not heard")
		}
	})
}
