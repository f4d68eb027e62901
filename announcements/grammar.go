package announcements

import "strconv"

const (
	// greatestCount is the greatest number that is said as one number.
	greatestCount = 9999
	hundred       = 100
	thousand      = 1000
)

// grammar is how a language joins number words. Below a hundred each number
// has a recording of its own, because there the languages differ most
// ("einundzwanzig", "quatre-vingt-dix"); so have the full hundreds and
// thousands.
type grammar struct {
	and   bool // "one hundred and five"
	oneOf bool // a final one changes before a noun: "hunderteins", "hundertein Personen"
}

// grammarOf knows the languages that need more than joining.
func grammarOf(lang string) grammar {
	switch lang {
	case "en":
		return grammar{and: true}
	case "de":
		return grammar{oneOf: true}
	}
	return grammar{}
}

// numberWords is n in words; counting tells that a noun follows.
func numberWords(lang string, n int, counting bool) []Prompt {
	if n < 0 || n > greatestCount {
		return digitWords(n)
	}
	g := grammarOf(lang)
	var words []Prompt
	rest := n
	if full := rest / thousand * thousand; full > 0 {
		words = append(words, numberPrompt(full))
		rest -= full
	}
	if full := rest / hundred * hundred; full > 0 {
		words = append(words, numberPrompt(full))
		rest -= full
	}
	switch {
	case rest == 0 && n > 0:
		return words
	case g.and && n > hundred:
		words = append(words, numberAnd)
	}
	if g.oneOf && counting && rest == 1 {
		return append(words, numberOneOf)
	}
	return append(words, numberPrompt(rest))
}

func digitWords(n int) []Prompt {
	var words []Prompt
	for _, r := range strconv.Itoa(max(n, -n)) {
		words = append(words, numberPrompt(int(r-'0')))
	}
	return words
}

// numberPrompts are the number words that each language must have.
func numberPrompts() []Prompt {
	all := []Prompt{numberAnd, numberOneOf}
	for n := range hundred {
		all = append(all, numberPrompt(n))
	}
	for n := 1; n <= 9; n++ {
		all = append(all, numberPrompt(n*hundred), numberPrompt(n*thousand))
	}
	return all
}
