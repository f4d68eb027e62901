package sip

import (
	"sync"

	sipmsg "github.com/emiago/sipgo/sip"
)

// dialogs finds a dialog by the tag that we gave it, or by the transaction of
// its first INVITE for a CANCEL.
type dialogs struct {
	mu    sync.Mutex
	tags  map[string]*dialog
	first map[*sipmsg.ServerTx]*dialog
}

func newDialogs() *dialogs {
	return &dialogs{tags: map[string]*dialog{}, first: map[*sipmsg.ServerTx]*dialog{}}
}

func (t *dialogs) add(d *dialog) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tags[d.tag] = d
	t.first[d.first] = d
}

func (t *dialogs) remove(d *dialog) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.tags, d.tag)
	delete(t.first, d.first)
}

func (t *dialogs) byTag(tag string) *dialog {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tags[tag]
}

func (t *dialogs) byInvite(tx *sipmsg.ServerTx) *dialog {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.first[tx]
}

func (t *dialogs) all() []*dialog {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := make([]*dialog, 0, len(t.tags))
	for _, d := range t.tags {
		all = append(all, d)
	}
	return all
}
