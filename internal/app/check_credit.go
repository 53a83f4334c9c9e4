package app

import (
	"cmp"
	"maps"
	"slices"

	"permitx/internal/carbon"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

var _ = declareCheck((*checker).checkCredits)

// creditSums are what the ranges of an issuance, and those of a holder, come to.
type creditSums struct {
	schemes   map[int64]carbon.Scheme
	series    map[int64]carbon.Series
	issuances map[int64]carbon.Issuance
	covered   map[int64]int64              // units, by issuance
	retired   map[int64]int64              // units, by retirement
	mirrored  map[int64]quantity.Reduction // that were recognised from another scheme, by retirement
	balances  map[ledger.Key]int64         // as the ranges have them
	begins    map[int64]int64              // first unit → range
	ends      map[int64]int64              // the unit behind the last → range
}

// checkCredits holds that each unit of an issuance is in exactly one range
// (I-65), that the ledger has what the ranges say (I-66), that nothing was
// issued twice (I-67), and retirements within their obligations (I-68).
func (c *checker) checkCredits() error {
	s := creditSums{
		schemes: map[int64]carbon.Scheme{}, series: map[int64]carbon.Series{}, issuances: map[int64]carbon.Issuance{}, covered: map[int64]int64{},
		retired: map[int64]int64{}, mirrored: map[int64]quantity.Reduction{}, balances: map[ledger.Key]int64{}, begins: map[int64]int64{}, ends: map[int64]int64{},
	}
	for _, step := range []func() error{
		func() error {
			return eachOf(c.ctx, c.r, CarbonSchemes, Query{}, func(r carbon.Scheme) { s.schemes[r.ID] = r })
		},
		func() error {
			return eachOf(c.ctx, c.r, CreditSeries, Query{}, func(r carbon.Series) { s.series[r.ID] = r })
		},
		func() error { return c.checkIssuances(&s) },
		func() error { return c.checkLooks(&s) },
		func() error { return c.checkRanges(&s) },
		func() error { return c.checkRetirements(&s) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	balances := map[ledger.Key]int64{}
	for id, a := range c.ledger.accounts {
		balances[a.Key()] = c.ledger.balances[id].Balance
	}
	for key, want := range s.balances {
		if got := balances[key]; got != want {
			c.report("I-66", Balances.name, 0, "%s is %d, the ranges of units come to %d", key, got, want)
		}
	}
	for id, a := range c.ledger.accounts {
		if _, known := s.balances[a.Key()]; !known && a.Kind.IsCredit() && c.ledger.balances[id].Balance != 0 {
			c.report("I-66", Balances.name, int64(id), "%s has a balance and no ranges of units", a.Key())
		}
	}
	return nil
}

// checkIssuances holds that no message of the intake and no evidence was
// issued twice, and no period of a project (I-67), nor of a plant over all
// schemes (I-100).
func (c *checker) checkIssuances(s *creditSums) error {
	outbox, evidence := map[message]int64{}, map[string]int64{}
	projects, plants, plantOf := map[int64][]carbon.Issuance{}, map[string][]carbon.Issuance{}, map[int64]string{}
	if err := eachOf(c.ctx, c.r, CreditProjects, Query{}, func(p carbon.Project) { plantOf[p.ID] = p.Identifier }); err != nil {
		return err
	}
	return eachOf(c.ctx, c.r, Issuances, Query{}, func(i carbon.Issuance) {
		s.issuances[i.ID] = i
		m := messageOf(i)
		if other := outbox[m]; i.Outbox != 0 && other != 0 {
			c.report("I-67", Issuances.name, i.ID, "message %d has brought issuance %d too", i.Outbox, other)
		}
		outbox[m] = i.ID
		if !i.Live() {
			return
		}
		if other := evidence[i.EvidenceDigest]; other != 0 {
			c.report("I-67", Issuances.name, i.ID, "issuance %d rests on the same evidence", other)
		}
		evidence[i.EvidenceDigest] = i.ID
		if i.Project == 0 {
			return
		}
		for _, other := range projects[i.Project] {
			if other.Overlaps(i) {
				c.report("I-67", Issuances.name, i.ID, "its period overlaps that of issuance %d of the same project", other.ID)
			}
		}
		projects[i.Project] = append(projects[i.Project], i)
		plant := cmp.Or(i.Plant, plantOf[i.Project])
		for _, other := range plants[plant] {
			if i.Plant != "" && other.Overlaps(i) {
				c.report("I-100", Issuances.name, i.ID, "its period overlaps that of issuance %d of the same plant %.64q", other.ID, plant)
			}
		}
		if plants[plant] = append(plants[plant], i); plant != plantOf[i.Project] {
			c.report("I-100", Issuances.name, i.ID, "is of the plant %.64q, and its project of %.64q", plant, plantOf[i.Project])
		}
	})
}

// checkLooks holds that who verified an issuance had looked at its sample, and
// that who looked at one did not declare it (I-109).
func (c *checker) checkLooks(s *creditSums) error {
	since, err := c.startedAt("I-109")
	if err != nil {
		return err
	}
	type look struct{ issuance, person int64 }
	looks := map[look]carbon.Look{}
	if err := eachOf(c.ctx, c.r, Looks, Query{}, func(l carbon.Look) {
		looks[look{l.Issuance, l.Person}] = l
		if i, known := s.issuances[l.Issuance]; !known || l.LookedAt < i.DeclaredAt || l.Command > i.Command && i.State != carbon.Checked {
			c.report("I-109", Looks.name, l.ID, "person %d looked at issuance %d, which did not wait to be verified", l.Person, l.Issuance)
		}
	}); err != nil {
		return err
	}
	for id, i := range s.issuances {
		if i.VerifiedBy == 0 || i.DeclaredAt <= since {
			continue
		}
		if l, looked := looks[look{id, i.VerifiedBy}]; !looked || l.Command >= i.Command {
			c.report("I-109", Issuances.name, id, "person %d verified it, and had not looked at its sample", i.VerifiedBy)
		}
	}
	return nil
}

// checkRanges adds up the ranges. Ranges that lie within their issuance, come
// to its units, and touch end to end without beginning or ending together
// cover each unit once (I-65).
func (c *checker) checkRanges(s *creditSums) error {
	err := eachOf(c.ctx, c.r, CreditRanges, Query{}, func(r carbon.Range) {
		i := s.issuances[r.Issuance]
		if r.FirstUnit < i.FirstUnit || r.LastUnit > i.LastUnit || i.FirstUnit == 0 {
			c.report("I-65", CreditRanges.name, r.ID, "units %d to %d are not those of issuance %d", r.FirstUnit, r.LastUnit, r.Issuance)
		}
		if other := s.begins[r.FirstUnit]; other != 0 {
			c.report("I-65", CreditRanges.name, r.ID, "begins where range %d begins", other)
		}
		s.begins[r.FirstUnit], s.ends[r.LastUnit+1] = r.ID, r.ID
		s.covered[r.Issuance] += r.Units()
		s.addRange(r)
	})
	if err != nil {
		return err
	}
	starts := map[int64]bool{}
	for id, i := range s.issuances {
		starts[i.FirstUnit] = true
		if i.FirstUnit != 0 && s.covered[id] != i.Units {
			c.report("I-65", Issuances.name, id, "has %d units, its ranges come to %d", i.Units, s.covered[id])
		}
	}
	for first, id := range s.begins {
		if s.ends[first] == 0 && !starts[first] {
			c.report("I-65", CreditRanges.name, id, "does not begin where another ends")
		}
	}
	return nil
}

// addRange adds a range to the balances that it stands for.
func (s *creditSums) addRange(r carbon.Range) {
	series := s.series[r.Series]
	scheme := s.schemes[series.Scheme]
	amount := r.Units() * int64(scheme.SerialUnit)
	issued := creditKey(ledger.CreditsIssued, scheme, series, 0)
	switch r.State {
	case carbon.Held:
		s.balances[creditKey(ledger.Credits, scheme, series, r.Party)] += amount
		s.balances[issued] += amount
	case carbon.Retired:
		s.retired[r.Retirement] += r.Units()
		if s.issuances[r.Issuance].Origin != "" {
			s.mirrored[r.Retirement] += quantity.Reduction(amount)
		}
		s.balances[creditKey(ledger.CreditsRetired, scheme, series, 0)] += amount
		s.balances[issued] += amount
	case carbon.RangeExpired:
		s.balances[creditKey(ledger.CreditsExpired, scheme, series, 0)] += amount
		s.balances[issued] += amount
	case carbon.RangeRevoked:
		s.balances[issued] += 0
	}
}

// checkRetirements holds that a retirement is its ranges, and that the offsets
// of an obligation are what it says and within its share (I-68).
func (c *checker) checkRetirements(s *creditSums) error {
	offset, outside := map[int64]quantity.Reduction{}, map[int64]quantity.Reduction{}
	duties := map[int64]carbon.Obligation{}
	if err := eachOf(c.ctx, c.r, CarbonDuties, Query{}, func(o carbon.Obligation) { duties[o.ID] = o }); err != nil {
		return err
	}
	err := eachOf(c.ctx, c.r, Retirements, Query{}, func(r carbon.Retirement) {
		if s.retired[r.ID] != r.Units {
			c.report("I-68", Retirements.name, r.ID, "is of %d units, its ranges come to %d", r.Units, s.retired[r.ID])
		}
		offset[r.Obligation] += r.Amount
		if r.Obligation != 0 && isOutside(s.schemes[s.series[r.Series].Scheme], duties[r.Obligation]) {
			outside[r.Obligation] += r.Amount
		} else {
			outside[r.Obligation] += s.mirrored[r.ID]
		}
	})
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(duties)) {
		o := duties[id]
		within, err := carbon.Obligation{Amount: o.Amount, Share: o.Share, Outside: o.Outside}.Use(o.UsedOutside, true)
		if err == nil {
			_, err = within.Use(o.Used-o.UsedOutside, false)
		}
		if err != nil || offset[id] != o.Used || outside[id] != o.UsedOutside {
			c.report("I-68", CarbonDuties.name, id, "credits have offset %s, %s from outside; the retirements come to %s and %s: %v", o.Used, o.UsedOutside, offset[id], outside[id], err)
		}
	}
	return nil
}
