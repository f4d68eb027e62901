package call

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/transcode/pcm"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// play runs a call on a stage until the script is through and the call over.
// Within the bubble nothing may be left behind: synctest would not return.
func play(t *testing.T, m conference.State, script func(*stage), change ...func(*Setup)) *stage {
	t.Helper()
	var st *stage
	synctest.Test(t, func(t *testing.T) {
		st = newStage(t, m, change...)
		st.run(t.Context())
		script(st)
		st.phone.goOnHook()
		<-st.ended
	})
	st.t = t
	return st
}

// join keys in the number and listens until the caller is in the meeting or
// out of the call.
func join(st *stage) {
	time.Sleep(time.Second)
	st.press("100#")
	time.Sleep(20 * time.Second)
}

func TestACallerJoinsAMeeting(t *testing.T) {
	st := play(t, openMeeting(), join)
	st.order("answered", "hears lead.in", "visit Phone 1", "decided admit open transport", "hears privacy.short", "open",
		"hears enter", "microphone on", "voice opens", "left", "call hung_up 100", "ended hung_up")
	st.never("hears wrong", "consent")
	entered, _ := st.when("hears enter")
	if voice, _ := st.when("voice opens"); voice < entered+time.Second {
		t.Errorf("the voice opened at %v, the words on entering began at %v", voice, entered)
	}
}

func TestItRingsBeforeTheAnswer(t *testing.T) {
	st := play(t, openMeeting(), join, func(s *Setup) { s.Limits.Ring = 3 * time.Second })
	st.order("rings", "answered")
	rung, _ := st.when("rings")
	if answered, _ := st.when("answered"); answered != rung+3*time.Second {
		t.Errorf("answered %v after it began to ring, want 3s", answered-rung)
	}
}

func TestAnEndToEndEncryptedMeetingRefuses(t *testing.T) {
	st := play(t, openMeeting(sealed), join)
	st.order("visit", "decided refuse e2ee e2ee", "left", "hears refuse.e2ee", "hears goodbye", "bye 403/57 Meeting is end-to-end encrypted", "call e2ee")
	st.never("open", "voice", "ear", "microphone", "hears privacy")
}

func TestWhoMustBeAskedIsAskedBeforeAnythingOpens(t *testing.T) {
	for _, tt := range []struct {
		name  string
		keys  func(*stage)
		order []string
		never []string
	}{
		{
			"one agrees", func(st *stage) { st.press("1") },
			[]string{"hears consent.agree", "consent agreed 1", "open", "answers agreed", "microphone on", "voice opens"},
			nil,
		},
		{
			"two listens", func(st *stage) { st.press("2") },
			[]string{"consent declined 2", "open", "answers declined", "hears enter.listening", "ear opens"},
			[]string{"voice", "microphone on"},
		},
		{
			"three leaves", func(st *stage) { st.press("3") },
			[]string{"consent left 3", "hears goodbye", "bye", "call no_consent"},
			[]string{"open", "voice"},
		},
		{
			"silence is a no", func(st *stage) { time.Sleep(time.Minute) },
			[]string{"hears consent.repeat", "hears consent.intro", "consent declined", "open", "hears consent.none", "hears enter.listening"},
			[]string{"voice"},
		},
		{
			"hanging up is no answer", func(st *stage) {},
			[]string{"hears consent.agree", "left"},
			[]string{"consent", "open", "voice"},
		},
		{
			"star is no answer", func(st *stage) { st.press("*#456789") },
			[]string{"hears consent.agree", "left"},
			[]string{"consent", "open", "voice"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			st := play(t, openMeeting(recorded(conference.ConsentRequired)), func(st *stage) {
				time.Sleep(time.Second)
				st.press("100#")
				time.Sleep(6 * time.Second) // into the question
				tt.keys(st)
				time.Sleep(6 * time.Second)
			})
			st.order(tt.order...)
			st.never(tt.never...)
		})
	}
}

