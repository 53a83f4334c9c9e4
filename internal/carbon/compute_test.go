package carbon_test

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/fault"
	"permitx/internal/quantity"
)

// methodology is one that computes by formula, with the units and factors that
// the tests use.
func methodology(formula string) (carbon.Methodology, []carbon.Input, []carbon.Factor) {
	m := carbon.Methodology{
		Code: "TEST", Version: 1, Name: "test", Formula: formula, ResultUnit: "kgCO2e", RoundTo: 1, Rounding: carbon.RoundDown,
		Most: 10_000_000 * quantity.OneReduction, ValidFrom: calendar.NewDate(2026, 1, 1), Source: "project default",
	}
	inputs := []carbon.Input{
		{Name: "steps", Unit: "step", Most: 100_000 * quantity.OneMeasure},
		{Name: "rides", Unit: "ride", Most: 100 * quantity.OneMeasure},
	}
	factors := []carbon.Factor{
		{Name: "g_per_step", Unit: "gCO2e/step", Value: "0.02", Source: "project default"},
		{Name: "g_per_bus_ride", Unit: "gCO2e/ride", Value: "52", Source: "Wuhan"},
		{Name: "g_per_metro_ride", Unit: "gCO2e/ride", Value: "137", Source: "Wuhan"},
		{Name: "kg_per_g", Unit: "kgCO2e/gCO2e", Value: "0.001", Source: "definition"},
		{Name: "third", Unit: "kgCO2e/step", Value: "0.333333333333333333", Source: "test"},
	}
	return m, inputs, factors
}

func compile(tb testing.TB, formula string) *carbon.Computation {
	tb.Helper()
	c, err := carbon.Compile(methodology(formula))
	if err != nil {
		tb.Fatalf("%s: %v", formula, err)
	}
	return c
}

func values(steps, rides string) []carbon.Value {
	return []carbon.Value{{Name: "steps", Amount: measure(steps)}, {Name: "rides", Amount: measure(rides)}}
}

func measure(s string) quantity.Measure {
	m, err := quantity.ParseMeasure("value", s)
	if err != nil {
		panic(err)
	}
	return m
}

// Formulas must compute exactly, with the usual precedence, and round once.
func TestCompute(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ formula, steps, rides, want string }{
		{"steps * g_per_step * kg_per_g", "7250", "0", "0.145"},
		{"rides × g_per_bus_ride × kg_per_g", "0", "1", "0.052"},
		{"rides · g_per_metro_ride · kg_per_g", "0", "2", "0.274"},
		{"(steps*g_per_step + rides*g_per_bus_ride) * kg_per_g", "7250", "1", "0.197"},
		{"steps*g_per_step*kg_per_g + rides*g_per_bus_ride*kg_per_g", "7250", "1", "0.197"},
		{"rides*g_per_metro_ride*kg_per_g − rides*g_per_bus_ride*kg_per_g", "0", "3", "0.255"},
		{"steps * third", "3", "0", "0.999999"},
		{"steps * third ÷ 2 ÷ 2", "1", "0", "0.083333"},
		{"steps * third / (2 * 2)", "1", "0", "0.083333"},
		{"2 * steps * third - steps * third * 1.5", "2", "0", "0.333333"},
		{"min(steps * third, rides * g_per_bus_ride * kg_per_g)", "10", "1", "0.052"},
		{"max(steps * third, rides * g_per_bus_ride * kg_per_g, 0)", "10", "1", "3.333333"},
		{"max(0, rides*g_per_bus_ride*kg_per_g - steps*third)", "10", "1", "0"},
		// 64 bits do not hold what is in between.
		{"steps * third * 0.333333333333333333 * 0.333333333333333333 * 123456789.123456789", "1", "0", "4572473.671239"},
		{"steps / rides * rides * third / 3 * 3", "7", "9", "2.333333"},
	} {
		got, err := compile(t, c.formula).Compute(values(c.steps, c.rides))
		if err != nil || got.String() != c.want {
			t.Errorf("%s of %s steps and %s rides: got %s, %v; want %s", c.formula, c.steps, c.rides, got, err, c.want)
		}
	}
}

