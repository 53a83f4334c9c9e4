package app

import (
	"cmp"
	"slices"

	"permitx/internal/carbon"
)

var _ = declareCheck((*checker).checkMirrors)

// checkMirrors holds that no unit of another scheme is mirrored twice, that
// those of this registry are locked until its issuance has come to nothing, and that each mirror is the issuance that
// its row of the table makes of it (I-80).
func (c *checker) checkMirrors() error {
	var live []carbon.Mirror
	since, err := c.start("I-80 revoked")
	if err != nil {
		return err
	}
	owed, settled := map[int64]int64{}, map[int64]int64{} // units left and the newest command of the debts, by issuance
	rules, issuances := map[int64]carbon.Recognition{}, map[int64]carbon.Issuance{}
	locked := map[int64]int64{} // units, by mirror
	err = eachOf(c.ctx, c.r, Recognitions, Query{}, func(r carbon.Recognition) { rules[r.ID] = r })
	if err == nil {
		err = eachOf(c.ctx, c.r, CreditDebts, Query{}, func(d carbon.Debt) {
			owed[d.Issuance] += d.Left()
			settled[d.Issuance] = max(settled[d.Issuance], d.Command)
		})
	}
	if err == nil {
		err = eachOf(c.ctx, c.r, Issuances, Query{}.And("origin", Gt, ""), func(i carbon.Issuance) { issuances[i.ID] = i })
	}
	if err == nil {
		err = c.eachAside(func(r carbon.Range, units int64, _ carbon.Scheme) { locked[r.Mirror] += units })
	}
	if err == nil {
		err = eachOf(c.ctx, c.r, Mirrors, Query{}, func(m carbon.Mirror) {
			i := issuances[m.Issuance]
			c.checkMirror(m, rules[m.Recognition], i, locked[m.ID])
			revoked := i.State == carbon.Revoked && owed[i.ID] == 0
			if old := revoked && max(i.Command, settled[i.ID]) <= since; m.Released != (revoked || i.State == carbon.Rejected) && !old {
				c.report("I-80", Mirrors.name, m.ID, "its issuance is %s, %d units of it are owed: released is %t", i.State, owed[i.ID], m.Released)
			}
			delete(issuances, m.Issuance)
			delete(locked, m.ID)
			if !m.Released {
				live = append(live, m)
			}
		})
	}
	delete(locked, 0) // on sale
	for id := range locked {
		c.report("I-80", CreditRanges.name, 0, "units are locked for mirror %d, which there is not", id)
	}
	for id := range issuances {
		c.report("I-80", Issuances.name, id, "mirrors nothing")
	}
	slices.SortFunc(live, func(a, b carbon.Mirror) int {
		return cmp.Or(cmp.Compare(a.Place, b.Place), cmp.Compare(a.FirstUnit, b.FirstUnit))
	})
	for n := 1; n < len(live); n++ {
		if a, b := live[n-1], live[n]; a.Place == b.Place && a.LastUnit >= b.FirstUnit {
			c.report("I-80", Mirrors.name, b.ID, "is of units that %s is of, too", a.Serial)
		}
	}
	return err
}

func (c *checker) checkMirror(m carbon.Mirror, r carbon.Recognition, i carbon.Issuance, locked int64) {
	units, err := r.Recognised(m.Units(), c.schemes[i.Scheme].SerialUnit)
	if err != nil || i.Units != units || i.Origin != m.Serial || i.Scheme != r.Scheme || i.Party != m.Party {
		c.report("I-80", Mirrors.name, m.ID, "is not the issuance %d of %d units, which is %s: %v", m.Issuance, units, i.State, err)
	}
	want := int64(0)
	if m.Home != 0 && !m.Released {
		want = m.Units()
	}
	if locked != want {
		c.report("I-80", Mirrors.name, m.ID, "has %d units locked, not %d", locked, want)
	}
}
