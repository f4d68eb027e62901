package admission

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/einwahl/einwahl/gateway/peertest"
)

// tables are the tests that a wrong condition has to fail: each is a table, and
// runs in a moment.
const tables = "^(TestDecide|TestUnwelcome|TestWhoMustBeLetIn|TestWhatTheFileSaysOfNumbersAndMeetings|" +
	"TestAMeetingThatWasTriedBeforeLeavesNothingBehind|TestEverySettingHasItsPlace|TestHoursAreTimesOfTheWeek|" +
	"TestHoursAreReadStrictly|TestPINsThatAnybodyWouldTry|TestMistakesAreToldAllAtOnce|TestMeetingsAreNamedOnce|" +
	"TestAFileCannotAdmitEndToEnd|TestCallersAreChosenByWhatIsKnownOfTheirNumber|TestConsentIsNamed|TestEveryReasonHasItsName|" +
	"TestExplainTellsTheFactThatDecided|TestExplainTellsWhyARuleDoesNotApply|" +
	"TestWhatAPartOfTheFileSaysIsTold)$"

// alone are the files, and the functions of others, whose conditions the truth table
// has to notice by itself: all that decides. That a rule can be asked before a call is
// answered shows in another one.
var alone = map[string]string{
	"terms.go": "^TestDecide$", "rules.go": "^(TestDecide|TestUnwelcome)$", "decide.go decide": "^TestDecide$",
	"policy.go Consent": "^TestDecide$", "policy.go sane": "^TestDecide$", "policy.go AfterNo": "^TestDecide$",
}

// wrongOne is one condition made wrong.
type wrongOne struct{ file, function, what string }

// tables are the tests that have to notice it.
func (m wrongOne) tables() string {
	return cmp.Or(alone[m.file], alone[m.file+" "+m.function], tables)
}

// TestEveryConditionIsNeeded makes each condition of the package wrong, one at a
// time: turned round, its border moved, its "and" an "or", its cases none, what
// counts first counted last. The tables have to notice each of them.
//
// All of them are compiled at once, into a program of the tests in which a number
// chooses the one that is wrong.
func TestEveryConditionIsNeeded(t *testing.T) {
	dir := t.TempDir()
	mutants := instrument(t, dir)
	program := filepath.Join(dir, "tables")
	args := slices.Concat([]string{"test", "-c", "-overlay", filepath.Join(dir, "overlay.json"), "-o", program}, peertest.BuildFlags(), []string{"."})
	build := exec.Command(cmp.Or(os.Getenv("GO"), "go"), args...)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run := func(id int, tables string) ([]byte, error) {
		c := exec.Command(program, "-test.run", tables, "-test.failfast", "-test.timeout", "60s")
		c.Env = peertest.Environment(fmt.Sprint("MUTANT=", id))
		return c.CombinedOutput()
	}
	if out, err := run(0, tables); err != nil {
		t.Fatalf("without a wrong condition: %v\n%s", err, out)
	}
	ids := make(chan int)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for id := range ids {
				m := mutants[id-1]
				switch out, err := run(id, m.tables()); {
				case err == nil:
					t.Errorf("nobody notices: %s\n%s", m.what, bytes.TrimSpace(out))
				case !noticed(out, err):
					t.Errorf("no table could be asked about %s: %v\n%s", m.what, err, out)
				}
			}
		})
	}
	for i := range mutants {
		ids <- i + 1
	}
	close(ids)
	wg.Wait()
	t.Logf("%d conditions made wrong", len(mutants))
	if len(mutants) < 200 {
		t.Errorf("only %d conditions", len(mutants))
	}
	decided := map[string]bool{}
	for _, m := range mutants {
		decided[m.file], decided[m.file+" "+m.function] = true, true
	}
	for part := range alone {
		if !decided[part] {
			t.Errorf("%s has no conditions", part)
		}
	}
}

// noticed reports whether a test has failed, be it by a panic of the wrong condition.
// A program that does not start, or is ended from outside or for its time, has
// noticed nothing.
func noticed(out []byte, err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) || !bytes.Contains(out, []byte("--- FAIL: ")) {
		return false
	}
	panicked := exit.ExitCode() == 2 && bytes.Contains(out, []byte("panic: ")) && !bytes.Contains(out, []byte("panic: test timed out"))
	return exit.ExitCode() == 1 || panicked
}

