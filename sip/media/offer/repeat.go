package offer

import "slices"

// Repeat makes an offer of our last description, which is sent once more as it
// was to refresh the call (RFC 4028 section 7.4). Accept takes the answer. An
// offer that some have never answered is that description still.
func (p *Party) Repeat() error {
	if !p.settled {
		return ErrNotOffered
	}
	if p.offered != nil {
		return nil
	}
	p.offered = slices.Clone(p.agreed.Receive)
	p.keys = nil
	if p.agreed.Secure() {
		p.keys = []Crypto{p.agreed.Ours}
	}
	return nil
}
