package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// The reasons for which something is refused by no rule.
const (
	balance    = "a balance: there is not so much"
	arithmetic = "arithmetic: there is no result"
	form       = "its form: it says nothing that a rule could judge"
	absent     = "what it is about is not there"
)

// What is refused by no rule, and why.
var byNoRule = map[string]string{
	"activity.fraction":               form,
	"activity.period":                 form,
	"activity.unknown_reversed":       absent,
	"activity.unreadable":             form,
	"bank_entry.nothing_to_return":    balance,
	"bank_statement.line_direction":   form,
	"budget.nothing_left":             balance,
	"calendar.year_not_published":     "the days are not known yet",
	"carbon.division_by_zero":         arithmetic,
	"carbon.units_not_held":           balance,
	"carbon.units_short":              balance,
	"debt.beyond":                     balance,
	"idle_declaration.beyond_holding": balance,
	"ledger.instruments_differ":       "not the same permits: the sums do not go together",
	"ledger.insufficient_balance":     balance,
	"ledger.insufficient_held":        balance,
	"ledger.overflow":                 arithmetic,
	"lot.insufficient":                balance,
	"lot.picks_short":                 balance,
	"order.batch_full":                "a bound of one request: in another one the order is taken",
	"participant.forgotten":           absent,
	"participant.points_short":        balance,
	"project.not_available":           balance,
	"quantity.overflow":               arithmetic,
	"renewal.nothing_held":            balance,
}

// Each refusal names its rule where it is declared. Those of the rulebook get that of the rule which refuses.
func TestProvisions_OfRefusals(t *testing.T) {
	t.Parallel()
	s, err := readSource("../../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.provisions(); err != nil {
		t.Error(err)
	}
	excused := map[string]bool{}
	for name, x := range s.faults {
		pkg, _, _ := strings.Cut(name, ".")
		made := s.faultOf(pkg, x)
		if made == nil || nameOf(pkg, made.Args[0]) != "fault.Refused" {
			continue
		}
		code := s.text(pkg, made.Args[1])
		switch named := namesRule(x) || pkg == "rulebook"; {
		case byNoRule[code] != "":
			if excused[code] = true; named {
				t.Errorf("%s names a rule: it needs no excuse", code)
			}
		case !named:
			t.Errorf("%s (%s) names no rule: .Under(…)", code, name)
		}
	}
	for code := range byNoRule {
		if !excused[code] {
			t.Errorf("no fault %s is refused", code)
		}
	}
}

// What refuses by a fault of the rulebook, and does not let the rulebook judge, names the rule itself.
func TestProvisions_OfFaultsOfTheRulebook(t *testing.T) {
	t.Parallel()
	s, err := readSource("../../..")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	err = filepath.WalkDir("../../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil || f.Name.Name == "rulebook" {
			return err
		}
		ast.Inspect(f, func(n ast.Node) bool {
			r, ok := n.(*ast.ReturnStmt)
			if !ok {
				return true
			}
			for _, x := range r.Results {
				name := s.ofRulebook(f.Name.Name, x)
				if name == "" {
					continue
				}
				found++
				if call, ok := x.(*ast.CallExpr); !ok || !namesRule(call) {
					t.Errorf("%s: %s is returned without its rule: .Under(…)", path, name)
				}
			}
			return true
		})
		return nil
	})
	if err != nil || found == 0 {
		t.Errorf("%d found: %v", found, err)
	}
}

// ofRulebook is the name of the refusal of the rulebook that an expression of another package returns, changed or not; "" of any other.
func (s *source) ofRulebook(pkg string, x ast.Expr) string {
	for {
		call, ok := x.(*ast.CallExpr)
		if !ok {
			break
		}
		f, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return ""
		}
		x = f.X
	}
	name := nameOf(pkg, x)
	_, short, _ := strings.Cut(name, ".")
	made := s.faultOf("rulebook", ast.NewIdent(short))
	if made == nil || nameOf("rulebook", made.Args[0]) != "fault.Refused" || s.faults[name] != nil && !strings.HasPrefix(name, "rulebook.") {
		return ""
	}
	return name
}

// namesRule reports whether a fault is declared with its rule.
func namesRule(x *ast.CallExpr) bool {
	if calls(x) == "Under" {
		return true
	}
	f, ok := x.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	inner, ok := f.X.(*ast.CallExpr)
	return ok && namesRule(inner)
}
