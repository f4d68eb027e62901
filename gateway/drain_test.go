package main

import (
	"context"
	"encoding/json"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/einwahl/einwahl/sip/siptest"
)

// TestASignalDrainsAndASecondHurries ends the program while a call is in
// progress: the call runs on, new ones are turned away; after a second signal
// the caller hears why the call ends, and the program ends well.
func TestASignalDrainsAndASecondHurries(t *testing.T) {
	t.Parallel()
	const file = "sip: {listen: ['udp://127.0.0.1:0']}\nadmin: {listen: '127.0.0.1:0'}\nconference: {embedded: {webrtc: {ports: 0}}}\n" +
		"trunks: [{name: loopback, peers: ['127.0.0.1']}]\nnumbers: [{number: en, trunks: [loopback]}]\n" +
		"limits: {drain: 1h}\nlog: {format: json}\n"
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r := begin(t, program(ctx, t.TempDir(), "run", "--config", write(t, "", file)))
	phone := siptest.New(t, siptest.Config{Gateway: r.sip})
	call := phone.Call("en")

	r.signal(syscall.SIGTERM)
	if calls := r.until("draining: new calls are turned away")["calls"]; calls != 1. {
		t.Errorf("it drains with %v calls, want 1", calls)
	}
	if m := phone.Dial("en").Final(); m.Status() != 503 || m.Get("Retry-After") == "" {
		t.Errorf("a new call: %s, Retry-After %q; want 503", m.Start, m.Get("Retry-After"))
	}
	if m := call.Refresh(); m.Status() != 200 {
		t.Errorf("the call in progress: %s, want that it goes on", m.Start)
	}

	r.signal(syscall.SIGTERM)
	r.until("draining: callers are told")
	select {
	case <-call.Ended(): // the words take their time
	case <-ctx.Done():
		t.Fatal("the caller is not told")
	}
	if reason := call.WaitEnd(); !strings.Contains(reason, "Gateway is closing") {
		t.Errorf("the call ended with %q", reason)
	}
	for r.log.Scan() {
		var line map[string]any
		if json.Unmarshal(r.log.Bytes(), &line) == nil && line["level"] == "error" {
			t.Errorf("the end is told as an error: %s", r.log.Bytes())
		}
	}
	if err := r.wait(); err != nil {
		t.Errorf("the program ended with %v, want that it ends well", err)
	}
}