// A formula that cannot be meant must be refused when it is registered, and the
// error must say where.
func TestCompile_Refuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		formula string
		want    error
		says    string
	}{
		{"", carbon.ErrFormula, "1 to 1000"},
		{strings.Repeat("1", 1001), carbon.ErrFormula, "1 to 1000"},
		{"steps *", carbon.ErrFormula, "at its end (character 8)"},
		{"steps * g_per_step * kg_per_g)", carbon.ErrFormula, "character 30"},
		{"(steps * g_per_step * kg_per_g", carbon.ErrFormula, ") was expected"},
		{"steps ** third", carbon.ErrFormula, "character 8"},
		{"steps third", carbon.ErrFormula, "sign"},
		{"-steps * third", carbon.ErrFormula, "character 1"},
		{"steps ^ 2", carbon.ErrFormula, "character 7"},
		{"system(1)", carbon.ErrFormula, "system is neither"},
		{"pow(steps, 2)", carbon.ErrFormula, "pow is neither"},
		{"min(steps * third)", carbon.ErrFormula, ", was expected"},
		{"steps * third * 1e5", carbon.ErrFormula, "sign"},
		{"steps * third * 01", carbon.ErrFormula, "plain decimal"},
		{"steps * third * .5", carbon.ErrFormula, "character 17"},
		{"steps * third * 1.", carbon.ErrFormula, "plain decimal"},
		{"steps * third * 1234567890123456789", carbon.ErrFormula, "18 digits"},
		{"steps * third / 0", carbon.ErrFormula, "divides by 0"},
		{"steps * third / 0.00", carbon.ErrFormula, "divides by 0"},
		{"walks * third", carbon.ErrFormula, "walks is neither"},
		{"third / third * g_per_step", carbon.ErrUnitMismatch, "gCO2e/step"},
		{"g_per_bus_ride", carbon.ErrUnitMismatch, "gCO2e/ride"},
		{"steps * g_per_step", carbon.ErrUnitMismatch, "gives gCO2e and"},
		{"steps + rides", carbon.ErrUnitMismatch, "step and ride"},
		{"steps * third + 1", carbon.ErrUnitMismatch, "kgCO2e and 1"},
		{"min(steps, rides) * third", carbon.ErrUnitMismatch, "step and ride"},
		{"steps * steps * third / rides", carbon.ErrUnitMismatch, "kgCO2e*step/ride"},
		{strings.Repeat("(", 17) + "steps * third" + strings.Repeat(")", 17), carbon.ErrFormula, "too deep"},
		{"steps" + strings.Repeat("*steps", 10), carbon.ErrFormula, "power"},
		{"steps * third \x00", carbon.ErrFormula, "sign"},
	} {
		_, err := carbon.Compile(methodology(c.formula))
		f, ok := fault.As(err)
		if !ok || !errors.Is(err, c.want) || f.Field != "formula" || !strings.Contains(f.Detail, c.says) {
			t.Errorf("%q: got %v; want %v that says %q", c.formula, err, c.want, c.says)
		}
	}
}

