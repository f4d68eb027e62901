//go:build profile

package main

import (
	"fmt"
	"net"
	"net/http"
	_ "net/http/pprof" // on the default mux, which nothing else of the gateway uses
	"os"
	"runtime"
)

// A program that is built with the tag profile shows what it spends its time
// and memory on, at the Unix socket that EINWAHL_PROFILE names. `make bench`
// measures such a one; no other listens there.
func init() {
	path := os.Getenv("EINWAHL_PROFILE")
	if path == "" {
		return
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		panic(err)
	}
	http.HandleFunc("/debug/heap", weigh)
	http.HandleFunc("/debug/objects", countAll)
	go func() { _ = http.Serve(listener, nil) }() // until the program ends
}

// weigh tells what is in use on the heap, in bytes, once all garbage is gone; what
// pools hold goes in the second collection. A profile would tell it too, but takes
// up memory of its own, and more with each place in the program that was seen to
// allocate.
func weigh(w http.ResponseWriter, _ *http.Request) {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	_, _ = fmt.Fprintln(w, m.HeapAlloc) // whoever has gone need not know
}

// countAll tells how many objects have been allocated so far, to the last one. The
// metrics know of those that a processor has allocated only once it is out of room.
func countAll(w http.ResponseWriter, _ *http.Request) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	_, _ = fmt.Fprintln(w, m.Mallocs)
}
