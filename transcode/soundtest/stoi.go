package soundtest

import "math"

const (
	bands   = 14  // third octaves, the middle of the lowest at 150 Hz
	lowest  = 150 // Hz
	segment = 30  // windows that are compared at a time: 390 ms
	// clipping bounds, in dB, how much worse than unintelligible a band can be.
	clipping = -15
	// dynamics is how far below the loudest window, in dB, there is no speech.
	dynamics = 40
)

// STOI is the short-time objective intelligibility of sound, measured against
// what it should be, both at 8 kHz and in step: 1 is all of it. It is the
// measure of Taal, Hendriks, Heusdens and Jensen (2011) for the telephone's
// band: 14 third octaves from 150 to 3400 Hz.
func STOI(want, got []int16) float64 {
	const window, hop, size = 208, 104, 512
	n := min(len(want), len(got))
	x, y := spectra(want[:n], window, hop, size), spectra(got[:n], window, hop, size)
	var clean, heard [][bands]float64
	for i, active := range loud(x, dynamics) {
		if active {
			clean = append(clean, thirds(x[i], 8000.0/size))
			heard = append(heard, thirds(y[i], 8000.0/size))
		}
	}
	sum, count := 0.0, 0
	for end := segment; end <= len(clean); end++ {
		for band := range bands {
			sum += alike(clean[end-segment:end], heard[end-segment:end], band)
			count++
		}
	}
	return sum / float64(max(count, 1))
}

// thirds are the amplitudes in the bands of a spectrum whose lines lie so many
// hertz apart.
func thirds(power []float64, apart float64) (out [bands]float64) {
	for band := range out {
		middle := lowest * math.Pow(2, float64(band)/3)
		from := int(math.Round(middle * math.Pow(2, -1.0/6) / apart))
		to := int(math.Round(middle * math.Pow(2, 1.0/6) / apart))
		for _, p := range power[from:to] {
			out[band] += p
		}
		out[band] = math.Sqrt(out[band])
	}
	return out
}

// alike correlates the course of one band over a segment.
func alike(want, got [][bands]float64, band int) float64 {
	var wants, gots float64
	for i := range want {
		wants += want[i][band] * want[i][band]
		gots += got[i][band] * got[i][band]
	}
	if gots == 0 {
		return 0
	}
	scale, most := math.Sqrt(wants/gots), 1+math.Pow(10, -clipping/20.0)
	var x, y [segment]float64
	var meanX, meanY float64
	for i := range want {
		x[i] = want[i][band]
		y[i] = min(got[i][band]*scale, x[i]*most)
		meanX += x[i] / segment
		meanY += y[i] / segment
	}
	var xy, xx, yy float64
	for i := range x {
		a, b := x[i]-meanX, y[i]-meanY
		xy += a * b
		xx += a * a
		yy += b * b
	}
	if xx == 0 || yy == 0 {
		return 0
	}
	return xy / math.Sqrt(xx*yy)
}

// Distance is the mean log-spectral distance, in dB, of sound from what it
// should be, both at 8 kHz and in step: between 200 and 3400 Hz, where there is
// speech, down to 50 dB below the strongest line of each window.
func Distance(want, got []int16) float64 {
	const window, hop, size = 256, 128, 256
	const from, to = 200 * size / 8000, 3400 * size / 8000
	n := min(len(want), len(got))
	x, y := spectra(want[:n], window, hop, size), spectra(got[:n], window, hop, size)
	sum, count := 0.0, 0
	for i, active := range loud(x, dynamics) {
		if !active {
			continue
		}
		floor := 0.0
		for _, p := range x[i][from:to] {
			floor = max(floor, p/1e5)
		}
		square := 0.0
		for k := from; k < to; k++ {
			d := 10 * math.Log10((x[i][k]+floor)/(y[i][k]+floor))
			square += d * d
		}
		sum += math.Sqrt(square / (to - from))
		count++
	}
	return sum / float64(max(count, 1))
}
