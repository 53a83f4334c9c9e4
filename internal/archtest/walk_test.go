package archtest

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"
	"testing"
)

// few are the tables and collections of the writer's memory that have few rows by nature,
// however old the registry is and however many take part. Each other one grows.
var few = map[string]string{
	"Regions": "", "Pollutants": "", "Markets": "", "MarketAreas": "", "Pairs": "of regions",
	"Years": "of the calendar", "Days": "that are no usual ones",
	"Instruments": "pollutants by terms, and series", "TermEnds": "of instruments", "ReminderRuns": "some an instrument",
	"MarketQuotes": "instruments of markets", "Calls": "that are being cleared", "TradeRolls": "one",
	"floor.schedule": "the terms of a market, and its session",
	"CarbonSchemes":  "", "Methodologies": "", "MethodologyInputs": "", "MethodologyFactors": "", "Scenarios": "",
	"CreditSeries": "schemes by years", "CreditLives": "of series", "Recognitions": "of schemes", "OperatorChanges": "of schemes",
	"Parameters": "of the rulebook", "knowledge.keys": "of its parameters", "ZoneRules": "of its zones",
	"offerRoom.last": "bidders of one auction", "offerRoom.opened": "bids of one auction", "offerRoom.ordered": "bidders of one auction",
	"rangeList.runs": "of one holder: 512 ranges each",
	"d.draft":        "what one command would change",
	"state.fills":    "of one order",
	"Query.Where":    "conditions", "Registry.Head": "a hash",
}

// mayWalk are the parts that walk what grows nevertheless.
var mayWalk = map[string]string{
	"All":                 "what it walks is asked for where it is called",
	"*cache[R].put":       "the id of a row that was planted late is moved in",
	"*cache[R].remove":    "once as many have gone as are left",
	"*View.choose":        "takes the first lots until they are enough",
	"*Tx.mustTotal":       "the ledger, once an opening package",
	"*View.openOrders":    "as many as one command cancels",
	"*View.restingOrders": "open orders: what a fact, a freeze or a correction touches",
	"*View.newestFirst":   "open orders: those that a review judges again, once for all its steps, and where it is shown",
	"*View.idsOf":         "open orders: those of a sweep, once for all its steps",
	"*View.checkReversal": "open orders: those that sell of a holding",
}

// lookUp are the functions that take a collection and look in it by key.
var lookUp = []string{"len", "delete", "slices.BinarySearch", "slices.BinarySearchFunc", "byCode", "rename", "note", "keep", "keepID"}

// No command and no timer walks what grows: it costs the same in a registry of twenty
// years as in one of a day. It goes by an app.Index, or by key.
func TestCommandsDoNotWalk(t *testing.T) {
	t.Parallel()
	fset := token.NewFileSet()
	var files []*ast.File
	imports := map[string]bool{}
	for _, f := range repository(t) {
		if f.pkg != "internal/app" || f.test {
			continue
		}
		tree, err := parser.ParseFile(fset, "../../"+f.path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, tree)
		for _, i := range tree.Imports {
			imports[strings.Trim(i.Path.Value, `"`)] = true
		}
	}
	p := newProgram(t, "permitx/internal/app", files, fset, compiled(t, fset, slices.Sorted(maps.Keys(imports))))
	known := map[string]bool{}
	for _, w := range p.walks() {
		known[w.what], known[w.by] = true, true
		if _, small := few[w.what]; !small && mayWalk[w.by] == "" {
			t.Errorf("%s: %s walks %s, which grows: use an app.Index", fset.Position(w.at), w.by, w.what)
		}
	}
	for _, listed := range slices.Sorted(maps.Keys(mayWalk)) {
		if !known[listed] {
			t.Errorf("%s walks nothing: take it off the list", listed)
		}
	}
}

// walk is where a part walks a table, or another collection of the writer's memory, or hands it on.
type walk struct {
	what, by string
	at       token.Pos
}

// walks are those of what commands and timers lead to.
func (p *program) walks() (all []walk) {
	var roots []types.Object
	for o, one := range p.uses {
		if f, ok := o.(*types.Func); ok && f.Name() == "Decide" || o.Name() == "_" && one.uses[p.pkg.Scope().Lookup("declareTimer")] {
			roots = append(roots, o)
		}
	}
	collections := p.collections("state", "cache")
	for _, one := range p.reached(roots) {
		var above []ast.Node
		ast.Inspect(one.tree, func(n ast.Node) bool {
			if n == nil {
				above = above[:len(above)-1]
				return true
			}
			if what := p.walked(n, above, collections); what != "" {
				all = append(all, walk{what, one.name, n.Pos()})
			}
			above = append(above, n)
			return true
		})
	}
	slices.SortFunc(all, func(a, b walk) int { return cmp.Compare(a.at, b.at) })
	return slices.Compact(all)
}

