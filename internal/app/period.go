package app

import (
	"fmt"

	"permitx/internal/approval"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/report"
	"permitx/internal/reserve"
	"permitx/internal/settlement"
)

// The closes of periods, what they found open, and what they keep.
var (
	PeriodCloses     = cold[report.Close]("period_close")
	CloseDifferences = cold[report.CloseDifference]("close_difference")
	CloseFiles       = cold[report.File]("close_file")
)

// ErrNotYourSignature is returned when the actor does not sign for that body.
var ErrNotYourSignature = fault.New(fault.Forbidden, "period_close.not_your_signature", "the leader of the bureau signs for the centre, finance for finance").At("as")

// PeriodOpen begins the close of a region's month: it lists what is open.
type PeriodOpen struct {
	Region string
	Month  calendar.Date // its first day
}

// PeriodExplain explains one of the differences.
type PeriodExplain struct {
	Close       int64
	Difference  int64
	Explanation string
}

// PeriodSign signs what the month came to. The files are made by whoever sends
// the command out of the committed rows, see App.PeriodFiles; the second
// signature freezes them.
type PeriodSign struct {
	Close int64
	As    report.CloseRole
	Files []report.File
}

// PeriodWithdraw ends a close that is not frozen. The month may be closed again.
type PeriodWithdraw struct {
	Close  int64
	As     report.CloseRole
	Reason string
}

// PeriodResult is a close with what it found open.
type PeriodResult struct {
	Close       report.Close
	Differences []report.CloseDifference
}

var _ = declare(PeriodOpen{}, PeriodExplain{}, PeriodSign{}, PeriodWithdraw{})

// Operation is PeriodOpen.
func (PeriodOpen) Operation() identity.Operation { return identity.PeriodOpen }

// Decide checks that the month is over, counted and next in the region. The
// result is a PeriodResult.
func (c PeriodOpen) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.PeriodOpen, identity.Target{}); err != nil {
		return nil, err
	}
	if _, err := v.Region("region", c.Region); err != nil {
		return nil, err
	}
	if err := v.AuthoriseAt("region", identity.PeriodOpen, identity.OfRegion(c.Region)); err != nil {
		return nil, err
	}
	if err := report.CheckMonth(c.Month, v.Today); err != nil {
		return nil, err
	}
	before, err := Find(v, PeriodCloses, Where("region", c.Region))
	if err == nil {
		err = report.CheckAfter(c.Month, before)
	}
	if err != nil {
		return nil, err
	}
	if through := rollOf(rowsOf(v.state, TradeRolls).rows).Through; through < c.Month.AddMonths(1).AddDays(-1) {
		return nil, report.ErrNotCounted
	}
	open, err := v.openAt(c.Region, c.Month)
	if err != nil {
		return nil, err
	}
	if len(open) > report.DifferencesMax {
		return nil, report.ErrTooManyDifferences
	}
	p := report.Close{Region: c.Region, Month: c.Month, State: report.CloseOpen, OpenedBy: v.Actor.Person, OpenedAt: v.Now}
	return func(tx *Tx) any {
		r := PeriodResult{Close: Put(tx, PeriodCloses, p)}
		for _, d := range open {
			d.Close = r.Close.ID
			r.Differences = append(r.Differences, Put(tx, CloseDifferences, d))
		}
		return r
	}, nil
}

// openAt lists what is open in a region at the end of a month. Money whose
// owner is not known concerns every region.
func (v *View) openAt(region string, month calendar.Date) ([]report.CloseDifference, error) {
	last := int64(month.AddMonths(1).AddDays(-1))
	var all []report.CloseDifference
	add := func(kind report.DifferenceKind, id int64, format string, args ...any) {
		all = append(all, report.CloseDifference{Kind: kind, Reference: id, Detail: fmt.Sprintf(format, args...)})
	}
	for _, list := range []func(string, int64, addDifference) error{v.openEntries, v.openNotices, v.openDeals, v.openObjections} {
		if err := list(region, last, add); err != nil {
			return nil, err
		}
	}
	return all, v.openFigures(region, month, add)
}

type addDifference func(kind report.DifferenceKind, id int64, format string, args ...any)

// atMost reads one row more than a close may list.
func atMost(q Query) Query { return q.Page(0, report.DifferencesMax+1) }

