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
// made. Outside of a dialog, which only a caller can begin, there are OPTIONS and
// REGISTER alone: no INVITE of ours can reach a trunk.
func TestNoCallIsEverBegun(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]string{} // method, by function
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
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				if s, ok := call.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "NewRequest" {
					made[receiver(function)+"."+function.Name.Name] = lastName(call.Args[0])
				}
				return true
			})
		}
	}
	methods := []string{}
	for function, method := range made {
		if strings.HasPrefix(function, "dialog.") {
			continue
		}
		methods = append(methods, method)
	}
	slices.Sort(methods)
	if !slices.Equal(methods, []string{"OPTIONS", "REGISTER"}) || made["dialog.compose"] == "" {
		t.Errorf("requests are made in %v: outside of a dialog only OPTIONS and REGISTER may be", made)
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
