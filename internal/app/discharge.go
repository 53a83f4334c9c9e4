package app

import (
	"context"
	"iter"
	"slices"

	"permitx/internal/auction"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// The tables of what licences discharge and must reduce.
var (
	Discharges = cold[permit.Discharge]("discharge")
	Tasks      = cold[permit.Task]("reduction_task")
)

// The faults of discharges and estimates, in the order in which they are checked.
var (
	// ErrQuarterNotOver is returned when a discharge is recorded for a quarter that is not over.
	ErrQuarterNotOver = fault.New(fault.Refused, "discharge.quarter_not_over", "the quarter is not over").At("quarter").
				Under("discharge.quarter_over", sourceDefault)
	// ErrDischargeKnown is returned when the quarter has a record that the new one does not supersede.
	ErrDischargeKnown = fault.New(fault.Conflict, "discharge.recorded", "the quarter is recorded already: a correction names what it supersedes").At("supersedes")
	// ErrDischargeMissing is returned when a surplus would rest on a year with quarters that are not recorded.
	ErrDischargeMissing = fault.New(fault.Refused, "surplus.discharge_missing", "a quarter of the year is not recorded, and missing is not zero").At("year").
				Under("surplus.estimate", sourceDefault)
	// ErrRightUnknown is returned when neither the licence's amount nor a project's is recorded.
	ErrRightUnknown = fault.New(fault.Refused, "surplus.right_unknown", "what the licence permits is not recorded").At("licence").
			Under("surplus.estimate", sourceDefault)
	// ErrBeyondEstimate is returned when more would be verified than right − actual − task.
	ErrBeyondEstimate = fault.New(fault.Refused, "surplus.beyond_estimate", "the surplus is less: right − actual discharge − reduction task").At("quantity").
				Under("surplus.estimate", sourceDefault)
)

// DischargeRecord records what a licence has discharged in a quarter, or
// corrects it.
type DischargeRecord struct {
	Licence    int64
	Pollutant  string
	Year       int32
	Quarter    int32
	Source     permit.DischargeSource
	Quantity   quantity.Quantity // t
	Supersedes int64             // 0: the first record of the quarter
	Document   string
}

// TaskSet sets a licence's share of its region's reduction task of a year.
type TaskSet struct {
	Licence   int64
	Pollutant string
	Year      int32
	Quantity  quantity.Quantity // t/a
	Document  string
}

var _ = declare(DischargeRecord{}, TaskSet{})

// Operation is DischargeRecord.
func (DischargeRecord) Operation() identity.Operation { return identity.DischargeRecord }

// Decide checks the discharge, and that it is the first of its quarter or
// names the one that it supersedes. The result is a permit.Discharge.
func (c DischargeRecord) Decide(v *View) (Apply, error) {
	l, err := v.licenceOf(identity.DischargeRecord, c.Licence)
	if err != nil {
		return nil, err
	}
	p, err := v.Pollutant("pollutant", c.Pollutant)
	if err != nil {
		return nil, err
	}
	d, err := permit.Discharge{
		Party: l.Party, Region: l.Region, Licence: l.ID, Pollutant: p.Code, Year: c.Year, Quarter: c.Quarter, Source: c.Source,
		Reading: c.Quantity, Supersedes: c.Supersedes, Document: c.Document, RecordedAt: v.Now,
	}.Rounded(int(p.Decimals))
	if err != nil {
		return nil, err
	}
	if q := (permit.Quarter{Year: c.Year, Number: c.Quarter}); !q.IsBefore(permit.QuarterOf(v.Today)) {
		return nil, ErrQuarterNotOver.With("quarter %d of %d is not over", c.Quarter, c.Year)
	}
	rows, err := Find(v, Discharges, YearOf(l.ID, p.Code, c.Year).And("quarter", Eq, int64(c.Quarter)))
	if err != nil {
		return nil, err
	}
	if err := checkSupersedes(permit.Current(rows), c.Supersedes); err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		tx.reviewSurplusNow(l.ID)
		return Put(tx, Discharges, d)
	}, nil
}

