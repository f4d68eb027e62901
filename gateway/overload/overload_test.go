package overload

import (
	"cmp"
	"context"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestShareOfCallsThatIsTaken(t *testing.T) {
	c := DefaultConfig()
	all := state{share: 1}
	for _, tt := range []struct {
		name string
		from state
		load load
		c    Config
		want state
	}{
		{"an idle gateway takes all", all, load{}, c, all},
		{"a busy one takes all up to the limit", all, load{cpu: .85, heap: .8, late: .05}, c, all},
		{"twice the limit halves what is taken", all, load{cpu: 1.7}, c, state{share: .5, key: cpuKey}},
		{"and halves it again", state{share: .5, key: cpuKey}, load{cpu: 1.7}, c, state{share: .25, key: cpuKey}},
		{"at the limit it stays", state{share: .5, key: cpuKey}, load{cpu: .85}, c, state{share: .5, key: cpuKey}},
		{"below the limit more is taken, slowly", state{share: .5, key: cpuKey}, load{cpu: .1}, c, state{share: .5 + more, key: cpuKey}},
		{"until it is all again", state{share: .99, key: cpuKey}, load{cpu: .1}, c, all},
		{"something is always tried", state{share: .06, key: cpuKey}, load{cpu: 8}, c, state{share: least, key: cpuKey}},
		{"late sound of a gateway that has little to do is the fault of others", all, load{cpu: .1, late: .5}, c, all},
		{"late sound takes less", all, load{cpu: .2, late: .06}, c, state{share: fewer, key: latenessKey, wait: pause}},
		{"very late sound takes far less", all, load{cpu: .2, late: .5}, c, state{share: farFewer, key: latenessKey, wait: pause}},
		{"and then what comes of it is waited for", state{share: .5, key: latenessKey, wait: 2}, load{cpu: .2, late: .5}, c, state{share: .5, key: latenessKey, wait: 1}},
		{"the tighter limit is told", all, load{cpu: 1.7, late: .5}, c, state{share: .5, key: cpuKey, wait: pause}},
		{"a full heap takes nothing", all, load{heap: .85}, c, state{key: heapKey}},
		{"it takes nothing until there is room again", state{key: heapKey}, load{heap: .81}, c, state{key: heapKey}},
		{"with room it begins anew", state{key: heapKey}, load{heap: .79}, c, state{share: least, key: heapKey}},
		{"a heap just below the limit is none of its own", state{share: .5, key: cpuKey}, load{cpu: .85, heap: .84}, c, state{share: .5, key: cpuKey}},
		{"a limit of 0 is none", all, load{cpu: 3, heap: 3, late: 1}, Config{}, all},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := next(tt.from, tt.load, tt.c); math.Abs(got.share-tt.want.share) > 1e-9 || got.key != tt.want.key || got.wait != tt.want.wait {
				t.Errorf("next = %+v, want %+v", got, tt.want)
			}
		})
	}
}

// A machine that can do a hundred calls a second is offered three hundred.
func TestLoadComesToRestAtItsLimit(t *testing.T) {
	const sustainable, offered = 100., 300.
	c := DefaultConfig()
	s, l := state{share: 1}, load{}
	at := Sample{At: time.Now(), Cores: 2}
	low, high := 1., 0.
	for i := range 200 {
		taken := offered * s.share
		then := at
		at.At = at.At.Add(every)
		// What is refused costs a fiftieth of what is taken.
		busy := min(1, (taken+(offered-taken)/50)/sustainable)
		at.CPU += time.Duration(busy * at.Cores * float64(every))
		l = l.after(then, at)
		s = next(s, l, c)
		if i > 50 {
			low, high = min(low, taken/sustainable), max(high, taken/sustainable)
		}
	}
	if low < .75 || high > .95 {
		t.Errorf("between %.2f and %.2f of what the machine can do was taken, want it about the limit", low, high)
	}
}

func TestLoadIsWhatHappenedBetween(t *testing.T) {
	at := time.Now()
	a := Sample{At: at, CPU: time.Second, Cores: 2, Beats: 1000, Late: 100}
	b := Sample{At: at.Add(time.Second), CPU: 2 * time.Second, Cores: 2, Beats: 1100, Late: 150, Heap: 30, Memory: 120}
	l := load{}
	for range 30 { // until it has settled
		l = l.after(a, b)
	}
	if math.Abs(l.cpu-.5) > .001 || math.Abs(l.late-.5) > .001 || l.heap != .25 {
		t.Errorf("load = %+v, want half of two cores, half of the beats late, a quarter of the memory", l)
	}
	if again := l.after(b, b); again != l {
		t.Errorf("no time has changed the load to %+v", again)
	}
	for quiet := b; l.late > 0; quiet.At = quiet.At.Add(time.Second) {
		a, b = quiet, quiet
		b.At = b.At.Add(time.Second)
		if l = l.after(a, b); b.At.Sub(at) > time.Minute {
			t.Fatalf("a minute after the last late beat %v are late", l.late)
		}
	}
}

func TestLimitsOnCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls, waiting := 0, 0
		m := New(Config{Calls: 10, CallsPerSecond: 3, Waiting: 2}, Sources{Calls: func() int { return calls }, Waiting: func() int { return waiting }})
		begin := func() string {
			why := cmp.Or(m.Refuse(), m.Turn())
			if why == "" {
				calls++
			}
			return why
		}
		for i, want := range []string{"", "", "", "overload.calls_per_second"} {
			if why := begin(); why != want {
				t.Errorf("call %d in this second: %q, want %q", i, why, want)
			}
		}
		time.Sleep(time.Second)
		if why := begin(); why != "" {
			t.Errorf("a second later: %q, want room", why)
		}
		waiting = 2
		if why := begin(); why != "overload.waiting" {
			t.Errorf("with two calls that wait: %q, want overload.waiting", why)
		}
		calls = 10
		if why := begin(); why != "overload.calls" {
			t.Errorf("with ten calls: %q, want overload.calls", why)
		}
		m.Set(Config{})
		for range 1000 {
			if why := begin(); why != "" {
				t.Fatalf("without limits: %q", why)
			}
		}
	})
}

// A meter that runs finds sound that is late, and that it is in time again.
func TestMeterFollowsTheLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []int // complexities
		beats, late, lags := uint64(0), uint64(0), new(atomic.Bool)
		lags.Store(true)
		m := New(Config{Lateness: 20 * time.Millisecond}, Sources{Beats: func(limit time.Duration) (uint64, uint64) {
			beats += 100
			if lags.Load() {
				late += 50
			}
			return beats, late
		}, Effort: func(complexity int) { told = append(told, complexity) }})
		begun := time.Now()
		m.busy = func() time.Duration { // half of the time
			return time.Duration(float64(time.Since(begun)) * float64(runtime.GOMAXPROCS(0)) / 2)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- m.Run(ctx) }()
		time.Sleep(5 * time.Second)
		refused := 0
		for range 1000 {
			if m.Refuse() == "overload.lateness" {
				refused++
			}
		}
		if refused < 900 {
			t.Errorf("%d of 1000 calls were refused while sound was late, want nearly all", refused)
		}
		if _, _, late := m.Load(); late < .4 {
			t.Errorf("%.2f of the beats are shown as late, want half", late)
		}
		lags.Store(false)
		time.Sleep(15 * time.Second)
		if share := m.Share(); share != 1 {
			t.Errorf("15 s after the sound was late %.2f of the calls are taken, want all", share)
		}
		time.Sleep(30 * time.Second)
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if want := []int{3, 1, 0, 1, 3, 5}; !slices.Equal(told, want) || m.Complexity() != 5 {
			t.Errorf("encoders were held to %v and then %d, want %v", told, m.Complexity(), want)
		}
	})
}

// An operator who changes the limit finds other figures, which are no load.
func TestAnotherLatenessIsNoLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		beats := uint64(1000)
		m := New(Config{Lateness: 5 * time.Millisecond}, Sources{Beats: func(limit time.Duration) (uint64, uint64) {
			beats += 100
			if limit == 5*time.Millisecond {
				return beats, 900 // all of them long ago
			}
			return beats, 0
		}})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- m.Run(ctx) }()
		for _, limit := range []time.Duration{40, 0, 5, 40} {
			time.Sleep(time.Second)
			m.Set(Config{Lateness: limit * time.Millisecond})
			for range 10 {
				time.Sleep(every)
				if _, _, late := m.Load(); late > 0 || m.Share() < 1 {
					t.Fatalf("with a limit of %v ms a share of %v is late, and %.2f of the calls are taken; want none and all", int(limit), late, m.Share())
				}
			}
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestLimitsOfTheProcess(t *testing.T) {
	root := t.TempDir()
	for name, content := range map[string]string{
		"proc/meminfo":                               "MemFree: 1 kB\nMemTotal:       4096 kB\n",
		"proc/self/cgroup":                           "0::/a.slice/b.service\n",
		"sys/fs/cgroup/a.slice/cpu.max":              "50000 100000\n",
		"sys/fs/cgroup/a.slice/memory.max":           "2097152\n",
		"sys/fs/cgroup/a.slice/b.service/cpu.max":    "max 100000\n",
		"sys/fs/cgroup/a.slice/b.service/memory.max": "max\n",
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if l := limitsOf(root); l.cores != .5 || l.memory != 2<<20 {
		t.Errorf("limits = %+v, want half a core and 2 MiB", l)
	}
	if l := limitsOf(t.TempDir()); l.cores < 1 {
		t.Errorf("limits = %+v where nothing is known, want the cores of Go", l)
	}
	if computed() <= 0 || inUse() == 0 {
		t.Errorf("this process has computed %v and uses %d bytes", computed(), inUse())
	}
}

func TestValidateReportsEveryMistake(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Errorf("the defaults are refused: %v", err)
	}
	err := Config{Calls: -1, CallsPerSecond: -1, CPU: 5, Heap: 101, Lateness: 3 * time.Millisecond}.Validate()
	for _, key := range []string{"calls: ", "calls_per_second: ", "cpu: ", "heap: ", "lateness: "} {
		if err == nil || !strings.Contains("\n"+err.Error(), "\n"+key) {
			t.Errorf("nothing is reported of %s: %v", key, err)
		}
	}
}
