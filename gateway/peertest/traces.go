package peertest

import (
	"fmt"
	"strings"
	"time"
)

// piece is how much of a prompt is looked for at once: a syllable or two.
const piece = rate / 4

// Traces tells where the pieces of a prompt are in a recording, for whoever wonders
// why it was not heard as a whole: what was swallowed, put off, or said over.
//
//go:norace
func Traces(recording, prompt []int16) string {
	var told strings.Builder
	fmt.Fprintf(&told, "%v are recorded, and of %v", seconds(len(recording)), seconds(len(prompt)))
	for at := 0; at+piece <= len(prompt); {
		end, place := at+piece, -1
		if match, where := Match(recording, prompt[at:end]); match > .8 {
			place = where
		}
		for ; end+piece <= len(prompt); end += piece { // what follows it is likely to follow it there
			match, where := Match(recording, prompt[end:end+piece])
			if match > .8 != (place >= 0) || place >= 0 && where-place != end-at {
				break
			}
		}
		fmt.Fprintf(&told, ", %v to %v ", seconds(at), seconds(end))
		if place >= 0 {
			fmt.Fprintf(&told, "at %v", seconds(place))
		} else {
			told.WriteString("nowhere")
		}
		at = end
	}
	return told.String()
}

func seconds(samples int) time.Duration {
	return (time.Duration(samples) * time.Second / rate).Round(time.Millisecond)
}
