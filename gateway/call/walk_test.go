package call

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/gateway/admission"
	"github.com/einwahl/einwahl/gateway/records"
)

// walker sends a call through random events and keeps a book of its own about
// what has been allowed.
type walker struct {
	*rand.Rand
	state   state
	meeting conference.State
	armed   [timers]bool
	trail   []string

	promised testify         // what is being written
	agreed   map[uint64]bool // recordings the caller has agreed to, on paper
	informed map[uint64]bool
	consents bool            // to the processing, on paper
	taken    map[uint64]bool // recordings for which they have pressed *2 since
	outside  bool            // they were told that they are heard and not recorded
	said     words           // what was said last
	notified bool            // the privacy notice was begun
	shown    bool            // that is on paper
	admitted bool            // a seat was given
	sealed   bool            // the meeting was end-to-end encrypted once
	drained  bool            // the gateway closes
	hangups  int
}

// TestNoWalkOpensAVoice lets calls go through whatever may happen to them, in
// any order, and looks after each step at what the others in the meeting could
// hear.
func TestNoWalkOpensAVoice(t *testing.T) {
	voices, outside, phases := 0, 0, map[phase]int{}
	for seed := range uint64(1000) {
		w := &walker{Rand: rand.New(rand.NewPCG(seed, 7)), agreed: map[uint64]bool{}, informed: map[uint64]bool{}, taken: map[uint64]bool{}}
		w.state = begin(func(t *terms) {
			if w.IntN(2) == 0 {
				t.languages = []string{"de", "en"}
			}
			t.policy.Consent = conference.Consent(w.IntN(4))
			t.processing = w.IntN(3) == 0
			if w.IntN(3) == 0 {
				t.message = announcements.Texts{"": "Soon."}
			}
			t.policy.LeastConsent = conference.Consent(max(0, w.IntN(9)-5))
			t.policy.LeastAfterNo = conference.AfterNo(max(0, w.IntN(10)-6))
			t.policy.Lobby = w.IntN(8) == 0
			if w.IntN(4) == 0 {
				t.leadsTo, t.early, t.policy.SecureLeg = "100", true, w.IntN(8) == 0
			}
		})
		w.meeting = openMeeting()
		if err := w.begin(); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		for range 150 {
			if err := w.step(w.event()); err != nil {
				t.Fatalf("seed %d: %v\nafter %q", seed, err, w.trail)
			}
			phases[w.state.phase]++
			if sh := outline(w.state); sh.voice {
				voices++
				if sh.answer == conference.Declined {
					outside++
				}
			}
		}
		if err := w.step(gone{}); err != nil || w.state.phase != ended || w.hangups != 1 {
			t.Fatalf("seed %d: after hanging up: %v, %v, hung up %d times", seed, w.state.phase, err, w.hangups)
		}
	}
	for p := answering; p <= ended; p++ {
		if phases[p] == 0 {
			t.Errorf("no walk came to %v", p)
		}
	}
	if voices == 0 || outside == 0 {
		t.Errorf("the walks opened a voice %d times, and %d times outside a recording", voices, outside)
	}
}

func (w *walker) begin() error {
	var actions []action
	w.state, actions = first(w.state)
	return w.book(actions)
}

func (w *walker) step(ev event) error {
	w.trail = append(w.trail, fmt.Sprintf("%T%+v", ev, ev))
	if len(w.trail) > 30 {
		w.trail = w.trail[1:]
	}
	w.learn(ev)
	before := w.state
	var actions []action
	w.state, actions = next(w.state, ev)
	if err := w.checkYes(before, ev, actions); err != nil {
		return err
	}
	if err := w.book(actions); err != nil {
		return err
	}
	return w.check(outline(w.state))
}

