//go:build linux

package app_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// profile gets a profile of the gateway, by its path below /debug/pprof.
func (p *process) profile(which string) ([]byte, error) { return p.show("/debug/pprof/" + which) }

// show gets what the gateway shows to who profiles it.
func (p *process) show(at string) ([]byte, error) {
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", p.profiles)
		},
	}}
	res, err := client.Get("http://gateway" + at)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", at, res.Status, body)
	}
	return body, err
}

// heap is what is in use on the heap, in bytes, once all garbage is gone.
func (p *process) heap() float64 { return p.number("/debug/heap") }

// objects is how many objects have been allocated.
func (p *process) objects() float64 { return p.number("/debug/objects") }

func (p *process) number(at string) float64 {
	p.tb.Helper()
	text, err := p.show(at)
	if err != nil {
		p.tb.Fatal(err)
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(string(text)), 64)
	if err != nil {
		p.tb.Fatal(err)
	}
	return n
}

// profiled writes profiles of the gateway into the folder that PROFILE names: of
// its CPU over so long a time, beginning now, and then of its heap. wait waits
// until they are written.
func (p *process) profiled(over time.Duration) (wait func()) {
	computed := make(chan struct{})
	go func() {
		defer close(computed)
		p.keepProfile("cpu", fmt.Sprintf("profile?seconds=%.0f", max(1, over.Seconds()-1)))
	}()
	return func() {
		<-computed
		p.keepProfile("heap", "heap?gc=1")
		p.keepProfile("allocs", "allocs")
	}
}

// keepProfile writes one, where PROFILE says.
func (p *process) keepProfile(name, from string) {
	folder := os.Getenv("PROFILE")
	if folder == "" {
		return
	}
	content, err := p.profile(from)
	if err == nil {
		err = os.MkdirAll(folder, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, partOf(p.tb)+"."+name+".pprof"), content, 0o644)
	}
	if err != nil {
		p.tb.Errorf("profile: %v", err)
	}
}

// partOf is the last part of a test's name, such as calls=25.
func partOf(tb testing.TB) string { return path.Base(tb.Name()) }
