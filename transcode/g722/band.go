package g722

// scale is how the step of a band's quantizer follows what it codes (blocks
// LOGSCL and SCALEL, or LOGSCH and SCALEH, of the recommendation).
type scale struct {
	limit int32 // of the logarithm
	shift int32 // of the linear value
	first int32 // the smallest step
}

// The scales of both bands.
const (
	lowLimit, lowShift, lowFirst    = 18432, 8, 32
	highLimit, highShift, highFirst = 22528, 10, 8
)

// band is what both ends of the line know of one band: its past, and what that
// lets expect. All values are whole numbers of 16 bits, and all roundings are
// the recommendation's, so that both ends never drift apart.
type band struct {
	scale
	log  int32 // of the step, in 1/2048 of an octave
	step int32 // of the quantizer

	expected int32    // the next sample, as predicted
	zeros    int32    // the share of the zero section in it
	past     [2]int32 // newest first: the band's sound as decoded,
	partial  [2]int32 // and without the poles' share
	poles    [2]int32
	diff     [6]int32 // the differences, newest first
	zero     [6]int32
}

func newBand(s scale) band { return band{scale: s, step: s.first} }

// adapt moves the step after a code whose weight is w.
func (b *band) adapt(w int32) {
	b.log = min(max(b.log*127>>7+w, 0), b.limit)
	root := inverseLog[b.log>>6&31]
	if down := b.shift - b.log>>11; down >= 0 {
		b.step = root >> down << 2
	} else {
		b.step = root << -down << 2
	}
}

// take goes on by a sample whose difference from what was expected is d (blocks
// RECONS to PREDIC).
func (b *band) take(d int32) {
	sound := saturate(b.expected + d)
	partial := saturate(b.zeros + d)
	b.movePoles(partial)
	b.moveZeros(d)

	first := b.poles[0] * saturate(2*sound) >> 15
	second := b.poles[1] * saturate(2*b.past[0]) >> 15
	b.past = [2]int32{sound, b.past[0]}
	b.partial = [2]int32{partial, b.partial[0]}
	b.expected = saturate(saturate(first+second) + b.zeros)
}

// movePoles adapts the two poles (UPPOL2, UPPOL1).
func (b *band) movePoles(partial int32) {
	likeLast := (partial < 0) == (b.partial[0] < 0)
	likeBefore := (partial < 0) == (b.partial[1] < 0)

	push := saturate(b.poles[0] << 2)
	if likeLast {
		push = min(-push, 32767)
	}
	second := push>>7 + b.poles[1]*32512>>15
	if likeBefore {
		second += 128
	} else {
		second -= 128
	}
	second = min(max(second, -12288), 12288)

	first := b.poles[0] * 32640 >> 15
	if likeLast {
		first += 192
	} else {
		first -= 192
	}
	bound := 15360 - second
	b.poles = [2]int32{min(max(saturate(first), -bound), bound), second}
}

// moveZeros adapts the six zeros (UPZERO) and sums up their share (FILTEZ).
func (b *band) moveZeros(d int32) {
	push := int32(128)
	if d == 0 {
		push = 0
	}
	var sum int32
	newer := d
	for i := range b.zero {
		older := b.diff[i]
		z := b.zero[i] * 32640 >> 15
		if (d < 0) == (older < 0) {
			z += push
		} else {
			z -= push
		}
		z = saturate(z)
		b.zero[i], b.diff[i] = z, newer
		sum += z * saturate(2*newer) >> 15
		newer = older
	}
	b.zeros = saturate(sum)
}
