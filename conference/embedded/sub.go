package embedded

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/pion/webrtc/v4"
)

// offer brings sub in line with the voices that the page is to hear. While an
// offer is out the next one waits: its answer comes back here.
func (l *leg) offer(ctx context.Context) error {
	if l.offered {
		return nil
	}
	l.mu.Lock()
	wanted := slices.Clone(l.wanted)
	l.mu.Unlock()
	changed, err := l.exchange(wanted)
	if err != nil || !changed {
		return err
	}
	offer, err := l.sub.CreateOffer(nil)
	if err != nil {
		return fmt.Errorf("%w: offer voices: %w", errMediaFailed, err)
	}
	text, err := describe(ctx, l.sub, offer)
	if err != nil {
		return err
	}
	l.offered = true
	l.overdue.Reset(answerTimeout)
	l.session.out.send(sdpMessage{Type: "sub.offer", SDP: text})
	return nil
}

// exchange takes out the voices that are not wanted any more and puts in those
// that are new.
func (l *leg) exchange(wanted []*voice) (changed bool, err error) {
	for v, t := range l.heard {
		if slices.Contains(wanted, v) {
			continue
		}
		if err := l.sub.RemoveTrack(t.Sender()); err != nil {
			return false, fmt.Errorf("%w: take a voice out: %w", errMediaFailed, err)
		}
		delete(l.heard, v)
		l.hears(v, nil)
		l.leaving = append(l.leaving, t)
		changed = true
	}
	for _, v := range wanted {
		if _, ok := l.heard[v]; ok {
			continue
		}
		t, err := l.add(v)
		if err != nil {
			return false, fmt.Errorf("%w: put a voice in: %w", errMediaFailed, err)
		}
		l.heard[v], l.dtls = t, t.Sender().Transport()
		l.hears(v, t.Sender())
		changed = true
	}
	return changed, nil
}

// add puts a voice on a line of the description: on one that has become free,
// so that a meeting where people come and go does not grow, or on a new one.
func (l *leg) add(v *voice) (*webrtc.RTPTransceiver, error) {
	if len(l.unused) == 0 {
		return l.sub.AddTransceiverFromTrack(v.pages, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	}
	t := l.unused[0]
	sender, err := l.session.meeting.net.sender(l.strict, v.pages, l.dtls)
	if err != nil {
		return nil, err
	}
	if err := t.SetSender(sender, v.pages); err != nil {
		return nil, err
	}
	l.unused = l.unused[1:]
	return t, nil
}

// hears notes the number that a voice has on its way to the page; none with a
// nil sender.
func (l *leg) hears(v *voice, sender *webrtc.RTPSender) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if sender == nil {
		maps.DeleteFunc(l.sources, func(_ uint32, other *voice) bool { return other == v })
		return
	}
	for _, e := range sender.GetParameters().Encodings {
		l.sources[uint32(e.SSRC)] = v
	}
}

// takeAnswer ends an exchange, and begins the next if the wish has changed.
func (l *leg) takeAnswer(ctx context.Context, sdp string) error {
	if !l.offered {
		return nil // of a leg that is gone
	}
	answer := webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp}
	if _, err := l.lines(&answer); err != nil {
		return fmt.Errorf("%w: read an answer: %w", errMediaFailed, err)
	}
	if err := l.sub.SetRemoteDescription(answer); err != nil {
		return fmt.Errorf("%w: take an answer: %w", errMediaFailed, err)
	}
	l.offered = false
	l.overdue.Stop()
	l.unused = append(l.unused, l.leaving...)
	l.leaving = nil
	return l.offer(ctx)
}
