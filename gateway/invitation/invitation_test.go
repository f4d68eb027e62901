package invitation

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func board() Meeting {
	return Meeting{
		ID: "4829157730", Title: "Board", PIN: "739204", Page: "https://meet.example.org/meet/4829157730",
		Start: time.Date(2026, 12, 1, 9, 0, 0, 0, time.FixedZone("", 3600)),
	}
}

func numbers() []Number {
	return []Number{
		{Number: "+49305550100", Languages: []string{"de", "en"}},
		{Number: "+493055501", Languages: []string{"en"}, Direct: true},
		{Number: "sip:en@192.0.2.1", Languages: []string{"en"}},
	}
}

func TestInvitationTellsAllThatIsNeeded(t *testing.T) {
	const want = `You are invited to a meeting.
Meeting: Board
Begins: 2026-12-01 09:00 (UTC+01:00)

By telephone
  Dial: +49305550100  (then press 2 for English)
  Dial: +493055501  (leads to this meeting without its number)
  Dial: sip:en@192.0.2.1
  Meeting number: 482 915 7730  (then press hash #)

PIN: 739 204  (then press hash #)

From a mobile phone at one tap
  +49305550100,,2,,4829157730#,,739204#
  +493055501,,739204#

In a browser
  https://meet.example.org/meet/4829157730
`
	if got := Text("en", board(), numbers()); got != want {
		t.Errorf("the invitation is\n%s", got)
	}
}

func TestWhatIsPublicHasNoPIN(t *testing.T) {
	for _, language := range Languages() {
		public, private := Public(language, board(), numbers()), Private(language, board(), numbers())
		if strings.Contains(public, "739204") || strings.Contains(public, "739 204") {
			t.Errorf("%s: the PIN is in what is public:\n%s", language, public)
		}
		if !strings.Contains(private, "739 204") || !strings.Contains(public, "482 915 7730") {
			t.Errorf("%s:\n%s\nand\n%s", language, public, private)
		}
	}
	if m := (Meeting{ID: "4829157730"}); Private("en", m, nil) != "" || strings.Contains(Public("en", m, nil), "PIN") {
		t.Error("there is no PIN to be sent another way")
	}
}

// One set of words for each language that is spoken, and no word missing.
func TestEveryLanguageHasEveryWord(t *testing.T) {
	for language, w := range all() {
		v := reflect.ValueOf(w)
		for i := range v.NumField() {
			name, text := v.Type().Field(i).Name, v.Field(i).String()
			if strings.TrimSpace(text) != text || text == "" {
				t.Errorf("%s: %s is %q", language, name, text)
			}
			if verbs := strings.Count(text, "%"); (name == "Key") != (verbs == 1) {
				t.Errorf("%s: %s has %d places for a figure", language, name, verbs)
			}
		}
	}
	catalogues, err := filepath.Glob(filepath.Join("..", "..", "announcements", "prompts", "*", "catalogue.json"))
	if err != nil || len(catalogues) == 0 {
		t.Fatalf("no catalogues: %v", err)
	}
	for _, c := range catalogues {
		if language := filepath.Base(filepath.Dir(c)); !slices.Contains(Languages(), language) {
			t.Errorf("there are prompts in %s, and no invitation", language)
		}
	}
	if _, err := os.Stat("words.json"); err != nil {
		t.Error(err)
	}
}

func TestNoTelephoneIsInvitedWhereNoneMayBe(t *testing.T) {
	for _, phones := range []Phones{Closed, Sealed} {
		m := board()
		m.Phones = phones
		for _, language := range Languages() {
			text := Text(language, m, numbers())
			if strings.Contains(text, "+4930") || strings.Contains(text, ",,") || strings.Contains(text, "#") {
				t.Errorf("%s: a number to dial in\n%s", language, text)
			}
			if !strings.Contains(text, m.Page) || !strings.Contains(text, "739 204") {
				t.Errorf("%s: no way in by the page\n%s", language, text)
			}
		}
	}
}

func TestOneTapKeysWhatIsAsked(t *testing.T) {
	m := Meeting{ID: "4829157730", PIN: "739204"}
	for _, tt := range []struct {
		name, language string
		number         Number
		pin            string
		want           string
	}{
		{"one language is not asked", "de", Number{Number: "+49", Languages: []string{"de"}}, "739204", "+49,,4829157730#,,739204#"},
		{"of several the invitation's is keyed", "de", Number{Number: "+49", Languages: []string{"en", "de"}}, "739204", "+49,,2,,4829157730#,,739204#"},
		{"a kind of it will do", "de", Number{Number: "+49", Languages: []string{"en", "de-AT"}}, "739204", "+49,,2,,4829157730#,,739204#"},
		{"where it is not spoken the first is", "fr", Number{Number: "+49", Languages: []string{"en", "de"}}, "739204", "+49,,1,,4829157730#,,739204#"},
		{"without a PIN none is keyed", "de", Number{Number: "+49", Languages: []string{"de"}}, "", "+49,,4829157730#"},
		{"a number of its own needs none of the meeting's", "de", Number{Number: "+49", Direct: true}, "", "+49"},
		{"a name cannot be dialled so", "de", Number{Number: "sip:de@192.0.2.1"}, "739204", ""},
		{"nor a pattern", "de", Number{Number: "+49*"}, "739204", ""},
	} {
		m.PIN = tt.pin
		if got := OneTap(tt.language, m, tt.number); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestLanguageComesNearest(t *testing.T) {
	for wanted, want := range map[string]string{"de": "de", "de-CH": "de", "": "en", "tlh": "en", "pl": "pl"} {
		if got := Language(wanted); got != want {
			t.Errorf("%q: %q, want %q", wanted, got, want)
		}
	}
}
