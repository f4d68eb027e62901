package config

import (
	"reflect"
	"strings"
)

// Change is one key that has another value in a newer file.
type Change struct {
	Key     string
	Restart bool // it takes effect at the next start
}

// Diff tells what a newer file changes, by key and in the order of the file.
// It never tells values, since they may be secret.
func Diff(old, newer Config) []Change {
	var all []Change
	a, b := reflect.ValueOf(old), reflect.ValueOf(newer)
	for i := range a.NumField() {
		field := a.Type().Field(i)
		name, _, _ := tagOf(field)
		all = append(all, differences(name, restarts(field), a.Field(i), b.Field(i))...)
	}
	return all
}

// restarts reports whether a field takes effect only at the next start.
func restarts(f reflect.StructField) bool { return f.Tag.Get("reload") == "restart" }

// NeedRestart names the keys that take effect only at the next start.
func NeedRestart(changes []Change) []string {
	var keys []string
	for _, c := range changes {
		if c.Restart {
			keys = append(keys, c.Key)
		}
	}
	return keys
}

// differences goes down to the deepest keys that differ. Of a list whose
// length differs it is the list.
func differences(key string, restart bool, a, b reflect.Value) []Change {
	if reflect.DeepEqual(a.Interface(), b.Interface()) {
		return nil
	}
	here := []Change{{Key: strings.TrimPrefix(key, "."), Restart: restart}}
	var all []Change
	switch {
	case isScalar(a.Type()):
		return here
	case a.Kind() == reflect.Struct:
		for i := range a.NumField() {
			field := a.Type().Field(i)
			name, options, tagged := tagOf(field)
			switch {
			case options == "inline":
				all = append(all, differences(key, restart, a.Field(i), b.Field(i))...)
			case tagged:
				all = append(all, differences(join(key, name), restart || restarts(field), a.Field(i), b.Field(i))...)
			}
		}
		return all
	case a.Kind() == reflect.Slice && a.Len() == b.Len() && !isScalar(a.Type().Elem()):
		for i := range a.Len() {
			all = append(all, differences(at(key, i), restart, a.Index(i), b.Index(i))...)
		}
		return all
	}
	return here
}
