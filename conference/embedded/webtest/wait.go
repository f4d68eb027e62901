package webtest

import (
	"encoding/json"
	"time"
)

// Await waits until what the peer was told and has heard satisfies f, which
// must not keep it.
func (p *Peer) Await(what string, f func(h History) bool) {
	p.t.Helper()
	late := false
	timer := time.AfterFunc(Patience, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		late = true
		p.cond.Broadcast()
	})
	defer timer.Stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	for !f(p.history) {
		if late || p.gone {
			p.t.Fatalf("page: %s: not seen; told %s", what, types(p.history.Messages))
		}
		p.cond.Wait()
	}
}

// types are the kinds of messages, for who has to find out what went wrong.
func types(messages []Message) (all []string) {
	for _, m := range messages {
		all = append(all, m.Type+m.Code+m.Reason)
	}
	return all
}

// Told waits for a message.
func (p *Peer) Told(what string, f func(Message) bool) (found Message) {
	p.t.Helper()
	p.Await(what, func(h History) bool {
		for _, m := range h.Messages {
			if f(m) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// Sees waits for a state of the meeting.
func (p *Peer) Sees(what string, f func(Message) bool) Message {
	p.t.Helper()
	return p.Told(what, func(m Message) bool { return m.Type == "state" && f(m) })
}

// Joined waits until the peer is in, and returns its id.
func (p *Peer) Joined() (id string) {
	p.t.Helper()
	m := p.Told("joined", func(m Message) bool { return m.Type == "joined" })
	if err := json.Unmarshal(m.You, &id); err != nil {
		p.t.Fatalf("page: joined: %v", err)
	}
	return id
}

// Connected waits until the microphone's connection stands.
func (p *Peer) Connected() {
	p.t.Helper()
	select {
	case <-p.connected:
		p.connected <- struct{}{}
	case <-time.After(Patience):
		p.t.Fatal("page: the microphone is not connected")
	}
}

// All are the messages so far that satisfy f.
func (p *Peer) All(f func(Message) bool) []Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []Message
	for _, m := range p.history.Messages {
		if f(m) {
			found = append(found, m)
		}
	}
	return found
}

// Heard are the packets of a person so far.
func (p *Peer) Heard(person string) []Packet {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Packet{}, p.history.Packets[person]...)
}

// Forget drops what was heard so far.
func (p *Peer) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.history.Packets)
}
