package media

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/pion/dtls/v3"

	"github.com/einwahl/einwahl/sip/media/offer"
)

// connectTime is how long a browser may take to find a way to us by ICE.
const connectTime = 30 * time.Second

// attend leads the handshake, and then deals with what is left of it, until the
// call ends.
func (w *WebLeg) attend(ctx context.Context, a offer.WebAgreement) {
	defer w.recoverAttendant()
	conn, err := w.handshake(ctx, a)
	if err != nil {
		if ctx.Err() == nil {
			w.log.Info().Str("problem", err.Error()).Msg("a browser's sound has not come about")
			w.lose()
		}
		return
	}
	stay := context.AfterFunc(ctx, func() { conn.Close() })
	// What a handshake repeats is dealt with while somebody reads.
	buf := make([]byte, maxPacket)
	for err == nil {
		_, err = conn.Read(buf)
	}
	<-ctx.Done()
	if stay() {
		conn.Close()
	}
}

// recoverAttendant keeps a panic to the call it happened in.
func (w *WebLeg) recoverAttendant() {
	if v := recover(); v != nil {
		w.log.Error().Interface("panic", v).Bytes("stack", debug.Stack()).Msg("a browser's handshake broke down")
		w.lose()
	}
}

// handshake waits for a way to the browser, and brings the keys into force that
// are agreed over it.
func (w *WebLeg) handshake(ctx context.Context, a offer.WebAgreement) (*dtls.Conn, error) {
	late := time.NewTimer(connectTime)
	defer late.Stop()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-late.C:
		return nil, errors.New("ICE: it has found no way to us; are the media ports open, and is media.advertise right?")
	case <-w.web.found:
	}
	conn, err := w.shake(ctx, a)
	if err != nil {
		return nil, fmt.Errorf("DTLS: %w", err)
	}
	ours, theirs, err := keysOf(conn, a.Client)
	if err == nil {
		err = w.unlock(ours, theirs)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("DTLS: %w", err), conn.Close())
	}
	return conn, nil
}

// shake shakes hands. Somebody who sends in the browser's name can spoil that,
// so it is begun anew while the browser may still try.
func (w *WebLeg) shake(ctx context.Context, a offer.WebAgreement) (conn *dtls.Conn, err error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	for range handshakes {
		conn, err = shake(ctx, w.web.line.Load(), w.identity.certificate, a)
		if err == nil || ctx.Err() != nil || errors.Is(err, errFingerprint) {
			break
		}
		w.web.line.Store(newLine(w.web.sendToChosen))
	}
	return conn, err
}

// unlock lets the sound flow, under the keys that the handshake has made.
func (w *WebLeg) unlock(ours, theirs offer.Crypto) (err error) {
	l := w.Leg
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed.Load() {
		return ErrClosed
	}
	if l.seal, err = newSeal(ours); err != nil {
		return err
	}
	if l.opener, err = newOpener(theirs); err != nil {
		return err
	}
	l.in.mu.Lock()
	l.in.opened, l.web.unlocked = opened{now: l.opener}, true
	l.aimLocked()
	l.in.mu.Unlock()
	return w.settle()
}