// learn notes what an event means for what is allowed.
func (w *walker) learn(ev event) {
	switch ev := ev.(type) {
	case testified:
		switch {
		case ev.err != nil || w.state.phase != testifying || ev.answer != w.promised.answer || ev.about != w.promised.about:
		case ev.about == records.KindNotice:
			w.shown = true
		case ev.about == records.KindProcessing:
			w.consents = ev.answer == "agreed"
		case ev.about == records.KindRecording:
			back := w.taken[w.promised.run]
			w.agreed[w.promised.run] = w.promised.answer == "agreed" && !back
			w.informed[w.promised.run] = w.promised.answer != "declined" && !back
		}
	case opened:
		w.admitted = w.admitted || ev.err == nil && w.state.phase == opening
	case changed:
		if w.state.phase >= visiting && w.state.phase < leaving {
			w.meeting = ev.meeting
			w.sealed = w.sealed || ev.meeting.Encryption == conference.EndToEnd || ev.meeting.Encryption == conference.Unknown
		}
	case draining:
		w.drained = true
	case digit:
		w.takeBack(ev)
		w.notified = w.notified || ev.key == '#' && w.state.phase >= finding
	case expired:
		w.armed[ev.timer] = false
	}
}

func (w *walker) book(actions []action) error {
	for _, a := range actions {
		switch a := a.(type) {
		case arm:
			w.armed[a.timer] = true
		case disarm:
			w.armed[a.timer] = false
		case hangup:
			w.hangups++
		case testify:
			w.promised = a
			if a.answer == "agreed" {
				delete(w.taken, a.run)
			}
			if a.answer == withdrawn {
				w.agreed[a.run], w.informed[a.run] = false, false
			}
		case say:
			w.said = a.words
			w.notified = w.notified || a.words[0].prompt == privacyNotice
			w.outside = w.outside || tellsOutside(a.words)
		case open:
			if !w.notified {
				return fmt.Errorf("a seat before the privacy notice")
			}
			if !w.shown {
				return fmt.Errorf("a seat before the notice is on paper")
			}
			if w.state.processing && !w.consents {
				return fmt.Errorf("a seat before the consent to it")
			}
		}
	}
	return nil
}

// takeBack notes *2, which is a no to the recording that runs wherever a caller
// may be recorded or soon be.
func (w *walker) takeBack(ev digit) {
	s := w.state
	if !s.star || ev.key != '2' || s.confirming != 0 {
		return
	}
	switch {
	case s.phase == testifying && w.promised.about == records.KindRecording:
		w.taken[w.promised.run] = true
	case !w.meeting.Recording.Active(): // there is nothing to say no to
	case s.phase == noticing, s.phase == opening, s.phase == talking:
		run := w.meeting.RecordingRun
		w.taken[run], w.agreed[run], w.informed[run] = true, false, false
	}
}

// checkYes wants a yes to be pressed once the caller can have heard what it is
// for: in no other words, and not before the sentence that names its key.
func (w *walker) checkYes(before state, ev event, actions []action) error {
	for _, a := range actions {
		a, writes := a.(testify)
		if !writes || a.answer != "agreed" {
			continue
		}
		sentence := announcements.ConsentAgree
		if a.about == records.KindProcessing {
			sentence = announcements.ProcessAgree
		}
		key, pressed := ev.(digit)
		at := w.said.index(sentence)
		switch {
		case !pressed || key.key != '1':
			return fmt.Errorf("a yes without its key")
		case at == len(w.said), before.speaking && key.begun < at:
			return fmt.Errorf("a yes before its sentence in %v", w.said)
		case a.about == records.KindProcessing:
		case a.purpose != w.meeting.Purpose:
			return fmt.Errorf("a yes to %q, and the recording is for %q", a.purpose, w.meeting.Purpose)
		case a.purpose != "" && !slices.Contains(w.said, word{prompt: theirWords, text: a.purpose}):
			return fmt.Errorf("a yes to %q, which %v does not tell", a.purpose, w.said)
		}
	}
	return nil
}

