package config

import (
	"encoding"
	"fmt"
	"net/netip"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

var (
	durationType = reflect.TypeFor[time.Duration]()
	addressType  = reflect.TypeFor[netip.Addr]()
	networkType  = reflect.TypeFor[netip.Prefix]()
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// isScalar reports whether a type is written as one value.
func isScalar(t reflect.Type) bool {
	if reflect.PointerTo(t).Implements(textType) {
		return true
	}
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Float32, reflect.Float64,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return true
	}
	return false
}

// hidden is what secrets print as.
const hidden = "<secret>"

// isSecret reports whether a type keeps its text to itself. The packages bring
// types of their own, so it is known by what it does: whatever text it holds,
// <secret> is printed.
func isSecret(t reflect.Type) bool {
	if t.Kind() != reflect.String || !t.Implements(reflect.TypeFor[fmt.Stringer]()) {
		return false
	}
	v := reflect.New(t).Elem()
	v.SetString("a secret")
	return fmt.Sprint(v.Interface()) == hidden
}

// scalar decodes one value. Its text is taken as it stands in the file, so a
// meeting number keeps its leading zeros whether it is quoted or not.
func (d *decoder) scalar(key string, n ast.Node, into reflect.Value) {
	text, ok := rawText(n)
	if !ok {
		d.mistake(key, n, "want %s, not %s", wanted(into.Type()), kindOf(n))
		return
	}
	text, fromEnv, ok := d.expand(key, n, text)
	if !ok {
		return
	}
	if err := setText(into, text); err != nil {
		switch {
		case fromEnv || isSecret(into.Type()):
			// The value may be a secret: tell what is wanted, not what is there.
			d.mistake(key, n, "want %s", wanted(into.Type()))
		default:
			d.mistake(key, n, "%v", err)
		}
	}
}

// secretFile reads a secret from the file whose path the operator has given. An
// empty path is no file.
func (d *decoder) secretFile(key string, n ast.Node, into reflect.Value) {
	var path string
	before := len(d.mistakes)
	d.value(key, n, reflect.ValueOf(&path).Elem())
	if path == "" || len(d.mistakes) > before {
		return
	}
	content, err := d.read(path)
	if err != nil {
		d.mistake(key, n, "%v", err)
		return
	}
	secret := strings.TrimRight(string(content), "\r\n")
	if secret == "" {
		d.mistake(key, n, "%s is empty", path)
		return
	}
	into.SetString(secret)
}

func rawText(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return n.GetToken().Value, true
	}
	return "", false
}

var reference = regexp.MustCompile(`\$\{([^}]*)\}`)

// inPlainWords is what is wrong with a text: types of our own say it well, those
// of the standard library speak to programmers.
func inPlainWords(t reflect.Type, text string, err error) error {
	if t == addressType || t == networkType {
		return fmt.Errorf("%q: want %s", text, wanted(t))
	}
	return err
}

// expand puts the values of environment variables in place of ${NAME}.
func (d *decoder) expand(key string, n ast.Node, text string) (out string, used, ok bool) {
	ok = true
	out = reference.ReplaceAllStringFunc(text, func(ref string) string {
		used = true
		name := ref[2 : len(ref)-1]
		value, set := d.env(name)
		if !set {
			d.mistake(key, n, "environment variable %s is not set", name)
			ok = false
		}
		return value
	})
	return out, used, ok
}

// setText gives a scalar the value that text means to it.
func setText(into reflect.Value, text string) error {
	if into.CanAddr() {
		if u, ok := into.Addr().Interface().(encoding.TextUnmarshaler); ok {
			if err := u.UnmarshalText([]byte(text)); err != nil {
				return inPlainWords(into.Type(), text, err)
			}
			return nil
		}
	}
	t := into.Type()
	var err error
	switch {
	case t == durationType:
		var v time.Duration
		if v, err = time.ParseDuration(text); err == nil {
			into.SetInt(int64(v))
		}
	case t.Kind() == reflect.String:
		into.SetString(text)
	case t.Kind() == reflect.Bool:
		if text == "true" || text == "false" {
			into.SetBool(text == "true")
		} else {
			err = strconv.ErrSyntax
		}
	case into.CanInt():
		var v int64
		if v, err = strconv.ParseInt(text, 10, t.Bits()); err == nil {
			into.SetInt(v)
		}
	case into.CanUint():
		var v uint64
		if v, err = strconv.ParseUint(text, 10, t.Bits()); err == nil {
			into.SetUint(v)
		}
	case into.CanFloat():
		var v float64
		if v, err = strconv.ParseFloat(text, t.Bits()); err == nil {
			into.SetFloat(v)
		}
	}
	if err != nil {
		return fmt.Errorf("%q: want %s", text, wanted(t))
	}
	return nil
}

// wanted tells an operator what a value of this type looks like.
func wanted(t reflect.Type) string {
	switch {
	case t == addressType:
		return "an IP address, such as 192.0.2.1"
	case t == networkType:
		return "a network, such as 192.0.2.0/24"
	case t == durationType:
		return "a time with its unit, such as 20ms, 5s or 1h30m"
	case isSecret(t):
		return "a text (or the same key with _file and a path)"
	case reflect.PointerTo(t).Implements(textType), t.Kind() == reflect.String:
		return "a text"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() == reflect.Float32, t.Kind() == reflect.Float64:
		return "a number"
	case t.Kind() >= reflect.Uint && t.Kind() <= reflect.Uint64:
		return "a whole number, 0 or more"
	}
	return "a whole number"
}

func example(t reflect.Type) string {
	if isScalar(t) {
		return "first, second"
	}
	return "{ ... }"
}
