package overload

// efforts are the complexities that Opus encoders are held to, step by step. A
// frame of telephone speech costs 100, 78, 42 and 37 % of the first; those in
// between save next to nothing.
var efforts = [...]int{5, 3, 1, 0}

// effort is how much encoders may do.
type effort struct {
	step int // of efforts
	wait int // periods until it is clear what the last step down has brought
	calm int // periods with little to do
}

const (
	// tight is the share of the limit above which encoders do less: before
	// calls have to be refused. Below loose they may do more. The step between
	// costs or saves less than lies between the two, so it does not swing.
	tight, loose = .85, .55
	// settles is how many periods a step down takes to show in the load.
	settles = 5
	// calmAfter is how many periods in a row must be calm before a step up: ten
	// seconds, for a caller hears the change more than the lesser sound.
	calmAfter = 50
)

// next does less when there is too much to do, and more again when that is
// long over. With no limit on the processors the whole of them is the limit.
func (e effort) next(l load, c Config) effort {
	limit := float64(c.CPU) / 100
	if c.CPU == 0 {
		limit = 1
	}
	late := c.Lateness > 0 && l.late > lateShare && l.cpu > idle
	e.wait = max(0, e.wait-1)
	switch {
	case late || l.cpu > tight*limit:
		e.calm = 0
		if e.wait == 0 && e.step < len(efforts)-1 {
			e.step++
			e.wait = settles
		}
	case l.cpu > loose*limit || e.step == 0:
		e.calm = 0
	default:
		if e.calm++; e.calm >= calmAfter {
			e.step--
			e.calm = 0
		}
	}
	return e
}

// complexity is what encoders are held to.
func (e effort) complexity() int { return efforts[e.step] }
