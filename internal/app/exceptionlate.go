package app

import (
	"permitx/internal/approval"
	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/encumbrance"
	"permitx/internal/permit"
	"permitx/internal/report"
	"permitx/internal/reserve"
	"permitx/internal/settlement"
)

// lateSource adds the rows of one table that wait for something which was due
// by a day.
type lateSource func(e *exceptions, by calendar.Date) error

// lateRows are the rows that a query selects and whose day, in a column, has
// come; as gives that day and the regions that they concern.
func lateRows[R any](t Table[R], q Query, column, what string, as func(R) (calendar.Date, []string)) lateSource {
	return func(e *exceptions, by calendar.Date) error {
		return eachOf(e.ctx, e.r, t, q.And(column, Gt, int64(0)).And(column, Le, int64(by)), func(row R) {
			due, regions := as(row)
			e.addLate(report.Object{Table: t.name, ID: idOf(&row)}, due, what, regions)
		})
	}
}

func (e *exceptions) addLate(o report.Object, due calendar.Date, what string, regions []string) {
	e.addOverdue(o, due, regions, what+" was due on "+due.String())
}

func (e *exceptions) addOverdue(o report.Object, on calendar.Date, regions []string, detail string) {
	e.add(report.Exception{Kind: report.DeadlineExpired, Regions: regions, On: on, Objects: []report.Object{o}, Detail: detail})
}

// lateSources are all that has a last day. What ends by itself on that day is
// found only while its timer cannot run.
var lateSources = []lateSource{
	func(e *exceptions, by calendar.Date) error {
		return eachOf(e.ctx, e.r, Deals, dealsDue(int64(by)), func(d settlement.Deal) {
			e.addLate(report.Object{Table: Deals.name, ID: d.ID}, d.DueOn, "the payment", dealRegions(d))
		})
	},
	lateRows(Notices, Where("state", string(reserve.NoticeIssued)), "due_on", "the payment", func(n reserve.PaymentNotice) (calendar.Date, []string) {
		return n.DueOn, []string{n.Region}
	}),
	lateInstalments,
	lateRows(Leases, Where("state", string(encumbrance.LeaseApproved)), "due_on", "the rent", func(l encumbrance.Lease) (calendar.Date, []string) {
		return l.DueOn, []string{l.Region}
	}),
	lateRows(Pledges, Where("state", string(encumbrance.PledgeRegistered)), "due_on", "the loan", func(p encumbrance.Pledge) (calendar.Date, []string) {
		return p.DueOn, []string{p.Region}
	}),
	lateRows(Objections, Where("state", string(approval.ObjectionOpen)), "due_on", "the answer", func(o approval.Objection) (calendar.Date, []string) {
		return o.DueOn, []string{o.Region}
	}),
	lateRows(BuyBacks, Query{}.And("state", In, anyOf(reserve.OpenBuyBacks)), "objection_due_on", "the answer to the holder", func(b reserve.BuyBack) (calendar.Date, []string) {
		return b.ObjectionDueOn, []string{b.Region}
	}),
	lateRows(Complaints, Where("answered_at", int64(0)), "due_on", "the answer", func(c carbon.Complaint) (calendar.Date, []string) {
		return c.DueOn, []string{c.Region}
	}),
	lateRows(Renewals, Query{}.And("state", In, []string{string(permit.RenewalApplied), string(permit.RenewalVerified), string(permit.RenewalPublished)}),
		"term_end", "the decision", func(r permit.Renewal) (calendar.Date, []string) { return r.TermEnd, []string{r.Region} }),
	lateRows(Offers, Where("state", string(auction.OfferRanked)), "certify_by", "the certification", func(o auction.Offer) (calendar.Date, []string) {
		return o.CertifyBy, []string{o.Region}
	}),
	lateRows(Awards, Query{}.And("state", In, anyOf([]auction.AwardState{auction.Awarded, auction.AwardSigned})), "contract_by", "the contract",
		func(a auction.Award) (calendar.Date, []string) { return a.ContractBy, []string{a.Region} }),
	lateRows(Awards, Where("state", string(auction.AwardContracted)), "pay_by", "the payment", func(a auction.Award) (calendar.Date, []string) {
		return a.PayBy, []string{a.Region}
	}),
	lateRows(Freezes, Where("state", string(encumbrance.Emergency)), "confirm_by", "the confirmation", func(f encumbrance.Freeze) (calendar.Date, []string) {
		return f.ConfirmBy, []string{f.Region}
	}),
	lateRows(Proposals, Where("state", string(approval.Approved)), "effective_on", "what was approved", func(p approval.Proposal) (calendar.Date, []string) {
		return p.EffectiveOn, []string{p.Region}
	}),
	func(e *exceptions, by calendar.Date) error {
		lapsed := Where("state", string(approval.Pending)).And("lapses_at", Le, int64(by.AddDays(1).Start()))
		return eachOf(e.ctx, e.r, Proposals, lapsed, func(p approval.Proposal) {
			e.addLate(report.Object{Table: Proposals.name, ID: p.ID}, p.LapsesAt.Date().AddDays(-1), "the decision", []string{p.Region})
		})
	},
	lateDepartures,
	lateLicences,
	lateIdle,
	lateImports,
}

// pastDeadline finds what should have been done by a day that has passed.
func (e *exceptions) pastDeadline() error {
	for _, source := range lateSources {
		if err := source(e, e.today.AddDays(-1)); err != nil {
			return err
		}
	}
	return nil
}

// lateInstalments are the parts of running plans that are overdue.
func lateInstalments(e *exceptions, by calendar.Date) error {
	regions := map[int64]string{}
	running := anyOf([]reserve.PlanState{reserve.PlanApproved, reserve.PlanDelivered, reserve.PlanFrozen})
	err := eachOf(e.ctx, e.r, InstalmentPlans, Query{}.And("state", In, running), func(p reserve.InstalmentPlan) { regions[p.ID] = p.Region })
	if err != nil {
		return err
	}
	return eachOf(e.ctx, e.r, Instalments, Where("paid", int64(0)).And("due_on", Le, int64(by)), func(i reserve.Instalment) {
		if region, runs := regions[i.Plan]; runs {
			e.addLate(report.Object{Table: Instalments.name, ID: i.ID}, i.DueOn, "the instalment", []string{region})
		}
	})
}
