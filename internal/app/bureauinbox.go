package app

import (
	"context"

	"permitx/internal/identity"
	"permitx/internal/opening"
	"permitx/internal/outside"
	"permitx/internal/permit"
	"permitx/internal/report"
	"permitx/internal/reserve"
)

// What waits at the bureau's desk and in finance beside the steps of a case.
var (
	_ = declareWaiting(signaturesWaiting)
	_ = declareInbox(Refunds, Where("state", string(reserve.RefundRequested)), identity.RefundReceive,
		func(r reserve.TreasuryRefund) (Waiting, identity.Target) {
			return Waiting{Action: "receive", Region: r.Region, Party: r.Party, Since: r.RequestedAt}, identity.OfRegion(r.Region)
		})
	_ = declareInbox(Debts, Where("settled_at", int64(0)), identity.DebtSettle,
		func(d permit.Debt) (Waiting, identity.Target) {
			return Waiting{Action: "settle", Region: d.Region, Party: d.Party, Since: d.RecordedAt}, identity.OfRegion(d.Region)
		})
	_ = declareInbox(Departures, Where("state", string(permit.DepartureOpen)), identity.DepartureStep,
		func(d permit.Departure) (Waiting, identity.Target) {
			return Waiting{Action: "complete", Region: d.Region, Party: d.Party, Since: d.RecordedAt}, identity.OfRegion(d.Region)
		})
	_ = declareInbox(OpeningPackages, Where("state", string(opening.Checked)), identity.OpeningTake,
		func(p opening.Package) (Waiting, identity.Target) {
			return Waiting{Action: "take", Region: p.Region, Since: p.SubmittedAt}, identity.OfRegion(p.Region)
		})
	_ = declareInbox(Exports, Where("state", string(outside.ExportMade)), identity.ExportReceive,
		func(e outside.Export) (Waiting, identity.Target) {
			return Waiting{Action: "receive", Region: e.Region, Since: e.MadeAt}, identity.OfRegion(e.Region)
		})
)

// signaturesWaiting are the period closes that the actor's body has not signed. One
// person signs once.
func signaturesWaiting(ctx context.Context, r Reader, a identity.Actor, each func(Waiting)) error {
	if !isAllowed(a, identity.PeriodSign) {
		return nil
	}
	unsigned := []report.CloseState{report.CloseOpen, report.CloseCentreSigned, report.CloseFinanceSigned}
	return eachOf(ctx, r, PeriodCloses, Query{}.And("state", In, anyOf(unsigned)), func(p report.Close) {
		centre := p.State != report.CloseCentreSigned && isOfficer(a, identity.BureauLeader, p.Region)
		finance := p.State != report.CloseFinanceSigned && isOfficer(a, identity.Finance, p.Region)
		if hasSigned := p.CentreBy == a.Person || p.FinanceBy == a.Person; (centre || finance) && !hasSigned {
			each(Waiting{Kind: PeriodCloses.name, ID: p.ID, Action: "sign", Region: p.Region, Since: p.OpenedAt})
		}
	})
}