// TestWhatTheEvidenceTells looks at what was written of a call that is told the
// notice, asked for consent to the processing and asked about a recording.
func TestWhatTheEvidenceTells(t *testing.T) {
	minutes := func(m *conference.State) { m.Purpose = "For the minutes." }
	st := play(t, openMeeting(recorded(conference.ConsentRequired), minutes), func(st *stage) {
		time.Sleep(time.Second)
		st.press("100#")
		time.Sleep(7 * time.Second)
		st.press("1")
		time.Sleep(8 * time.Second)
		st.press("1")
		time.Sleep(8 * time.Second)
	}, func(s *Setup) { s.Privacy.Consent = true })
	st.order("hears privacy.short", "notice informed", "hears process.agree", "processing agreed 1", "prepares For the minutes. in en",
		"hears consent.purpose", "hears text", "hears consent.agree", "consent agreed 1", "open", "answers agreed", "voice opens")
	if len(st.consents) != 3 {
		t.Fatalf("%d entries, want 3: %+v", len(st.consents), st.consents)
	}
	told, processing, recording := st.consents[0], st.consents[1], st.consents[2]
	if told.Heard != time.Second || !slices.Equal(told.Prompts, []string{"privacy.short"}) || told.Words != "v" || told.Hash != "hash" || told.Language != "en" || told.Key != "" {
		t.Errorf("of the notice it tells %+v", told)
	}
	if processing.Run != 0 || processing.Prompts[1] != "process.agree" || processing.Heard < 2*time.Second || processing.Time.IsZero() {
		t.Errorf("of the processing it tells %+v", processing)
	}
	if recording.Run != 1 || recording.Purpose != "For the minutes." || !slices.Contains(recording.Prompts, "consent.purpose") || recording.Policy != "required" {
		t.Errorf("of the recording it tells %+v", recording)
	}
}

func TestAYesTypedAheadIsNone(t *testing.T) {
	st := play(t, openMeeting(recorded(conference.ConsentRequired)), func(st *stage) {
		time.Sleep(time.Second)
		st.press("100#")
		for range 13 { // through the privacy notice and into the first words of the question
			st.phone.digits <- '1'
			time.Sleep(201 * time.Millisecond)
		}
		time.Sleep(10 * time.Second)
	})
	st.order("hears privacy.short", "hears consent.intro", "hears consent.repeat")
	st.never("consent", "open", "voice")
}

func TestKeysThatWaitWhenTheQuestionBeginsAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newStage(t, openMeeting())
		st.phone.digits <- '1'
		st.phone.digits <- '1'
		st.session.do(t.Context(), flush{})
		if n := len(st.phone.digits); n != 0 {
			t.Errorf("%d keys are left", n)
		}
	})
}

func TestAYesThatCannotBeWrittenLetsNobodyIn(t *testing.T) {
	st := play(t, openMeeting(recorded(conference.ConsentRequired)), func(st *stage) {
		time.Sleep(time.Second)
		st.press("100#")
		time.Sleep(8 * time.Second)
		st.breakRecords()
		st.press("1")
		time.Sleep(10 * time.Second)
	})
	st.order("consent agreed 1", "left", "hears fault", "bye 503/41", "call fault")
	st.never("open", "voice", "ear")
}

func TestANoticeThatCannotBeWrittenLetsNobodyIn(t *testing.T) {
	for name, keys := range map[string]string{"heard": "100#", "passed over": "100##"} {
		t.Run(name, func(t *testing.T) {
			st := play(t, openMeeting(), func(st *stage) {
				st.breakRecords()
				time.Sleep(time.Second)
				st.press(keys)
				time.Sleep(20 * time.Second)
			})
			st.order("notice informed", "left", "hears fault", "bye 503/41", "call fault")
			st.never("open", "voice", "ear")
		})
	}
}

