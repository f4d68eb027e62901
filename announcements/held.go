package announcements

import "sync"

// held are the recordings that have been decoded, because somebody was told them.
// A second of sound is 32 kB, and there are hours of it in all languages together.
type held struct {
	mu  sync.Mutex
	all []*decoded
}

// decoded is a recording that is decoded when it is first spoken, and again after
// it was forgotten.
type decoded struct {
	held *held
	read func() (*clip, error)

	mu   sync.Mutex
	clip *clip
}

// when has a recording decoded when it is needed.
func (h *held) when(read func() (*clip, error)) func() (*clip, error) {
	return (&decoded{held: h, read: read}).load
}

// load is the recording's sound. Who asks for it meanwhile waits; an error is
// tried again.
func (d *decoded) load() (*clip, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.clip != nil {
		return d.clip, nil
	}
	c, err := d.read()
	if err != nil {
		return nil, err
	}
	d.clip = c
	d.held.add(d)
	return c, nil
}

func (d *decoded) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clip = nil
}

func (h *held) add(d *decoded) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, d)
}

// take is all that is held, which then is not any more.
func (h *held) take() []*decoded {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := h.all
	h.all = nil
	return all
}

// Forget gives back the memory of what has been said. A speech that is being said
// keeps its own, and what is said next is decoded once more: some milliseconds.
func (l *Library) Forget() {
	for _, d := range l.held.take() {
		d.forget()
	}
}
