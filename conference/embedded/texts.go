package embedded

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Texts are words of a host or an operator, by language; those under the empty
// one are for all others.
type Texts map[string]string

// maxText is the longest text, in characters: about half a minute of speech.
const maxText = 400

var languageTag = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)

// In is the text for who is spoken to in a language: in that language, else in
// the one that it is a kind of, else what is for all, in English, or in any. What
// a recording is for is better said in a foreign language than not at all.
func (t Texts) In(language string) string {
	base, _, _ := strings.Cut(language, "-")
	for _, tag := range []string{language, base, "", "en"} {
		if text, ok := t[tag]; ok {
			return text
		}
	}
	for _, tag := range slices.Sorted(maps.Keys(t)) {
		return t[tag]
	}
	return ""
}

// namesRecording matches a text that is no words, but the name of a recording of the
// operator's with them.
var namesRecording = regexp.MustCompile(`^\s*own\.\S+\s*$`)

// readable are the texts for who reads them. Whoever is asked to agree must not
// read a file's name in place of what they agree to.
func (t Texts) readable() Texts {
	words := maps.Clone(t)
	maps.DeleteFunc(words, func(_, text string) bool { return namesRecording.MatchString(text) })
	return words
}

// Unreadable reports that there is a text, and nobody can read it: there is only a
// recording of the operator's.
func (t Texts) Unreadable() bool { return len(t) > 0 && len(t.readable()) == 0 }

// check reports what is wrong with each text, under key.
func (t Texts) check(key string) error {
	var errs []error
	for _, tag := range slices.Sorted(maps.Keys(t)) {
		text := t[tag]
		switch {
		case tag != "" && !languageTag.MatchString(tag):
			errs = append(errs, fmt.Errorf("%s: %q is no language: want de or en-GB, for instance", key, tag))
		case strings.TrimSpace(text) == "":
			errs = append(errs, fmt.Errorf("%s.%s: want a text, or no such key", key, tag))
		case !utf8.ValidString(text) || utf8.RuneCountInString(text) > maxText:
			errs = append(errs, fmt.Errorf("%s.%s: want at most %d characters, which can be listened to", key, tag, maxText))
		case strings.IndexFunc(text, unicode.IsControl) >= 0:
			errs = append(errs, fmt.Errorf("%s.%s: want one line, without control characters", key, tag))
		}
	}
	return errors.Join(errs...)
}
