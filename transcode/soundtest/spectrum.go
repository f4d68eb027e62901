package soundtest

import (
	"math"
	"math/bits"
	"math/cmplx"
)

// transform is the discrete Fourier transform of x in place; its length is a
// power of two.
//
//go:norace
func transform(x []complex128) {
	n := len(x)
	shift := bits.UintSize - bits.Len(uint(n-1))
	for i := range x {
		if j := int(bits.Reverse(uint(i)) >> shift); j > i {
			x[i], x[j] = x[j], x[i]
		}
	}
	for size := 2; size <= n; size *= 2 {
		step := cmplx.Rect(1, -2*math.Pi/float64(size))
		for from := 0; from < n; from += size {
			turn := complex(1, 0)
			for k := from; k < from+size/2; k++ {
				a, b := x[k], x[k+size/2]*turn
				x[k], x[k+size/2] = a+b, a-b
				turn *= step
			}
		}
	}
}

// spectra are the power spectra of overlapping windows of sound.
//
//go:norace
func spectra(sound []int16, window, hop, size int) [][]float64 {
	var out [][]float64
	x := make([]complex128, size)
	for at := 0; at+window <= len(sound); at += hop {
		clear(x)
		for i, v := range sound[at : at+window] {
			hann := 0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/float64(window))
			x[i] = complex(float64(v)*hann, 0)
		}
		transform(x)
		power := make([]float64, size/2+1)
		for k := range power {
			power[k] = real(x[k])*real(x[k]) + imag(x[k])*imag(x[k])
		}
		out = append(out, power)
	}
	return out
}

// loud tells for each window of x whether it is within so many decibels of the
// loudest.
func loud(x [][]float64, within float64) []bool {
	energy, most := make([]float64, len(x)), 0.0
	for i, power := range x {
		for _, p := range power {
			energy[i] += p
		}
		most = max(most, energy[i])
	}
	active := make([]bool, len(x))
	for i, e := range energy {
		active[i] = e > 0 && e >= most*math.Pow(10, -within/10)
	}
	return active
}
