//go:build profile

package main

import (
	"net"
	"net/http"
	_ "net/http/pprof" // on the default mux, which nothing else of the gateway uses
	"os"
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
	go func() { _ = http.Serve(listener, nil) }() // until the program ends
}