func TestANoticeComesBeforeTheFirstFrame(t *testing.T) {
	st := play(t, openMeeting(recorded(conference.ConsentNotice)), join)
	st.order("hears recording.on", "consent informed", "open", "seated", "answers informed", "hears enter", "voice opens")
}

// TestNoRecordHoldsACallersNumber also where the operator lets others see it.
func TestNoRecordHoldsACallersNumber(t *testing.T) {
	const number = "+493012345678"
	for how, label := range map[string]string{NumberFull: "Phone " + number, NumberMasked: "Phone +49301... (1)", NumberHidden: "Phone 1"} {
		shown := func(s *Setup) { s.Privacy.CallerNumber, s.Telephone = how, number }
		st := play(t, openMeeting(recorded(conference.ConsentRequired)), join, shown)
		st.order("visit "+label, "call ")
		if kept := st.kept; strings.Contains(kept.Caller, "+49") || kept.Call == "" || kept.Telephone != number {
			t.Errorf("%s: kept %+v", how, kept)
		}
	}
}

func TestAPINKeyedAheadIsTaken(t *testing.T) {
	st := play(t, openMeeting(), func(st *stage) {
		st.meeting.pins = map[string]conference.Identity{"4711": {}}
		time.Sleep(time.Second)
		for _, key := range "100#4711#" {
			st.phone.digits <- key
		}
		time.Sleep(20 * time.Second)
	})
	st.order("visit", "hears enter", "voice opens")
	st.never("hears ask.pin")
}

func TestAMeetingThatTurnsEndToEndEncryptedIsSilentAtOnce(t *testing.T) {
	var after, heard, gave time.Time
	st := play(t, openMeeting(), func(st *stage) {
		join(st)
		st.meeting.change(sealed)
		synctest.Wait()
		after = time.Now()
		time.Sleep(5 * time.Second)
		heard, gave = st.meeting.last()
	})
	st.order("voice opens", "changed", "microphone off", "decided refuse e2ee", "left", "hears refuse.e2ee.now", "bye 403/57 Meeting is end-to-end encrypted")
	if heard.After(after) || gave.After(after) {
		t.Errorf("sound passed after the change: %v to the others, %v to the caller", heard.Sub(after), gave.Sub(after))
	}
	changed, _ := st.when("changed")
	if bye, _ := st.when("bye"); bye-changed > time.Second+2*pcm.FrameDuration {
		t.Errorf("the caller was out %v after the change, the words take a second", bye-changed)
	}
}

func TestARecordingThatBeginsSilencesTheCallerFirst(t *testing.T) {
	st := play(t, openMeeting(), func(st *stage) {
		join(st)
		st.meeting.change(prepared, func(m *conference.State) { m.Consent = conference.ConsentRequired })
		time.Sleep(10 * time.Second)
		st.press("1")
		time.Sleep(5 * time.Second)
		st.meeting.change(func(m *conference.State) { m.Recording = conference.RecordingOn })
		st.meeting.change(paused)
		time.Sleep(3 * time.Second)
		st.meeting.change(off)
		time.Sleep(3 * time.Second)
		st.press("*2")
		time.Sleep(3 * time.Second)
	})
	st.order("voice opens", "changed", "microphone off", "hears recording.start", "hears consent.repeat",
		"consent agreed 1", "answers agreed", "microphone on", "hears consent.yes", "hears recording.pause", "hears recording.stop", "hears consent.nothing")
	changed, _ := st.when("changed")
	agreed, _ := st.when("answers agreed")
	for _, e := range st.log {
		if e.at > changed && e.at < agreed && e.what == "voice opens" {
			t.Errorf("the voice was open at %v, the recording was announced at %v and agreed to at %v", e.at, changed, agreed)
		}
	}
	if st.count("voice opens") != 2 {
		t.Errorf("the voice opened %d times, want before and after:\n\t%s", st.count("voice opens"), strings.Join(st.happened(), "\n\t"))
	}
}

