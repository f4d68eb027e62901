package app

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/transcode/opus"
)

func TestMemoryGoesBackWhenNobodyHasCalledForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &App{encoders: opus.NewPool(), library: new(announcements.Library)}
		defer a.encoders.Close()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { _ = a.giveBack(ctx) }()
		used := func() {
			e, err := a.encoders.Encoder(opus.Telephone())
			if err != nil {
				t.Fatal(err)
			}
			e.Close()
		}
		kept := func(want int, when string) {
			t.Helper()
			synctest.Wait()
			if n := a.encoders.Stats().Idle; n != want {
				t.Errorf("%s: %d encoders are kept, want %d", when, n, want)
			}
		}
		used()
		time.Sleep(2 * quietFor)
		kept(1, "nobody has called yet")
		line := a.calls.begin(nil)
		time.Sleep(2 * quietFor)
		kept(1, "during a call")
		a.calls.end(line)
		time.Sleep(quietFor / 2)
		kept(1, "soon after a call")
		time.Sleep(quietFor)
		kept(0, "long after a call")
		used()
		time.Sleep(2 * quietFor)
		kept(1, "once it is done")
	})
}
