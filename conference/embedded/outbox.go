package embedded

import (
	"context"
	"encoding/json"
	"reflect"
	"sync"
	"time"

	"github.com/coder/websocket"
)

const (
	// outboxLength is how many messages may wait for a page before it counts
	// as gone. Snapshots do not add up: the newest replaces the one before.
	outboxLength = 64
	// writeTimeout is how long one message to a page may take.
	writeTimeout = 5 * time.Second
	// pingInterval is how often a quiet page is asked whether it is there.
	pingInterval = 15 * time.Second
)

// outbox is what waits to be sent to one page. Putting something in never
// waits; a page that does not take it is dropped.
type outbox struct {
	mu       sync.Mutex
	queue    []any
	view     *snapshot // newest, not sent yet
	lastView *snapshot // newest, sent or not
	speakers *speakingMessage
	waits    waitingMessage // what the page was last told it waits for
	full     bool
	closed   bool // a bye is in the queue: nothing comes after it

	ready chan struct{} // holds a token while there is something to send
}

func newOutbox() *outbox { return &outbox{ready: make(chan struct{}, 1)} }

func (o *outbox) signal() {
	select {
	case o.ready <- struct{}{}:
	default:
	}
}

// send queues a message. All that is queued keeps its order.
func (o *outbox) send(message any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return
	}
	if len(o.queue) >= outboxLength {
		o.full = true
	} else {
		o.queue = append(o.queue, message)
	}
	o.signal()
}

// state puts the newest snapshot in place of one that waits.
func (o *outbox) state(view snapshot) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || (o.lastView != nil && reflect.DeepEqual(*o.lastView, view)) {
		return
	}
	o.view, o.lastView = &view, &view
	o.signal()
}

func (o *outbox) speaking(people []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return
	}
	if people == nil {
		people = []string{}
	}
	o.speakers = &speakingMessage{Type: "speaking", People: people}
	o.signal()
}

// waiting tells the page what it waits for, once.
func (o *outbox) waiting(m waitingMessage) {
	m.Type = "waiting"
	o.mu.Lock()
	same := reflect.DeepEqual(o.waits, m)
	o.waits = m
	o.mu.Unlock()
	if !same {
		o.send(m)
	}
}

// bye queues the last word.
func (o *outbox) bye(reason parting) {
	o.send(farewell(string(reason)))
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
}

// take empties the box. last tells that nothing will follow.
func (o *outbox) take() (messages []any, last, full bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	messages = o.queue
	o.queue = nil
	// A snapshot goes before a bye, and after what was asked for earlier.
	if o.view != nil && !o.closed {
		messages = append(messages, *o.view)
		o.view = nil
	}
	if o.speakers != nil && !o.closed {
		messages = append(messages, *o.speakers)
		o.speakers = nil
	}
	return messages, o.closed, o.full
}

// deliver writes to the page until the last word, or until it cannot.
func (o *outbox) deliver(ctx context.Context, ws *websocket.Conn) error {
	ping := time.NewTicker(pingInterval)
	defer ping.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ping.C:
			if err := timed(ctx, ws.Ping); err != nil {
				return err
			}
			continue
		case <-o.ready:
		}
		messages, last, full := o.take()
		for _, message := range messages {
			text, err := json.Marshal(message)
			if err != nil {
				return err
			}
			err = timed(ctx, func(ctx context.Context) error { return ws.Write(ctx, websocket.MessageText, text) })
			if err != nil {
				return err
			}
		}
		if full {
			return errSlow
		}
		if last {
			return errSaidBye
		}
	}
}

func timed(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	return f(ctx)
}