func (v *View) openEntries(region string, last int64, add addDifference) error {
	kinds := map[settlement.EntryState]report.DifferenceKind{
		settlement.EntryConfirmed: report.EntryUnmatched, settlement.EntrySuspense: report.EntryInSuspense,
	}
	for _, state := range []settlement.EntryState{settlement.EntryConfirmed, settlement.EntrySuspense} {
		rows, err := Find(v, BankEntries, atMost(Where("state", string(state)).And("booked_on", Le, last)))
		if err != nil {
			return err
		}
		for _, e := range rows {
			if party, known := rowsOf(v.state, Parties).rows[e.Party]; !known || party.Region == region {
				add(kinds[state], e.ID, "CNY %s of %s, %s, is %s", e.Amount, e.BookedOn, e.Reference, e.State)
			}
		}
	}
	return nil
}

func (v *View) openNotices(region string, last int64, add addDifference) error {
	due, err := Find(v, Notices, atMost(Where("region", region).And("state", Eq, string(reserve.NoticeIssued)).And("due_on", Le, last)))
	if err != nil {
		return err
	}
	for _, n := range due {
		add(report.NoticePastDue, n.ID, "CNY %s was to be paid by %s", n.Amount, n.DueOn)
	}
	paid, err := Find(v, Notices, atMost(Where("region", region).And("matched", Eq, false).And("paid_on", Gt, int64(0)).And("paid_on", Le, last)))
	for _, n := range paid {
		add(report.NoticeNotMatched, n.ID, "CNY %s of %s, receipt %s, is in no list of the tax authority", n.Paid, n.PaidOn, n.Proof)
	}
	return err
}

func (v *View) openDeals(region string, last int64, add addDifference) error {
	rows, err := Find(v, Deals, atMost(dealsDue(last)))
	for _, d := range rows {
		if d.SellerRegion == region || d.BuyerRegion == region {
			add(report.DealPastDue, d.ID, "%s, to be paid by %s", d.State, d.DueOn)
		}
	}
	return err
}

// dealsDue are the open deals whose last day to pay is not after a day.
func dealsDue(last int64) Query {
	return openDeals().And("due_on", Gt, int64(0)).And("due_on", Le, last)
}

func (v *View) openObjections(region string, last int64, add addDifference) error {
	rows, err := Find(v, Objections, atMost(Where("region", region).And("state", Eq, string(approval.ObjectionOpen)).And("due_on", Le, last)))
	for _, o := range rows {
		add(report.ObjectionUnanswered, o.ID, "to be answered by %s", o.DueOn)
	}
	return err
}

// openFigures lists the published figures of the month that differ from what
// stands beside them.
func (v *View) openFigures(region string, month calendar.Date, add addDifference) error {
	figures, err := Find(v, OfficialFigures, atMost(ofPeriod(region, report.Monthly, month)))
	if err != nil || len(figures) == 0 {
		return err
	}
	months, err := storedTotals(v.ctx, v.store, month, month.AddMonths(1).AddDays(-1))
	if err != nil {
		return ErrNotDurable.Because(err)
	}
	compared, err := compareFigures(v.ctx, v.store, figures, months, v.Today)
	for _, c := range compared {
		for _, m := range c.Mismatches {
			add(report.FigureMismatch, c.Figure.ID, "%s of %s: published %s, %s %s", c.Figure.Measure, c.Figure.Document, m.Published, m.Of, m.Beside)
		}
	}
	return err
}

// period returns a close after the actor's right to do this in its region was
// checked.
func (v *View) period(op identity.Operation, id int64) (report.Close, error) {
	if err := v.Authorise(op, identity.Target{}); err != nil {
		return report.Close{}, err
	}
	p, err := Get(v, PeriodCloses, "id", id)
	if err != nil {
		return p, err
	}
	return p, v.AuthoriseAt("id", op, identity.OfRegion(p.Region))
}

// checkBody returns ErrNotYourSignature unless the actor acts for a body.
func (v *View) checkBody(as report.CloseRole, region string) error {
	role := identity.BureauLeader
	if as == report.AsFinance {
		role = identity.Finance
	}
	if as == report.AsClerk || !isOfficer(v.Actor, role, region) {
		return ErrNotYourSignature
	}
	return nil
}

// Operation is PeriodExplain.
func (PeriodExplain) Operation() identity.Operation { return identity.PeriodExplain }