// What is around the formula must be checked too, by field.
func TestCompile_RefusesRecords(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]func(*carbon.Methodology, []carbon.Input, []carbon.Factor){
		"code":             func(m *carbon.Methodology, _ []carbon.Input, _ []carbon.Factor) { m.Code = "A-B" },
		"version":          func(m *carbon.Methodology, _ []carbon.Input, _ []carbon.Factor) { m.Version = 0 },
		"name":             func(m *carbon.Methodology, _ []carbon.Input, _ []carbon.Factor) { m.Name = "" },
		"source":           func(m *carbon.Methodology, _ []carbon.Input, _ []carbon.Factor) { m.Source = " x" },
		"result_unit":      func(m *carbon.Methodology, _ []carbon.Input, _ []carbon.Factor) { m.ResultUnit = "kg" },
		"rounding":         func(m *carbon.Methodology, _ []carbon.Input, _ []carbon.Factor) { m.Rounding = "up" },
		"round_to":         func(m *carbon.Methodology, _ []carbon.Input, _ []carbon.Factor) { m.RoundTo = 2 },
		"most":             func(m *carbon.Methodology, _ []carbon.Input, _ []carbon.Factor) { m.Most = 0 },
		"valid_from":       func(m *carbon.Methodology, _ []carbon.Input, _ []carbon.Factor) { m.ValidFrom = 0 },
		"valid_to":         func(m *carbon.Methodology, _ []carbon.Input, _ []carbon.Factor) { m.ValidTo = 20250101 },
		"inputs/1/name":    func(_ *carbon.Methodology, in []carbon.Input, _ []carbon.Factor) { in[1].Name = "steps" },
		"inputs/0/name":    func(_ *carbon.Methodology, in []carbon.Input, _ []carbon.Factor) { in[0].Name = "min" },
		"inputs/0/unit":    func(_ *carbon.Methodology, in []carbon.Input, _ []carbon.Factor) { in[0].Unit = "Steps" },
		"inputs/1/most":    func(_ *carbon.Methodology, in []carbon.Input, _ []carbon.Factor) { in[1].Most = -1 },
		"factors/0/name":   func(_ *carbon.Methodology, _ []carbon.Input, f []carbon.Factor) { f[0].Name = "rides" },
		"factors/1/unit":   func(_ *carbon.Methodology, _ []carbon.Input, f []carbon.Factor) { f[1].Unit = "g//ride" },
		"factors/2/value":  func(_ *carbon.Methodology, _ []carbon.Input, f []carbon.Factor) { f[2].Value = "1e3" },
		"factors/3/source": func(_ *carbon.Methodology, _ []carbon.Input, f []carbon.Factor) { f[3].Source = "" },
	} {
		m, in, f := methodology("steps * third")
		change(&m, in, f)
		_, err := carbon.Compile(m, in, f)
		if got, ok := fault.As(err); !ok || got.Field != field {
			t.Errorf("%s: got %v", field, err)
		}
	}
}

// An activity that cannot be computed must be refused, and the refusal must
// name the input.
func TestCompute_Refuses(t *testing.T) {
	t.Parallel()
	m, inputs, factors := methodology("steps * third / rides * ride")
	inputs[0].Least = quantity.OneMeasure
	m.Most = 1000 * quantity.OneReduction
	c, err := carbon.Compile(m, inputs, append(factors, carbon.Factor{Name: "ride", Unit: "ride", Value: "1", Source: "test"}))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		values []carbon.Value
		want   error
		field  string
	}{
		{append(values("1", "1"), carbon.Value{Name: "km"}), carbon.ErrUnknownInput, "km"},
		{append(values("1", "1"), carbon.Value{Name: "rides"}), carbon.ErrInputTwice, "rides"},
		{[]carbon.Value{{Name: "steps", Unit: "km", Amount: measure("5")}}, carbon.ErrUnitMismatch, "steps"},
		{[]carbon.Value{{Name: "steps", Unit: "furlong", Amount: measure("5")}}, carbon.ErrUnitMismatch, "steps"},
		{values("0.999999", "1"), carbon.ErrInputLimit, "steps"},
		{values("1", "100.000001"), carbon.ErrInputLimit, "rides"},
		{values("1", "1")[:1], carbon.ErrMissingInput, "rides"},
		{values("1", "1")[1:], carbon.ErrMissingInput, "steps"},
		{nil, carbon.ErrMissingInput, "steps"},
		{values("1", "0"), carbon.ErrDivision, "rides"},
		{values("3004", "1"), carbon.ErrImplausible, "steps"},
		{values("100000", "0.000001"), carbon.ErrImplausible, "steps"},
	} {
		got, err := c.Compute(test.values)
		f, ok := fault.As(err)
		if !ok || got != 0 || !errors.Is(err, test.want) || f.Field != test.field {
			t.Errorf("%v: got %s, %v; want %v at %s", test.values, got, err, test.want, test.field)
		}
	}
	if _, err := compile(t, "steps * third - rides * g_per_bus_ride * kg_per_g").Compute(values("1", "100")); !errors.Is(err, carbon.ErrNegative) {
		t.Errorf("less than nothing: got %v", err)
	}
	// Written in another way, a unit is the same.
	if _, err := c.Compute([]carbon.Value{{Name: "rides", Unit: "1*ride", Amount: measure("2")}, {Name: "steps", Amount: measure("2")}}); err != nil {
		t.Error(err)
	}
}

