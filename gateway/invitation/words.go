package invitation

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

//go:embed words.json
var file []byte

// words are those of one language.
type words struct {
	Invited string // first line
	Meeting string
	Start   string
	ByPhone string // heading
	Dial    string
	Direct  string // said behind a number that leads to this meeting alone
	Key     string // what to press for this language; %d
	Number  string // the meeting's
	Hash    string // said behind what ends with #
	PIN     string
	Tap     string // heading of what a mobile telephone dials
	Closed  string
	Sealed  string
	Apart   string // where the PIN is not there
	ByPage  string // heading
}

// all are the words of all languages. The file is part of the program: that it
// can be read is tested.
func all() map[string]words {
	var languages map[string]words
	d := json.NewDecoder(bytes.NewReader(file))
	d.DisallowUnknownFields()
	if err := d.Decode(&languages); err != nil {
		panic("invitation: words.json: " + err.Error())
	}
	return languages
}

// Languages are those in which there are invitations.
func Languages() []string { return slices.Sorted(maps.Keys(all())) }

// Language is the language of an invitation for who wants it in this one:
// English where there is none.
func Language(wanted string) string {
	languages := all()
	base, _, _ := strings.Cut(wanted, "-")
	for _, l := range []string{wanted, base} {
		if _, ok := languages[l]; ok {
			return l
		}
	}
	return "en"
}

func in(language string) words { return all()[Language(language)] }

// intro says what it is.
func (w words) intro(m Meeting) string {
	text := w.Invited
	if m.Title != "" {
		text += fmt.Sprintf("\n%s: %s", w.Meeting, m.Title)
	}
	if !m.Start.IsZero() {
		text += fmt.Sprintf("\n%s: %s", w.Start, m.Start.Format("2006-01-02 15:04 (UTC-07:00)"))
	}
	return text
}

// phone says what to dial, or why not.
func (w words) phone(language string, m Meeting, numbers []Number) string {
	switch {
	case m.Phones == Sealed:
		return w.Sealed
	case m.Phones == Closed:
		return w.Closed
	case len(numbers) == 0:
		return fmt.Sprintf("%s: %s", w.Number, grouped(m.ID))
	}
	text := w.ByPhone
	keyed := false
	for _, n := range numbers {
		text += fmt.Sprintf("\n  %s: %s%s", w.Dial, n.Number, w.behind(language, n))
		keyed = keyed || !n.Direct
	}
	if keyed {
		text += fmt.Sprintf("\n  %s: %s  %s", w.Number, grouped(m.ID), w.Hash)
	}
	return text
}

// behind is what is to be known of a number.
func (w words) behind(language string, n Number) string {
	var notes []string
	if i := slices.Index(n.Languages, spoken(language, n.Languages)); i >= 0 && len(n.Languages) > 1 {
		notes = append(notes, fmt.Sprintf(w.Key, i+1))
	}
	if n.Direct {
		notes = append(notes, w.Direct)
	}
	if len(notes) == 0 {
		return ""
	}
	return "  (" + strings.Join(notes, "; ") + ")"
}

// pin stands on a line of its own, apart from the number.
func (w words) pin(m Meeting) string {
	if m.PIN == "" {
		return ""
	}
	text := fmt.Sprintf("%s: %s", w.PIN, grouped(m.PIN))
	if m.Phones == Welcome {
		text += "  " + w.Hash
	}
	return text
}

func (w words) tap(language string, m Meeting, numbers []Number) string {
	if m.Phones != Welcome {
		return ""
	}
	text := ""
	for _, n := range numbers {
		if tap := OneTap(language, m, n); tap != "" {
			text += "\n  " + tap
		}
	}
	if text == "" {
		return ""
	}
	return w.Tap + text
}

func (w words) page(m Meeting) string {
	if m.Page == "" {
		return ""
	}
	return w.ByPage + "\n  " + m.Page
}
