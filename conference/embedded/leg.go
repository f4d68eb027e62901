package embedded

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"
	"golang.org/x/time/rate"
)

const (
	// answerTimeout is how long a page may take to answer an offer.
	answerTimeout = 15 * time.Second
	// gatherTimeout bounds what should take no time: there are only host
	// candidates.
	gatherTimeout = 5 * time.Second
)

// maxWays is how many candidates a page may name for its two connections: the
// gateway sends a few packets to each, whosever address it is.
const maxWays = 128

var (
	errMediaFailed  = errors.New("media connection failed")
	errNoMicrophone = errors.New("not the description of one microphone")
	errTooManyWays  = errors.New("too many candidates")
)

// leg is the media of one page: pub brings its microphone, sub takes it the
// voices of the others. Its goroutine owns both connections. A leg that fails,
// or whose ciphers are not good enough any more, is replaced as a whole.
type leg struct {
	session *session
	number  uint64 // among those of the session, from 1
	strict  bool
	cancel  context.CancelFunc
	done    chan struct{} // closed when both connections are

	requests chan request
	failed   chan struct{} // holds a token once a connection has failed
	changed  chan struct{} // holds a token while wanted is news

	microphone microphone
	keys       *keys // of its sound

	mu      sync.Mutex
	wanted  []*voice          // to be heard by the page, newest wish
	sources map[uint32]*voice // those on their way to it, by SSRC

	// Owned by the leg's goroutine.
	pub, sub *webrtc.PeerConnection
	heard    map[*voice]*webrtc.RTPTransceiver
	dtls     *webrtc.DTLSTransport    // of sub, known with its first voice
	unused   []*webrtc.RTPTransceiver // negotiated away, free for another voice
	leaving  []*webrtc.RTPTransceiver // will be unused once the offer is answered
	offered  bool                     // an offer waits for its answer
	overdue  *time.Timer
	ways     map[string]bool // candidates that the page has named
	ssrc     uint32          // of its reports about the microphone
}

func (l *leg) touch() {
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

// toLeg hands a message of the page to its leg.
func (s *session) toLeg(r request) {
	l := s.current.Load()
	if l == nil {
		s.out.send(errorMessage{Type: "error", Code: "not_joined", Message: "You are not in the meeting yet."})
		return
	}
	if r.Leg != l.number {
		return // it is of connections that are gone: the page did not know yet
	}
	select {
	case l.requests <- r:
	case <-s.ctx.Done():
	case <-time.After(writeTimeout):
		s.cancel(errSlow)
	}
}

// run leads the leg until ctx ends or its media fails.
func (l *leg) run(ctx context.Context) error {
	if err := l.connect(); err != nil {
		return err
	}
	defer l.close()
	l.overdue = time.NewTimer(answerTimeout)
	l.overdue.Stop()
	defer l.overdue.Stop()
	due := time.NewTimer(reportEvery)
	defer due.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-l.failed:
			return errMediaFailed
		case <-l.overdue.C:
			return fmt.Errorf("%w: no answer to an offer", errMediaFailed)
		case <-due.C:
			l.report(time.Now())
			due.Reset(reportEvery/2 + rand.N(reportEvery))
		case <-l.changed:
			err = l.offer(ctx)
		case r := <-l.requests:
			err = l.handle(ctx, r)
		}
		if err != nil {
			return err
		}
	}
}

func (l *leg) connect() (err error) {
	n := l.session.meeting.net
	l.microphone.pace = rate.NewLimiter(packetRate, packetBurst)
	l.keys = &keys{take: func(packet []byte, at time.Time) { l.microphone.take(l.session.voice, packet, at) }}
	if l.pub, err = n.connectMicrophone(l.strict, l.fromMicrophone, l.keys); err != nil {
		return fmt.Errorf("make the connection of a microphone: %w", err)
	}
	if l.sub, err = n.connect(l.strict, l.fromListener); err != nil {
		return errors.Join(fmt.Errorf("make the connection of a listener: %w", err), l.pub.GracefulClose())
	}
	for _, pc := range []*webrtc.PeerConnection{l.pub, l.sub} {
		pc.OnConnectionStateChange(func(st webrtc.PeerConnectionState) {
			// Closed by the page, or by a handshake that came to nothing.
			if st == webrtc.PeerConnectionStateFailed || st == webrtc.PeerConnectionStateClosed {
				select {
				case l.failed <- struct{}{}:
				default:
				}
			}
		})
	}
	l.keys.watch(l.pub.SCTP().Transport())
	return nil
}

