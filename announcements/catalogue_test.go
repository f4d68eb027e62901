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

func textsOf(t testing.TB, lang string) map[Prompt]string {
	t.Helper()
	c, err := readCatalogue(lang)
	if err != nil {
		t.Fatal(err)
	}
	return c.Texts
}

func TestTheseLanguagesAreSpoken(t *testing.T) {
	names, err := builtInLanguages()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(names, " "), "de en es fr it nl pl"; got != want {
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
	"fr": {
		`peut-être`, `éventuellement`, `le cas échéant`, `pourr(ait|aient|iez)`, `etc`,
		`en (restant|continuant|participant|demeurant)`, `si vous (restez|continuez|raccrochez)`,
		`rest(ez|er) en ligne`, `tacitement`, `par la présente`, `e2ee`, `id`,
	},
	"es": {
		`quizás?`, `tal vez`, `posiblemente`, `eventualmente`, `en su caso`, `podrían?`, `etc`,
		`al (permanecer|continuar|participar|seguir|quedarse)`, `si (permanece|continúa|sigue|cuelga|se queda)`,
		`(permane(zca|cer)|qué?de(se)?|siga) en (la )?línea`, `tácitamente`, `por la presente`, `e2ee`, `id`,
	},
	"it": {
		`forse`, `eventualmente`, `possibilmente`, `se del caso`, `potrebb(e|ero)`, `ecc`,
		`(rimanendo|restando|continuando|partecipando)`, `se (rimane|resta|continua|riaggancia)`,
		`(rimanga|resti|rimanere|restare) in linea`, `tacitamente`, `con la presente`, `e2ee`, `id`,
	},
	"nl": {
		`misschien`, `mogelijkerwijs`, `eventueel`, `wellicht`, `zou(den)? kunnen`, `enz`,
		`door (te blijven|deel te nemen|door te gaan|aan de lijn te blijven)`, `(als|indien|wanneer) u (blijft|doorgaat|ophangt|aan de lijn blijft)`,
		`blijf(t u)? aan de lijn`, `stilzwijgend`, `hierbij`, `e2ee`, `id`,
	},
	"pl": {
		`być może`, `ewentualnie`, `prawdopodobnie`, `m[óo]g(łby|łaby|liby)`, `itd`, `itp`,
		`pozostając`, `kontynuując`, `uczestnicząc`, `(jeśli|jeżeli|gdy) (pozosta|nie rozłącz)\pL*`,
		`(pozostać|zostać) na linii`, `milcząc\pL*`, `niniejszym`, `e2ee`, `id`,
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
		{"rester n'est pas consentir", "fr", "En restant en ligne, vous acceptez l'enregistrement."},
		{"quedarse no es consentir", "es", "Al permanecer en la llamada, usted acepta la grabación."},
		{"restare non è acconsentire", "it", "Rimanendo al telefono acconsente alla registrazione."},
		{"blijven is geen toestemming", "nl", "Als u aan de lijn blijft, stemt u in met de opname."},
		{"pozostanie nie jest zgodą", "pl", "Pozostając na linii, wyrażają Państwo zgodę na nagrywanie."},
		{"des mots vagues", "fr", "Cette réunion est peut-être enregistrée."},
		{"palabras vagas", "es", "Quizá se grabe esta reunión."},
		{"parole vaghe", "it", "Questa riunione potrebbe essere registrata."},
		{"vage woorden", "nl", "Deze vergadering wordt eventueel opgenomen."},
		{"niejasne słowa", "pl", "To spotkanie jest być może nagrywane."},
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

// keyWords are the words for the keys with which answers are given.
var keyWords = map[string][4]string{
	"en": {"Zero", "One", "Two", "Three"},
	"de": {"Null", "Eins", "Zwei", "Drei"},
	"fr": {"Zéro", "Un", "Deux", "Trois"},
	"es": {"Cero", "Uno", "Dos", "Tres"},
	"it": {"Zero", "Uno", "Due", "Tre"},
	"nl": {"Nul", "Eén", "Twee", "Drie"},
	"pl": {"Zero", "Jeden", "Dwa", "Trzy"},
}

// TestAnswersNameTheirKeysFirst: who hears the key last no longer knows what it
// is for. The words in between are another sentence.
func TestAnswersNameTheirKeysFirst(t *testing.T) {
	for lang, c := range catalogues(t) {
		words, known := keyWords[lang]
		if !known {
			t.Fatalf("the words for keys are not known for %s", lang)
		}
		for p, key := range map[Prompt]int{
			ConsentAgree: 1, ConsentListen: 2, ConsentRefuse: 2, ConsentLeave: 3, ConsentRepeat: 0, ProcessAgree: 1, ProcessLeave: 2,
		} {
			if text := c.Texts[p]; !strings.HasPrefix(strings.ReplaceAll(text, "É", "E"), words[key]) {
				t.Errorf("%s %s does not begin with its key: %q", lang, p, text)
			}
		}
	}
}

// What a caller has to press is called by the same words everywhere.
func TestKeysAreCalledByTheirNames(t *testing.T) {
	for lang, c := range catalogues(t) {
		star, hash := c.Texts[keyStar], c.Texts[keyHash]
		for _, p := range []Prompt{PrivacyMore, ConsentYes, ConsentNo, privacyWithdraw, MuteHost, UnmuteAsk, UnmuteHeld, EnterMuted, Help, HelpHost, HelpHostMore, KeyUnknown} {
			if !strings.Contains(strings.ToLower(c.Texts[p]), strings.ToLower(star)) {
				t.Errorf("%s %s does not say %s: %q", lang, p, star, c.Texts[p])
			}
		}
		for _, p := range []Prompt{AskNumber, AskPIN, WaitHostPIN, privacyEnd, Help} {
			if !strings.Contains(strings.ToLower(c.Texts[p]), strings.ToLower(hash)) {
				t.Errorf("%s %s does not say %s: %q", lang, p, hash, c.Texts[p])
			}
		}
		for key := '1'; key <= '9'; key++ {
			word := strings.ToLower(c.Texts[numberPrompt(int(key-'0'))])
			if offer := strings.ToLower(c.Texts[languagePrompt(key)]); !strings.HasSuffix(offer, " "+word+".") {
				t.Errorf("%s offers itself without its key %s: %q", lang, word, offer)
			}
		}
	}
}
