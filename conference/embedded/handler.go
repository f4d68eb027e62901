package embedded

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/coder/websocket"

	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/embedded/page"
)

// newHandler serves the page, and its signalling at /meet/<id>/ws.
func (b *Backend) newHandler() http.Handler {
	pages := page.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if id, ok := signallingOf(r.URL.Path); ok && r.Method == http.MethodGet {
			b.signal(w, r, id)
			return
		}
		pages.ServeHTTP(w, r)
	})
}

// signallingOf is the meeting whose signalling a path asks for.
func signallingOf(path string) (id string, ok bool) {
	rest, below := strings.CutPrefix(path, "/meet/")
	id, isWS := strings.CutSuffix(rest, "/ws")
	if !below || !isWS || id == "" || id == "assets" || strings.Contains(id, "/") {
		return "", false
	}
	return id, true
}

// signal leads one page's WebSocket.
func (b *Backend) signal(w http.ResponseWriter, r *http.Request, id string) {
	running, ok := b.session()
	if !ok {
		http.Error(w, "the meetings are closed", http.StatusServiceUnavailable)
		return
	}
	defer running.wg.Done()
	from := b.cfg.address(r)
	w.Header().Set("Cache-Control", "no-store")
	if !b.crowd.come(from) {
		w.Header().Set("Retry-After", "30")
		http.Error(w, "too many connections", http.StatusTooManyRequests)
		return
	}
	stranger := true
	defer func() { b.crowd.leave(from, stranger) }()
	// The origin must be ours; Accept refuses any other.
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		b.log.Debug().Err(err).Msg("signalling refused")
		return
	}
	ws.SetReadLimit(maxMessage)
	defer ws.CloseNow() //nolint:errcheck // it is closed already where all went well

	join, err := readJoin(running.ctx, ws)
	if err != nil {
		return
	}
	m, who, why := b.letIn(running.ctx, from, id, join)
	if why != "" {
		refuse(running.ctx, ws, why)
		return
	}
	stranger = false
	b.crowd.known(from)
	s := &session{meeting: m, out: newOutbox(), log: m.log, key: b.doors.key(id, join.PIN)}
	// The meeting ends with Run, and says goodbye: the session outlives the
	// context by that word.
	s.serve(context.WithoutCancel(running.ctx), ws, newcomer{Identity: who, name: join.Name, language: join.Language, was: join.Pass, pass: rand.Text()})
}

// readJoin takes the first message, which must be a join.
func readJoin(ctx context.Context, ws *websocket.Conn) (request, error) {
	ctx, cancel := context.WithTimeout(ctx, joinTimeout)
	defer cancel()
	_, data, err := ws.Read(ctx)
	if err != nil {
		return request{}, err
	}
	r, err := decode(data)
	if err == nil && r.Type != "join" {
		err = errBadMessage
	}
	if err != nil {
		_ = ws.Close(websocket.StatusPolicyViolation, "join first")
	}
	return r, err
}

// nowhere stands in for the PINs of a meeting that is not there.
const nowhere = "no such meeting"

// letIn checks meeting and PIN. A wrong meeting and a wrong PIN look alike and
// take the same time.
func (b *Backend) letIn(ctx context.Context, from netip.Addr, id string, join request) (*meeting, conference.Identity, string) {
	answer := time.NewTimer(answerTime)
	defer answer.Stop()
	if !b.doors.open(from) && !b.doors.knows(join.Key, id, join.PIN) {
		return nil, conference.Identity{}, "rate"
	}
	m := b.meeting(id)
	compare := newPINs(policy{pin: nowhere, hostPIN: nowhere})
	if m != nil {
		compare = m.pins.Load()
	}
	who, err := compare.identify(join.PIN)
	if m != nil && err == nil {
		return m, who, ""
	}
	b.doors.wrong(from)
	select {
	case <-answer.C:
	case <-ctx.Done():
		return nil, conference.Identity{}, "gone"
	}
	return nil, conference.Identity{}, "wrong"
}

// refuse says why and closes.
func refuse(ctx context.Context, ws *websocket.Conn, why string) {
	out := newOutbox()
	out.bye(parting(why))
	closeSocket(ws, out.deliver(ctx, ws))
}