func (l *leg) close() {
	l.keys.close()
	// What cannot be closed in order is gone all the same.
	_ = l.pub.GracefulClose()
	_ = l.sub.GracefulClose()
}

// handle does what the page says about its media. A description that cannot be
// used is told to the page; only a broken connection ends the leg.
func (l *leg) handle(ctx context.Context, r request) error {
	var err error
	switch r.Type {
	case "pub.offer":
		err = l.answerPub(ctx, r.SDP)
	case "sub.answer":
		err = l.takeAnswer(ctx, r.SDP)
	case "candidate":
		pc := l.pub
		if r.PC == "sub" {
			pc = l.sub
		}
		if r.Candidate.Candidate != "" && l.mayTry(r.Candidate.Candidate) {
			// One that cannot be used is one way less; others may do.
			_ = pc.AddICECandidate(*r.Candidate)
		}
	}
	if err != nil && ctx.Err() == nil && !errors.Is(err, errMediaFailed) {
		l.session.log.Debug().Err(err).Msg("description of a page not usable")
		l.session.out.send(errorMessage{Type: "error", Code: "media", Message: "Your browser's media offer cannot be used."})
		return nil
	}
	return err
}

// mayTry reports whether a candidate is not one too many, beside those the page
// has named before. Each exchange of descriptions repeats them.
func (l *leg) mayTry(candidate string) bool {
	way := strings.TrimPrefix(candidate, "candidate:")
	if !l.ways[way] && len(l.ways) >= maxWays {
		return false
	}
	l.ways[way] = true
	return true
}

// lines reads a page's description and returns what each of its lines is for,
// "audio" for instance. It fails if there are too many candidates in it.
func (l *leg) lines(d *webrtc.SessionDescription) (kinds []string, err error) {
	parsed, err := d.Unmarshal()
	if err != nil {
		return nil, err
	}
	for _, m := range parsed.MediaDescriptions {
		kinds = append(kinds, m.MediaName.Media)
		for _, a := range m.Attributes {
			if a.IsICECandidate() && !l.mayTry(a.Value) {
				return nil, errTooManyWays
			}
		}
	}
	return kinds, nil
}

// answerPub answers the page's offer of its microphone, and of nothing else:
// each line of a description costs the gateway more than it costs the page.
func (l *leg) answerPub(ctx context.Context, sdp string) error {
	offer := webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: sdp}
	kinds, err := l.lines(&offer)
	if err != nil {
		return fmt.Errorf("read the offer of a microphone: %w", err)
	}
	if len(kinds) != 1 || kinds[0] != "audio" {
		return errNoMicrophone
	}
	if err := l.pub.SetRemoteDescription(offer); err != nil {
		return fmt.Errorf("take the offer of a microphone: %w", err)
	}
	if err := prefer(l.pub, !l.session.meeting.sealed()); err != nil {
		return fmt.Errorf("say how a microphone should send: %w", err)
	}
	answer, err := l.pub.CreateAnswer(nil)
	if err != nil {
		return fmt.Errorf("answer the offer of a microphone: %w", err)
	}
	text, err := describe(ctx, l.pub, answer)
	if err != nil {
		return err
	}
	if ways := l.pub.GetTransceivers(); len(ways) > 0 {
		l.microphone.format.Store(formatOf(ways[0].Receiver().GetParameters()))
	}
	l.session.out.send(sdpMessage{Type: "pub.answer", SDP: text})
	return nil
}

// describe sets the local description and returns it with all candidates.
func describe(ctx context.Context, pc *webrtc.PeerConnection, d webrtc.SessionDescription) (string, error) {
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(d); err != nil {
		return "", fmt.Errorf("set a local description: %w", err)
	}
	select {
	case <-gathered:
		return pc.LocalDescription().SDP, nil
	case <-ctx.Done():
		return "", ctx.Err()
	case <-time.After(gatherTimeout):
		return "", fmt.Errorf("%w: no candidates", errMediaFailed)
	}
}
