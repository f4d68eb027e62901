package app

import (
	"context"
	"runtime/debug"
	"time"
)

// quietFor is how long nobody has called when the memory of calls is given back:
// SIP remembers what was said for 32 s.
const quietFor = 40 * time.Second

// giveBack returns memory to the system: that of encoders which too few need now,
// and once the last call has gone that of calls. Go by itself keeps much of what
// they have taken until as much is needed again, which may be the next day.
func (a *App) giveBack(ctx context.Context) error {
	tick := time.NewTicker(quietFor / 4)
	defer tick.Stop()
	var last time.Time // when calls were seen; zero if their memory is back
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			switch {
			case a.calls.count() > 0:
				last = now
				a.encoders.Tidy()
			case !last.IsZero() && now.Sub(last) >= quietFor:
				a.encoders.Empty()
				a.library.Forget()
				debug.FreeOSMemory()
				last = time.Time{}
			}
		}
	}
}
