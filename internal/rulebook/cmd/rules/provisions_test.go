package main

import (
	"go/ast"
	"strings"
	"testing"
)

// What trading refuses by no rule, and why.
var byNoRule = map[string]string{
	"calendar.year_not_published": "the days are not known yet",
	"ledger.instruments_differ":   "not the same permits: the sums do not go together",
	"ledger.insufficient_balance": "a balance",
	"ledger.insufficient_held":    "a balance",
	"ledger.overflow":             "arithmetic",
	"order.batch_full":            "a bound of one request: in another one the order is taken",
	"quantity.overflow":           "arithmetic",
}

// Each refusal of trading, of what auctions, leases and pledges come to, and of what lies
// below them all names its rule where it is declared. Those of the rulebook get that of the rule which refuses.
func TestProvisions_OfTrading(t *testing.T) {
	t.Parallel()
	s, err := readSource("../../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.provisions(); err != nil {
		t.Error(err)
	}
	areas := map[string]int{
		"order": 0, "block_trade": 0, "market_terms": 0, "fee": 0, "quote": 0, "registration": 0, "offer": 0, "award": 0, "lease": 0, "pledge": 0,
		"rule": 0, "ledger": 0, "quantity": 0, "calendar": 0,
	}
	excused := map[string]bool{}
	for name, x := range s.faults {
		pkg, _, _ := strings.Cut(name, ".")
		made := s.faultOf(pkg, x)
		if made == nil || nameOf(pkg, made.Args[0]) != "fault.Refused" {
			continue
		}
		code := s.text(pkg, made.Args[1])
		area, _, _ := strings.Cut(code, ".")
		if _, of := areas[area]; !of {
			continue
		}
		areas[area]++
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
	for area, n := range areas {
		if n == 0 {
			t.Errorf("nothing of %s is refused", area)
		}
	}
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
