package dtmf

import (
	"math"

	"github.com/einwahl/einwahl/transcode/pcm"
)

// lopsided is how much stronger one tone of a fit may be than the other: 13 dB. In
// sound this short they cannot be told from each other exactly.
const lopsided = 20

// fits are by the length of the sound that they are for. They are never changed.
var fits = func() (all [part + 1]*fit) {
	all[part] = newFit(part)
	for _, s := range shorts {
		all[s.length] = newFit(s.length)
	}
	return all
}()

// fit tells how much of a short stretch of sound the two tones of a key can make up, by
// least squares. In a few milliseconds a tone cannot be told from its neighbour, but
// two tones can from what is not.
type fit struct {
	waves [2][][8]float32            // of each group, sample by sample: cosine and sine of each tone
	apart [len(keypad)][4][4]float32 // of each key, the inverse of what its four waves have in common
}

func newFit(length int) *fit {
	f := &fit{}
	for group := range f.waves {
		f.waves[group] = make([][8]float32, length)
		for at := range length {
			for i := range 4 {
				sin, cos := math.Sincos(2 * math.Pi * frequencies[4*group+i] * float64(at) / pcm.Narrowband)
				f.waves[group][at][2*i], f.waves[group][at][2*i+1] = float32(cos), float32(sin)
			}
		}
	}
	for key := range f.apart {
		var common [4][4]float64
		for at := range length {
			row, column := f.waves[0][at][2*(key/4):], f.waves[1][at][2*(key%4):]
			waves := [4]float64{float64(row[0]), float64(row[1]), float64(column[0]), float64(column[1])}
			for i, v := range waves {
				for k, w := range waves {
					common[i][k] += v * w
				}
			}
		}
		f.apart[key] = inverse(common)
	}
	return f
}

// rest is the share of sound with that energy which is left without the tones of a
// key: of that one of which it is least.
func (f *fit) rest(x []float32, energy float32) float32 {
	if energy == 0 {
		return 1
	}
	rows, columns := alike(x, f.waves[0]), alike(x, f.waves[1])
	left := energy
	for key := range f.apart {
		row, column := rows[2*(key/4):], columns[2*(key%4):]
		both := [4]float32{row[0], row[1], column[0], column[1]}
		var made [4]float32 // how high each wave goes in what is most like the sound
		explained := float32(0)
		for i := range made {
			m := &f.apart[key][i]
			made[i] = m[0]*both[0] + m[1]*both[1] + m[2]*both[2] + m[3]*both[3]
			explained += made[i] * both[i]
		}
		low, high := made[0]*made[0]+made[1]*made[1], made[2]*made[2]+made[3]*made[3]
		if low < lopsided*high && high < lopsided*low {
			left = min(left, energy-explained)
		}
	}
	return left / energy
}

// alike is what sound has in common with each wave of a group. They are taken side by
// side, as in group.
func alike(x []float32, waves [][8]float32) (like [8]float32) {
	var a, b, c, d, e, f, g, h float32
	for i, v := range x {
		w := &waves[i]
		a, b = a+v*w[0], b+v*w[1]
		c, d = c+v*w[2], d+v*w[3]
		e, f = e+v*w[4], f+v*w[5]
		g, h = g+v*w[6], h+v*w[7]
	}
	return [8]float32{a, b, c, d, e, f, g, h}
}

// inverse is that of a matrix (Gauss and Jordan) whose diagonal is never 0.
func inverse(m [4][4]float64) (out [4][4]float32) {
	var right [4][4]float64
	for i := range m {
		right[i][i] = 1
	}
	for i := range m {
		for k := range m {
			if k == i {
				continue
			}
			share := m[k][i] / m[i][i]
			for j := range m {
				m[k][j] -= share * m[i][j]
				right[k][j] -= share * right[i][j]
			}
		}
	}
	for i := range out {
		for k := range out[i] {
			out[i][k] = float32(right[i][k] / m[i][i])
		}
	}
	return out
}
