package intake

import (
	"errors"
	"fmt"
	"strings"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/quantity"
)

// Rules are all that was ever registered, by number: what a check judges each
// activity by again.
type Rules struct {
	Schemes   map[int64]carbon.Scheme
	Scenarios map[int64]carbon.Scenario
	Versions  map[int64]Version
	// Upheld reports whether a complaint about the refusal of a source's activity was
	// upheld by a day.
	Upheld func(source int64, a *Activity, by calendar.Date) bool
}

// Version is a version of a methodology, and what computes by it.
type Version struct {
	carbon.Methodology
	Inputs  int // how many an activity has
	Compute func([]carbon.Value) (quantity.Reduction, error)
}

// The ways in which an activity is not what the rules make of it.
var (
	errNoVersion  = errors.New("is of a methodology that there is not")
	errNoScenario = errors.New("is of a scenario or a scheme that there is not")
	errNotInForce = errors.New("is of a scenario, a scheme or a version of a methodology that was not in force on its day")
	errInputs     = errors.New("has inputs that cannot be read")
)

// judge judges an activity as it was when its batch was taken, and returns the
// points that it gives. Of one whose time is 0 it judges what it comes to only.
// It uses the room of values.
func (r *Rules) judge(row *Row, taken calendar.Instant, values []carbon.Value) (quantity.Measure, error) {
	scheme, known := r.Schemes[row.Scheme]
	s, hasScenario := r.Scenarios[row.Scenario]
	v, hasVersion := r.Versions[row.Methodology]
	switch {
	case !hasVersion:
		return 0, errNoVersion
	case !known || !hasScenario || s.Scheme != row.Scheme || s.Methodology != v.Code:
		return 0, errNoScenario
	}
	values, err := readInputs(row.Inputs, values, v.Inputs)
	if err != nil {
		return 0, err
	}
	computed, err := v.Compute(values)
	if err != nil {
		return 0, fmt.Errorf("cannot be computed by methodology %d: %w", v.ID, err)
	}
	points, err := pointsOf(&s, values, computed, row.Amount)
	switch {
	case err != nil:
		return 0, fmt.Errorf("has points that cannot be computed: %w", err)
	case computed != row.Computed:
		return points, fmt.Errorf("reduced %s kgCO2e, and its inputs come to %s by methodology %d", row.Computed, computed, v.ID)
	case row.Amount <= 0 || row.Amount > computed || s.DailyCap == 0 && row.Amount != computed:
		return points, fmt.Errorf("was credited %s kgCO2e of %s", row.Amount, computed)
	case row.Day != row.From.Date():
		return points, fmt.Errorf("is of %v, and counted on %v", row.From.Date(), row.Day)
	case taken == 0:
		return points, nil
	case !scheme.ValidOn(row.Day) || !s.ValidOn(row.Day) || !v.ValidOn(row.Day):
		return points, errNotInForce
	}
	return points, r.checkTime(row, &s, taken)
}

// checkTime holds the period and the claim window of an activity against the
// moment at which its batch was taken.
func (r *Rules) checkTime(row *Row, s *carbon.Scenario, taken calendar.Instant) error {
	a := Activity{SourceID: row.SourceID, Scenario: s.Code, From: row.From, To: row.To, Evidence: row.Evidence}
	if err := a.checkPeriod(row.Day, taken); err != nil {
		return err
	}
	err := s.CheckClaim(row.Day, taken.Date())
	if errors.Is(err, carbon.ErrClaimTooLate) && r.Upheld(row.Source, &a, taken.Date()) {
		return nil
	}
	return err
}

// readInputs reads what written gives, and appends the inputs to values. They are
// the last n of it: an identifier, which is before them, may have any sign.
func readInputs(written string, values []carbon.Value, n int) ([]carbon.Value, error) {
	values = append(values, make([]carbon.Value, n)...)
	rest, more := written, written != ""
	for i := n - 1; i >= 0; i-- {
		if !more {
			return nil, errInputs
		}
		one := rest
		at := strings.LastIndex(rest, between)
		if more = at >= 0; more {
			one, rest = rest[at+len(between):], rest[:at]
		}
		name, value, named := strings.Cut(one, "=")
		amount, unit, measured := strings.Cut(value, " ")
		m, err := quantity.ParseMeasure("", amount)
		if !named || !measured || err != nil {
			return nil, errInputs
		}
		values[i] = carbon.Value{Name: name, Amount: m, Unit: unit}
	}
	if more && !strings.HasPrefix(rest, identifierIs) {
		return nil, errInputs
	}
	return values, nil
}