// walked is what a node walks, or hands on as a whole, or "".
func (p *program) walked(n ast.Node, above []ast.Node, collections map[types.Object]string) string {
	switch n := n.(type) {
	case *ast.CallExpr: // All(v, Table)
		if f, ok := n.Fun.(*ast.Ident); ok && f.Name == "All" && len(n.Args) == 2 {
			return types.ExprString(n.Args[1])
		}
	case *ast.SelectorExpr:
		s := p.info.Selections[n]
		if s == nil {
			return ""
		}
		if f, ok := s.Obj().(*types.Func); ok && (f.FullName() == "(*permitx/internal/app.Published[R]).After" || f.Name() == "Each") {
			return types.ExprString(n.X) // of readers, of the ledger, of a book
		}
		f, ok := s.Obj().(*types.Var)
		if !ok || collections[f.Origin()] == "" || byKey(n, above) {
			return ""
		}
		if rows, ok := n.X.(*ast.CallExpr); ok && types.ExprString(rows.Fun) == "rowsOf" {
			return types.ExprString(rows.Args[1])
		}
		return collections[f.Origin()]
	}
	return ""
}

// byKey reports whether a collection is only looked into, added to or taken from.
func byKey(x ast.Expr, above []ast.Node) bool {
	switch n := above[len(above)-1].(type) {
	case *ast.IndexExpr:
		return n.X == x
	case *ast.SelectorExpr, *ast.BinaryExpr:
		return true
	case *ast.AssignStmt:
		return slices.Contains(n.Lhs, x)
	case *ast.UnaryExpr: // &s.heap
		call, ok := above[len(above)-2].(*ast.CallExpr)
		return ok && strings.HasPrefix(types.ExprString(call.Fun), "heap.")
	case *ast.CallExpr:
		f := types.ExprString(n.Fun)
		return slices.Contains(lookUp, f) || f == "append" && n.Args[0] == x && !n.Ellipsis.IsValid()
	}
	return false
}

// collections are the maps and slices of structs, and of those of the package that they hold, by field.
func (p *program) collections(of ...string) map[types.Object]string {
	all := map[types.Object]string{}
	seen := map[types.Type]bool{}
	var visit func(t types.Type)
	visit = func(t types.Type) {
		if named, ok := types.Unalias(t).(*types.Named); ok {
			if named = named.Origin(); named.Obj().Pkg() != p.pkg || seen[named] {
				return
			}
			seen[named] = true
			if s, ok := named.Underlying().(*types.Struct); ok {
				for f := range s.Fields() {
					if holdsMany(f.Type()) {
						all[f] = named.Obj().Name() + "." + f.Name()
					}
					visit(f.Type())
				}
				return
			}
		}
		if holder, ok := t.Underlying().(interface{ Elem() types.Type }); ok { // a map, slice or pointer
			visit(holder.Elem())
		}
	}
	for _, name := range of {
		visit(p.pkg.Scope().Lookup(name).Type())
	}
	return all
}

func holdsMany(t types.Type) bool {
	switch t.Underlying().(type) {
	case *types.Map, *types.Slice:
		return true
	}
	return false
}

// What walks is found, however it is done, and what goes by key is not.
func TestWalks(t *testing.T) {
	t.Parallel()
	const head = `package x
type table struct{}
var Grown table
type cache struct { rows map[int]int }
type shelf struct { lots []int; byRegion map[string][]int }
type state struct { orders map[int]*int; shelf *shelf; caches map[string]*cache }
func rowsOf(s *state, t table) *cache { return nil }
func All(s *state, t table) []int { return nil }
func declareTimer(f func(*state)) bool { return true }
func count(m map[int]*int) int { return 0 }
type teller interface { tell(s *state) }
type one struct{}
`
	for _, c := range []struct{ source, want string }{
		{"func (one) Decide(s *state) { for range All(s, Grown) {} }", "Grown"},
		{"func (one) Decide(s *state) { for range rowsOf(s, Grown).rows {} }", "Grown"},
		{"func (one) Decide(s *state) { rows := rowsOf(s, Grown).rows; _ = rows }", "Grown"},
		{"func (one) Decide(s *state) { for range s.orders {} }", "state.orders"},
		{"func (one) Decide(s *state) { count(s.orders) }", "state.orders"},
		{"func (one) Decide(s *state) { _ = append([]int{}, s.shelf.lots...) }", "shelf.lots"},
		{"func (one) Decide(s *state) { func() { far(s) }() }; func far(s *state) { for range s.orders {} }", "state.orders"},
		{"func (one) Decide(s *state) { later[0](s) }; var later = []func(*state){far}; func far(s *state) { for range s.orders {} }", "state.orders"},
		{"func (one) Decide(s *state) { var t teller; t.tell(s) }; func (one) tell(s *state) { for range s.orders {} }", "state.orders"},
		{"var _ = declareTimer(func(s *state) { for range s.orders {} })", "state.orders"},
		{"func load(s *state) { for range All(s, Grown) {}; for range s.orders {} }", ""},
		{"func (one) Decide(s *state) { _ = s.orders[1]; _ = rowsOf(s, Grown).rows[1]; delete(s.orders, 1); _ = len(s.orders) }", ""},
		{"func (one) Decide(s *state) { for range s.shelf.byRegion[``] {}; s.shelf.lots = append(s.shelf.lots, 1) }", ""},
	} {
		fset := token.NewFileSet()
		tree, err := parser.ParseFile(fset, "x.go", head+c.source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, w := range newProgram(t, "x", []*ast.File{tree}, fset, nil).walks() {
			got = append(got, w.what)
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: walks %q, want %q", c.source, got, c.want)
		}
	}
}