// check looks at what a call is like from outside.
func (w *walker) check(sh shape) error {
	s, m := w.state, w.meeting
	policy := admission.Consent(facts(s))
	// Who has said no is heard only in a meeting that keeps them out of its files,
	// knows that they have, and after they were told.
	outside := m.AfterNo == conference.AfterNoTalk && sh.answer == conference.Declined && sh.run == m.RecordingRun
	switch {
	case sh.voice && m.Recording.Active() && sh.answer == conference.Declined && !outside:
		return fmt.Errorf("a voice in recording %d after a no", m.RecordingRun)
	case sh.voice && outside && !w.outside && !tellsOutside(s.queue):
		return fmt.Errorf("a voice outside of recording %d that was not told so", m.RecordingRun)
	case sh.voice && (!w.admitted || !s.proven):
		return fmt.Errorf("a voice without a seat")
	case sh.voice && s.phase != talking:
		return fmt.Errorf("a voice while %v", s.phase)
	case (sh.voice || sh.ear == hearsMeeting) && w.sealed:
		return fmt.Errorf("sound in an end-to-end encrypted meeting")
	case sh.ear == hearsMeeting && !w.admitted:
		return fmt.Errorf("the meeting is heard without a seat")
	case sh.voice && m.Recording.Active() && policy == conference.ConsentRequired && !w.agreed[m.RecordingRun] && !outside:
		return fmt.Errorf("a voice in recording %d without consent", m.RecordingRun)
	case sh.voice && m.Recording.Active() && policy == conference.ConsentNotice && !w.informed[m.RecordingRun] && !outside:
		return fmt.Errorf("a voice in recording %d without notice", m.RecordingRun)
	case sh.answer == conference.Agreed && !w.agreed[sh.run]:
		return fmt.Errorf("the meeting is told of a consent to recording %d that is not on paper", sh.run)
	case w.drained && s.phase < leaving:
		return fmt.Errorf("still %v while the gateway closes", s.phase)
	case w.sealed && s.phase < leaving:
		return fmt.Errorf("still %v in an end-to-end encrypted meeting", s.phase)
	case s.speaking != (sh.ear == hearsWords):
		return fmt.Errorf("speaks %v, heard %v", s.speaking, sh.ear)
	case len(s.queue) > 20:
		return fmt.Errorf("%d words wait to be said", len(s.queue))
	}
	return w.checkPatience()
}

// tellsOutside reports whether words tell somebody that they may talk and are not
// recorded.
func tellsOutside(all words) bool {
	return slices.ContainsFunc([]announcements.Prompt{
		announcements.ConsentTalks, announcements.ConsentWithdrawnTalks, announcements.StateUnrecorded,
	}, func(p announcements.Prompt) bool { return all.index(p) < len(all) })
}

// checkPatience wants every phase to have an end: by a result, by the last
// word, or by the clock.
func (w *walker) checkPatience() error {
	p := w.state.phase
	bounded := !slices.Contains([]phase{answering, talking, ended}, p)
	if bounded && !w.armed[bound] {
		return fmt.Errorf("nothing ends %v", p)
	}
	if p == talking && w.armed[bound] {
		return fmt.Errorf("a clock runs against a caller in the meeting")
	}
	waits := slices.Contains([]phase{choosing, numbering, pinning, consenting, asking}, p)
	if waits && !w.state.speaking && w.state.awaits == "" && !w.armed[patience] {
		return fmt.Errorf("nobody waits for a key while %v", p)
	}
	return nil
}

// event is something that may happen: mostly what the phase waits for, and
// sometimes anything.
func (w *walker) event() event {
	if w.IntN(4) > 0 {
		if p := w.state.phase; (p == testifying || p == opening) && w.IntN(2) == 0 {
			return w.key()
		}
		switch w.state.phase {
		case answering:
			return answered{}
		case foreseeing:
			return w.foreseen()
		case excusing:
			return fronted{w.failure(4)}
		case finding:
			return found{needsPIN: w.IntN(2) == 0}
		case proving:
			return proved{identity: conference.Identity{Host: w.IntN(4) == 0}}
		case visiting:
			return w.change()
		case testifying:
			return testified{w.promised.about, w.promised.answer, w.failure(10)}
		case opening:
			return opened{w.failure(10)}
		}
		if w.state.awaits != "" && w.IntN(2) == 0 {
			if w.IntN(4) == 0 {
				return rendered{text: "Something else."}
			}
			return rendered{w.state.awaits, w.failure(4)}
		}
		if w.state.speaking && w.IntN(2) == 0 {
			return spoken{}
		}
		return w.key()
	}
	switch w.IntN(18) {
	case 17:
		if w.IntN(40) == 0 {
			return draining{}
		}
		return claimed{identity: conference.Identity{Host: true}, err: w.failure(2)}
	case 16:
		return claimed{err: conference.ErrWrongPIN}
	case 15:
		return pronounced{name: "Ada", has: announcements.Joined, err: w.failure(2)}
	case 14:
		return rendered{text: "Training."}
	case 0:
		return w.clock()
	case 1:
		return found{err: conference.ErrNoMeeting}
	case 2:
		return proved{err: conference.ErrWrongPIN}
	case 3:
		return opened{w.failure(2)}
	case 4:
		return testified{[]string{records.KindRecording, records.KindProcessing, records.KindNotice}[w.IntN(3)], []string{"agreed", "declined", "withdrawn"}[w.IntN(3)], w.failure(2)}
	case 5:
		return obeyed{conference.Command(w.IntN(5)), w.failure(2)}
	case 6:
		if w.IntN(10) == 0 {
			return over{}
		}
		return visited{}
	case 7:
		if w.state.speaking {
			return spoken{}
		}
		return w.key()
	default:
		return w.change()
	}
}