// Decide checks that the close is open and has the difference. The result is a
// PeriodResult.
func (c PeriodExplain) Decide(v *View) (Apply, error) {
	p, err := v.period(identity.PeriodExplain, c.Close)
	if err != nil {
		return nil, err
	}
	if err := report.CheckExplanation(c.Explanation); err != nil {
		return nil, err
	}
	if p, err = p.Step(report.ExplainDifference, report.AsClerk, v.Actor.Person, v.Now); err != nil {
		return nil, err
	}
	all, err := Find(v, CloseDifferences, Where("close", p.ID))
	if err != nil {
		return nil, err
	}
	for i := range all {
		if d := &all[i]; d.ID == c.Difference {
			d.Explanation, d.ExplainedBy, d.ExplainedAt = c.Explanation, v.Actor.Person, v.Now
			return func(tx *Tx) any {
				*d = Put(tx, CloseDifferences, *d)
				return PeriodResult{p, all}
			}, nil
		}
	}
	return nil, ErrNoRecord.At("difference")
}

// asked is the signature, whatever its files are by now.
func (c PeriodSign) asked() any { return [2]any{c.Close, c.As} }

// Operation is PeriodSign.
func (PeriodSign) Operation() identity.Operation { return identity.PeriodSign }

// Decide checks that the actor signs for the body and has not signed, that
// everything is explained, and that both sign the same files. What has come
// open in the month since is listed instead, and earlier signatures fall. The
// result is a PeriodResult.
func (c PeriodSign) Decide(v *View) (Apply, error) {
	p, err := v.period(identity.PeriodSign, c.Close)
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckOneOf("as", c.As, report.CloseRoles); err != nil {
		return nil, err
	}
	if err := v.checkBody(c.As, p.Region); err != nil {
		return nil, err
	}
	before := p
	if p, err = p.Step(report.SignClose, c.As, v.Actor.Person, v.Now); err != nil {
		return nil, err
	}
	all, err := Find(v, CloseDifferences, Where("close", p.ID))
	if err != nil {
		return nil, err
	}
	if apply, err := v.relist(before, c.As, all); apply != nil || err != nil {
		return apply, err
	}
	if err = report.CheckExplained(all); err != nil {
		return nil, err
	}
	p, err = p.SignedFor(c.Files)
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		if p.State == report.CloseFrozen {
			for _, f := range c.Files {
				f.Close = p.ID
				Put(tx, CloseFiles, f)
			}
		}
		return PeriodResult{Put(tx, PeriodCloses, p), all}
	}, nil
}

// relist adds to a close that would be signed what has come open in its month
// since it was listed, instead of a signature; nil where nothing has.
func (v *View) relist(p report.Close, as report.CloseRole, listed []report.CloseDifference) (Apply, error) {
	open, err := v.openAt(p.Region, p.Month)
	if err != nil {
		return nil, err
	}
	fresh := report.NotListed(listed, open)
	switch {
	case len(fresh) == 0:
		return nil, nil //nolint:nilnil // it is signed then
	case len(listed)+len(fresh) > report.DifferencesMax:
		return nil, report.ErrTooManyDifferences
	}
	if p, err = p.Step(report.RelistClose, as, v.Actor.Person, v.Now); err != nil {
		return nil, err
	}
	return func(tx *Tx) any {
		r := PeriodResult{Put(tx, PeriodCloses, p), listed}
		for _, d := range fresh {
			d.Close = p.ID
			r.Differences = append(r.Differences, Put(tx, CloseDifferences, d))
		}
		return r
	}, nil
}

// Operation is PeriodWithdraw.
func (PeriodWithdraw) Operation() identity.Operation { return identity.PeriodWithdraw }

// Decide checks that the close is not frozen. The result is a PeriodResult.
func (c PeriodWithdraw) Decide(v *View) (Apply, error) {
	p, err := v.period(identity.PeriodWithdraw, c.Close)
	if err != nil {
		return nil, err
	}
	if err := catalog.CheckDocument("reason", c.Reason); err != nil {
		return nil, err
	}
	if err := catalog.CheckOneOf("as", c.As, report.CloseRoles); err != nil {
		return nil, err
	}
	if err := v.checkBody(c.As, p.Region); err != nil {
		return nil, err
	}
	if p, err = p.Step(report.WithdrawClose, c.As, v.Actor.Person, v.Now); err != nil {
		return nil, err
	}
	p.Reason = c.Reason
	all, err := Find(v, CloseDifferences, Where("close", p.ID))
	if err != nil {
		return nil, err
	}
	return func(tx *Tx) any { return PeriodResult{Put(tx, PeriodCloses, p), all} }, nil
}