// instrument writes the package with wrapped conditions into dir, and names them
// in the order of their numbers, from 1.
func instrument(t *testing.T, dir string) []wrongOne {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	overlay := map[string]string{}
	put := func(name string, source []byte) {
		here, err := filepath.Abs(name)
		if err != nil {
			t.Fatal(err)
		}
		overlay[here] = filepath.Join(dir, name)
		if err := os.WriteFile(overlay[here], source, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set := token.NewFileSet()
	w := &wrapper{set: set, params: map[string][]bool{}}
	parsed := map[string]*ast.File{}
	for _, name := range files {
		if !strings.HasSuffix(name, "_test.go") {
			if parsed[name], err = parser.ParseFile(set, name, nil, 0); err != nil {
				t.Fatal(err)
			}
			w.learn(parsed[name])
		}
	}
	for _, name := range files {
		if parsed[name] == nil {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		put(name, w.wrap(parsed[name], source))
	}
	helpers, err := os.ReadFile(filepath.Join("testdata", "mutants.go.txt"))
	if err != nil {
		t.Fatal(err)
	}
	put("mutants.go", helpers)
	text, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	return w.mutants
}

// wrapper wraps conditions, by inserting text around them.
type wrapper struct {
	set      *token.FileSet
	params   map[string][]bool // which parameters of the package's functions are bool
	function string            // that is being wrapped
	mutants  []wrongOne
	edits    []edit
	seen     map[ast.Expr]bool
}

// edit puts text in place of what stands from one offset to another. Of two that
// begin at the same place the outer one comes first.
type edit struct {
	from, to int
	text     string
	depth    int // of an end: the inner one comes first
}

// learn notes which parameters are conditions.
func (w *wrapper) learn(f *ast.File) {
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
			for _, field := range fn.Type.Params.List {
				for range field.Names {
					w.params[fn.Name.Name] = append(w.params[fn.Name.Name], isBool(field.Type))
				}
			}
		}
	}
}

func isBool(t ast.Expr) bool {
	id, ok := t.(*ast.Ident)
	return ok && id.Name == "bool"
}

func (w *wrapper) wrap(f *ast.File, source []byte) []byte {
	w.edits, w.seen = nil, map[ast.Expr]bool{}
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
			w.function = fn.Name.Name
			w.body(fn.Type, fn.Body)
		}
	}
	slices.SortStableFunc(w.edits, func(a, b edit) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.depth, b.depth))
	})
	var out bytes.Buffer
	last := 0
	for _, e := range w.edits {
		out.Write(source[last:max(last, e.from)])
		out.WriteString(e.text)
		last = e.to
	}
	out.Write(source[last:])
	// What is no longer called by its name is imported all the same.
	if bytes.Contains(source, []byte(`"cmp"`)) {
		out.WriteString("\nvar _ = cmp.Compare[int]\n")
	}
	return out.Bytes()
}

// body wraps the conditions of a function.
func (w *wrapper) body(of *ast.FuncType, block ast.Node) {
	returnsBool := of.Results != nil && len(of.Results.List) == 1 && isBool(of.Results.List[0].Type)
	ast.Inspect(block, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			w.body(n.Type, n.Body)
			return false
		case *ast.IfStmt:
			w.condition(n.Cond)
		case *ast.ReturnStmt:
			if returnsBool {
				w.condition(n.Results[0])
			}
		case *ast.SwitchStmt:
			w.cases(n)
		case *ast.UnaryExpr:
			if n.Op == token.NOT {
				w.condition(n.X)
			}
		case *ast.BinaryExpr:
			w.operator(n)
		case *ast.CallExpr:
			w.call(n)
		}
		return true
	})
}

func (w *wrapper) cases(s *ast.SwitchStmt) {
	for _, clause := range s.Body.List {
		for _, label := range clause.(*ast.CaseClause).List {
			if s.Tag == nil {
				w.condition(label)
			} else {
				w.around(label, "other", "is another case")
			}
		}
	}
}

