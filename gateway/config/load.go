package config

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/rs/zerolog"

	"github.com/einwahl/einwahl/announcements"
)

// largestFile bounds what is read into memory.
const largestFile = 4 << 20

// Load reads a file, checks it, and changes nothing. What is wrong comes as
// Mistakes, all of it.
func Load(path string) (Config, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Config{}, fmt.Errorf("read the operator's file: %w", err)
	}
	if info.Size() > largestFile {
		return Config{}, fmt.Errorf("read the operator's file: %s has %d bytes; no such file has more than %d", path, info.Size(), largestFile)
	}
	src, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("read the operator's file: %w", err)
	}
	return Parse(src)
}

// Parse is Load for a file that has been read.
func Parse(src []byte) (Config, error) { return parse(src, outside()) }

// surroundings is what a file may refer to. Without voices nobody listens to them.
type surroundings struct {
	env    func(name string) (string, bool)
	read   func(path string) ([]byte, error)
	voices func(announcements.Config) (Voices, error)
}

func outside() surroundings {
	return surroundings{env: os.LookupEnv, read: os.ReadFile, voices: library}
}

// library is what the gateway can say with these settings.
func library(c announcements.Config) (Voices, error) { return announcements.Open(c, zerolog.Nop()) }

func parse(src []byte, s surroundings) (Config, error) {
	body, wrong := document(src)
	if wrong != nil {
		return Config{}, wrong
	}
	c, d := decode(body, s)
	if !d.mentions("trunks", "numbers", "meetings") {
		c.useSample()
	}
	c.settleConsent()
	// What could not be decoded has kept its default, so checking goes on and
	// finds what else is wrong.
	found := slices.Clone(d.mistakes)
	for _, m := range append(c.check(s.voices), c.checkToken(s.read)...) {
		m.Line = d.line(m.Key)
		if !d.reported(m.Key) && !slices.Contains(found, m) {
			found = append(found, m)
		}
	}
	if len(found) > 0 {
		return Config{}, found.inOrder()
	}
	return c, nil
}

// decode writes a document over the defaults. The decoder knows what was wrong
// and where everything stands.
func decode(body ast.Node, s surroundings) (Config, *decoder) {
	c := Default()
	d := &decoder{
		env: s.env, read: s.read, elements: elements(),
		anchors: map[string]ast.Node{}, lines: map[string]int{},
	}
	if body != nil {
		d.value("", body, reflect.ValueOf(&c).Elem())
	}
	return c, d
}

// useSample takes the trunks, numbers and meetings of the sample. A file that
// names none of the three changes other settings of it; one that names any
// says itself who may call and what for.
func (c *Config) useSample() {
	body, wrong := document(sampleFile)
	if wrong != nil {
		panic("config: the sample is wrong: " + wrong.Error())
	}
	sample, _ := decode(body, surroundings{})
	c.Trunks, c.Numbers, c.Meetings = sample.Trunks, sample.Numbers, sample.Meetings
}

// settleConsent writes the operator's policy into the meetings that leave it to
// the operator, so that it goes wherever the meetings go, also on a reload.
func (c *Config) settleConsent() {
	if c.Recording.Validate() != nil {
		return // it is reported once, not for each meeting
	}
	c.Conference.Embedded.Consent, c.Conference.Embedded.AfterNo = c.Recording.Consent, c.Recording.AfterNo
	for i := range c.Meetings {
		if c.Meetings[i].Consent == "" {
			c.Meetings[i].Consent = c.Recording.Consent
		}
	}
}

// document parses the YAML. A nil node is an empty file, which has nothing but
// defaults.
func document(src []byte) (body ast.Node, wrong error) {
	defer func() {
		if recover() != nil { // the parser is not ours, its input is anybody's
			body, wrong = nil, Mistakes{{Text: "no YAML"}}
		}
	}()
	file, err := parser.ParseBytes(src, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		m := Mistake{Text: "no YAML: " + err.Error()}
		var at yaml.Error
		if errors.As(err, &at) {
			m.Text = "no YAML: " + at.GetMessage()
			if t := at.GetToken(); t != nil && t.Position != nil {
				m.Line = t.Position.Line
			}
		}
		return nil, Mistakes{m}
	}
	var bodies []ast.Node
	for _, doc := range file.Docs {
		if doc.Body != nil && doc.Body.Type() != ast.CommentType && doc.Body.Type() != ast.DirectiveType {
			bodies = append(bodies, doc.Body)
		}
	}
	switch len(bodies) {
	case 0:
		return nil, nil
	case 1:
		return bodies[0], nil
	}
	return nil, Mistakes{{Line: lineOf(bodies[1]), Text: "a second document begins here: want one file, one document"}}
}

// mentions reports whether the file has one of the keys.
func (d *decoder) mentions(keys ...string) bool {
	for _, key := range keys {
		if _, ok := d.lines[key]; ok {
			return true
		}
	}
	return false
}

// line is where a key stands, or what it would stand below.
func (d *decoder) line(key string) int {
	for ; key != ""; key = above(key) {
		if n, ok := d.lines[key]; ok {
			return n
		}
	}
	return 0
}

// reported tells whether decoding already found this key wrong. Then what it
// holds is not what the operator wrote, and more about it would mislead.
func (d *decoder) reported(key string) bool {
	for _, m := range d.mistakes {
		if m.Key == key {
			return true
		}
	}
	return false
}