// TestARecordingIsHeardAsLongAsItRuns: who is recorded hears a tone now and then
// in the meeting, and nobody else does.
func TestARecordingIsHeardAsLongAsItRuns(t *testing.T) {
	toned := func(st *stage) bool {
		synctest.Wait()
		_, toned := st.phone.hears().(*announcements.Reminder)
		return toned
	}
	every := func(s *Setup) { s.Tone = time.Minute }
	needs := func(m *conference.State) { m.Consent = conference.ConsentRequired }
	st := play(t, openMeeting(), func(st *stage) {
		want := func(what string, want bool) {
			st.t.Helper()
			time.Sleep(10 * time.Second)
			if got := toned(st); got != want {
				st.t.Errorf("%s: there is a tone: %v, want %v", what, got, want)
			}
		}
		join(st)
		want("no recording", false)
		st.meeting.change(again, needs)
		time.Sleep(8 * time.Second)
		st.press("1")
		want("who agreed", true)
		st.meeting.change(paused)
		want("a pause", false)
		st.meeting.change(func(m *conference.State) { m.Recording = conference.RecordingOn })
		want("it goes on", true)
		st.press("*6")
		want("who is muted", true)
		st.press("*2")
		want("who only listens", false)
		st.meeting.change(off)
		want("it is over", false)
	}, every)
	st.order("voice opens", "hears recording.start", "consent agreed 1", "voice opens", "hears recording.pause", "hears consent.withdrawn", "hears recording.stop")
	play(t, openMeeting(recorded(conference.ConsentNotice)), func(st *stage) {
		join(st)
		if !toned(st) {
			st.t.Error("who was told hears no tone")
		}
	}, every)
	play(t, openMeeting(recorded(conference.ConsentRequired)), func(st *stage) {
		join(st)
		if toned(st) {
			st.t.Error("who is asked hears a tone")
		}
	}, every)
	play(t, openMeeting(recorded(conference.ConsentNotice)), func(st *stage) {
		join(st)
		if toned(st) {
			st.t.Error("there is a tone where the operator wants none")
		}
	})
}

func TestWithdrawingIsAtOnce(t *testing.T) {
	var pressed, quiet time.Time
	st := play(t, openMeeting(recorded(conference.ConsentRequired)), func(st *stage) {
		join(st) // silence so far is a question
		st.press("1")
		time.Sleep(5 * time.Second)
		st.breakRecords() // a no counts all the same
		pressed = time.Now()
		st.phone.digits <- '*'
		st.phone.digits <- '2'
		time.Sleep(4 * time.Second)
		quiet, _ = st.meeting.last()
	})
	st.order("voice opens", "microphone off", "answers declined", "hears consent.withdrawn")
	st.order("consent withdrawn 2")
	if quiet.Sub(pressed) > pcm.FrameDuration {
		t.Errorf("still heard %v after the key", quiet.Sub(pressed))
	}
}

func TestChangesAreSpokenOverAnOpenVoice(t *testing.T) {
	st := play(t, openMeeting(), func(st *stage) {
		join(st)
		st.meeting.change(locked)
		time.Sleep(3 * time.Second)
		st.press("*9")
		time.Sleep(2 * time.Second)
		st.press("*6")
		time.Sleep(2 * time.Second)
	})
	st.order("voice opens", "hears lock.on", "hand up", "hears hand.up", "microphone off", "hears mute.self")
	if n := st.count("voice opens"); n != 1 {
		t.Errorf("the voice opened %d times: a short notice must not cut it", n)
	}
}

func TestWaitingHasWordsMusicAndAnEnd(t *testing.T) {
	st := play(t, openMeeting(lobby), func(st *stage) {
		join(st)
		if _, ok := st.phone.hears().(*fakeMusic); !ok {
			st.t.Errorf("a caller who waits hears %T", st.phone.hears())
		}
		time.Sleep(15 * time.Minute)
	})
	st.order("hears wait.room", "hears wait.still", "hears wait.still", "hears wait.end", "bye 480/19", "call not_let_in")
	st.never("open", "voice", "ear")
	if n := st.count("hears wait.still"); n != 6 {
		t.Errorf("reminded %d times in ten minutes, want 6", n)
	}
}

