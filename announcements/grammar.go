package announcements

import (
	"slices"
	"strconv"
	"strings"
)

const (
	// greatestCount is the greatest number that is said as one number.
	greatestCount = 9999
	hundred       = 100
	thousand      = 1000
)

// noun is what is counted, as far as the languages treat it differently.
type noun int

const (
	nothing noun = iota // the number stands by itself
	person              // feminine in all languages that know it: la personne, osoba
	day                 // masculine: le jour, dzień
)

// form is the ending of a prompt's name for a word that is not the usual one.
type form string

const (
	usual    form = ""
	joined   form = ".of"   // before a noun: "ein", "veintiún"
	feminine form = ".f"    // before a feminine noun: "une", "dwie"
	leading  form = ".more" // before the rest of the number: "ciento"
	few      form = ".few"  // with a number that takes the lesser plural: "osoby"
)

// grammar is how a language counts. Below a hundred each number has a recording
// of its own, because there the languages differ most ("einundzwanzig",
// "quatre-vingt-onze"); so have the full hundreds and thousands. The others are
// joined of them.
type grammar struct {
	and bool // "one hundred and five"
	// word is the form of a number's word that has rest behind it within the
	// number, and then the noun. Nil: always the usual one.
	word func(word, rest int, of noun) form
	// few tells the numbers with which the words around them have the form few.
	// Nil: none.
	few func(n int, of noun) bool
}

// grammarOf knows the languages that need more than joining. A regional
// language such as de-AT counts as its base does.
func grammarOf(lang string) grammar {
	switch base, _, _ := strings.Cut(lang, "-"); base {
	case "en":
		return grammar{and: true}
	case "de":
		return grammar{word: germanWord}
	case "fr":
		return grammar{word: frenchWord}
	case "es":
		return grammar{word: spanishWord}
	case "pl":
		return grammar{word: polishWord, few: polishFew}
	}
	return grammar{}
}

// germanWord: "hunderteins", but "hundertein Personen".
func germanWord(word, _ int, of noun) form {
	if word == 1 && of != nothing {
		return joined
	}
	return usual
}

// frenchWord: "vingt et un jours", but "vingt et une personnes"; soixante et
// onze and quatre-vingt-onze do not end in one.
func frenchWord(word, _ int, of noun) form {
	if endsInOne(word) && word != 71 && word != 91 && of == person {
		return feminine
	}
	return usual
}

// spanishWord: "cien", but "ciento dos"; "veintiuno", but "veintiuna personas"
// and "veintiún días"; "doscientos días", but "doscientas personas".
func spanishWord(word, rest int, of noun) form {
	switch {
	case word == hundred && rest > 0:
		return leading
	case endsInOne(word) && of == person, word > hundred && word < thousand && of == person:
		return feminine
	case endsInOne(word) && of == day:
		return joined
	}
	return usual
}

// polishWord: "dwadzieścia dwa dni", but "dwadzieścia dwie osoby".
func polishWord(word, _ int, of noun) form {
	if word < hundred && word%10 == 2 && word != 12 && of == person {
		return feminine
	}
	return usual
}

// polishFew: "są dwie osoby" and "są dwadzieścia cztery osoby", but "jest pięć
// osób", "jest dwanaście osób" and "jest dwadzieścia jeden osób".
func polishFew(n int, of noun) bool {
	last, teens := n%10, n%hundred/10 == 1
	return of == person && last >= 2 && last <= 4 && !teens
}

// endsInOne tells a one, alone or after tens.
func endsInOne(word int) bool { return word < hundred && word%10 == 1 && word != 11 }

// numberWords is n in words, before the noun that follows.
func numberWords(lang string, n int, of noun) []Prompt {
	if n < 0 || n > greatestCount {
		return digitWords(n)
	}
	g := grammarOf(lang)
	var words []Prompt
	rest := n
	for _, unit := range []int{thousand, hundred} {
		if full := rest / unit * unit; full > 0 {
			rest -= full
			words = append(words, g.prompt(full, rest, of))
		}
	}
	if rest == 0 && n > 0 {
		return words
	}
	if g.and && n > hundred {
		words = append(words, numberAnd)
	}
	return append(words, g.prompt(rest, 0, of))
}

func (g grammar) prompt(word, rest int, of noun) Prompt {
	p := numberPrompt(word)
	if g.word != nil {
		p += Prompt(g.word(word, rest, of))
	}
	return p
}

func digitWords(n int) []Prompt {
	var words []Prompt
	for _, r := range strconv.Itoa(max(n, -n)) {
		words = append(words, numberPrompt(int(r-'0')))
	}
	return words
}

// phrase is a sentence with a number in its middle.
type phrase struct {
	before, after Prompt
	of            noun
}

var (
	peopleThere  = phrase{peopleBefore, peopleAfter, person}
	othersThere  = phrase{othersBefore, othersAfter, person}
	peopleWait   = phrase{waitingBefore, waitingAfter, person}
	daysRetained = phrase{privacyDaysBefore, privacyDaysAfter, day}

	phrases = []phrase{peopleThere, othersThere, peopleWait, daysRetained}
)

// with is the phrase around n, which is more than one.
func (s phrase) with(lang string, n int) []Prompt {
	suffix := usual
	if g := grammarOf(lang); g.few != nil && g.few(n, s.of) {
		suffix = few
	}
	row := append([]Prompt{s.before + Prompt(suffix)}, numberWords(lang, n, s.of)...)
	return append(row, s.after+Prompt(suffix))
}

// promptsOf are the prompts that a language must have: the sentences that all
// have, and the words of its own grammar.
func promptsOf(lang string) []Prompt {
	g, all := grammarOf(lang), allPrompts()
	if g.and {
		all = append(all, numberAnd)
	}
	for _, word := range wholeNumbers() {
		all = append(all, numberPrompt(word))
		for _, of := range []noun{nothing, person, day} {
			for _, rest := range []int{0, 1} {
				if p := g.prompt(word, rest, of); !slices.Contains(all, p) {
					all = append(all, p)
				}
			}
		}
	}
	for _, s := range phrases {
		if g.few != nil && slices.ContainsFunc(wholeNumbers(), func(n int) bool { return g.few(n, s.of) }) {
			all = append(all, s.before+Prompt(few), s.after+Prompt(few))
		}
	}
	return all
}

// wholeNumbers are those that are one recording.
func wholeNumbers() []int {
	var all []int
	for n := range hundred {
		all = append(all, n)
	}
	for _, unit := range []int{hundred, thousand} {
		for n := 1; n < 10; n++ {
			all = append(all, n*unit)
		}
	}
	return all
}
