package app

import (
	"strconv"
	"strings"

	"permitx/internal/encumbrance"
	"permitx/internal/ledger"
	"permitx/internal/opening"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

var _ = declareCheck((*checker).checkOpenings)

// opened is what the commands of a package have brought to a region and pollutant.
type opened struct{ cap, reserve, paid, free, unknown quantity.Quantity }

// checkOpenings holds each package to what was frozen and signed off: its
// lines have its digest, and what was taken of it comes to its control totals
// (I-36). While a package is taken nobody else writes, so that what it brought
// is what was written between its sign-off and its end.
func (c *checker) checkOpenings() error {
	if !c.isWhole() {
		return nil
	}
	var packages []opening.Package
	if err := eachOf(c.ctx, c.r, OpeningPackages, Query{}, func(p opening.Package) { packages = append(packages, p) }); err != nil {
		return err
	}
	for _, p := range packages {
		if err := c.checkLines(p); err != nil {
			return err
		}
		var totals []opening.Total
		if err := c.r.Find(c.ctx, OpeningTotals.name, Where("package", p.ID), &totals); err != nil {
			return err
		}
		if p.State != opening.Taken || len(totals) == 0 {
			continue
		}
		brought, err := c.brought(totals[0].Command, p.Command)
		if err != nil {
			return err
		}
		if err := c.checkOwed(p); err != nil {
			return err
		}
		for _, t := range totals {
			got := brought[ledger.Asset{Region: t.Region, Pollutant: t.Pollutant}]
			if want := (opened{t.Cap, t.Reserve, t.Paid, t.Free, t.UnknownOrigin}); got != want || !t.Signed {
				c.report("I-36", OpeningTotals.name, t.ID, "was signed off (%v) with %+v for %s in %s, what was taken comes to %+v", t.Signed, want, t.Pollutant, t.Region, got)
			}
		}
	}
	return nil
}

// checkLines compares the kept lines of a package with its digest.
func (c *checker) checkLines(p opening.Package) error {
	if p.State == opening.Faulty {
		return nil
	}
	var parts []string
	q := Where("package", p.ID).And("kind", Eq, string(opening.LinePart))
	if err := eachOf(c.ctx, c.r, OpeningParts, q, func(part opening.Part) { parts = append(parts, part.Text) }); err != nil {
		return err
	}
	if opening.Digest(parts) != p.Digest || len(parts) != int(p.Parts) {
		c.report("I-36", OpeningPackages.name, p.ID, "has the digest %s of %d parts, its %d parts have another", p.Digest, p.Parts, len(parts))
	}
	return nil
}

// brought adds up what commands after one, up to another, have decided, put
// into the reserve and given to licences.
func (c *checker) brought(after, last int64) (map[ledger.Asset]opened, error) {
	sums := map[ledger.Asset]opened{}
	between := Query{}.And("command", Gt, after).And("command", Le, last)
	add := func(region, pollutant string, part opened) {
		a := ledger.Asset{Region: region, Pollutant: pollutant}
		s := sums[a]
		sums[a] = opened{s.cap + part.cap, s.reserve + part.reserve, s.paid + part.paid, s.free + part.free, s.unknown + part.unknown}
	}
	for _, each := range []func() error{
		func() error {
			return eachOf(c.ctx, c.r, CapDecisions, between, func(d reserve.CapDecision) { add(d.Region, d.Pollutant, opened{cap: d.Change}) })
		},
		func() error {
			return eachOf(c.ctx, c.r, ReserveMovements, between, func(m reserve.Movement) { add(m.Region, m.Pollutant, opened{reserve: m.Quantity}) })
		},
		func() error {
			return eachOf(c.ctx, c.r, Allocations, between, func(a reserve.Allocation) {
				add(a.Region, a.Pollutant, map[ledger.Origin]opened{
					ledger.Paid: {paid: a.Quantity}, ledger.Free: {free: a.Quantity}, ledger.UnknownOrigin: {unknown: a.Quantity},
				}[a.Origin])
			})
		},
	} {
		if err := each(); err != nil {
			return nil, err
		}
	}
	return sums, nil
}

// checkOwed holds that the pledges, leases, sales and unpaid instalments that a
// package brought come to what was signed off (I-81).
func (c *checker) checkOwed(p opening.Package) error {
	got := opening.Package{}
	notices, plans := map[int64]bool{}, map[int64]bool{}
	approved := map[encumbrance.Kind]map[int64]bool{encumbrance.OfLease: {}, encumbrance.OfPledge: {}}
	for _, each := range []func() error{
		func() error {
			return eachOf(c.ctx, c.r, EncumbranceSteps, Query{}, func(s encumbrance.TakenStep) {
				if isApproval(s) {
					approved[s.Kind][s.Reference] = true
				}
			})
		},
		func() error {
			return eachOf(c.ctx, c.r, Notices, Where("opening", p.ID), func(n reserve.PaymentNotice) { notices[n.ID] = true })
		},
		func() error {
			return eachOf(c.ctx, c.r, Pledges, Query{}, func(pledge encumbrance.Pledge) {
				if isOf(p, pledge.Contract) && !approved[encumbrance.OfPledge][pledge.ID] {
					got.Pledges, got.Loans = got.Pledges+1, got.Loans+pledge.Loan
				}
			})
		},
		func() error {
			return eachOf(c.ctx, c.r, Leases, Query{}, func(l encumbrance.Lease) {
				if isOf(p, l.Document) && !approved[encumbrance.OfLease][l.ID] {
					got.Leases++
				}
			})
		},
		func() error {
			return eachOf(c.ctx, c.r, InstalmentPlans, Query{}, func(plan reserve.InstalmentPlan) {
				if notices[plan.Notice] {
					plans[plan.ID] = true
					got.Sales++
				}
			})
		},
		func() error {
			return eachOf(c.ctx, c.r, Instalments, Query{}, func(i reserve.Instalment) {
				if plans[i.Plan] && i.Sequence > 1 {
					got.Instalments, got.Unpaid = got.Instalments+1, got.Unpaid+i.Amount
				}
			})
		},
	} {
		if err := each(); err != nil {
			return err
		}
	}
	if got.Pledges != p.Pledges || got.Loans != p.Loans || got.Leases != p.Leases || got.Sales != p.Sales || got.Instalments != p.Instalments || got.Unpaid != p.Unpaid {
		c.report("I-81", OpeningPackages.name, p.ID, "was signed off with %d pledges for %s, %d leases and %d sales with %d instalments of %s; it brought %d for %s, %d, and %d with %d of %s",
			p.Pledges, p.Loans, p.Leases, p.Sales, p.Instalments, p.Unpaid, got.Pledges, got.Loans, got.Leases, got.Sales, got.Instalments, got.Unpaid)
	}
	return nil
}

// isOf reports whether a document is that of a row of a package; see isOpened.
func isOf(p opening.Package, document string) bool {
	return strings.HasPrefix(document, openedPrefix+strconv.FormatInt(p.ID, 10)+" (")
}
