package resolve

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// asking counts how often a server is asked for.
type asking struct {
	answers
	asked int
	err   error
}

func (a *asking) get(ctx context.Context, s Server) ([]Target, error) {
	return a.answers.get(ctx, s, func() ([]Target, error) {
		a.asked++
		select {
		case <-time.After(time.Second):
			return []Target{{Transport: UDP}}, a.err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	})
}

func TestManyAskOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a asking
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if targets, err := a.get(t.Context(), Server{Host: "one"}); len(targets) != 1 || err != nil {
					t.Errorf("got %v, %v", targets, err)
				}
			})
		}
		all.Wait()
		time.Sleep(keptFor)
		_, _ = a.get(t.Context(), Server{Host: "one"})
		if a.asked != 1 {
			t.Errorf("asked %d times while the answer was good", a.asked)
		}
		time.Sleep(time.Nanosecond)
		_, _ = a.get(t.Context(), Server{Host: "one"})
		if a.asked != 2 {
			t.Errorf("asked %d times after that", a.asked)
		}
	})
}

func TestFailuresAreNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := asking{err: errors.New("no")}
		for range 2 {
			if _, err := a.get(t.Context(), Server{Host: "one"}); !errors.Is(err, a.err) {
				t.Errorf("got %v", err)
			}
		}
		if a.asked != 2 {
			t.Errorf("asked %d times", a.asked)
		}
	})
}

// Who goes away does not spoil the answer for those who wait for it.
func TestAQuestionThatIsGivenUpIsAskedByTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a asking
		impatient, leave := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := a.get(impatient, Server{Host: "one"}); err == nil {
				t.Error("who has left got an answer")
			}
		})
		synctest.Wait()
		all.Go(func() {
			if targets, err := a.get(t.Context(), Server{Host: "one"}); len(targets) != 1 || err != nil {
				t.Errorf("got %v, %v", targets, err)
			}
		})
		synctest.Wait()
		leave()
		all.Wait()
	})
}

func TestTheNamesThatAreKeptHaveAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a asking
		for i := range 3 * maxKept {
			_, _ = a.get(t.Context(), Server{Host: fmt.Sprint(i)})
			if len(a.of) > maxKept {
				t.Fatalf("%d names", len(a.of))
			}
		}
	})
}
