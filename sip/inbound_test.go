package sip

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestNoCallIsEverBegun looks for all places in the source at which a request is
// made: by NewRequest, and never otherwise. Outside of a dialog, which only a caller
// can begin, there are OPTIONS and REGISTER alone: no INVITE of ours can reach a
// trunk.
func TestNoCallIsEverBegun(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	methods, composes := []string{}, false
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			function, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(function, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CallExpr:
					switch {
					case lastName(n.Fun) != "NewRequest":
					case receiver(function) == "dialog":
						composes = composes || function.Name.Name == "compose"
					default:
						methods = append(methods, lastName(n.Args[0]))
					}
				case *ast.CompositeLit:
					if of, ok := n.Type.(*ast.SelectorExpr); ok && of.Sel.Name == "Request" && lastName(of.X) == "sipmsg" {
						t.Errorf("%s makes a request without NewRequest", function.Name.Name)
					}
				}
				return true
			})
		}
	}
	slices.Sort(methods)
	if !slices.Equal(methods, []string{"OPTIONS", "REGISTER"}) || !composes {
		t.Errorf("outside of a dialog requests are made of %v: only OPTIONS and REGISTER may be", methods)
	}
}

// receiver is the type of a method, without its star.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	of := f.Recv.List[0].Type
	if star, ok := of.(*ast.StarExpr); ok {
		of = star.X
	}
	return lastName(of)
}

// lastName is the last name of an expression.
func lastName(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return x.Sel.Name
	}
	return ""
}
