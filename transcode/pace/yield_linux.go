package pace

import _ "unsafe" // for go:linkname

// goyield lets the goroutines run that wait for this processor of Go's, and then the
// caller. [runtime.Gosched] does so as well, but puts the caller into the queue of all
// processors and wakes a thread to look there: a hundred times a second, for nothing,
// which was an eighth of what a gateway with one call took. The runtime keeps goyield
// for those outside who need it (go.dev/issue/67401).
//
//go:linkname goyield runtime.goyield
func goyield()