// condition turns a condition round, once.
func (w *wrapper) condition(e ast.Expr) {
	if id, ok := e.(*ast.Ident); w.seen[e] || ok && (id.Name == "true" || id.Name == "false") {
		return
	}
	w.seen[e] = true
	w.around(e, "flipped", "turned round")
}

func (w *wrapper) operator(n *ast.BinaryExpr) {
	switch n.Op {
	case token.LAND, token.LOR:
		name := map[token.Token]string{token.LAND: "and", token.LOR: "or"}[n.Op]
		w.condition(n.X)
		w.condition(n.Y)
		w.between(n, name, "func() bool { return (", ") }, func() bool { return (", ") })")
	case token.EQL, token.NEQ:
		w.condition(n)
	case token.LSS, token.LEQ, token.GTR, token.GEQ:
		w.condition(n)
		w.between(n, "ordered", fmt.Sprintf("%q, ", n.Op), ", ", ")")
	case token.ADD, token.SUB:
		if !hasText(n) {
			w.between(n, map[token.Token]string{token.ADD: "sum", token.SUB: "difference"}[n.Op], "", ", ", ")")
		}
	}
}

// hasText reports whether a sum is one of texts.
func hasText(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		lit, ok := n.(*ast.BasicLit)
		found = found || ok && lit.Kind == token.STRING
		return true
	})
	return found
}

// call wraps the arguments that are conditions, and calls that choose.
func (w *wrapper) call(c *ast.CallExpr) {
	name := ""
	switch f := c.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		if pkg, ok := f.X.(*ast.Ident); ok {
			name = pkg.Name + "." + f.Sel.Name
		}
	}
	for i, is := range w.params[name] {
		if is {
			w.condition(c.Args[i])
		}
	}
	if by, ok := map[string]string{
		"max": "most", "cmp.Or": "firstOf", "either": "eitherOf", "early": "earlyOf", "late": "lateOf",
	}[name]; ok && c.Ellipsis == token.NoPos {
		id := w.mutant(c, "counts the other way round")
		w.replace(c.Fun.Pos(), c.Lparen+1, fmt.Sprintf("%s(%d, ", by, id))
	}
}

// around wraps an expression into a call.
func (w *wrapper) around(e ast.Expr, call, what string) {
	id := w.mutant(e, what)
	w.insert(e.Pos(), -w.length(e)*2, fmt.Sprintf("%s(%d, ", call, id))
	w.insert(e.End(), w.length(e)*2-1_000_000, ")")
}

// between makes a call of an operator.
func (w *wrapper) between(n *ast.BinaryExpr, call, before, middle, after string) {
	id := w.mutant(n, "is another operator")
	w.insert(n.Pos(), -w.length(n)*2+1, fmt.Sprintf("%s(%d, %s", call, id, before))
	w.replace(n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), middle)
	w.insert(n.End(), w.length(n)*2-1-1_000_000, after)
}

func (w *wrapper) length(e ast.Expr) int { return int(e.End() - e.Pos()) }

// insert puts text at a place. depth orders what comes to stand at the same one:
// ends before beginnings, the inner end and the outer beginning first.
func (w *wrapper) insert(at token.Pos, depth int, text string) {
	offset := w.set.Position(at).Offset
	w.edits = append(w.edits, edit{offset, offset, text, depth})
}

func (w *wrapper) replace(from, to token.Pos, text string) {
	w.edits = append(w.edits, edit{w.set.Position(from).Offset, w.set.Position(to).Offset, text, 0})
}

// mutant gives a wrong condition its number.
func (w *wrapper) mutant(n ast.Node, what string) int {
	at := w.set.Position(n.Pos())
	source, _ := os.ReadFile(at.Filename) // it has been read
	text := source[at.Offset:w.set.Position(n.End()).Offset]
	what = fmt.Sprintf("%s:%d: %s %s", at.Filename, at.Line, bytes.Join(bytes.Fields(text), []byte(" ")), what)
	w.mutants = append(w.mutants, wrongOne{at.Filename, w.function, what})
	return len(w.mutants)
}
