package app

import (
	"slices"

	"permitx/internal/approval"
	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/encumbrance"
	"permitx/internal/rulebook"
)

var _ = declareCheck((*checker).checkDeadlines)

// deadlineRules are what deadlines are reckoned by.
type deadlineRules struct {
	*checker

	rows     map[rulebook.Key]rulebook.Rows
	calendar *calendar.Calendar
}

// checkDeadlines holds that a deadline is what its parameter gave on the day from
// which it runs (I-136).
func (c *checker) checkDeadlines() error {
	d := deadlineRules{checker: c, rows: map[rulebook.Key]rulebook.Rows{}}
	if err := eachOf(c.ctx, c.r, Parameters, Query{}, func(p rulebook.Parameter) { d.rows[p.Key] = append(d.rows[p.Key], p) }); err != nil {
		return err
	}
	var years []calendar.Year
	var days []calendar.Day
	if err := eachOf(c.ctx, c.r, Years, Query{}, func(y calendar.Year) { years = append(years, y) }); err != nil {
		return err
	}
	if err := eachOf(c.ctx, c.r, Days, Query{}, func(d calendar.Day) { days = append(days, d) }); err != nil {
		return err
	}
	d.calendar = calendar.New(years, days)
	for _, check := range []func() error{
		d.checkProposals, d.checkObjections, d.checkConfirmations,
		d.checkDealPayments, d.checkLeasePayments, d.checkBuyBackObjections, d.checkReminders, d.checkAuctions,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (d *deadlineRules) checkProposals() error {
	return eachOf(d.ctx, d.r, Proposals, Query{}, func(p approval.Proposal) {
		made, lapses := p.ProposedAt.Date(), p.LapsesAt.Date().AddDays(-1)
		if !slices.Contains(d.spans(rulebook.ProposalLapse, rulebook.Place{Region: p.Region}, made), made.DaysUntil(lapses)) {
			d.reportDeadline(Proposals.name, p.ID, rulebook.ProposalLapse, made, lapses)
		}
	})
}

// checkObjections are those to public notices, and complaints.
func (d *deadlineRules) checkObjections() error {
	if err := eachOf(d.ctx, d.r, Objections, Query{}, func(o approval.Objection) {
		d.checkPromised(Objections.name, o.ID, rulebook.AnswerDays, rulebook.Place{Region: o.Region}, o.Came(), o.DueOn)
	}); err != nil {
		return err
	}
	return eachOf(d.ctx, d.r, Complaints, Query{}, func(r carbon.Complaint) {
		d.checkPromised(Complaints.name, r.ID, rulebook.AnswerDays, rulebook.Place{Region: r.Region}, r.FiledAt.Date(), r.DueOn)
	})
}

func (d *deadlineRules) checkConfirmations() error {
	emergencies := Where("state", string(encumbrance.Emergency)) // later ones may lie on a licence of another region
	return eachOf(d.ctx, d.r, Freezes, emergencies, func(f encumbrance.Freeze) {
		d.checkPromised(Freezes.name, f.ID, rulebook.ConfirmDays, rulebook.Place{Region: f.Region, Pollutant: f.Pollutant}, f.StartsOn, f.ConfirmBy)
	})
}

// checkPromised is checkDue of a day that was promised, if need be without a calendar.
func (d *deadlineRules) checkPromised(table string, id int64, key rulebook.Key, at rulebook.Place, from, due calendar.Date) {
	if !slices.ContainsFunc(d.spans(key, at, from), func(n int) bool { return due == promisedWithout(from, n) }) {
		d.checkDue(table, id, key, at, from, due)
	}
}

// checkDue holds a day against the working days that a parameter gave.
func (d *deadlineRules) checkDue(table string, id int64, key rulebook.Key, at rulebook.Place, from, due calendar.Date) {
	for _, n := range d.spans(key, at, from) {
		if want, err := d.calendar.AddWorkingDays(from, n); err == nil && want == due {
			return
		}
	}
	d.reportDeadline(table, id, key, from, due)
}

func (d *deadlineRules) reportDeadline(table string, id int64, key rulebook.Key, from, due calendar.Date) {
	d.report("I-136", table, id, "runs from %s to %s, not for the days of %s", from, due, key)
}

// spans are what a parameter gave at some time of a day: a row that holds from its
// own day on holds from the moment when it is set, and one of an earlier day all the day.
// They gave nothing on a day that is missing, because what it was the day of is not there.
func (d *deadlineRules) spans(key rulebook.Key, at rulebook.Place, on calendar.Date) (spans []int) {
	if !on.Valid() {
		return nil
	}
	var rows rulebook.Rows
	since := func() { spans = append(spans, spanOf(rows, key, at, on)) }
	for _, p := range d.rows[key] {
		if p.ValidFrom != on {
			rows = append(rows, p)
		}
	}
	since()
	for _, p := range d.rows[key] {
		if p.ValidFrom == on {
			rows = append(rows, p)
			since()
		}
	}
	return spans
}
