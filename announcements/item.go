package announcements

import "time"

// Item is one thing in a row of things to be said. It has no language: the
// speech it becomes part of has.
type Item struct {
	lang  string // fixed language; empty: the language of the speech
	parts func(lang string) []part
	lead  bool // the operator's lead-in
}

// part is a prompt, else a text, else a signal, else a pause.
type part struct {
	prompt    Prompt
	text      string
	signal    Signal
	pause     time.Duration
	otherwise []Item // said in its place where it cannot be
}

// Say is one prompt.
func Say(p Prompt) Item {
	return fixed(part{prompt: p})
}

// Custom is a recording that only the operator has: <directory>/<language>/own.<name>.wav.
// Where there is none it is left out.
func Custom(name string) Item {
	return Say(ownPrompt(name))
}

// Pause is silence between things.
func Pause(d time.Duration) Item {
	return fixed(part{pause: d})
}

// LeadIn is the silence after answering that the operator has set, because
// some carriers cut the first words.
func LeadIn() Item {
	return Item{lead: true}
}

// Count is a number from 0 to 9999 in words; a greater one is said digit by
// digit.
func Count(n int) Item {
	return Item{parts: func(lang string) []part { return prompts(numberWords(lang, n, nothing)...) }}
}

// Digits is a row of keys, spoken one by one: 0 to 9, * and #. Anything else
// is left out.
func Digits(s string) Item {
	var row []Prompt
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			row = append(row, numberPrompt(int(r-'0')))
		case r == '*':
			row = append(row, keyStar)
		case r == '#':
			row = append(row, keyHash)
		}
	}
	return fixed(prompts(row...)...)
}

// People tells how many people are in the meeting.
func People(n int) Item {
	if n <= 1 {
		return Say(StateAlone)
	}
	return counted(peopleThere, n)
}

// Others tells who comes in how many people are there already.
func Others(n int) Item {
	switch {
	case n <= 0:
		return Say(EnterFirst)
	case n == 1:
		return Say(othersOne)
	}
	return counted(othersThere, n)
}

// Telephone tells that a telephone [Joined] or [Left], as has says, by the number n
// that tells it from others in the meeting; 0: it has none.
func Telephone(n int, has Prompt) Item {
	if n <= 0 {
		return fixed(prompts(phoneSome, has)...)
	}
	return Item{parts: func(lang string) []part {
		row := append([]Prompt{phoneNth}, numberWords(lang, n, nothing)...)
		return prompts(append(row, has)...)
	}}
}

// Waiting tells a host how many people wait to be admitted.
func Waiting(n int) Item {
	switch {
	case n <= 0:
		return Say(waitingNone)
	case n == 1:
		return Say(waitingOne)
	}
	return counted(peopleWait, n)
}

// Retained tells after how many days, at least one, the data of a call are
// deleted.
func Retained(days int) Item {
	if days <= 1 {
		return Say(privacyDayOne)
	}
	return counted(daysRetained, days)
}

// OfferLanguage is "For English press one", said in the offered language
// whatever the language of the speech. key is a digit from 1 to 9.
func OfferLanguage(lang string, key rune) Item {
	return In(lang, Say(languagePrompt(key)))
}

// In is an item said in one language, whatever the language of the speech.
func In(lang string, item Item) Item {
	item.lang = lang
	return item
}

func counted(s phrase, n int) Item {
	return Item{parts: func(lang string) []part { return prompts(s.with(lang, n)...) }}
}

func fixed(parts ...part) Item {
	return Item{parts: func(string) []part { return parts }}
}

func prompts(row ...Prompt) []part {
	parts := make([]part, len(row))
	for i, p := range row {
		parts[i].prompt = p
	}
	return parts
}