// YearOf selects the rows about a licence, a pollutant and a year.
func YearOf(licence int64, pollutant string, year int32) Query {
	return Where("licence", licence).And("pollutant", Eq, pollutant).And("year", Eq, int64(year))
}

// checkSupersedes holds that a quarter has one current record: its first, or
// one that supersedes the one before.
func checkSupersedes(current []permit.Discharge, supersedes int64) error {
	switch {
	case len(current) == 0 && supersedes != 0:
		return ErrNoRecord.At("supersedes")
	case len(current) > 0 && supersedes != current[0].ID:
		return ErrDischargeKnown.With("record %d of %s t is the quarter's: a correction supersedes it", current[0].ID, current[0].Quantity)
	}
	return nil
}

// Operation is TaskSet.
func (TaskSet) Operation() identity.Operation { return identity.TaskSet }

// Decide checks the task. The result is a permit.Task.
func (c TaskSet) Decide(v *View) (Apply, error) {
	l, err := v.licenceOf(identity.TaskSet, c.Licence)
	if err != nil {
		return nil, err
	}
	t := permit.Task{
		Party: l.Party, Region: l.Region, Licence: l.ID, Pollutant: c.Pollutant, Year: c.Year, Quantity: c.Quantity,
		Document: c.Document, RecordedAt: v.Now,
	}
	if err := t.Validate(); err != nil {
		return nil, err
	}
	if _, err := v.Pollutant("pollutant", c.Pollutant); err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		tx.reviewSurplusNow(l.ID)
		return Put(tx, Tasks, t)
	}, nil
}

// SurplusEstimate is what a licence's surplus of a year comes to, with the
// rung of the verification order that the right was taken from.
type SurplusEstimate struct {
	permit.Estimate
	Rung reserve.Rung
}

// EstimateSurplus is the estimate of rows that are about one licence,
// pollutant and year.
func EstimateSurplus(right quantity.Quantity, rung reserve.Rung, discharges []permit.Discharge, tasks []permit.Task) (SurplusEstimate, error) {
	var task quantity.Quantity
	if n := len(tasks); n > 0 {
		task = tasks[n-1].Quantity
	}
	e, err := permit.EstimateOf(right, rung != "", permit.Current(discharges), task)
	return SurplusEstimate{e, rung}, err
}

// RightOf is what a licence may discharge of a pollutant: its recorded amount,
// or what the assessments of its projects say, less the surplus that is gone, which
// lowers recorded amounts only; no rung where neither is known.
func RightOf(
	amounts iter.Seq[permit.Amount], projects iter.Seq[permit.Project], needs iter.Seq[permit.Need], licence int64, pollutant string, gone quantity.Quantity,
) (right quantity.Quantity, rung reserve.Rung) {
	for a := range amounts {
		if a.Licence == licence && a.Pollutant == pollutant && a.IsRecorded() {
			return max(a.Quantity, 0), reserve.Rung(a.Rung)
		}
	}
	own := map[int64]bool{}
	for p := range projects {
		own[p.ID] = p.Licence == licence && (p.State.MayBuy() || p.State == permit.Completed)
	}
	for n := range needs {
		if own[n.Project] && n.Pollutant == pollutant {
			right, rung = right+n.Need, reserve.EIAAmount
		}
	}
	return max(right-gone, 0), rung
}

// SurplusGone is the surplus of a licence that was sold, or went back with a
// buy-back or out of a reverse auction, out of its rows.
func SurplusGone(surplus []market.Surplus, backs []reserve.BuyBack, awards []auction.Award) (gone quantity.Quantity) {
	for _, s := range surplus {
		gone += s.Used
	}
	for _, b := range backs {
		gone += b.Uncovered
	}
	for _, a := range awards {
		gone += a.Uncovered
	}
	return gone
}

