package offer

import (
	"fmt"
	"strings"
)

// What is told of a description that does not fit: so many streams, formats of a
// stream, and bytes of a word in it.
const (
	toldStreams = 3
	toldFormats = 8
	toldBytes   = 16
)

// misfit is the ErrNothingFits of these streams, and says what was offered, as
// the m= lines have it.
func (p *Party) misfit(lines []line) error {
	var offered []string
	for _, l := range lines[:min(len(lines), toldStreams)] {
		words := append([]string{l.kind, l.profile}, l.formats[:min(len(l.formats), toldFormats)]...)
		for i, w := range words {
			words[i] = w[:min(len(w), toldBytes)]
		}
		stream := strings.Join(words, " ")
		switch {
		case !guards(l.profile):
		case p.local.Policy == Off:
			stream += " (encrypted, which is off)"
		default:
			stream += " (encrypted: without a key, or under none that we know)"
		}
		offered = append(offered, stream)
	}
	if len(offered) == 0 {
		return fmt.Errorf("%w: it has none", ErrNothingFits)
	}
	return fmt.Errorf("%w: %s", ErrNothingFits, strings.Join(offered, "; "))
}
