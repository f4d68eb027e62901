package media

import (
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/einwahl/einwahl/transcode/g711"
)

// openFiles counts this process's open files, sockets among them.
func openFiles(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skipf("open files cannot be counted here: %v", err)
	}
	return len(list)
}

// TestNothingIsLeftOfAThousandLegs, encrypted and not: no socket, no port, no
// goroutine. It tells how long it took from Close until all of a leg was free,
// with no rest for the ports.
func TestNothingIsLeftOfAThousandLegs(t *testing.T) {
	b := newBench(t, nil)
	free, files, goroutines := b.engine.Free(), openFiles(t), runtime.NumGoroutine()
	key := newSecret(t, usual)
	var longest, sum time.Duration
	const rounds, together = 100, 10
	for range rounds {
		var phones []*phone
		for i := range together {
			p := b.dialWith(LegConfig{SRTP: "optional"})
			if i%2 == 0 {
				p.rekey(key)
			} else {
				p.offer(pcma)
			}
			p.send(8, encoded(g711.ALaw, 160), 160)
			phones = append(phones, p)
		}
		b.step(1)
		begin := time.Now()
		for _, p := range phones {
			p.leg.Close()
		}
		await(t, "all ports to be free", func() bool { return b.engine.Free() == free })
		took := time.Since(begin)
		longest, sum = max(longest, took), sum+took
		for _, p := range phones {
			p.rtp.Close()
			p.rtcp.Close()
		}
	}
	await(t, "sockets and goroutines to be gone", func() bool {
		return openFiles(t) <= files && runtime.NumGoroutine() <= goroutines
	})
	if s := b.engine.Stats(); s.Legs != 0 || s.Resting != 0 || s.PacketsIn != rounds*together {
		t.Errorf("%+v", s)
	}
	t.Logf("%d legs; from Close of %d legs at once to all resources free: mean %v, longest %v", rounds*together, together, sum/rounds, longest)
}
