package announcements

import (
	"strings"
	"testing"
)

// words are the texts of an item in a language, as they would be spoken.
func words(t *testing.T, lang string, item Item) string {
	t.Helper()
	c := catalogues(t)[lang]
	var said []string
	for _, p := range item.parts(lang) {
		text, ok := c.Texts[p.prompt]
		if !ok {
			t.Fatalf("%s has no %s", lang, p.prompt)
		}
		said = append(said, text)
	}
	return strings.Join(said, " ")
}

func TestItemsAreSaidByTheGrammarOfTheirLanguage(t *testing.T) {
	for _, tt := range []struct {
		name string
		lang string
		item Item
		want string
	}{
		{"zero", "en", Count(0), "zero"},
		{"below a hundred it is one word", "de", Count(21), "einundzwanzig"},
		{"below a hundred it is one word", "en", Count(21), "twenty-one"},
		{"a full hundred", "en", Count(300), "three hundred"},
		{"English joins with and", "en", Count(305), "three hundred and five"},
		{"English joins with and after a thousand too", "en", Count(1005), "one thousand and five"},
		{"thousands and hundreds", "en", Count(1234), "one thousand two hundred and thirty-four"},
		{"German joins without and", "de", Count(305), "dreihundert fünf"},
		{"thousands and hundreds", "de", Count(4321), "viertausend dreihundert einundzwanzig"},
		{"a German one is eins at the end", "de", Count(101), "einhundert eins"},
		{"the greatest", "de", Count(9999), "neuntausend neunhundert neunundneunzig"},
		{"beyond it digit by digit", "en", Count(10203), "one zero two zero three"},
		{"keys one by one", "en", Digits("*6#"), "star six hash"},
		{"what is no key is left out", "de", Digits("1 a2"), "eins zwei"},
		{"nobody else", "en", People(1), "You are alone in the meeting."},
		{"the one who asks is always there", "de", People(0), "Sie sind allein in der Besprechung."},
		{"several people", "en", People(12), "There are twelve people in the meeting."},
		{"several people", "de", People(2), "In der Besprechung sind zwei Personen."},
		{"a German one is ein before a noun", "de", People(101), "In der Besprechung sind einhundert ein Personen."},
		{"nobody waits", "en", Waiting(0), "Nobody is waiting."},
		{"one waits", "de", Waiting(1), "Eine Person wartet."},
		{"several wait", "de", Waiting(17), "Es warten siebzehn Personen."},
		{"who comes first is told", "en", Others(0), "You are the first person in the meeting."},
		{"one is there already", "de", Others(1), "Eine andere Person ist schon da."},
		{"several are", "en", Others(5), "There are five other people here already."},
		{"the offer of a language", "de", OfferLanguage("de", '2'), "Für Deutsch drücken Sie die Zwei."},
	} {
		t.Run(tt.name+" "+tt.lang, func(t *testing.T) {
			if got := words(t, tt.lang, tt.item); got != tt.want {
				t.Errorf("said %q, want %q", got, tt.want)
			}
		})
	}
}

func TestEachNumberCanBeSaid(t *testing.T) {
	for lang, c := range catalogues(t) {
		for n := range 10001 {
			for _, of := range []noun{nothing, person, day} {
				for _, p := range numberWords(lang, n, of) {
					if c.Texts[p] == "" {
						t.Fatalf("%s cannot say %d: no %s", lang, n, p)
					}
				}
			}
		}
	}
}
