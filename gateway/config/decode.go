package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// decoder writes a document over values that already hold their defaults. It
// goes on after a mistake, so that one reading finds them all; the library's
// own decoder ends at the first.
type decoder struct {
	env      func(name string) (string, bool)
	read     func(path string) ([]byte, error)
	elements map[reflect.Type]reflect.Value // defaults of what stands in lists
	anchors  map[string]ast.Node
	lines    map[string]int // where each key stands
	mistakes Mistakes
}

func (d *decoder) mistake(key string, n ast.Node, format string, args ...any) {
	d.mistakes = append(d.mistakes, Mistake{Key: key, Line: lineOf(n), Text: fmt.Sprintf(format, args...)})
}

func lineOf(n ast.Node) int {
	if n == nil {
		return 0
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}

// value decodes one node, whatever it is, into what key stands for.
func (d *decoder) value(key string, n ast.Node, into reflect.Value) {
	n, ok := d.resolve(key, n)
	if !ok {
		return
	}
	if _, known := d.lines[key]; !known {
		d.lines[key] = lineOf(n)
	}
	_, empty := n.(*ast.NullNode)
	switch {
	case isScalar(into.Type()):
		d.scalar(key, n, into)
	case into.Kind() == reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		d.value(key, n, into.Elem())
	case into.Kind() == reflect.Struct && empty:
		// A section whose lines are all commented out has its defaults.
	case into.Kind() == reflect.Struct:
		d.section(key, n, into)
	case into.Kind() == reflect.Slice:
		d.list(key, n, into)
	case into.Kind() == reflect.Map:
		d.table(key, n, into)
	default:
		panic("config: key " + key + " has a type that no file can hold: " + into.Type().String())
	}
}

// resolve looks through what YAML wraps around a value.
func (d *decoder) resolve(key string, n ast.Node) (ast.Node, bool) {
	for {
		switch w := n.(type) {
		case *ast.AnchorNode:
			d.anchors[w.Name.GetToken().Value] = w.Value
			n = w.Value
		case *ast.AliasNode:
			name := w.Value.GetToken().Value
			to, ok := d.anchors[name]
			if !ok {
				d.mistake(key, w, "*%s refers to no anchor above it", name)
				return nil, false
			}
			delete(d.anchors, name) // an anchor inside itself would never end
			defer func() { d.anchors[name] = to }()
			n = to
		case *ast.TagNode:
			d.mistake(key, w, "tags such as %s have no meaning here", w.Start.Value)
			return nil, false
		case nil:
			return nil, false
		default:
			return n, true
		}
	}
}

// section decodes a mapping into a struct.
func (d *decoder) section(key string, n ast.Node, into reflect.Value) {
	pairs, ok := pairsOf(n)
	if !ok {
		d.mistake(key, n, "want keys below it, not %s", kindOf(n))
		return
	}
	fields := fieldsOf(into)
	seen := map[string]int{}
	for _, pair := range pairs {
		name, below := d.name(key, pair, seen)
		if name == "" {
			continue
		}
		field, known := fields[name]
		if !known {
			base, isFile := strings.CutSuffix(name, "_file")
			if secret, ok := fields[base]; isFile && ok && isSecret(secret.Type()) {
				if seen[base] > 0 {
					d.mistake(below, pair.Key, "%s is there already, on line %d: want one of the two", base, seen[base])
					continue
				}
				seen[base] = lineOf(pair.Key)
				d.secretFile(below, pair.Value, secret)
				continue
			}
			d.mistake(below, pair.Key, "unknown key; %s", suggest(name, fields))
			continue
		}
		d.lines[below] = lineOf(pair.Key)
		d.value(below, pair.Value, field)
	}
}

// name reads the key of a pair. It is empty where the pair is to be left out.
func (d *decoder) name(key string, pair *ast.MappingValueNode, seen map[string]int) (name, below string) {
	if pair.Key.IsMergeKey() {
		d.mistake(key, pair.Key, "<< has no meaning here: write the keys out, or use *name for a whole value")
		return "", ""
	}
	tok := pair.Key.GetToken()
	name = tok.Value
	below = join(key, name)
	if first, twice := seen[name]; twice {
		d.mistake(below, pair.Key, "is written twice, first on line %d", first)
		return "", ""
	}
	seen[name] = lineOf(pair.Key)
	return name, below
}

// list decodes a sequence. Each element begins as its type's default.
func (d *decoder) list(key string, n ast.Node, into reflect.Value) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		d.mistake(key, n, "want a list, such as [%s], not %s", example(into.Type().Elem()), kindOf(n))
		return
	}
	if len(seq.Values) == 0 {
		into.SetZero()
		return
	}
	all := reflect.MakeSlice(into.Type(), len(seq.Values), len(seq.Values))
	for i, item := range seq.Values {
		element := all.Index(i)
		if start, ok := d.elements[element.Type()]; ok {
			element.Set(start)
		}
		d.lines[at(key, i)] = lineOf(item)
		d.value(at(key, i), item, element)
	}
	into.Set(all)
}

