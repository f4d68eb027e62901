package g722

// The numbers of the recommendation's tables.

// decisions are where the low band's 6-bit quantizer changes its mind, in
// 1/4096 of the step.
var decisions = [...]int32{
	35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714,
	786, 858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
}

// highDecision is the same for the high band's 2-bit quantizer.
const highDecision = 564

// low6 is what a 6-bit code of the low band says, in 1/32768 of the step.
var low6 = [64]int32{
	-136, -136, -136, -136, -24808, -21904, -19008, -16704,
	-14984, -13512, -12280, -11192, -10232, -9360, -8576, -7856,
	-7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576,
	-3168, -2776, -2400, -2032, -1688, -1360, -1040, -728,
	24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192,
	10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
	4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032,
	1688, 1360, 1040, 728, 432, 136, -432, -136,
}

// low4 is what its upper four bits say, by which the band goes on: the lower
// two may be stolen on the way.
var low4 = [16]int32{
	0, -20456, -12896, -8968, -6288, -4240, -2584, -1200,
	20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
}

// lowWeight is how those four bits move the step.
var lowWeight = [16]int32{
	-60, 3042, 1198, 538, 334, 172, 58, -30,
	3042, 1198, 538, 334, 172, 58, -30, -60,
}

// high2 is what a code of the high band says, and highWeight how it moves the
// step.
var (
	high2      = [4]int32{-7408, -1616, 7408, 1616}
	highWeight = [4]int32{798, -214, 798, -214}
)

// inverseLog is 2048 times two to the power of i/32.
var inverseLog = [32]int32{
	2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383,
	2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
	2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371,
	3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
}

// mirror is every other tap of the filter that parts the bands and joins them
// again; the taps between are the same in reverse.
var mirror = [12]int32{3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11}
