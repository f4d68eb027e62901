package embedded

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestARoomHasNoHiddenDoor looks for all places in the source at which sound can be
// taken out of a room, or a telephone's voice heard. Each is a seat, a page, or the
// recorder: nobody can listen who is not in the list of people.
func TestARoomHasNoHiddenDoor(t *testing.T) {
	doors := map[string]string{
		"Join":       "visit.go",     // a telephone's seat
		"Tap":        "recording.go", // the mix of a recording
		"AddSpeaker": "decoding.go",  // a page's voice into the room
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.SelectorExpr)
			if !ok || !isRoom(call.X) {
				return true
			}
			if doors[call.Sel.Name] != "" {
				found[call.Sel.Name] = append(found[call.Sel.Name], name)
			} else if !slices.Contains([]string{"Silence", "Clock", "Close"}, call.Sel.Name) {
				t.Errorf("%s: %s of a room is new: who hears by it?", name, call.Sel.Name)
			}
			return true
		})
	}
	for door, file := range doors {
		if !slices.Equal(found[door], []string{file}) {
			t.Errorf("%s is used in %v, want %s alone", door, found[door], file)
		}
	}
}

// isRoom reports whether an expression is called room, as rooms are here.
func isRoom(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.Ident:
		return x.Name == "room"
	case *ast.SelectorExpr:
		return x.Sel.Name == "room"
	}
	return false
}