// foreseen is what may be known before the answer.
func (w *walker) foreseen() event {
	ev := foreseen{met: w.IntN(2) == 0, meeting: w.meeting}
	switch w.IntN(6) {
	case 0:
		ev.meeting = openMeeting(sealed)
	case 1:
		ev.err = conference.ErrNoMeeting
	case 2:
		ev.err = errDown
	}
	return ev
}

// clock is a timer that runs, if one does.
func (w *walker) clock() event {
	var running []timer
	for t, armed := range w.armed {
		if armed && (timer(t) != bound || w.IntN(4) == 0) {
			running = append(running, timer(t))
		}
	}
	if len(running) == 0 {
		return w.key()
	}
	return expired{running[w.IntN(len(running))]}
}

func (w *walker) key() event {
	row := "0123456789*#"
	if w.state.phase == asking || w.state.phase == consenting || w.state.phase == choosing {
		row = "12"
	}
	if p := w.state.phase; p == noticing || p == testifying || p == opening {
		row = "*22"
	}
	if w.state.phase == numbering || w.state.phase == pinning {
		row = "1###"
	}
	return digit{key: rune(row[w.IntN(len(row))]), begun: w.IntN(8) - 1}
}

func (w *walker) failure(oneIn int) error {
	if w.IntN(oneIn) > 0 {
		return nil
	}
	return []error{errDown, conference.ErrNotAdmitted, conference.ErrGone, conference.ErrUnavailable}[w.IntN(4)]
}

// change is a change of the meeting, seldom one that ends the call.
func (w *walker) change() event {
	m := w.meeting
	switch w.IntN(20) {
	case 18:
		m.HostPIN, m.HostPresent = true, w.IntN(2) == 0
	case 19:
		m.Announce = conference.Announce(w.IntN(3))
		m.Joined, m.Left = conference.Passage{Count: m.Joined.Count + 1, Name: "Ada"}, conference.Passage{Count: m.Left.Count + 1, Phone: w.IntN(2) == 0}
	case 16:
		m.Purpose, m.Repurposed = []string{"", "Minutes.", "Training."}[w.IntN(3)], w.IntN(2) == 0
		m.RecordingRun++
	case 17:
		m.Message = []string{"", "One moment.", "We are late."}[w.IntN(3)]
		m.AfterNo = conference.AfterNo(w.IntN(4))
	case 0, 1:
		m.Recording = conference.RecordingPrepared
		m.RecordingRun++
	case 2, 3:
		m.Recording = conference.Recording(1 + w.IntN(4))
	case 4:
		m.RecordingRun++
	case 5, 6:
		m.Consent = conference.Consent(w.IntN(4))
	case 7:
		m.Lobby = !m.Lobby
	case 8:
		m.You.Admitted = !m.You.Admitted
	case 9:
		m.HostPresent = !m.HostPresent
	case 10:
		m.You.Muted = !m.You.Muted
	case 11:
		m.You.SpeakRequests++
	case 12:
		m.Locked = w.IntN(4) == 0
	case 13:
		if w.IntN(8) == 0 {
			m.Encryption = conference.Encryption(w.IntN(6))
		}
	case 14:
		if w.IntN(8) == 0 {
			m.You.Removed = true
		}
	case 15:
		m.People++
	}
	return changed{m}
}
