package announcements

import (
	"slices"
	"sync"
	"testing"

	"github.com/einwahl/einwahl/transcode/pcm"
)

func TestWhatWasSaidIsForgottenAndSaidAgain(t *testing.T) {
	l := library(t)
	said := func() *clip {
		_, c := l.find("en", Enter)
		return c
	}
	first := said()
	if said() != first {
		t.Error("decoded twice")
	}
	running := l.Speak("en", Say(Enter))
	l.Forget()
	if len(l.held.all) != 0 {
		t.Errorf("%d recordings are held", len(l.held.all))
	}
	if _, heard := drain(t, running, make(pcm.Frame, pcm.NarrowbandSamples)); heard == 0 {
		t.Error("a speech fell silent")
	}
	again := said()
	if again == first || !slices.Equal(again.padded, first.padded) {
		t.Error("not the same sound, decoded anew")
	}
	if len(l.held.all) != 1 {
		t.Errorf("%d recordings are held, want the one", len(l.held.all))
	}
}

func TestForgettingDisturbsNobodyWhoSpeaks(t *testing.T) {
	l := library(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				if _, c := l.find("en", Enter); c == nil {
					t.Error("nothing to say")
				}
				l.Forget()
			}
		})
	}
	wg.Wait()
}
