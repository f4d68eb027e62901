package wav

import "math"

const (
	// crossings is how many zeros of the sinc are used on each side.
	crossings = 32
	// phases is how finely the kernel is known between two zeros; what lies
	// between is interpolated.
	phases = 512
	// beta shapes the Kaiser window: side lobes below -80 dB.
	beta = 8.5
	// passband is the share of the band that is kept; the rest is for the
	// filter to fall.
	passband = 0.93
)

// Resample brings in from one sample rate to another, by interpolation with a
// windowed sinc. It is made for quality: it takes its time.
func Resample(in []float32, from, to int) []float32 {
	if from == to || len(in) == 0 {
		return in
	}
	kernel := sinc()
	ratio := float64(from) / float64(to)
	// Towards a lower rate the filter has to cut what the lower one cannot
	// carry: a wider kernel, in proportion.
	scale := passband / max(ratio, 1)
	reach := int(math.Ceil(crossings / scale))
	out := make([]float32, int(float64(len(in))/ratio))
	for i := range out {
		centre := float64(i) * ratio
		first := max(int(centre)-reach+1, 0)
		last := min(int(centre)+reach, len(in)-1)
		var sum float64
		for k := first; k <= last; k++ {
			sum += float64(in[k]) * at(kernel, math.Abs(centre-float64(k))*scale)
		}
		out[i] = float32(sum * scale)
	}
	return out
}

// sinc is the right half of the kernel.
func sinc() []float64 {
	k := make([]float64, crossings*phases+2)
	k[0] = 1
	for i := 1; i < crossings*phases; i++ {
		x := float64(i) / phases
		w := x / crossings
		k[i] = math.Sin(math.Pi*x) / (math.Pi * x) * bessel(beta*math.Sqrt(1-w*w)) / bessel(beta)
	}
	return k
}

// at is the kernel at x zeros from its centre.
func at(kernel []float64, x float64) float64 {
	x *= phases
	i := int(x)
	if i >= crossings*phases {
		return 0
	}
	part := x - float64(i)
	return kernel[i] + part*(kernel[i+1]-kernel[i])
}

// bessel is the modified Bessel function of the first kind and order zero.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-12*sum; k++ {
		term *= x / (2 * k) * (x / (2 * k))
		sum += term
	}
	return sum
}
