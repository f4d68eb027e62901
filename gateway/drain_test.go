package main

import (
	"bufio"
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
	const file = "sip: {listen: ['udp://127.0.0.1:0']}\nadmin: {listen: '127.0.0.1:0'}\nconference: {embedded: {webrtc: {ports: 0}}}\n" +
		"trunks: [{name: loopback, peers: ['127.0.0.1']}]\nnumbers: [{number: en, trunks: [loopback]}]\n" +
		"limits: {drain: 1h}\nlog: {format: json}\n"
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := program(ctx, t.TempDir(), "run", "--config", write(t, "", file))
	stderr, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	r := running{t: t, log: bufio.NewScanner(stderr)}
	at, _ := r.until("gateway ready")["sip"].([]any)
	if len(at) != 1 {
		t.Fatalf("the gateway listens on %v", at)
	}
	phone := siptest.New(t, siptest.Config{Gateway: strings.TrimPrefix(at[0].(string), "udp://")})
	call := phone.Call("en")
	signal := func() {
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
	}

	signal()
	if calls := r.until("draining: new calls are turned away")["calls"]; calls != 1. {
		t.Errorf("it drains with %v calls, want 1", calls)
	}
	if m := phone.Dial("en").Final(); m.Status() != 503 || m.Get("Retry-After") == "" {
		t.Errorf("a new call: %s, Retry-After %q; want 503", m.Start, m.Get("Retry-After"))
	}
	if m := call.Refresh(); m.Status() != 200 {
		t.Errorf("the call in progress: %s, want that it goes on", m.Start)
	}

	signal()
	r.until("draining: callers are told")
	select {
	case <-call.Ended(): // the words take their time
	case <-ctx.Done():
		t.Fatal("the caller is not told")
	}
	if reason := call.WaitEnd(); !strings.Contains(reason, "Gateway is closing") {
		t.Errorf("the call ended with %q", reason)
	}
	for r.log.Scan() { // to its end, before Wait closes the pipe
		var line map[string]any
		if json.Unmarshal(r.log.Bytes(), &line) == nil && line["level"] == "error" {
			t.Errorf("the end is told as an error: %s", r.log.Bytes())
		}
	}
	if err := c.Wait(); err != nil {
		t.Errorf("the program ended with %v, want that it ends well", err)
	}
}
