package waveform

// order is of how many samples the next is foretold: a pole for each kilohertz of
// wideband.
const order = 16

// foretold is how a sample follows from those before it, newest first: what is
// weighted so comes nearest to sound (the method of Levinson and Durbin). What goes
// on by it dies away.
func foretold(sound []int16) (weights [order]float64) {
	var alike [order + 1]float64
	for lag := range alike {
		var sum int64
		late := sound[min(lag, len(sound)):]
		early := sound[:len(late)]
		for i, v := range late {
			sum += int64(v) * int64(early[i])
		}
		alike[lag] = float64(sum)
	}
	left := alike[0]*1.0001 + 1
	for i := range weights {
		k := alike[i+1]
		for j := range i {
			k -= weights[j] * alike[i-j]
		}
		k /= left
		before := weights
		for j := range i {
			weights[j] -= k * before[i-1-j]
		}
		weights[i] = k
		left *= 1 - k*k
	}
	return weights
}
