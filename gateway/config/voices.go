package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/einwahl/einwahl/announcements"
	"github.com/einwahl/einwahl/conference/embedded"
)

// Voices is what the gateway can say; an announcements.Library is that.
type Voices interface {
	Languages() []string
	Speaks(lang string, p announcements.Prompt) bool
}

// unread are the voices of a gateway of whose own recordings nobody knows which
// there are.
type unread struct{ Voices }

// Speaks gives each recording the benefit of the doubt.
func (unread) Speaks(string, announcements.Prompt) bool { return true }

// checkVoices looks whether the gateway can say what it must. Where the operator's
// recordings cannot be read it looks at all that does not depend on them; what is
// wrong with the section itself is told already.
func (c Config) checkVoices(open func(announcements.Config) (Voices, error)) Mistakes {
	if open == nil {
		return nil
	}
	var all Mistakes
	settings := c.Announcements
	readable := !slices.ContainsFunc(split("", settings.Validate()), func(m Mistake) bool { return m.Key == "directory" })
	if readable {
		v, err := open(settings)
		if err == nil {
			return append(c.checkLanguages(v), c.checkTexts(v)...)
		}
		all = split("announcements", err)
	}
	settings.Directory = ""
	v, err := open(settings)
	if err != nil {
		return all
	}
	return append(all, c.checkTexts(unread{v})...)
}

// checkLanguages looks whether the gateway can speak what numbers ask for. A
// regional language such as de-AT is spoken where its base is.
func (c Config) checkLanguages(v Voices) Mistakes {
	var all Mistakes
	spoken := v.Languages()
	for i, n := range c.Numbers {
		for j, language := range n.Languages {
			base, _, _ := strings.Cut(language, "-")
			if !slices.Contains(spoken, language) && !slices.Contains(spoken, base) {
				all = append(all, wrong(at(at("numbers", i)+".languages", j), "%q is not spoken here; there %s", language, known(spoken)))
			}
		}
	}
	return all
}

// checkTexts looks whether what callers must be told is there in each language
// that they are spoken to in, and can be spoken.
func (c Config) checkTexts(v Voices) Mistakes {
	all := c.checkController(v)
	for _, told := range c.Privacy.Told() {
		if told.Texts.Empty() {
			continue
		}
		key := "privacy." + told.Key
		for _, lang := range c.languages() {
			if recorded(v, lang) {
				continue
			}
			if told.Texts.In(lang) == "" {
				all = append(all, untold(key, lang, "numbers speak"))
				continue
			}
			all = append(all, c.checkText(v, key, lang, told.Texts.In(lang))...)
		}
	}
	for i, n := range c.Numbers {
		for _, lang := range n.Languages {
			if !n.Message.Empty() && n.Message.In(lang) == "" {
				all = append(all, untold(at("numbers", i)+".message", lang, "this number speaks"))
			}
		}
	}
	for _, said := range c.said() {
		all = append(all, c.checkText(v, said.key, said.lang, said.text)...)
	}
	return all
}

// untold is a text that is missing for a language.
func untold(key, lang, who string) Mistake {
	return wrong(key, "has no text for %s, which %s: want {%s: ...} beside the others", lang, who, lang)
}

// said is a text that callers of a number or a meeting hear in a language.
type said struct{ key, lang, text string }

// said are the messages of numbers, and the messages and purposes of meetings
// that telephones come to.
func (c Config) said() []said {
	var all []said
	for i, n := range c.Numbers {
		for _, lang := range n.Languages {
			all = append(all, said{at("numbers", i) + ".message", lang, n.Message.In(lang)})
		}
	}
	for i, m := range c.Meetings {
		all = append(all, c.saidIn(at("meetings", i)+".", m)...)
	}
	return all
}

// saidIn are the messages and purposes of a meeting, none where no telephone
// comes.
func (c Config) saidIn(key string, m embedded.MeetingConfig) []said {
	if !m.Phones {
		return nil
	}
	var all []said
	for _, lang := range c.languages() {
		all = append(all, said{key + "purpose", lang, m.Purpose.In(lang)}, said{key + "message", lang, m.Message.In(lang)})
	}
	return all
}

// CheckMeeting looks whether what callers of a meeting that is not in the file are
// told can be spoken.
func (c Config) CheckMeeting(v Voices, m embedded.MeetingConfig) Mistakes {
	var all Mistakes
	for _, said := range c.saidIn("", m) {
		all = append(all, c.checkText(v, said.key, said.lang, said.text)...)
	}
	return all
}

// checkController looks whether callers can know whom they consent to.
func (c Config) checkController(v Voices) Mistakes {
	if !c.Privacy.Consent || !c.Privacy.Controller.Empty() {
		return nil
	}
	for _, lang := range c.languages() {
		if !recorded(v, lang) {
			return Mistakes{wrong("privacy.controller", "want the name of who is responsible: privacy.consent asks for a consent, and nobody can give one to somebody unnamed")}
		}
	}
	return nil
}

// recorded reports that the operator has recorded the whole notice in a language.
func recorded(v Voices, lang string) bool {
	return v.Speaks(lang, announcements.OwnShort) && v.Speaks(lang, announcements.OwnLong)
}

// checkText looks whether a text can be said in a language.
func (c Config) checkText(v Voices, key, lang, text string) Mistakes {
	own, named := announcements.Named(text)
	switch {
	case text == "":
	case named && !v.Speaks(lang, own):
		return Mistakes{wrong(key, "announcements.directory has no recording %s/%s", lang, own)}
	case !named && len(c.Announcements.Synthesiser) == 0:
		return Mistakes{wrong(key, "nothing can speak it in %s: want announcements.synthesiser, or own.<name> for a recording in announcements.directory", lang)}
	}
	return nil
}

// unheard are the languages of the texts of numbers and meetings in which no caller
// hears them, each under its key.
func (c Config) unheard() []string {
	var all []string
	look := func(key string, texts map[string]string, in func(string) string, languages []string) {
		for _, tag := range slices.Sorted(maps.Keys(texts)) {
			if tag != "" && !slices.ContainsFunc(languages, func(lang string) bool { return in(lang) == in(tag) }) {
				all = append(all, fmt.Sprintf("%s.%s: no caller hears it: numbers speak %s", key, tag, strings.Join(languages, ", ")))
			}
		}
	}
	for i, n := range c.Numbers {
		look(at("numbers", i)+".message", n.Message, n.Message.In, n.Languages)
	}
	for i, m := range c.Meetings {
		if m.Phones {
			look(at("meetings", i)+".purpose", m.Purpose, m.Purpose.In, c.languages())
			look(at("meetings", i)+".message", m.Message, m.Message.In, c.languages())
		}
	}
	return all
}

// languages are those that numbers speak, each once.
func (c Config) languages() []string {
	var all []string
	for _, n := range c.Numbers {
		all = append(all, n.Languages...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Phrases are the texts of the file that must be ready whenever a call comes.
func (c Config) Phrases(v Voices) []announcements.Phrase {
	var all []announcements.Phrase
	add := func(lang, text string) {
		if text != "" {
			all = append(all, announcements.Phrase{Language: lang, Words: text})
		}
	}
	for _, lang := range c.languages() {
		for _, told := range c.Privacy.Told() {
			if !recorded(v, lang) {
				add(lang, told.Texts.In(lang))
			}
		}
	}
	for _, said := range c.said() {
		add(said.lang, said.text)
	}
	return all
}
