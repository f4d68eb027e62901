// Package disclosure writes what an operator hands to a data protection officer,
// from the operator's file in force: a record of processing (GDPR Art. 30), the
// measures (Art. 32), what is encrypted how, a statement on accessibility
// (EN 301 549), and a page with which the annex of a contract may begin (Art. 28).
//
// It is text in Markdown, in German or in English. What the file does not say stands
// there as a gap to be filled in, and is never guessed. A secret of the file is in
// none of it.
package disclosure

import (
	"bytes"
	"embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/template"
	"time"

	"github.com/einwahl/einwahl/gateway/config"
)

//go:embed templates
var templates embed.FS

// Languages are those in which statements are written.
func Languages() []string { return []string{"de", "en"} }

// Statements are their names, in the order in which they are written.
func Statements() []string {
	return []string{"record", "measures", "encryption", "accessibility", "processor"}
}

// Write writes some statements, or all where none is named, one after the other. A
// language or name that there is not is an error.
func Write(w io.Writer, c config.Config, lang string, names ...string) error {
	if !slices.Contains(Languages(), lang) {
		return fmt.Errorf("no statement is written in %q: want one of %s", lang, strings.Join(Languages(), ", "))
	}
	if len(names) == 0 {
		names = Statements()
	}
	f := factsOf(c, lang)
	var all bytes.Buffer
	for i, name := range names {
		if !slices.Contains(Statements(), name) {
			return fmt.Errorf("no statement is called %q: want one of %s", name, strings.Join(Statements(), ", "))
		}
		t, err := template.New(name+".md").Funcs(words(lang)).ParseFS(templates, "templates/"+lang+"/"+name+".md")
		if err != nil {
			return fmt.Errorf("read statement %s: %w", name, err)
		}
		if i > 0 {
			all.WriteString("\n")
		}
		if err := t.Execute(&all, f); err != nil {
			return fmt.Errorf("write statement %s: %w", name, err)
		}
	}
	_, err := w.Write(all.Bytes())
	return err
}

// terms are the words that the templates cannot have in them.
type terms struct {
	gap, yes, no, and string
	day, days         string
	units             [3]string // of time, the longest first
}

func termsOf(lang string) terms {
	if lang == "de" {
		return terms{"_(bitte ergänzen)_", "ja", "nein", "und", "Tag", "Tage", [3]string{"Std.", "Min.", "Sek."}}
	}
	return terms{"_(to be filled in)_", "yes", "no", "and", "day", "days", [3]string{"h", "min", "s"}}
}

// words are what the templates call.
func words(lang string) template.FuncMap {
	t := termsOf(lang)
	return template.FuncMap{
		"join": func(all []string) string { return strings.Join(all, ", ") },
		"all":  func(these []string) string { return strings.Join(these, " "+t.and+" ") },
		"fill": func(text string) string {
			if text == "" {
				return t.gap
			}
			return text
		},
		"days": func(n int) string {
			if n == 1 {
				return "1 " + t.day
			}
			return fmt.Sprintf("%d %s", n, t.days)
		},
		"yes": func(is bool) string {
			if is {
				return t.yes
			}
			return t.no
		},
		"time": t.time,
	}
}

// time is a time in the longest unit of which it is a multiple.
func (t terms) time(d time.Duration) string {
	for i, unit := range []time.Duration{time.Hour, time.Minute, time.Second} {
		if d%unit == 0 {
			return fmt.Sprintf("%d %s", d/unit, t.units[i])
		}
	}
	return d.String()
}
