package admission

import (
	"cmp"
	"os"
	"reflect"
	"slices"
	"strconv"
)

// What a condition is wrapped into for TestEveryConditionIsNeeded. Each has a
// number, and in one run of the tests one of them is wrong: that of MUTANT.

var wrong, _ = strconv.Atoi(os.Getenv("MUTANT"))

func flipped(id int, holds bool) bool { return holds != (id == wrong) }

func and(id int, a, b func() bool) bool {
	if id == wrong {
		return a() || b()
	}
	return a() && b()
}

func or(id int, a, b func() bool) bool {
	if id == wrong {
		return a() && b()
	}
	return a() || b()
}

// ordered moves the border of a comparison.
func ordered[T cmp.Ordered](id int, operator string, a, b T) bool {
	of := map[string]int{"<": 0, "<=": 1, ">": 2, ">=": 3}[operator]
	if id == wrong {
		of ^= 1
	}
	return []bool{a < b, a <= b, a > b, a >= b}[of]
}

func most[T cmp.Ordered](id int, a, b T) T {
	if id == wrong {
		return min(a, b)
	}
	return max(a, b)
}

func sum(id, a, b int) int {
	if id == wrong {
		return a - b
	}
	return a + b
}

func difference(id, a, b int) int {
	if id == wrong {
		return a + b
	}
	return a - b
}

// other is a case that is none.
func other[T any](id int, label T) T {
	if id == wrong {
		switch v := reflect.ValueOf(&label).Elem(); v.Kind() {
		case reflect.String:
			v.SetString(v.String() + "?")
		default:
			v.SetInt(v.Int() + 100)
		}
	}
	return label
}

func firstOf[T comparable](id int, all ...T) T {
	if id == wrong {
		slices.Reverse(all)
	}
	return cmp.Or(all...)
}

func eitherOf[T any](id int, first, second []T) []T {
	if id == wrong {
		first, second = second, first
	}
	return either(first, second)
}

func earlyOf(id int, name string, terms []term, then Decision) rule {
	return rule{name: name, when: terms, then: then, early: id != wrong}
}

func lateOf(id int, name string, terms []term, then Decision) rule {
	return rule{name: name, when: terms, then: then, early: id == wrong}
}