// The plants of the methodology for distributed photovoltaics have less than
// 6 MW at one grid point: 6 MW are refused.
func TestCompute_ApplicabilityLimit(t *testing.T) {
	t.Parallel()
	m, _, _ := methodology("energy * grid_factor")
	m.ResultUnit, m.RoundTo = "tCO2e", quantity.OneTonne // whole tonnes, as PHCER
	m.Most = 100_000 * quantity.OneTonne
	c, err := carbon.Compile(m, []carbon.Input{
		{Name: "energy", Unit: "MWh", Most: measure("100000")},
		{Name: "capacity", Unit: "MW", Most: measure("6"), MostExcluded: true},
	}, []carbon.Factor{{Name: "grid_factor", Unit: "tCO2e/MWh", Value: "0.5703", Source: "project default"}})
	if err != nil {
		t.Fatal(err)
	}
	plant := func(energy, capacity string) (quantity.Reduction, error) {
		return c.Compute([]carbon.Value{{Name: "energy", Unit: "MWh", Amount: measure(energy)}, {Name: "capacity", Unit: "MW", Amount: measure(capacity)}})
	}
	if got, err := plant("6543.21", "5.999999"); err != nil || got != 3731*quantity.OneTonne {
		t.Errorf("got %s kg, %v; want 3731 t: 3731.592… rounded down to whole tonnes", got, err)
	}
	if _, err := plant("6543.21", "6"); !errors.Is(err, carbon.ErrInputLimit) || !strings.Contains(err.Error(), "capacity") {
		t.Errorf("6 MW: got %v", err)
	}
}

// A result is rounded once, by the rounding that the methodology names.
func TestCompute_Rounding(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rounding carbon.Rounding
		to       quantity.Reduction
		factor   string
		want     string
	}{
		{carbon.RoundDown, 1, "0.0000025", "0.000002"},
		{carbon.RoundHalfUp, 1, "0.0000025", "0.000003"},
		{carbon.RoundHalfEven, 1, "0.0000025", "0.000002"},
		{carbon.RoundHalfEven, 1, "0.0000035", "0.000004"},
		{carbon.RoundHalfEven, quantity.OneReduction, "2.5", "2"},
		{carbon.RoundHalfUp, quantity.OneTonne, "1499.999999", "1000"},
		{carbon.RoundHalfUp, quantity.OneTonne, "1500", "2000"},
		{carbon.RoundHalfEven, quantity.OneTonne, "2500", "2000"},
		{carbon.RoundDown, quantity.OneTonne, "2999.999", "2000"},
	} {
		m, inputs, factors := methodology("steps * f")
		m.Rounding, m.RoundTo = c.rounding, c.to
		computation, err := carbon.Compile(m, inputs, append(factors, carbon.Factor{Name: "f", Unit: "kgCO2e/step", Value: c.factor, Source: "test"}))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := computation.Compute(values("1", "0")); err != nil || got.String() != c.want {
			t.Errorf("%s %s to %s: got %s, %v; want %s", c.factor, c.rounding, c.to, got, err, c.want)
		}
	}
}