// table decodes a mapping whose keys are free into a map. What it does not
// name stays as it was. A table of texts may be written as one text, which is
// that of all keys and stands under the empty one.
func (d *decoder) table(key string, n ast.Node, into reflect.Value) {
	pairs, ok := pairsOf(n)
	if _, single := rawText(n); single && into.Type().Elem().Kind() == reflect.String {
		text := reflect.New(into.Type().Elem()).Elem()
		d.scalar(key, n, text)
		into.SetZero()
		if text.Len() > 0 {
			into.Set(reflect.MakeMap(into.Type()))
			into.SetMapIndex(reflect.Zero(into.Type().Key()), text)
		}
		return
	}
	if !ok {
		d.mistake(key, n, "want keys below it, not %s", kindOf(n))
		return
	}
	if len(pairs) == 0 {
		return
	}
	all := reflect.MakeMap(into.Type())
	for it := into.MapRange(); it.Next(); {
		all.SetMapIndex(it.Key(), it.Value())
	}
	seen := map[string]int{}
	for _, pair := range pairs {
		name, below := d.name(key, pair, seen)
		if name == "" {
			continue
		}
		d.lines[below] = lineOf(pair.Key)
		k := reflect.New(into.Type().Key()).Elem()
		if err := setText(k, name); err != nil {
			d.mistake(below, pair.Key, "%v", err)
			continue
		}
		v := reflect.New(into.Type().Elem()).Elem()
		if old := all.MapIndex(k); old.IsValid() {
			v.Set(old)
		}
		d.value(below, pair.Value, v)
		all.SetMapIndex(k, v)
	}
	into.Set(all)
}

func pairsOf(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

// fieldsOf finds what a struct takes from the file, by key.
func fieldsOf(v reflect.Value) map[string]reflect.Value {
	fields := map[string]reflect.Value{}
	for i := range v.NumField() {
		name, options, tagged := tagOf(v.Type().Field(i))
		switch {
		case options == "inline":
			for k, f := range fieldsOf(v.Field(i)) {
				fields[k] = f
			}
		case tagged:
			fields[name] = v.Field(i)
		}
	}
	return fields
}

// tagOf reads a field's yaml tag. A field without one is not in the file.
func tagOf(f reflect.StructField) (name, options string, tagged bool) {
	tag, tagged := f.Tag.Lookup("yaml")
	name, options, _ = strings.Cut(tag, ",")
	return name, options, tagged && name != "" && name != "-"
}

func kindOf(n ast.Node) string {
	switch n.(type) {
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys"
	case *ast.NullNode:
		return "nothing"
	}
	return "a single value"
}

// suggest names the key that was probably meant, or all there are.
func suggest(name string, fields map[string]reflect.Value) string {
	all := make([]string, 0, len(fields))
	for key := range fields {
		all = append(all, key)
	}
	slices.Sort(all)
	best, least := "", 3
	for _, key := range all {
		if n := distance(name, key); n < least && n < len(key) {
			best, least = key, n
		}
	}
	if best != "" {
		return "did you mean " + best + "?"
	}
	return "known here: " + strings.Join(all, ", ")
}

// distance counts the edits that make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := before
			if a[i] != b[j] {
				change++
			}
			before = row[j+1]
			row[j+1] = min(change, row[j]+1, before+1)
		}
	}
	return row[len(b)]
}