// estimate reads what a licence's surplus of a year comes to.
func (v *View) estimate(licence int64, pollutant string, year int32) (SurplusEstimate, error) {
	discharges, err := Find(v, Discharges, YearOf(licence, pollutant, year))
	if err != nil {
		return SurplusEstimate{}, err
	}
	tasks, err := Find(v, Tasks, YearOf(licence, pollutant, year))
	if err != nil {
		return SurplusEstimate{}, err
	}
	backs, err := Find(v, BuyBacks, Where("licence", licence).And("pollutant", Eq, pollutant).And("uncovered", Gt, 0))
	if err != nil {
		return SurplusEstimate{}, err
	}
	awards, err := v.awardsBought(licence, pollutant, Query{}.And("uncovered", Gt, 0))
	if err != nil {
		return SurplusEstimate{}, err
	}
	gone := SurplusGone([]market.Surplus{v.Surplus(licence, pollutant)}, backs, awards)
	right, rung := v.rightOf(licence, pollutant, gone)
	return EstimateSurplus(right, rung, discharges, tasks)
}

// rightOf is RightOf by what lies in memory.
func (v *View) rightOf(licence int64, pollutant string, gone quantity.Quantity) (quantity.Quantity, reserve.Rung) {
	amounts := []permit.Amount{rowsOf(v.state, LicenceAmounts).rows[v.byCode.amounts[surplusKey{licence, pollutant}]]}
	var needs []permit.Need
	for p := range projectsOf.of(v, licence) {
		needs = slices.AppendSeq(needs, needsOf.of(v, p.ID))
	}
	return RightOf(slices.Values(amounts), projectsOf.of(v, licence), slices.Values(needs), licence, pollutant, gone)
}

// ReadEstimate is what a licence's surplus of a year comes to by the rows of a reader.
func ReadEstimate(ctx context.Context, r Reader, l catalog.Licence, pollutant string, year int32) (e SurplusEstimate, err error) {
	var (
		discharges []permit.Discharge
		tasks      []permit.Task
		surplus    []market.Surplus
		backs      []reserve.BuyBack
		amounts    []permit.Amount
		projects   []permit.Project
		needs      []permit.Need
	)
	ofLicence := Where("licence", l.ID).And("pollutant", Eq, pollutant)
	for _, of := range []struct {
		table string
		q     Query
		rows  any
	}{
		{Discharges.name, YearOf(l.ID, pollutant, year), &discharges},
		{Tasks.name, YearOf(l.ID, pollutant, year), &tasks},
		{Surpluses.name, ofLicence, &surplus},
		{BuyBacks.name, ofLicence.And("uncovered", Gt, 0), &backs},
		{LicenceAmounts.name, ofLicence, &amounts},
		{Projects.name, Where("licence", l.ID), &projects},
	} {
		if err := r.Find(ctx, of.table, of.q, of.rows); err != nil {
			return e, err
		}
	}
	own := make([]int64, len(projects))
	for n, p := range projects {
		own[n] = p.ID
	}
	if len(own) > 0 {
		if err := r.Find(ctx, ProjectNeeds.name, Query{}.And("project", In, own), &needs); err != nil {
			return e, err
		}
	}
	awards, err := AwardsUncovered(ctx, r, l, pollutant)
	if err != nil {
		return e, err
	}
	right, rung := RightOf(slices.Values(amounts), slices.Values(projects), slices.Values(needs), l.ID, pollutant, SurplusGone(surplus, backs, awards))
	return EstimateSurplus(right, rung, discharges, tasks)
}

// check holds that a surplus, with what is claimed of it already, is no
// more than right − actual − task of a year, of which nothing is missing.
func (e SurplusEstimate) check(q, claimed quantity.Quantity) error {
	surplus, known := e.Surplus()
	switch {
	case !e.Known:
		return ErrRightUnknown
	case !known:
		return ErrDischargeMissing.With("of the year the quarters %v are not recorded, and missing is not zero", e.Missing)
	case q > surplus-claimed:
		return ErrBeyondEstimate.With("the right of %s t/a less %s t discharged and %s t/a of the reduction task leaves %s t/a, of which %s t/a are verified or on their way back", e.Permitted, e.Actual, e.Task, surplus, claimed)
	}
	return nil
}
