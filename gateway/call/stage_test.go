package call

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/gateway/admission"
	"github.com/einwahl/einwahl/gateway/lockout"
	"github.com/einwahl/einwahl/gateway/records"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// stage is everything around one Session, and what has happened there in
// order. It is used within a synctest bubble: its time is not ours.
type stage struct {
	t     *testing.T
	mu    sync.Mutex
	began time.Time
	log   []entry

	phone    *fakePhone
	meeting  *fakeMeeting
	session  *Session
	ended    chan struct{}
	failing  error // of the records
	mute     error // of the synthesiser
	kept     records.Call
	consents []records.Consent
	find     func(ctx context.Context, number string) (conference.Meeting, error)
}

type entry struct {
	at   time.Duration
	what string
}

func newStage(t *testing.T, m conference.State, change ...func(*Setup)) *stage {
	st := &stage{t: t, began: time.Now(), ended: make(chan struct{})}
	st.phone = &fakePhone{stage: st, digits: make(chan rune, 32), done: make(chan struct{})}
	st.meeting = &fakeMeeting{stage: st, state: m, pins: map[string]conference.Identity{"": {}}}
	st.find = func(_ context.Context, number string) (conference.Meeting, error) {
		if number != "100" {
			return nil, conference.ErrNoMeeting
		}
		return st.meeting, nil
	}
	guard := lockout.New(lockout.DefaultConfig(), zerolog.Nop())
	setup := Setup{
		Phone: st.phone, Call: "c1", Trunk: "loopback", Number: "en", Nickname: func(string) int { return 1 },
		Languages: []string{"en"}, Service: st, Records: st, Observer: st,
		Policy:  admission.NewPolicy(admission.DefaultConfig(), admission.DefaultRecordingConfig()),
		Guesses: guard.Line("loopback", "en", "+4930123456"),
		Limits:  DefaultConfig(), Privacy: DefaultPrivacyConfig(), Log: zerolog.Nop(),
	}
	for _, c := range change {
		c(&setup)
	}
	st.session = newSession(setup, st)
	return st
}

// run leads the call beside the test. The call is over when the returned
// function returns.
func (st *stage) run(ctx context.Context) {
	go st.phone.beat()
	go func() {
		defer close(st.ended)
		if err := st.session.Run(ctx); err != nil {
			st.t.Error(err)
		}
	}()
}

// breakRecords lets nothing be written any more.
func (st *stage) breakRecords() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.failing = errors.New("disk full")
}

func (st *stage) note(what string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.log = append(st.log, entry{time.Since(st.began), what})
}

// happened is what has happened, without times.
func (st *stage) happened() []string {
	st.mu.Lock()
	defer st.mu.Unlock()
	var all []string
	for _, e := range st.log {
		all = append(all, e.what)
	}
	return all
}

// when is when something that begins so has happened first.
func (st *stage) when(what string) (time.Duration, bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, e := range st.log {
		if strings.HasPrefix(e.what, what) {
			return e.at, true
		}
	}
	return 0, false
}

func (st *stage) count(what string) int {
	n := 0
	for _, w := range st.happened() {
		if strings.HasPrefix(w, what) {
			n++
		}
	}
	return n
}

// order wants these to have happened, one after the other.
func (st *stage) order(want ...string) {
	st.t.Helper()
	all := st.happened()
	rest := all
	for _, w := range want {
		i := slices.IndexFunc(rest, func(s string) bool { return strings.HasPrefix(s, w) })
		if i < 0 {
			st.t.Fatalf("%q did not happen in its place\nwant %q\nhappened:\n\t%s", w, want, strings.Join(all, "\n\t"))
		}
		rest = rest[i+1:]
	}
}

func (st *stage) never(what ...string) {
	st.t.Helper()
	for _, w := range what {
		if at, yes := st.when(w); yes {
			st.t.Errorf("%q happened at %v:\n\t%s", w, at, strings.Join(st.happened(), "\n\t"))
		}
	}
}

// press presses keys, about a quarter of a second apart: never on the beat.
func (st *stage) press(row string) {
	for _, key := range row {
		st.phone.digits <- key
		time.Sleep(253 * time.Millisecond)
	}
}

func (st *stage) Find(ctx context.Context, number string) (conference.Meeting, error) {
	return st.find(ctx, number)
}

func (st *stage) AppendConsent(c records.Consent) error {
	kind := map[string]string{records.KindRecording: "consent", records.KindProcessing: "processing", records.KindNotice: "notice"}[c.Kind]
	st.note(kind + " " + c.Answer + " " + c.Key)
	st.mu.Lock()
	defer st.mu.Unlock()
	st.consents = append(st.consents, c)
	return st.failing
}

func (st *stage) AppendCall(c records.Call) error {
	st.note("call " + c.Outcome + " " + c.Meeting)
	st.kept = c
	return nil
}

func (st *stage) Decided(d admission.Decision, e conference.Encryption) {
	st.note("decided " + d.Verdict.String() + " " + d.Reason.String() + " " + e.String())
}
func (st *stage) Spoke(announcements.Prompt, string) {}
func (st *stage) Seated()                            { st.note("seated") }
func (st *stage) Ended(c records.Call)               { st.note("ended " + c.Outcome) }

func (st *stage) speak(lang string, w words) speech {
	return &fakeSpeech{stage: st, lang: lang, words: w.audible(), done: make(chan struct{})}
}

func (st *stage) prepare(_ context.Context, lang, text string) error {
	st.note("prepares " + text + " in " + lang)
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.mute
}

func (st *stage) pronounce(_ context.Context, lang, name string) error {
	st.note("pronounces " + name + " in " + lang)
	return nil
}

func (st *stage) music() pcm.Source { return &fakeMusic{} }
