package sip

import (
	"context"
	"sync"
	"testing"

	sipmsg "github.com/emiago/sipgo/sip"
	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/sip/media"
	"github.com/einwahl/einwahl/sip/siptest"
	"github.com/einwahl/einwahl/transcode/pace"
)

// A re-INVITE of ours says what the 200 has said, and the caller hears no
// difference.
func TestARefreshLeavesTheSoundAlone(t *testing.T) {
	clock := pace.New(1)
	engine, err := media.New(media.DefaultConfig(), clock, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	config := DefaultConfig()
	config.Listen = []string{"udp://127.0.0.1:0"}
	s, err := New(config, []TrunkConfig{trunkOf("loopback", "127.0.0.1")}, engine, zerolog.Nop(), takeAndWait)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = clock.Run(ctx) })
	running.Go(func() { _ = s.Run(ctx) })
	t.Cleanup(func() {
		stop()
		running.Wait()
		engine.Close()
	})
	<-s.Ready()
	b := &bench{Server: s, t: t}
	call := siptest.New(t, siptest.Config{Gateway: b.addr("udp")}).Dial("en")
	first := call.Final()
	wantStatus(t, first, 200)
	more := func(n int) func() bool {
		n += len(call.Packets())
		return func() bool { return len(call.Packets()) >= n }
	}
	b.until("no sound", more(10))
	ours := func(method string) func(*siptest.Message) bool {
		return func(m *siptest.Message) bool { return m.Status() == 0 && m.Method() == method }
	}
	for round := range 3 {
		s.dialogs.all()[0].post(due{sipmsg.INVITE})
		b.until("no ACK of ours", func() bool { return call.Count(ours("ACK")) == round+1 })
		b.until("no sound after it", more(10))
	}
	for _, m := range call.Trace() {
		if ours("INVITE")(m) && string(m.Body) != string(first.Body) {
			t.Errorf("the session became\n%s, was\n%s", m.Body, first.Body)
		}
	}
	for _, p := range call.Packets() {
		if p.SSRC != call.Packets()[0].SSRC {
			t.Fatal("the sound began anew")
		}
	}
	m := call.Refresh()
	wantStatus(t, m, 200)
	if string(m.Body) != string(first.Body) {
		t.Errorf("the caller's own refresh changed the session:\n%s", m.Body)
	}
	wantStatus(t, call.Hangup(), 200)
	b.wantNothing()
}
