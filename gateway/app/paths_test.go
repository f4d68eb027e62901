package app_test

import (
	"encoding/json"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtp"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
	"github.com/einwahl/einwahl/conference/embedded"
	"github.com/einwahl/einwahl/conference/embedded/webtest"
	"github.com/einwahl/einwahl/gateway/admin"
	"github.com/einwahl/einwahl/gateway/config"
	"github.com/einwahl/einwahl/gateway/peertest"
	"github.com/einwahl/einwahl/gateway/records"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// answering is one way through the questions of a gateway: what the meeting is like, what
// the caller hears and does, and what stands in the evidence then.
type answering struct {
	name    string
	meeting func(*embedded.MeetingConfig)
	ahead   string // keyed behind the meeting's number
	moves   []move
	written string // answers with their keys and purposes, in their order
}

// move is something that a caller hears or does, or that is seen in the meeting.
type move func(c *caller)

// caller is a telephone on a path, and what a web peer in its meeting hears of it.
type caller struct {
	*gateway
	service           *forgetful // before the meetings
	phone             *peertest.Baresip
	language, meeting string
	passed            atomic.Int64 // packets of its voice that have come to the peer
	marked            int64
}

// hears waits for a prompt.
func hears(p announcements.Prompt) move {
	return func(c *caller) { c.heard(c.phone, c.language, p) }
}

// begins waits for the first second of a prompt.
func begins(p announcements.Prompt) move {
	return func(c *caller) {
		c.t.Helper()
		sound := c.prompt(c.language, p)
		c.heardSound(c.phone, "the beginning of "+string(p), sound[:min(len(sound), pcm.Narrowband)], 0)
	}
}

// presses presses keys.
func presses(keys string) move { return func(c *caller) { c.phone.Key(keys) } }

// asked waits for a prompt, looks whether the caller is silent until then, and
// presses keys.
func asked(p announcements.Prompt, keys string) move {
	return func(c *caller) {
		c.t.Helper()
		hears(p)(c)
		mute(c)
		presses(keys)(c)
	}
}

// mute looks whether nothing of the caller's has come to the meeting since it was
// last looked.
func mute(c *caller) {
	c.t.Helper()
	if n := c.passed.Load(); n != c.marked {
		c.t.Errorf("%d packets of the caller's voice have come to meeting %s", n-c.marked, c.meeting)
	}
}

// shut forgets what has passed while the voice was open.
func shut(c *caller) { c.marked = c.passed.Load() }

// audible waits until the caller is heard in the meeting.
func audible(c *caller) {
	c.t.Helper()
	from := c.passed.Load()
	peertest.Eventually(c.t, "the caller is heard in meeting "+c.meeting, func() bool { return c.passed.Load() > from+10 })
}

// holds puts the call on hold, or takes it back. Baresip records nothing after that.
func holds(yes bool) move {
	return func(c *caller) {
		c.t.Helper()
		if yes {
			c.phone.Hold()
		} else {
			c.phone.Resume()
		}
		peertest.Eventually(c.t, "a call is on hold, or back", func() bool {
			return yes == slices.ContainsFunc(c.calls(), func(call admin.Call) bool { return call.Held })
		})
	}
}

// gone waits until the call is over.
func gone(c *caller) { c.phone.Wait("CALL_CLOSED") }

// control does something to the meeting.
func control(what string, with any) move {
	return func(c *caller) { c.control(c.meeting, map[string]any{what: with}) }
}

// becomes has the meeting become another one, as far as the caller is told.
func becomes(into func(*conference.State)) move {
	return func(c *caller) { c.service.turns(c.meeting, into) }
}

// take has callers take a path each: all of them their first move, and then their
// second.
func take(callers []*caller, paths [][]move) {
	for n := range longest(paths) {
		for i, path := range paths {
			if n < len(path) {
				path[n](callers[i])
			}
		}
	}
}

func longest(paths [][]move) (n int) {
	for _, path := range paths {
		n = max(n, len(path))
	}
	return n
}

// walks has a German and an English telephone take each path, at two gateways: one
// after the other, since all the telephones of one already take a processor.
func walks(t *testing.T, kind string, paths []answering, tweak func(*config.Config)) {
	for _, language := range []string{"de", "en"} {
		t.Run(language, func(t *testing.T) {
			service := new(forgetful)
			g := startBefore(t, service.before, func(c *config.Config) {
				tweak(c)
				for i, p := range paths {
					m := embedded.DefaultMeetingConfig()
					m.ID = meetingOf(i)
					p.meeting(&m)
					c.Meetings = append(c.Meetings, m)
				}
			})
			callers, moves := make([]*caller, len(paths)), make([][]move, len(paths))
			for i, p := range paths {
				// Who has gone need not be mixed for until the last has.
				gone := func(c *caller) { c.phone.Hangup() }
				callers[i], moves[i] = g.sets(service, language, meetingOf(i), p.ahead), append(slices.Clip(p.moves), gone)
			}
			take(callers, moves)
			for _, c := range callers {
				c.phone.Hangup()
			}
			g.settle()
			for i, p := range paths {
				t.Run(p.name, func(t *testing.T) {
					if got := strings.Join(callers[i].written(kind), ", "); got != p.written {
						t.Errorf("the evidence is %q, want %q", got, p.written)
					}
				})
			}
			g.verifyRecords()
		})
	}
}

// sets puts a web peer into a meeting and has a telephone call it.
func (g *gateway) sets(service *forgetful, language, meeting, ahead string) *caller {
	g.t.Helper()
	c := &caller{gateway: g, service: service, language: language, meeting: meeting, phone: g.phone(440)}
	c.listened()
	g.reaches(c.phone, language)
	c.phone.Key(meeting + "##" + ahead) // over the privacy notice
	return c
}

// listened puts a web peer into the meeting, which counts what it hears.
func (c *caller) listened() {
	c.t.Helper()
	webtest.Dial(c.t, "http://"+c.app.HTTP().String(), c.meeting, webtest.Join{Name: "Ada"},
		webtest.Hears(func(string, rtp.Header, []byte, time.Time) { c.passed.Add(1) })).Joined()
}

// written are the caller's entries of a kind.
func (c *caller) written(kind string) (all []string) {
	c.t.Helper()
	for line := range strings.Lines(c.records()) {
		var e records.Consent
		if json.Unmarshal([]byte(line), &e) != nil || e.Meeting != c.meeting || e.Kind != kind || e.Answer == "" {
			continue
		}
		if e.Language != c.language {
			c.t.Errorf("an answer in %s is written down as one in %s", c.language, e.Language)
		}
		all = append(all, strings.Join(strings.Fields(e.Answer+" "+e.Key+" "+e.Purpose), " "))
	}
	return all
}

// asks is a meeting that is recorded, with what it asks and what a no to that is.
func asks(consent, afterNo string) func(*embedded.MeetingConfig) {
	return func(m *embedded.MeetingConfig) { m.Recording, m.Consent, m.AfterNo = "on", consent, afterNo }
}

// toConsent has a meeting ask something else of those it records.
func toConsent(c conference.Consent) func(*conference.State) {
	return func(s *conference.State) { s.Consent = c }
}

// unrecorded is a meeting that is not recorded yet.
func unrecorded(*embedded.MeetingConfig) {}

// TestEachPathOfConsentIsHeardOnATelephone has callers answer a question about a
// recording in each way.
func TestEachPathOfConsentIsHeardOnATelephone(t *testing.T) {
	t.Parallel()
	walks(t, records.KindRecording, consentPaths(), func(c *config.Config) {
		hasty(c)
		speaks(t, c)
		c.Limits.Consent = time.Minute
	})
}

func consentPaths() []answering {
	purpose := asks("required", "listen")
	return []answering{
		{"a yes", asks("required", "listen"), "", []move{asked(announcements.ConsentAgree, "1"), hears(announcements.ConsentYes), hears(announcements.Enter), audible}, "agreed 1"},
		{"a no, and listening", asks("required", "listen"), "", []move{asked(announcements.ConsentListen, "2"), hears(announcements.ConsentNo), hears(announcements.EnterListening), mute}, "declined 2"},
		{"a no, and leaving", asks("required", "leave"), "", []move{asked(announcements.ConsentRefuse, "2"), hears(announcements.RefuseNoConsent), gone, mute}, "declined 2"},
		{"a no, and talking on", asks("required", "talk"), "", []move{asked(announcements.ConsentTalk, "2"), hears(announcements.ConsentTalks), hears(announcements.Enter), audible}, "declined 2"},
		{"leaving instead of an answer", asks("required", "listen"), "", []move{asked(announcements.ConsentLeave, "3"), hears(announcements.Goodbye), gone, mute}, "left 3"},
		{"hanging up during the question", asks("required", "listen"), "", []move{asked(announcements.ConsentIntro, ""), func(c *caller) { c.phone.Hangup() }, gone, mute}, ""},
		{"keys that are no answer, and then a yes", asks("required", "listen"), "", []move{asked(announcements.ConsentAgree, "456789#*1"), hears(announcements.ConsentRepeat), asked(announcements.ConsentRepeat, "1"), hears(announcements.Enter), audible}, "agreed 1"},
		{"a yes keyed ahead, and then a no", asks("required", "listen"), "1111", []move{asked(announcements.ConsentAgree, ""), asked(announcements.ConsentRepeat, "2"), hears(announcements.ConsentNo), mute}, "declined 2"},
		{"a line that is held, and then a yes", asks("required", "listen"), "", []move{asked(announcements.ConsentRepeat, ""), holds(true), mute, holds(false), presses("1"), audible}, "agreed 1"},
		{"a recording that begins in mid-call", unrecorded, "", []move{
			hears(announcements.Enter), audible, control("recording", "start"), hears(announcements.RecordingStart), shut,
			asked(announcements.ConsentAgree, "1"), hears(announcements.ConsentYes), audible,
		}, "agreed 1"},
		{"another purpose", func(m *embedded.MeetingConfig) { purpose(m); m.Purpose = embedded.Texts{"": "Protokoll"} }, "", []move{
			tells(announcements.ConsentPurpose), asked(announcements.ConsentAgree, "1"), hears(announcements.Enter), audible,
			control("purpose", map[string]string{"": "Schulung"}), tells(announcements.ConsentChanged), shut,
			asked(announcements.ConsentChanged, "2"), hears(announcements.ConsentNo), mute,
		}, "agreed 1 Protokoll, declined 2 Schulung"},
		{"a yes taken back, and given again", asks("required", "listen"), "", []move{
			asked(announcements.ConsentAgree, "1"), hears(announcements.Enter), audible, presses("*2"), hears(announcements.ConsentWithdrawn), shut,
			presses("*2"), again(announcements.ConsentAgree, "1"), audible,
		}, "agreed 1, withdrawn 2, agreed 1"},
		{"a notice", asks("notice", "listen"), "", []move{hears(announcements.RecordingOn), hears(announcements.Enter), audible}, "informed"},
		{"a notice, and then a no", asks("notice", "listen"), "", []move{
			hears(announcements.RecordingOn), hears(announcements.Enter), audible, presses("*2"), hears(announcements.ConsentWithdrawn), shut, mute,
		}, "informed, withdrawn 2"},
		{"a question where nothing was told", asks("off", "listen"), "", []move{
			hears(announcements.Enter), audible, becomes(toConsent(conference.ConsentRequired)), hears(announcements.ConsentIntro), shut,
			asked(announcements.ConsentAgree, "1"), hears(announcements.ConsentYes), audible,
		}, "agreed 1"},
		{"a question where a notice was enough", asks("notice", "listen"), "", []move{
			hears(announcements.RecordingOn), hears(announcements.Enter), audible, becomes(toConsent(conference.ConsentRequired)), hears(announcements.ConsentIntro), shut,
			asked(announcements.ConsentListen, "2"), hears(announcements.ConsentNo), mute,
		}, "informed, declined 2"},
		{"a notice where nothing was told", asks("off", "listen"), "", []move{
			hears(announcements.Enter), audible, becomes(toConsent(conference.ConsentNotice)), hears(announcements.RecordingStart), audible,
		}, "informed"},
		{"a no that means talking on from now on", asks("required", "listen"), "", []move{
			asked(announcements.ConsentListen, "2"), hears(announcements.EnterListening), mute,
			becomes(func(s *conference.State) { s.AfterNo = conference.AfterNoTalk }), hears(announcements.ConsentTalks), hears(announcements.StateMuted), mute,
		}, "declined 2"},
		{"nothing at all", asks("off", "listen"), "", []move{hears(announcements.Enter), audible, unheard(announcements.RecordingOn)}, ""},
	}
}

// tells waits for a prompt with a text of the host behind it.
func tells(p announcements.Prompt) move {
	return func(c *caller) {
		c.t.Helper()
		c.heardText(c.phone, c.heard(c.phone, c.language, p))
	}
}

// again waits until a prompt was heard a second time, and presses keys.
func again(p announcements.Prompt, keys string) move {
	return func(c *caller) {
		c.t.Helper()
		prompt := c.prompt(c.language, p)
		c.heardSound(c.phone, string(p)+" again", prompt, c.heard(c.phone, c.language, p)+len(prompt))
		mute(c)
		c.phone.Key(keys)
	}
}

// unheard looks whether a prompt was not said so far.
func unheard(p announcements.Prompt) move {
	return func(c *caller) {
		c.t.Helper()
		if match, _ := peertest.Match(c.phone.Heard(), c.prompt(c.language, p)); match > .5 {
			c.t.Errorf("the phone has heard %s", p)
		}
	}
}
