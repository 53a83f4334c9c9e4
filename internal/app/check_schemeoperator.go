package app

import (
	"cmp"
	"slices"

	"permitx/internal/carbon"
)

var _ = declareCheck((*checker).checkOperators)

// checkOperators holds that a scheme is run by the party to which its last change
// gave it, each change by the one before, and that a pool that waits is of the party
// that runs its scheme (I-128).
func (c *checker) checkOperators() error {
	runs := map[int64]int64{} // operator by scheme
	if err := eachOf(c.ctx, c.r, CarbonSchemes, Query{}, func(s carbon.Scheme) { runs[s.ID] = s.Operator }); err != nil {
		return err
	}
	begun := map[int64][]carbon.OperatorChange{}
	if err := eachOf(c.ctx, c.r, OperatorChanges, Query{}, func(o carbon.OperatorChange) {
		switch {
		case o.Begun():
			begun[o.Scheme] = append(begun[o.Scheme], o)
		case o.State == carbon.ChangePlanned && o.Former != runs[o.Scheme]:
			c.report("I-128", OperatorChanges.name, o.ID, "would take the scheme from party %d, and party %d runs it", o.Former, runs[o.Scheme])
		}
	}); err != nil {
		return err
	}
	for scheme, changes := range begun {
		slices.SortFunc(changes, func(a, b carbon.OperatorChange) int {
			return cmp.Or(cmp.Compare(a.ValidFrom, b.ValidFrom), cmp.Compare(a.ID, b.ID))
		})
		before := changes[0].Former
		for _, o := range changes {
			if o.Former != before {
				c.report("I-128", OperatorChanges.name, o.ID, "takes the scheme from party %d, and party %d ran it", o.Former, before)
			}
			before = o.Operator
		}
		if before != runs[scheme] {
			c.report("I-128", CarbonSchemes.name, scheme, "is run by party %d, and its last change gave it to party %d", runs[scheme], before)
		}
	}
	return eachOf(c.ctx, c.r, Issuances, Query{}, func(i carbon.Issuance) {
		if i.FromPool() && slices.Contains(carbon.OpenIssuances, i.State) && i.Party != runs[i.Scheme] {
			c.report("I-128", Issuances.name, i.ID, "waits for party %d, and party %d runs its scheme", i.Party, runs[i.Scheme])
		}
	})
}
