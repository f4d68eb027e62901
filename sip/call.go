package sip

import (
	"context"
	"time"

	"github.com/einwahl/einwahl/sip/media"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// Call is one telephone call that a trunk has brought. Its methods may be
// called from any goroutine, also after its end.
type Call struct {
	id    string
	trunk string
	to    string
	// account is ours that was called, where the trunk is one that we register
	// with.
	account string
	from    Caller
	began   time.Time
	leg     leg
	dialog  *dialog
	done    chan struct{}
	err     error // set before done is closed
}

// Caller is who the trunk says is calling. It is a claim, not a proof.
type Caller struct {
	// User is the number or name, empty where there is none.
	User string
	// Display is the name beside it, often empty.
	Display string
	// Anonymous callers have asked not to be named.
	Anonymous bool
	// Asserted callers are named by a trunk that is trusted for it.
	Asserted bool
	// Attested is what the caller's carrier has signed about the number (RFC
	// 8588): A, B or C; failed where the signature is wrong; empty for none.
	Attested string
}

// ID is a random name of the call, unknown to the caller.
func (c *Call) ID() string { return c.id }

// Trunk is the name of the trunk that brought the call.
func (c *Call) Trunk() string { return c.trunk }

// To is the number called, as the trunk sends it.
func (c *Call) To() string { return c.to }

// Account is the user of our registration that the call came to, empty where
// the trunk knows us by address.
func (c *Call) Account() string { return c.account }

// From is the caller as the trunk tells.
func (c *Call) From() Caller { return c.from }

// Began is when the call came in.
func (c *Call) Began() time.Time { return c.began }

// Secure reports that sound and signalling are encrypted on their way to us.
func (c *Call) Secure() bool { return c.leg.Secure() && c.dialog.secureSignalling() }

// Ring tells the caller that it rings. A call that has been answered, or has
// ended, is left alone.
func (c *Call) Ring() { c.dialog.post(alerted{}) }

// Answer takes the call. It returns when sound can flow both ways, which with
// an offer in the caller's ACK is one round trip later. An error means that
// the call has ended.
func (c *Call) Answer(ctx context.Context) error {
	result := make(chan error, 1)
	return c.await(ctx, takeCall{result}, result)
}

// await asks the dialog for something and waits for what comes of it.
func (c *Call) await(ctx context.Context, wish any, result <-chan error) error {
	if !c.dialog.post(wish) {
		return c.Err()
	}
	select {
	case err := <-result:
		return err
	case <-c.done:
		return c.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Early lets the caller hear what is connected before the call is answered
// (183, RFC 3960), to say why it will not be. It returns when sound can flow, or
// why it cannot: the call may still be answered or refused then.
func (c *Call) Early(ctx context.Context) error {
	result := make(chan error, 1)
	return c.await(ctx, speakEarly{result}, result)
}

// Reject refuses a call that has not been answered; one that has is hung up.
func (c *Call) Reject(cause Cause) { c.Hangup(cause) }

// Hangup ends the call. Sound stops at once; what is left to be said to the
// trunk is said behind the scenes.
func (c *Call) Hangup(cause Cause) {
	if c.dialog.post(ended{cause, ErrHungUp}) {
		<-c.done
	}
}

// Connect lets the caller hear one source and speak into one sink; nil is
// silence. When it returns, the pair before is not used any more.
func (c *Call) Connect(hear pcm.Source, speak pcm.Sink) { c.leg.Connect(hear, speak) }

// Digits are the keys that the caller presses, however they were sent.
func (c *Call) Digits() <-chan rune { return c.leg.Digits() }

// Held reports that the caller has put us on hold.
func (c *Call) Held() bool { return c.leg.Held() }

// Stats counts what came and went as sound.
func (c *Call) Stats() media.LegStats { return c.leg.Stats() }

// Done is closed when the call has ended, for whatever reason.
func (c *Call) Done() <-chan struct{} { return c.done }

// Err is why the call has ended; nil while it has not.
func (c *Call) Err() error {
	select {
	case <-c.done:
		return c.err
	default:
		return nil
	}
}
