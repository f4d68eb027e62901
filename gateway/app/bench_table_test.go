//go:build linux

package app_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"text/tabwriter"

	"github.com/einwahl/einwahl/transcode/opus"
)

// eachFifth is how those speak who speak a fifth of the time.
const eachFifth = "each 1 s in 5"

// table is a line for each goal.
type table struct{ goals []*goal }

// goal is what was wanted and what was measured.
type goal struct {
	what, speak, want string
	measured          string // empty: it was not
	met               bool
	meanwhile         string
	others            float64 // percent of a core that other programs took meanwhile
	doubt             string  // why the figure says nothing, met or not
}

// goal adds a line, which says that nothing was measured until it is told what
// was. No want: it is told for information.
func (t *table) goal(what, speak, want string) *goal {
	g := &goal{what: what, speak: speak, want: want}
	t.goals = append(t.goals, g)
	return g
}

func (g *goal) is(met bool, format string, args ...any) {
	g.met, g.measured = met, fmt.Sprintf(format, args...)
}

// atMostFloors compares a load with the codecs alone, if their encoders were
// equally thorough.
func (g *goal) atMostFloors(l load, most float64) {
	g.is(l.cpu <= most*l.floor, "%.2f x: %.3f of %.3f %% of a core", l.cpu/l.floor, l.cpu, l.floor)
	if g.with(l); l.complexity < floorComplexity {
		g.doubt = fmt.Sprintf("the gateway held its encoders to complexity %d", l.complexity)
	}
}

// with tells beside the figure what else happened meanwhile.
func (g *goal) with(l load) {
	if g.others = l.others; l.short() {
		g.doubt = "telephones did not get all packets"
	}
	g.meanwhile = fmt.Sprintf("%s, %s: %v", g.what, g.speak, l)
}

// tooBusy is how much of a core other programs may take, in percent, before a
// goal that is not met says nothing of the gateway.
const tooBusy = 30

const notMet = "NOT MET"

func (g *goal) verdict() string {
	switch {
	case g.measured == "":
		return "not measured"
	case g.want == "":
		return ""
	case g.doubt != "":
		return "unclear: " + g.doubt
	case g.met:
		return "met"
	case g.others > tooBusy:
		return fmt.Sprintf("unclear: other programs took %.0f %% of a core", g.others)
	default:
		return notMet
	}
}

// missed are the goals that were measured beyond doubt and not met. They fail the
// benchmark, so that a script that runs it learns of them.
func (t *table) missed() (all []string) {
	for _, g := range t.goals {
		if g.verdict() == notMet {
			all = append(all, fmt.Sprintf("%s, %s: %s, want %s", g.what, g.speak, g.measured, g.want))
		}
	}
	return all
}

func (t *table) print() {
	if len(t.goals) == 0 {
		return
	}
	var text strings.Builder
	fmt.Fprintf(&text, "\n  %s, %d processors, %s. CPU is that of the gateway's process, in the kernel too, per caller.\n\n", runtime.Version(), runtime.NumCPU(), opus.Version())
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  what\twho speaks\tgoal\tmeasured\t")
	for _, g := range t.goals {
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\n", g.what, g.speak, g.want, g.measured, g.verdict())
	}
	_ = w.Flush()
	fmt.Fprintln(&text)
	for _, g := range t.goals {
		if g.meanwhile != "" {
			fmt.Fprintf(&text, "  %s\n", g.meanwhile)
		}
	}
	fmt.Fprintf(&text, `
  speech: of %s.
  codecs: as many Opus encoders (8 kHz, complexity 5) and decoders (48 kHz hybrid to 8 kHz) as there are callers,
  at work all the time, woken when their calls would wake them; watched in turn with the calls.
  each 1 s in 5: everybody, on the telephone and in the browser, speaks for one second of five, at moments of their
  own. Between them telephones go on with packets of a line's hiss (-65 dBov), and browsers pause, as the gateway asks
  them to (usedtx, RFC 7587): they send two packets of the same hiss every 400 ms.
`, speechOf())
	fmt.Fprintln(os.Stdout, text.String())
}
