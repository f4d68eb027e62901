package call

import (
	"errors"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/gateway/admission"
)

// longestQueue is how much a caller who cannot be told just now, as on hold,
// is told later. What is older has mostly been overtaken.
const longestQueue = 8

// talk is where a caller in the meeting is when nothing is asked of them. They
// hear that they are in, if they have not, and what has come up meanwhile.
func talk(s state) (state, []action) {
	var acts []action
	if s.phase != talking {
		s, acts = to(s, talking)
		acts = append(acts, disarm{bound})
	}
	s, row := thanked(s, s.confirm)
	if !s.entered && !s.speaking {
		row = row.then(hello(s)...).then(company(s)...)
	}
	s.queue, s.confirm = row.then(s.queue...), nil
	s, more := unqueue(s)
	return s, append(acts, more...)
}

// hello tells callers that they are in, and whether they can be heard; and
// recorded, if what their no is confirmed with does not.
func hello(s state) words {
	row := prompts(announcements.Enter)
	switch {
	case listens(s):
		return prompts(announcements.EnterListening)
	case !s.mic:
		row = prompts(announcements.EnterMuted)
	}
	if unrecorded(s) && len(s.confirm) == 0 {
		row = row.then(word{prompt: announcements.StateUnrecorded})
	}
	return row
}

// tell says w to a caller in the meeting, after what is being said. A key
// stops the words on entering, but no change of the meeting.
func tell(s state, w ...word) (state, []action) {
	s.queue = s.queue.then(w...)
	return unqueue(s)
}

// unqueue says what waits, unless something is being said or asked.
func unqueue(s state) (state, []action) {
	if s.phase != talking || s.speaking || len(s.queue) == 0 {
		return s, nil
	}
	row := s.queue
	s.queue = nil
	return speak(s, !s.entered, row...)
}

// reply says w to a caller who has pressed a key, at once where it can be.
func reply(s state, w ...word) (state, []action) {
	if s.phase != talking || s.speaking && !s.cuttable {
		return tell(s, w...)
	}
	return speak(s, true, w...)
}

// heardOut follows when something was said to its end in the meeting. The
// voice opens when the caller has heard that they are in.
func heardOut(s state) (state, []action) {
	s.entered = true
	return unqueue(s)
}

// nextInRoom takes a new state of the meeting the caller is in: what admission
// makes of it, and the words for what has changed.
func nextInRoom(s state, before conference.State) (state, []action) {
	now, was := s.meeting, s
	was.meeting = before
	var news words
	if now.You.Muted && !before.You.Muted {
		if s.mic {
			news = news.then(word{prompt: announcements.MuteHost})
		}
		s.mic = false
	}
	held := !s.mic || !admission.Decide(facts(s)).Voice
	if held && now.You.SpeakRequests > before.You.SpeakRequests {
		news = news.then(word{prompt: announcements.UnmuteAsk})
	}
	news = append(news, changes(s, before, now)...)
	sounds, names := passages(before, now)
	news = append(news, sounds...)
	news = append(news, otherNo(was, s)...)
	if s.mic && reopens(was, s) {
		s.mic = false
		news = news.then(word{prompt: announcements.StateMuted})
	}
	s.queue = s.queue.then(news...)
	if old := len(s.queue) - longestQueue; old > 0 {
		s.queue = s.queue[old:]
	}
	s, acts := proceed(s)
	s, more := unqueue(s)
	return s, append(append(acts, more...), names...)
}

// shutByNo reports whether a no, to a recording that runs or to the last one,
// shuts a caller's voice, as far as it goes by what a no means here.
func shutByNo(s state) bool {
	return s.answer == conference.Declined && afterNo(s) != conference.AfterNoTalk
}

// reopens reports whether a no has shut a caller's voice, and does not any more.
// It does not open again by what others do.
func reopens(was, is state) bool {
	return shutByNo(was) && was.meeting.Recording.Active() && (is.meeting.Recording == conference.NotRecording || unrecorded(is))
}

// otherNo tells a caller who has said no that it means something else now.
func otherNo(was, is state) words {
	if listens(was) && unrecorded(is) || unrecorded(was) && listens(is) {
		return prompts(saidNo(is))
	}
	return nil
}

// changes are the words for what has changed for everybody.
func changes(s state, before, now conference.State) words {
	var row []announcements.Prompt
	if admission.Consent(facts(s)) != conference.ConsentOff {
		row = append(row, recordingChange(before, now)...)
	}
	if now.Encryption != before.Encryption {
		row = append(row, encryptionWords(now.Encryption)...)
	}
	switch {
	case now.Locked && !before.Locked:
		row = append(row, announcements.LockOn)
	case !now.Locked && before.Locked:
		row = append(row, announcements.LockOff)
	}
	news := prompts(row...)
	if s.identity.Host && now.You.Waiting > before.You.Waiting {
		news = news.then(word{prompt: waiting, count: now.You.Waiting})
	}
	return news
}

// recordingChange leaves out the beginning, which comes as a notice or as a
// question, and never by the way.
func recordingChange(before, now conference.State) []announcements.Prompt {
	runs := func(r conference.Recording) bool {
		return r == conference.RecordingOn || r == conference.RecordingPrepared
	}
	switch was, is := before.Recording, now.Recording; {
	case runs(was) && is == conference.RecordingPaused:
		return []announcements.Prompt{announcements.RecordingPause}
	case was == conference.RecordingPaused && runs(is) && before.RecordingRun == now.RecordingRun:
		return []announcements.Prompt{announcements.RecordingResume}
	case was != conference.NotRecording && is == conference.NotRecording:
		return []announcements.Prompt{announcements.RecordingStop}
	}
	return nil
}

func encryptionWords(e conference.Encryption) []announcements.Prompt {
	switch e {
	case conference.None:
		return []announcements.Prompt{announcements.StateNone}
	case conference.Transport:
		return []announcements.Prompt{announcements.StateTransport}
	case conference.Enhanced:
		return []announcements.Prompt{announcements.StateEnhanced}
	}
	return nil
}

// nextObeyed answers a host's key. What the whole meeting sees comes back as a
// change of it.
func nextObeyed(s state, ev obeyed) (state, []action) {
	switch {
	case errors.Is(ev.err, conference.ErrNotAdmitted):
		return reply(s, word{prompt: announcements.NotHost})
	case errors.Is(ev.err, conference.ErrGone) && ev.command == conference.RemoveLast:
		return reply(s, word{prompt: announcements.RemoveNone})
	case ev.err != nil:
		return reply(s, word{prompt: announcements.CommandFailed})
	}
	if row := doneWords(s, ev.command); row != nil {
		return reply(s, row...)
	}
	return s, nil
}
