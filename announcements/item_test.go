package announcements

import (
	"strings"
	"testing"
)

// words are the texts of an item in a language, as they would be spoken.
func words(t *testing.T, lang string, item Item) string {
	t.Helper()
	base, _, _ := strings.Cut(lang, "-")
	all := textsOf(t, base)
	var said []string
	for _, p := range item.parts(lang) {
		text, ok := all[p.prompt]
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
		{"a telephone comes", "en", Telephone(2, Joined), "Telephone two is now in the meeting."},
		{"a telephone goes", "de", Telephone(21, Left), "Telefon einundzwanzig hat die Besprechung verlassen."},
		{"the first of them, by itself", "de", Telephone(1, Joined), "Telefon eins ist jetzt in der Besprechung."},
		{"a telephone without a number", "de", Telephone(0, Joined), "Ein Telefon ist jetzt in der Besprechung."},
		{"a telephone is masculine", "fr", Telephone(1, Left), "Le téléphone un a quitté la réunion."},
		{"a telephone is masculine", "es", Telephone(21, Joined), "El teléfono veintiuno está ahora en la reunión."},
		{"a telephone is masculine", "it", Telephone(3, Joined), "Il telefono tre è ora nella riunione."},
		{"a telephone is masculine", "pl", Telephone(2, Left), "Telefon dwa opuszcza spotkanie."},
		{"a telephone", "nl", Telephone(0, Left), "Een telefoon heeft de vergadering verlaten."},
		{"days", "en", Retained(7), "We delete call data after seven days."},
		{"one day", "de", Retained(1), "Anrufdaten löschen wir nach einem Tag."},
		{"a regional language counts as its base", "de-AT", People(101), "In der Besprechung sind einhundert ein Personen."},

		{"French counts people as feminine", "fr", People(21), "Il y a vingt et une personnes dans la réunion."},
		{"and days as masculine", "fr", Retained(21), "Nous effaçons les données d'appel au bout de vingt et un jours."},
		{"seventy-one is sixty and eleven", "fr", People(71), "Il y a soixante et onze personnes dans la réunion."},
		{"eighty by itself", "fr", Count(80), "quatre-vingts"},
		{"eighty-one has no and", "fr", Waiting(81), "Il y a quatre-vingt-une personnes en attente."},
		{"ninety-one is eighty and eleven", "fr", Others(91), "Il y a déjà quatre-vingt-onze autres personnes."},
		{"a one after hundreds agrees too", "fr", People(1001), "Il y a mille une personnes dans la réunion."},

		{"Spanish counts people as feminine", "es", People(21), "Hay veintiuna personas en la reunión."},
		{"and shortens one before days", "es", Retained(31), "Borramos los datos de llamada tras treinta y un días."},
		{"and twenty-one", "es", Retained(21), "Borramos los datos de llamada tras veintiún días."},
		{"one by itself is whole", "es", Count(21), "veintiuno"},
		{"a hundred by itself", "es", People(100), "Hay cien personas en la reunión."},
		{"a hundred with more", "es", Count(102), "ciento dos"},
		{"hundreds agree with people", "es", Waiting(231), "Hay doscientas treinta y una personas esperando."},
		{"and not with days", "es", Retained(365), "Borramos los datos de llamada tras trescientos sesenta y cinco días."},
		{"eleven does not end in one", "es", Others(11), "Ya hay once personas más."},

		{"Italian elides within tens", "it", People(28), "Ci sono ventotto persone nella riunione."},
		{"twenty-one does not change", "it", Waiting(21), "Ci sono ventuno persone in attesa."},
		{"a hundred and one", "it", Others(101), "Ci sono già cento uno altre persone."},
		{"thousands have a plural", "it", Count(2000), "duemila"},

		{"Dutch puts ones before tens", "nl", People(22), "Er zijn tweeëntwintig personen in de vergadering."},
		{"a hundred and one", "nl", Waiting(101), "Er wachten honderd één personen."},
		{"thousands", "nl", Count(1234), "duizend tweehonderd vierendertig"},

		{"Polish two people are few, and feminine", "pl", People(2), "W spotkaniu uczestniczą dwie osoby."},
		{"four are few", "pl", Waiting(4), "Czekają cztery osoby."},
		{"five are many", "pl", Waiting(5), "Czeka pięć osób."},
		{"the teens are many", "pl", People(12), "W spotkaniu uczestniczy dwanaście osób."},
		{"and after a hundred", "pl", People(113), "W spotkaniu uczestniczy sto trzynaście osób."},
		{"twenty-one are many", "pl", Others(21), "W spotkaniu jest już dwadzieścia jeden innych osób."},
		{"twenty-two are few", "pl", Others(22), "W spotkaniu są już dwadzieścia dwie inne osoby."},
		{"a hundred and three are few", "pl", People(103), "W spotkaniu uczestniczą sto trzy osoby."},
		{"a thousand are many", "pl", People(1000), "W spotkaniu uczestniczy tysiąc osób."},
		{"two days are masculine", "pl", Retained(2), "Dane o połączeniu przechowujemy przez dwa dni."},
		{"two by itself", "pl", Count(22), "dwadzieścia dwa"},

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
				said(t, lang, c, n, numberWords(lang, n, of))
			}
			for _, s := range phrases {
				if n > 1 {
					said(t, lang, c, n, s.with(lang, n))
				}
			}
		}
	}
}

func said(t *testing.T, lang string, c catalogue, n int, row []Prompt) {
	t.Helper()
	for _, p := range row {
		if c.Texts[p] == "" {
			t.Fatalf("%s cannot say %d: no %s", lang, n, p)
		}
	}
}
