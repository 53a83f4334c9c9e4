package app

import (
	"context"
	"errors"
	"fmt"

	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/intake"
)

// intakeRules reads all by which an intake was ever judged.
func intakeRules(ctx context.Context, trading Reader) (intake.Rules, error) {
	r := intake.Rules{Schemes: map[int64]carbon.Scheme{}, Scenarios: map[int64]carbon.Scenario{}, Versions: map[int64]intake.Version{}}
	var versions []carbon.Methodology
	inputs, factors := map[int64][]carbon.Input{}, map[int64][]carbon.Factor{}
	upheld := map[refusedActivity]calendar.Date{} // the first day on which it was
	if err := errors.Join(
		eachOf(ctx, trading, CarbonSchemes, Query{}, func(s carbon.Scheme) { r.Schemes[s.ID] = s }),
		eachOf(ctx, trading, Scenarios, Query{}, func(s carbon.Scenario) { r.Scenarios[s.ID] = s }),
		eachOf(ctx, trading, Methodologies, Query{}, func(m carbon.Methodology) { versions = append(versions, m) }),
		eachOf(ctx, trading, MethodologyInputs, Query{}, func(i carbon.Input) { inputs[i.Methodology] = append(inputs[i.Methodology], i) }),
		eachOf(ctx, trading, MethodologyFactors, Query{}, func(f carbon.Factor) { factors[f.Methodology] = append(factors[f.Methodology], f) }),
		eachOf(ctx, trading, Complaints, Query{}, func(c carbon.Complaint) { noteUpheld(upheld, &c) }),
	); err != nil {
		return r, fmt.Errorf("read the register of schemes: %w", err)
	}
	for _, m := range versions {
		c, err := carbon.Compile(m, inputs[m.ID], factors[m.ID])
		if err != nil {
			return r, fmt.Errorf("compile methodology %d: %w", m.ID, err)
		}
		r.Versions[m.ID] = intake.Version{Methodology: m, Inputs: len(inputs[m.ID]), Compute: c.Compute}
	}
	r.Upheld = func(scheme int64, a *intake.Activity, by calendar.Date) bool {
		on, known := upheld[refusedOf(scheme, a)]
		return known && on <= by
	}
	return r, nil
}

func noteUpheld(upheld map[refusedActivity]calendar.Date, c *carbon.Complaint) {
	k, on := refusedBy(c), c.AnsweredAt.Date()
	if first, known := upheld[k]; c.Upheld && (!known || on < first) {
		upheld[k] = on
	}
}
