package peertest

import (
	"math"
	"math/cmplx"
	"sync"
)

// correlate is the sum of products of prompt with every place of recording,
// by the Fourier transform: a minute of sound against ten seconds of prompt
// directly would be forty thousand million products. Nobody else has what these
// loops work on, so the race detector, which makes them ten times slower, leaves
// them out.
//
//go:norace
func correlate(recording, prompt []int16) []float64 {
	n := 1
	for n < len(recording) { // what comes round is at places where the prompt does not fit
		n *= 2
	}
	work := workspaces.Get().(*workspace)
	defer workspaces.Put(work)
	// Both are real, so one transform does for both of them.
	z := zeroed(&work.z, n)
	for i, s := range recording {
		z[i] = complex(float64(s), 0)
	}
	for i, s := range prompt {
		z[i] += complex(0, float64(s))
	}
	fft(z, false)
	products := zeroed(&work.products, n)
	for i, here := range z {
		there := cmplx.Conj(z[-i&(n-1)])
		products[i] = (here + there) * cmplx.Conj((here-there)*-.25i)
	}
	fft(products, true)
	out := make([]float64, len(recording)-len(prompt)+1)
	for i := range out {
		out[i] = real(products[i]) / float64(n)
	}
	return out
}

// workspace is what a correlation needs, megabytes that the next can use again.
type workspace struct{ z, products []complex128 }

var workspaces = sync.Pool{New: func() any { return new(workspace) }}

// zeroed is n zeros in memory that is kept.
func zeroed(memory *[]complex128, n int) []complex128 {
	if cap(*memory) < n {
		*memory = make([]complex128, n)
	}
	z := (*memory)[:n]
	clear(z)
	return z
}

// fft transforms in place; the length of x is a power of two. The inverse is
// not scaled.
//
//go:norace
func fft(x []complex128, inverse bool) {
	n := len(x)
	for i, j := 1, 0; i < n; i++ {
		bit := n >> 1
		for ; j&bit != 0; bit >>= 1 {
			j ^= bit
		}
		j ^= bit
		if i < j {
			x[i], x[j] = x[j], x[i]
		}
	}
	sign := -1.0
	if inverse {
		sign = 1
	}
	for size := 2; size <= n; size *= 2 {
		step := cmplx.Rect(1, sign*2*math.Pi/float64(size))
		for start := 0; start < n; start += size {
			w := complex(1, 0)
			for k := start; k < start+size/2; k++ {
				u, v := x[k], x[k+size/2]*w
				x[k], x[k+size/2] = u+v, u-v
				w *= step
			}
		}
	}
}
