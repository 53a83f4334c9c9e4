package app

import (
	"cmp"
	"slices"

	"permitx/internal/carbon"
	"permitx/internal/fault"
)

// ErrDataSource is returned when a scheme would count one methodology by the ids of two data sources, or one data source by two methodologies.
var ErrDataSource = fault.New(fault.Conflict, "carbon.data_source_differs", "other scenarios of the methodology, or of the data source, name another one").At("data_source")

var _ = declareCheck((*checker).checkDataSources)

// checkDataSource holds a new scenario to those that its scheme has.
func (v *View) checkDataSource(s carbon.Scenario) error {
	for other := range All(v, Scenarios) {
		if other.Scheme == s.Scheme && differs(other, s) {
			return ErrDataSource.With("scenario %d counts %s by the ids of %q", other.ID, other.Methodology, other.DataSource)
		}
	}
	return nil
}

// differs reports whether a scheme with a scenario cannot have another one later.
// Where one that is there names no data source, the later one may: what it has
// counted is asked for, too.
func differs(before, s carbon.Scenario) bool {
	return before.DataSource != "" && (before.Methodology == s.Methodology) != (before.DataSource == s.DataSource)
}

// sharedAs is the data source that other scenarios of a methodology name in a
// scheme, where this one names none.
func sharedAs(r *Reference, s carbon.Scenario) string {
	if s.DataSource != "" {
		return ""
	}
	for _, other := range ReadTable(r, Scenarios).All() {
		if other.Scheme == s.Scheme && other.Methodology == s.Methodology && other.DataSource != "" {
			return other.DataSource
		}
	}
	return ""
}

// checkDataSources holds that in a scheme each methodology goes by one data source,
// from the first scenario that names one on, and each data source by one methodology (I-133).
func (c *checker) checkDataSources() error {
	bySchemes := map[int64][]carbon.Scenario{}
	if err := eachOf(c.ctx, c.r, Scenarios, Query{}, func(s carbon.Scenario) { bySchemes[s.Scheme] = append(bySchemes[s.Scheme], s) }); err != nil {
		return err
	}
	for _, all := range bySchemes {
		slices.SortFunc(all, func(a, b carbon.Scenario) int { return cmp.Compare(a.ID, b.ID) })
		for i, s := range all {
			for _, before := range all[:i] {
				if differs(before, s) {
					c.report("I-133", Scenarios.name, s.ID, "counts %s by the ids of %q, and scenario %d %s by those of %q", s.Methodology, s.DataSource, before.ID, before.Methodology, before.DataSource)
				}
			}
		}
	}
	return nil
}
