package archtest

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every package has one comment that says what it is, in one hand-written
// file; two would be joined in no particular order.
func TestPackageComment(t *testing.T) {
	t.Parallel()
	comments := map[string][]string{}
	for _, f := range repository(t) {
		if f.test {
			continue
		}
		if f.ast.Doc == nil || f.generated {
			comments[f.pkg] = slices.Clip(comments[f.pkg]) // known, though it may have none
			continue
		}
		comments[f.pkg] = append(comments[f.pkg], f.path)
		if want := opening(f.ast.Name.Name); !strings.HasPrefix(f.ast.Doc.Text(), want) {
			t.Errorf("%s: the package comment must begin with %q", f.path, want)
		}
	}
	for pkg, found := range comments {
		if len(found) != 1 {
			t.Errorf("package %q has %d package comments, not one: %v", pkg, len(found), found)
		}
	}
}

func opening(name string) string {
	if name == "main" {
		return "Command "
	}
	return "Package " + name + " "
}

// check is a rule about one file; it reports what breaks the rule.
type check func(f *file, report func(token.Pos, string))

// The rules about sources hold everywhere.
func TestSources(t *testing.T) {
	t.Parallel()
	for _, f := range repository(t) {
		for name, c := range checks {
			c(f, func(pos token.Pos, what string) { t.Errorf("%s: %s: %s", f.position(pos), name, what) })
		}
	}
}

var checks = map[string]check{
	"owned to-do": ownedTodo,
	"no skip":     noSkip,
	"no float":    noFloat,
}

var (
	todo      = regexp.MustCompile(`\bTODO\b`)
	todoOwned = regexp.MustCompile(`\bTODO(\(#\d+\)| before \d{4})`)
)

// ownedTodo wants an issue or a date on what is left to do: nobody comes back
// to the others.
func ownedTodo(f *file, report func(token.Pos, string)) {
	if f.generated {
		return
	}
	for _, group := range f.ast.Comments {
		for _, comment := range group.List {
			if len(todo.FindAllString(comment.Text, -1)) > len(todoOwned.FindAllString(comment.Text, -1)) {
				report(comment.Pos(), "name the issue, (#123), or the date, before 2027-01-01")
			}
		}
	}
}

// noSkip: a skipped test looks like a passed one. What needs long goes behind
// the build tag soak.
func noSkip(f *file, report func(token.Pos, string)) {
	ast.Inspect(f.ast, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		method, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || !slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, method.Sel.Name) {
			return true
		}
		receiver, ok := method.X.(*ast.Ident)
		if ok && slices.Contains([]string{"t", "tb", "b", "f", "rt"}, receiver.Name) {
			report(call.Pos(), "fail, or leave the case out of the table")
		}
		return true
	})
}

// noFloat: binary floats are not exact, and the core computes money.
func noFloat(f *file, report func(token.Pos, string)) {
	if f.test || !rules[f.pkg].core {
		return
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			if n.Name == "float32" || n.Name == "float64" {
				report(n.Pos(), "use the types of internal/quantity")
			}
		case *ast.BasicLit:
			// 1e6 may be a constant of an integer type.
			if n.Kind == token.FLOAT && strings.Contains(n.Value, ".") {
				report(n.Pos(), "a literal with a point is a float")
			}
		}
		return true
	})
}

// The checks report what they are there to report, and nothing else.
func TestChecks(t *testing.T) {
	t.Parallel()
	const head = "package x\n"
	mark := "TO" + "DO" // not in one piece: this file is checked too
	for _, c := range []struct {
		path, source string
		want         string // the checks that report something, sorted
	}{
		{"x.go", "// " + mark + "(#12): widen", ""},
		{"x.go", "// " + mark + " before 2029-03-15: nine days", ""},
		{"x.go", "// " + mark + ": later", "owned to-do"},
		{"x.go", "// " + mark + "(me): later", "owned to-do"},
		{"x.go", "// " + mark + "(#1): a; " + mark + ": b", "owned to-do"},
		{"x.go", "var a float64", "no float"},
		{"x.go", "const a = 1.5", "no float"},
		{"x.go", "const a int64 = 1e6", ""},
		{"x.go", "func f(s scanner) { s.Skip() }", ""},
		{"x_test.go", "var a float64", ""},
		{"x_test.go", "func f(t *testing.T) { t.Skip() }", "no skip"},
		{"x_test.go", "func f(tb testing.TB) { tb.Skipf(``) }", "no skip"},
	} {
		var got []string
		f := parse(t, "internal/ledger", c.path, []byte(head+c.source+"\n"))
		for name, check := range checks {
			check(f, func(token.Pos, string) { got = append(got, name) })
		}
		slices.Sort(got)
		if strings.Join(slices.Compact(got), ", ") != c.want {
			t.Errorf("%s: %s: got %q, want %q", c.path, c.source, got, c.want)
		}
	}
}
