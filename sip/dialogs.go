package sip

import "sync"

// dialogs finds a dialog by the tag that we gave it, or by the transaction of
// its first INVITE for a CANCEL.
type dialogs struct {
	mu    sync.Mutex
	tags  map[string]*dialog
	first map[string]*dialog // by its key
}

func newDialogs() *dialogs {
	return &dialogs{tags: map[string]*dialog{}, first: map[string]*dialog{}}
}

func (t *dialogs) add(d *dialog) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tags[d.tag] = d
	t.first[d.first.Key()] = d
}

func (t *dialogs) remove(d *dialog) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.tags, d.tag)
	delete(t.first, d.first.Key())
}

func (t *dialogs) byTag(tag string) *dialog {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tags[tag]
}

func (t *dialogs) byInvite(key string) *dialog {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.first[key]
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
