package media

// Repeat makes an offer of our last description, which is sent once more as it
// was to refresh the call; Accept takes the answer.
func (l *Leg) Repeat() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed.Load() {
		return ErrClosed
	}
	return l.party.Repeat()
}

// Repeat lets the description be sent once more: what a browser answers to it
// changes nothing.
func (w *WebLeg) Repeat() error { return nil }
