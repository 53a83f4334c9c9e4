package rulebook

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// readOfAll are parameters that are also read of what is of no one pollutant, or industry.
var readOfAll = map[Key][]string{
	AnswerDays: {"region"}, // objections to notices, and complaints
}

// Every reading of a parameter is by what its declaration says: a row that may be set for a
// region, a pollutant or an industry has an effect, and the same one wherever it is asked for.
func TestParameter_ReadBy(t *testing.T) {
	t.Parallel()
	r := parameterReads{keys: map[string]string{}, lists: map[string][]string{}, readings: map[string][][]string{}}
	rules, app := sources(t, "."), sources(t, "../app")
	for _, f := range rules {
		r.constants(f)
	}
	for _, f := range app {
		r.listed(f)
	}
	for _, f := range slices.Concat(rules, app) {
		for _, d := range f.Decls {
			r.read(d)
		}
	}
	for _, k := range Keys {
		want := k.ReadBy.Names()
		slices.Sort(want)
		all := false
		for _, got := range r.readings[string(k.Key)] {
			slices.Sort(got)
			got = slices.Compact(got)
			isAll := slices.Equal(got, want)
			if all = all || isAll; !isAll && !slices.Equal(got, readOfAll[k.Key]) {
				t.Errorf("%s may be set for %v, and is read by %v", k.Key, want, got)
			}
		}
		if !all {
			t.Errorf("%s may be set for %v, and is read nowhere by them", k.Key, want)
		}
	}
}

// sources are the files of a package without its tests.
func sources(t *testing.T, folder string) (files []*ast.File) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: %v", folder, err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

type parameterReads struct {
	keys     map[string]string     // the constants of keys, by name
	lists    map[string][]string   // the keys of package-level lists, by name
	readings map[string][][]string // what each is by, by key
}

// constants notes the keys of a file.
func (r *parameterReads) constants(f *ast.File) {
	specs(f, token.CONST, func(v *ast.ValueSpec) {
		if len(v.Values) == 1 && nameOf(v.Type) == "Key" {
			r.keys[v.Names[0].Name], _ = strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
		}
	})
}

// listed notes the lists of keys of a file that reads them.
func (r *parameterReads) listed(f *ast.File) {
	specs(f, token.VAR, func(v *ast.ValueSpec) {
		if name := v.Names[0].Name; len(v.Values) == 1 && name != "_" {
			r.mentions(v.Values[0], func(key string) { r.lists[name] = append(r.lists[name], key) })
		}
	})
}

// specs calls f for the constants or variables of a package.
func specs(of *ast.File, tok token.Token, f func(*ast.ValueSpec)) {
	for _, d := range of.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == tok {
			for _, s := range g.Specs {
				f(s.(*ast.ValueSpec))
			}
		}
	}
}

// mentions calls f for the keys that are named in a part of the source.
func (r *parameterReads) mentions(n ast.Node, f func(key string)) {
	ast.Inspect(n, func(n ast.Node) bool {
		x, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		if key, ok := r.keys[x.Name]; ok {
			f(key)
		}
		for _, key := range r.lists[x.Name] {
			f(key)
		}
		return true
	})
}

// read notes by what a function, or a rule, reads which keys. A key that is not named in
// the call itself is one of those that the function names.
func (r *parameterReads) read(fn ast.Decl) {
	ast.Inspect(fn, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		by, reads := dimensionsOf(call, fn)
		if !reads {
			return true
		}
		found := false
		note := func(key string) {
			found = true
			r.readings[key] = append(r.readings[key], slices.Clone(by))
		}
		for _, a := range call.Args {
			r.mentions(a, note)
		}
		if !found {
			r.mentions(fn, note)
		}
		return true
	})
}

// dimensionsOf are what a call reads a parameter by; false: it reads none.
func dimensionsOf(call *ast.CallExpr, fn ast.Decl) (by []string, reads bool) {
	given := func(args ...int) {
		for i, a := range args {
			if l, ok := call.Args[a].(*ast.BasicLit); !ok || l.Value != `""` {
				by = append(by, []string{"region", "pollutant"}[i])
			}
		}
	}
	switch nameOf(call.Fun) {
	case "span", "spanOn", "deadline", "parameter": // key, region, pollutant
		given(1, 2)
	case "auctionDay", "threshold": // their places are their own
		by = []string{"region", "pollutant"}
	case "Lookup", "spanOf", "promised":
		by = placeOf(call, fn)
	default:
		return nil, false
	}
	return by, true
}

// placeOf are the fields of the place in a call, or in the function around it.
func placeOf(call *ast.CallExpr, fn ast.Decl) (by []string) {
	fields := func(n ast.Node) {
		ast.Inspect(n, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.CompositeLit:
				for _, e := range x.Elts {
					if field, ok := e.(*ast.KeyValueExpr); ok && nameOf(x.Type) == "Place" {
						by = append(by, strings.ToLower(nameOf(field.Key)))
					}
				}
			case *ast.CallExpr:
				switch nameOf(x.Fun) {
				case "place": // of a side of the facts; of a buy-back it has no industry
					if by = append(by, "region", "pollutant"); len(x.Args) == 1 && isSide(x.Args[0]) {
						by = append(by, "industry")
					}
				case "placeOfOffer":
					by = append(by, "region", "pollutant")
				case "placeOfLicence":
					by = append(by, "region", "pollutant", "industry")
				}
			}
			return true
		})
	}
	if fields(call); by == nil {
		fields(fn)
	}
	return by
}

// isSide reports whether an expression is a side of the facts: s, or &f.Buyer.
func isSide(e ast.Expr) bool {
	if u, ok := e.(*ast.UnaryExpr); ok {
		e = u.X
	}
	return slices.Contains([]string{"s", "Buyer", "Seller"}, nameOf(e))
}

// nameOf is the last name of an expression.
func nameOf(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return x.Sel.Name
	}
	return ""
}
