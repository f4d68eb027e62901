package config

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Mistake is one thing that is wrong in the operator's file.
type Mistake struct {
	Key  string // where: the full key, such as trunks[0].peers[1]; empty for the file itself
	Line int    // line in the file; 0 where the file does not mention the key
	Text string // what is wrong and what is wanted instead
}

func (m Mistake) String() string {
	var b strings.Builder
	if m.Key != "" {
		b.WriteString(m.Key)
		b.WriteString(": ")
	}
	b.WriteString(m.Text)
	if m.Line > 0 {
		fmt.Fprintf(&b, " (line %d)", m.Line)
	}
	return b.String()
}

// Mistakes is everything that is wrong in a file, in the order of its lines.
type Mistakes []Mistake

func (m Mistakes) Error() string {
	lines := make([]string, len(m))
	for i, one := range m {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

// inOrder sorts by line; what has no line comes last.
func (m Mistakes) inOrder() Mistakes {
	slices.SortStableFunc(m, func(a, b Mistake) int {
		switch {
		case a.Line == b.Line:
			return strings.Compare(a.Key, b.Key)
		case a.Line == 0:
			return 1
		case b.Line == 0:
			return -1
		}
		return a.Line - b.Line
	})
	return slices.Compact(m)
}

// leadingKey is the key that a section's own validation puts before its words.
var leadingKey = regexp.MustCompile(`^(\[[0-9]+\]\.)?[a-z0-9_]+(\[[0-9]+\])*(\.[a-z0-9_]+(\[[0-9]+\])*)*: `)

// split takes what a section's Validate has joined apart again, one mistake for
// each, and puts the section's key before them.
func split(section string, err error) Mistakes {
	var all Mistakes
	for _, text := range messages(err) {
		key := section
		if own := leadingKey.FindString(text); own != "" {
			key = join(section, strings.TrimSuffix(own, ": "))
			text = text[len(own):]
		}
		all = append(all, Mistake{Key: key, Text: text})
	}
	return all
}

// messages flattens joined errors. A wrapper around a join is put before each
// of its parts, since it names the key that they all belong to.
func messages(err error) []string {
	switch e := err.(type) { //nolint:errorlint // the shape of the tree is what is asked for
	case nil:
		return nil
	case interface{ Unwrap() []error }:
		var all []string
		for _, part := range e.Unwrap() {
			all = append(all, messages(part)...)
		}
		return all
	case interface{ Unwrap() error }:
		inner := e.Unwrap()
		if inner == nil {
			break
		}
		prefix, atEnd := strings.CutSuffix(err.Error(), inner.Error())
		parts := messages(inner)
		if !atEnd || len(parts) < 2 {
			break
		}
		for i := range parts {
			parts[i] = prefix + parts[i]
		}
		return parts
	}
	return []string{err.Error()}
}

// join appends to a key what is below it.
func join(key, below string) string {
	if key == "" || strings.HasPrefix(below, "[") {
		return key + below
	}
	return key + "." + below
}

// at is the key of the i-th element of a list.
func at(key string, i int) string { return key + "[" + strconv.Itoa(i) + "]" }

// above is the key that holds this one; empty at the top.
func above(key string) string {
	return key[:max(0, strings.LastIndexAny(key, ".["))]
}