func TestWhoIsLetInEnters(t *testing.T) {
	st := play(t, openMeeting(lobby), func(st *stage) {
		join(st)
		st.meeting.change(letIn)
		time.Sleep(5 * time.Second)
	})
	st.order("hears wait.room", "changed", "open", "hears enter", "voice opens")
}

func TestAServiceThatDoesNotAnswerIsAFault(t *testing.T) {
	st := play(t, openMeeting(), func(st *stage) {
		st.find = func(ctx context.Context, _ string) (conference.Meeting, error) {
			<-ctx.Done()
			return nil, conference.ErrUnavailable
		}
		join(st)
	})
	st.order("hears fault", "bye 503/41", "call fault")
}

func TestAVisitThatComesTooLateIsLeft(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(*stage)
	}{
		{"the caller has hung up", func(st *stage) { st.phone.goOnHook() }},
		{"the gateway closes", func(st *stage) { st.session.Drain() }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			st := play(t, openMeeting(), func(st *stage) {
				arrive := make(chan struct{})
				st.meeting.visit = func(context.Context) { <-arrive }
				time.Sleep(time.Second)
				st.press("100#")
				time.Sleep(time.Second)
				tt.end(st)
				time.Sleep(500 * time.Millisecond)
				close(arrive)
				time.Sleep(500 * time.Millisecond)
			})
			st.order("visit", "left")
			st.never("open", "voice")
		})
	}
}

// TestHangingUpAnywhereLeavesNothing hangs up at every quarter second of a
// call that goes through everything.
func TestHangingUpAnywhereLeavesNothing(t *testing.T) {
	for at := time.Duration(0); at < 40*time.Second; at += 250 * time.Millisecond {
		st := play(t, openMeeting(lobby, recorded(conference.ConsentRequired)), func(st *stage) {
			defer time.AfterFunc(at, st.phone.goOnHook).Stop()
			time.Sleep(time.Second)
			st.press("100#")
			time.Sleep(5 * time.Second)
			st.meeting.change(letIn)
			time.Sleep(8 * time.Second)
			st.press("1")
			time.Sleep(6 * time.Second)
			st.meeting.change(again)
			time.Sleep(8 * time.Second)
			st.press("2")
			time.Sleep(4 * time.Second)
		})
		if _, visited := st.when("visit"); visited {
			st.order("visit", "left")
		}
		if n := st.count("call hung_up"); n != 1 {
			t.Errorf("hung up at %v: %d records of the call", at, n)
		}
	}
}

func TestAGatewayThatClosesSaysSo(t *testing.T) {
	st := play(t, openMeeting(), func(st *stage) {
		join(st)
		st.session.Drain()
		st.session.Drain()
		time.Sleep(5 * time.Second)
	})
	st.order("voice opens", "left", "hears drain", "hears goodbye", "bye 503/41", "call drain")
}

func TestACallThatIsCancelledEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newStage(t, openMeeting())
		ctx, cancel := context.WithCancel(t.Context())
		st.run(ctx)
		join(st)
		cancel()
		<-st.ended
		st.order("voice opens", "left", "bye", "call hung_up")
	})
}

func TestAnOperatorSeesTheCall(t *testing.T) {
	play(t, openMeeting(), func(st *stage) {
		join(st)
		got := st.session.Info()
		want := Info{
			Call: "c1", Trunk: "loopback", Number: "en", Caller: "Phone 1", Start: got.Start, Phase: "talking",
			Language: "en", Meeting: "100", Encryption: "transport", Seated: true, Voice: true,
		}
		if got != want || got.Start.IsZero() {
			t.Errorf("info = %+v, want %+v", got, want)
		}
	})
}
