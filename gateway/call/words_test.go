package call

import (
	"slices"
	"testing"

	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/gateway/admission"
	"github.com/einwahl/einwahl/transcode/pcm"
)

// outcomes are the ways in which a call ends without admission having a part
// in it.
func outcomes() []Outcome {
	return append(unspoken(), Wrong, Silent, NoHostCame, NotLetIn, TooLong, NoConsent, NoProcessing, Faulty, Drained, SeatRefused)
}

// unspoken are those that leave nobody to speak to.
func unspoken() []Outcome {
	return []Outcome{HungUp, NotAcknowledged, NoSound, NotRefreshed, NoReply, NoCommonSound}
}

func TestEveryOutcomeHasWordsAndACause(t *testing.T) {
	all := outcomes()
	for _, r := range admission.Reasons() {
		switch r {
		case admission.NoHost, admission.InLobby, admission.Unrecorded, admission.Listening, admission.ConsentMissing, admission.NoticeMissing, admission.Open:
			continue // nobody is sent away for these
		}
		all = append(all, refusal(r))
	}
	known := farewells()
	if len(known) != len(all) {
		t.Errorf("%d farewells for %d outcomes", len(known), len(all))
	}
	library, err := announcements.Open(announcements.DefaultConfig(), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	reasons := map[string]Outcome{}
	for _, o := range all {
		f, ok := known[o]
		if !ok {
			t.Errorf("%s has no farewell", o)
			continue
		}
		if f.cause.Status < 400 || f.cause.Status > 699 || f.cause.Q850 < 1 || f.cause.Q850 > 127 || f.cause.Text == "" {
			t.Errorf("%s has the cause %v", o, f.cause)
		}
		if other, taken := reasons[f.cause.Text]; taken && f.cause.Status != 404 {
			t.Errorf("%s and %s look alike in a trace: %v", o, other, f.cause)
		}
		reasons[f.cause.Text] = o
		if slices.Contains(unspoken(), o) {
			continue
		}
		for _, row := range []words{f.door, f.room} {
			if len(row) == 0 {
				t.Errorf("%s says nothing", o)
			}
			for _, w := range row {
				if !library.Has("en", w.prompt) || !library.Has("de", w.prompt) {
					t.Errorf("%s says %q, which nobody has recorded", o, w.prompt)
				}
			}
		}
	}
}

// TestAYesIsHeardWhereItIsSaid holds the question against the real
// announcements: the item that agreeAt names is the sentence with key one.
func TestAYesIsHeardWhereItIsSaid(t *testing.T) {
	announcer, err := announcements.Open(announcements.DefaultConfig(), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	l := library{announcer, DefaultPrivacyConfig().notice(7)}
	s, actions := question(state{terms: testTerms(), opening: announcements.RecordingOn})
	row := actions[0].(say).words
	if row[s.agreeAt].prompt != announcements.ConsentAgree {
		t.Fatalf("item %d of %v is not the yes", s.agreeAt, row)
	}
	for _, lang := range announcer.Languages() {
		before := l.speak(lang, row[:s.agreeAt])
		whole := l.speak(lang, row)
		frame := make(pcm.Frame, pcm.NarrowbandSamples)
		for before.Begun() < 0 || !closed(before.Done()) {
			before.ReadFrame(frame)
			whole.ReadFrame(frame)
		}
		if got := whole.Begun(); got != s.agreeAt-1 {
			t.Errorf("%s: when all before the yes was said, item %d has begun, want %d", lang, got, s.agreeAt-1)
		}
		for range 5 { // a pause between sentences still belongs to the one before
			whole.ReadFrame(frame)
		}
		for whole.Begun() < s.agreeAt && !closed(whole.Done()) {
			whole.ReadFrame(frame)
		}
		if closed(whole.Done()) {
			t.Errorf("%s: the yes is never reached", lang)
		}
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// TestEveryWordIsOneItem: evidence and barge-in count items.
func TestEveryWordIsOneItem(t *testing.T) {
	row := words{
		{prompt: leadIn},
		{prompt: offerLanguage, count: 1, lang: "de"},
		{prompt: privacyNotice},
		{prompt: people, count: 3},
		{prompt: waiting, count: 2},
		{prompt: announcements.Enter},
	}
	if got := len(row.items(DefaultPrivacyConfig().notice(7))); got != len(row) {
		t.Errorf("%d words are %d items", len(row), got)
	}
	if row.index(people) != 3 || row.index(announcements.Goodbye) != len(row) {
		t.Error("words are not found in their place")
	}
}

// TestWordsThatAreSharedStay: states are values, and a value that is passed on
// does not change under those who have kept it.
func TestWordsThatAreSharedStay(t *testing.T) {
	row := make(words, 1, 8)
	row[0].prompt = announcements.Enter
	one, two := row.then(word{prompt: announcements.LockOn}), row.then(word{prompt: announcements.LockOff})
	if one[1] == two[1] || len(row) != 1 {
		t.Errorf("%v and %v share their end", one, two)
	}
	if !slices.Equal(row, prompts(announcements.Enter)) {
		t.Errorf("row = %v", row)
	}
}
