package call

import (
	"time"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference"
)

// words is a row of things to be said in one breath.
type words []word

// word is one thing to be said. Unlike an announcements.Item it can be
// compared, so that the life of a call stays a matter of values.
type word struct {
	prompt announcements.Prompt
	count  int                // of people, or a telephone's nickname
	lang   string             // offered
	text   string             // of somebody; prompt is theirWords
	asks   conference.Consent // that a privacy notice speaks of
}

// Words that are put together of several recordings, under the names by which
// metrics and evidence know them.
const (
	leadIn        announcements.Prompt = "lead.in"
	leadOut       announcements.Prompt = "lead.out"
	offerLanguage announcements.Prompt = "language"
	privacyNotice                      = announcements.PrivacyShort
	fullNotice                         = announcements.PrivacyLong
	people        announcements.Prompt = "state.people"
	waiting       announcements.Prompt = "waiting.count"
	others        announcements.Prompt = "others.count"
	came          announcements.Prompt = "signal.came"
	went          announcements.Prompt = "signal.went"
	phoneCame     announcements.Prompt = "phone.came"
	phoneWent     announcements.Prompt = "phone.went"
	theirWords    announcements.Prompt = "text"
)

// lastBreath is the silence after the last word: a telephone throws away what
// its jitter buffer holds when the BYE comes, and that would be the end of the
// word.
const lastBreath = 200 * time.Millisecond

func prompts(row ...announcements.Prompt) words {
	w := make(words, len(row))
	for i, p := range row {
		w[i].prompt = p
	}
	return w
}

// prompts are the names of what is said.
func (w words) prompts() (names []announcements.Prompt) {
	for _, one := range w {
		names = append(names, one.prompt)
	}
	return names
}

// index is where p stands in w.
func (w words) index(p announcements.Prompt) int {
	for i := range w {
		if w[i].prompt == p {
			return i
		}
	}
	return len(w)
}

// in is w in each of some languages, one after the other.
func (w words) in(languages []string) words {
	if len(languages) < 2 {
		return w
	}
	var all words
	for _, lang := range languages {
		for _, one := range w {
			one.lang = lang
			all = append(all, one)
		}
	}
	return all
}

// then is w and more after it; w is left alone.
func (w words) then(more ...word) words {
	return append(w[:len(w):len(w)], more...)
}

// items turns w into what the announcements speak, one item for each word.
func (w words) items(n announcements.Notice) []announcements.Item {
	items := make([]announcements.Item, len(w))
	for i, word := range w {
		switch word.prompt {
		case leadIn:
			items[i] = announcements.LeadIn()
		case leadOut:
			items[i] = announcements.Pause(lastBreath)
		case offerLanguage:
			items[i] = announcements.OfferLanguage(word.lang, rune('0'+word.count))
		case privacyNotice:
			items[i] = noticeOf(n, word).Short()
		case fullNotice:
			items[i] = noticeOf(n, word).Long()
		case people:
			items[i] = announcements.People(word.count)
		case waiting:
			items[i] = announcements.Waiting(word.count)
		case others:
			items[i] = announcements.Others(word.count)
		case came:
			items[i] = announcements.Sound(announcements.Came)
		case went:
			items[i] = announcements.Sound(announcements.Went)
		case phoneCame:
			items[i] = announcements.Telephone(word.count, announcements.Joined)
		case phoneWent:
			items[i] = announcements.Telephone(word.count, announcements.Left)
		case theirWords:
			items[i] = announcements.Text(word.text)
		default:
			items[i] = announcements.In(word.lang, announcements.Say(word.prompt))
		}
	}
	return items
}

// noticeOf is the operator's notice with what is true of this meeting.
func noticeOf(n announcements.Notice, w word) announcements.Notice {
	n.Recording = w.asks.String()
	return n
}
