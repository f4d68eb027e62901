package announcements

import (
	"maps"
	"slices"
	"strings"
)

// Texts is one text in several languages, by language. Under the empty name
// stands what is said in all that have none of their own.
type Texts map[string]string

// In is the text for a language, or for what it is a region of; empty where
// there is none.
func (t Texts) In(lang string) string {
	base, _, _ := strings.Cut(lang, "-")
	for _, l := range []string{lang, base, ""} {
		if text := tidy(t[l]); text != "" {
			return text
		}
	}
	return ""
}

// Empty reports that there is no text in any language.
func (t Texts) Empty() bool {
	return !slices.ContainsFunc(slices.Collect(maps.Values(t)), func(text string) bool { return tidy(text) != "" })
}
