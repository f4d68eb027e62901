package announcements

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func catalogues(t testing.TB) map[string]catalogue {
	t.Helper()
	names, err := builtInLanguages()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]catalogue{}
	for _, lang := range names {
		if all[lang], err = readCatalogue(lang); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func TestTheseLanguagesAreSpoken(t *testing.T) {
	names, err := builtInLanguages()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(names, " "), "de en"; got != want {
		t.Errorf("languages are %s, want %s", got, want)
	}
}

func TestEachLanguageHasEachPrompt(t *testing.T) {
	for lang, c := range catalogues(t) {
		for _, p := range promptsOf(lang) {
			if strings.TrimSpace(c.Texts[p]) == "" {
				t.Errorf("%s has no words for %s", lang, p)
			}
		}
		for p := range c.Texts {
			if !slices.Contains(promptsOf(lang), p) {
				t.Errorf("%s has words for %s, which nothing says", lang, p)
			}
		}
		for p := range c.Spoken {
			if c.Texts[p] == "" {
				t.Errorf("%s has a spelling for %s, which has no words", lang, p)
			}
		}
	}
}

// longestSentence is in words: what is longer is not understood by ear.
const longestSentence = 20

// banned are words that leave open what is true, and ways to make a consent
// out of silence. A consent is a key.
var banned = map[string][]string{
	"en": {
		`may`, `might`, `could`, `possibly`, `perhaps`, `maybe`, `where applicable`, `etc`,
		`by (staying|remaining|continuing|joining|taking part)`, `(if|when|unless) you (stay|remain|continue|hang up)`,
		`(stay|remain) on the line`, `you (thereby|hereby|implicitly)`, `e2ee`, `id`,
	},
	"de": {
		`vielleicht`, `möglicherweise`, `eventuell`, `gegebenenfalls`, `unter umständen`, `könnten?`, `dürften?`, `usw`,
		`indem sie (in der leitung )?(bleiben|teilnehmen|fortfahren)`, `(wenn|falls|sofern) sie (dranbleiben|in der leitung bleiben|bleiben|weitermachen|auflegen)`,
		`durch (ihr|ihre|die) (weitere )?(teilnahme|verbleib|bleiben|fortsetzung)`, `stillschweigend`, `hiermit`, `e2ee`, `id`,
	},
}

var (
	endOfSentence = regexp.MustCompile(`[.?!:;]+(\s|$)`)
	bannedWords   = compile(banned)
)

func compile(words map[string][]string) map[string]*regexp.Regexp {
	all := map[string]*regexp.Regexp{}
	for lang, list := range words {
		all[lang] = regexp.MustCompile(`(?i)(?:^|[^\pL])(` + strings.Join(list, "|") + `)(?:$|[^\pL])`)
	}
	return all
}

// unspeakable is what a voice reads in its own way, and what a recording
// cannot hold.
var unspeakable = regexp.MustCompile(`[0-9*#{}<>&/()\[\]_|]|[a-zß]\.[a-z]`)

func TestTextsCanBeUnderstoodAndAreTrue(t *testing.T) {
	for lang, c := range catalogues(t) {
		if len(banned[lang]) == 0 {
			t.Fatalf("no banned words are known for %s", lang)
		}
		for p, text := range c.Texts {
			for _, fault := range lint(lang, text) {
				t.Errorf("%s %s: %s: %q", lang, p, fault, text)
			}
		}
	}
}

func lint(lang, text string) []string {
	var faults []string
	for _, sentence := range endOfSentence.Split(text, -1) {
		if n := len(strings.Fields(sentence)); n > longestSentence {
			faults = append(faults, "sentence too long")
		}
	}
	if found := bannedWords[lang].FindStringSubmatch(text); found != nil {
		faults = append(faults, "says "+found[1])
	}
	if what := unspeakable.FindString(text); what != "" {
		faults = append(faults, "cannot be spoken: "+what)
	}
	return faults
}

func TestLinterFindsWhatItIsFor(t *testing.T) {
	for _, tt := range []struct{ name, lang, text string }{
		{"staying is no consent", "en", "By staying on the line you agree to the recording."},
		{"staying is no consent, the other way", "en", "Hang up if you disagree, or stay on the line."},
		{"dranbleiben ist keine Zustimmung", "de", "Wenn Sie in der Leitung bleiben, stimmen Sie der Aufnahme zu."},
		{"teilnehmen ist keine Zustimmung", "de", "Durch Ihre Teilnahme willigen Sie ein."},
		{"vague words", "en", "This meeting may be recorded."},
		{"ungefähre Worte", "de", "Diese Besprechung wird eventuell aufgenommen."},
		{"placeholders", "en", "You have reached {operator}."},
		{"signs", "de", "Drücken Sie *6."},
		{"long sentences", "en", strings.Repeat("word ", longestSentence+1) + "."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if len(lint(tt.lang, tt.text)) == 0 {
				t.Errorf("nothing found in %q", tt.text)
			}
		})
	}
}

func TestConsentNamesItsKeysFirst(t *testing.T) {
	for lang, words := range map[string]map[Prompt]string{
		"en": {ConsentAgree: "One", ConsentListen: "Two", ConsentLeave: "Three", ConsentRepeat: "Zero"},
		"de": {ConsentAgree: "Eins", ConsentListen: "Zwei", ConsentLeave: "Drei", ConsentRepeat: "Null"},
	} {
		for p, word := range words {
			if text := catalogues(t)[lang].Texts[p]; !strings.HasPrefix(text, word) {
				t.Errorf("%s %s does not begin with its key: %q", lang, p, text)
			}
		}
	}
}
