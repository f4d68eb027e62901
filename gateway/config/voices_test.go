package config

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/einwahl/einwahl/announcements"
)

// allRecorded has the whole notice in English.
type allRecorded struct{ twoVoices }

func (allRecorded) Speaks(lang string, p announcements.Prompt) bool {
	return lang == "en" && (p == announcements.OwnShort || p == announcements.OwnLong)
}

func TestATextMayBeWrittenOnceOrForEachLanguage(t *testing.T) {
	c, err := parse([]byte(`
announcements: {synthesiser: [cat]}
privacy:
  controller: Stadt Musterhausen
  address: {de: Markt 1, en: 1 Market Square}
  url: ""
`+bones), still())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		texts    announcements.Texts
		lang     string
		wantText string
	}{
		{c.Privacy.Controller, "en", "Stadt Musterhausen"},
		{c.Privacy.Address, "de", "Markt 1"},
		{c.Privacy.Address, "en", "1 Market Square"},
		{c.Privacy.URL, "en", ""},
	} {
		if got := tt.texts.In(tt.lang); got != tt.wantText {
			t.Errorf("%v in %s = %q, want %q", tt.texts, tt.lang, got, tt.wantText)
		}
	}
}

func TestPhrasesAreWhatNumbersNeed(t *testing.T) {
	c, err := parse([]byte(`
announcements: {synthesiser: [cat]}
privacy: {controller: Stadt, address: {de: Markt, en: Market}}
trunks: [{name: a, peers: [10.0.0.0/8]}]
numbers:
  - {number: "1", trunks: [a], languages: [de], message: {de: Gleich, en: Soon}}
  - {number: "2", trunks: [a], languages: [de, en]}
meetings: [{id: 1, purpose: {de: Protokoll, en: Minutes}}, {id: 2, phones: false, message: {en: Nobody calls}}]
`), still())
	if err != nil {
		t.Fatal(err)
	}
	said := func(v Voices) string {
		var all []string
		for _, p := range c.Phrases(v) {
			all = append(all, p.Language+" "+p.Words)
		}
		slices.Sort(all)
		return strings.Join(all, ", ")
	}
	if got, want := said(twoVoices{}), "de Gleich, de Markt, de Protokoll, de Stadt, en Market, en Minutes, en Stadt"; got != want {
		t.Errorf("phrases are %s, want %s", got, want)
	}
	if got, want := said(allRecorded{}), "de Gleich, de Markt, de Protokoll, de Stadt, en Minutes"; got != want {
		t.Errorf("with a notice that is recorded phrases are %s, want %s", got, want)
	}
}

// TestMistakesInTextsAreToldBesideThoseOfTheAnnouncements: one reading of the file
// tells all that can be known.
func TestMistakesInTextsAreToldBesideThoseOfTheAnnouncements(t *testing.T) {
	const texts = `
trunks: [{name: a, peers: [10.0.0.0/8]}]
numbers: [{number: "1", trunks: [a], languages: [en, de], message: {en: Soon, de: own.controller}}]
meetings: [{id: 1, purpose: {en: own.minutes}}]
`
	broken := still()
	broken.voices = func(c announcements.Config) (Voices, error) {
		if c.Directory != "" {
			return nil, errors.New("a recording is broken")
		}
		return twoVoices{}, nil
	}
	for _, tt := range []struct {
		name, file string
		s          surroundings
		want       []string
	}{
		{"a pause that is too long", "announcements: {lead_in: 1h}", still(), []string{"announcements.lead_in", "numbers[0].message", "meetings[0].purpose", "meetings[0].purpose"}},
		{"a synthesiser that is not there: it would speak", "announcements: {synthesiser: [no-such-program]}", still(), []string{"announcements.synthesiser", "meetings[0].purpose", "meetings[0].purpose"}},
		{"a folder that is not there: nobody knows what is in it", "announcements: {directory: /no/such/folder}", still(), []string{"announcements.directory", "numbers[0].message"}},
		{"a folder that cannot be read", "announcements: {directory: /}", broken, []string{"announcements", "numbers[0].message"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parse([]byte(tt.file+texts), tt.s)
			var told Mistakes
			if !errors.As(err, &told) {
				t.Fatal(err)
			}
			var got []string
			for _, m := range told {
				got = append(got, m.Key)
			}
			slices.Sort(got)
			slices.Sort(tt.want)
			if !slices.Equal(got, tt.want) {
				t.Errorf("mistakes under %q, want %q:\n%v", got, tt.want, told)
			}
		})
	}
}