// Any formula must give what big fractions give, whatever its size.
func TestCompute_Oracle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		steps := rapid.Int64Range(1, 100_000_000_000).Draw(t, "steps")
		text, want := expression(t, big.NewRat(steps, 1_000_000), 4)
		m, inputs, factors := methodology("(" + text + ") * one")
		inputs[0].Unit = "1"
		m.Most = 1 << 62
		c, err := carbon.Compile(m, inputs, append(factors, carbon.Factor{Name: "one", Unit: "kgCO2e", Value: "1", Source: "test"}))
		if err != nil {
			return // no input in it, or a constant 0 as divisor
		}
		got, err := c.Compute([]carbon.Value{{Name: "steps", Amount: quantity.Measure(steps)}, {Name: "rides"}})
		if want == nil {
			if !errors.Is(err, carbon.ErrDivision) {
				t.Fatalf("%s: got %v; want a division by 0", text, err)
			}
			return
		}
		scaled := new(big.Rat).Mul(want, big.NewRat(1_000_000, 1))
		atoms := new(big.Int).Quo(scaled.Num(), scaled.Denom())
		switch {
		case atoms.Sign() < 0:
			if !errors.Is(err, carbon.ErrNegative) && !errors.Is(err, carbon.ErrImplausible) {
				t.Fatalf("%s: got %v; want less than nothing", text, err)
			}
		case atoms.Cmp(big.NewInt(1<<62)) > 0:
			if !errors.Is(err, carbon.ErrImplausible) {
				t.Fatalf("%s: got %v; want too much", text, err)
			}
		case err != nil || atoms.Cmp(big.NewInt(int64(got))) != 0:
			t.Fatalf("%s of %d: got %d, %v; want %v", text, steps, got, err, atoms)
		}
	})
}

// expression draws a formula with its value, which is nil when it divides by 0.
func expression(t *rapid.T, steps *big.Rat, depth int) (string, *big.Rat) {
	kind := rapid.IntRange(0, 7).Draw(t, "kind")
	switch {
	case kind == 0 || depth == 0 && kind%2 == 0:
		return "steps", steps
	case kind == 1 || depth == 0:
		n := rapid.Int64Range(0, 999_999_999_999).Draw(t, "number")
		return fmt.Sprintf("%d.%06d", n/1_000_000, n%1_000_000), big.NewRat(n, 1_000_000)
	}
	left, a := expression(t, steps, depth-1)
	right, b := expression(t, steps, depth-1)
	op := []string{"+", "-", "*", "/", "min", "max"}[kind-2]
	text := "(" + left + " " + op + " " + right + ")"
	if kind > 5 {
		text = op + "(" + left + ", " + right + ")"
	}
	if a == nil || b == nil || op == "/" && b.Sign() == 0 {
		return text, nil
	}
	switch op {
	case "+":
		return text, new(big.Rat).Add(a, b)
	case "-":
		return text, new(big.Rat).Sub(a, b)
	case "*":
		return text, new(big.Rat).Mul(a, b)
	case "/":
		return text, new(big.Rat).Quo(a, b)
	}
	if (a.Cmp(b) < 0) == (op == "min") {
		return text, a
	}
	return text, b
}

// No text must do more than be refused.
func FuzzCompile(f *testing.F) {
	for _, s := range []string{"steps * third", "min(steps, 0)*third", "((1))", "steps×g_per_step÷0.5−0", "max(max(steps,0),0)/rides*third"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := carbon.Compile(methodology(text))
		if err != nil {
			if _, ok := fault.As(err); !ok {
				t.Fatalf("%q: %v is not a fault", text, err)
			}
			return
		}
		if _, err := c.Compute(values("1", "0")); err != nil {
			if f, ok := fault.As(err); !ok || f.Field == "" {
				t.Fatalf("%q: %v names no input", text, err)
			}
		}
	})
}

func BenchmarkCompute(b *testing.B) {
	for _, formula := range []string{"steps * g_per_step * kg_per_g", "steps * third", "(steps*g_per_step + rides*g_per_bus_ride) * kg_per_g / 2"} {
		b.Run(formula, func(b *testing.B) {
			c, in := compile(b, formula), values("7250", "1")
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Compute(in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
