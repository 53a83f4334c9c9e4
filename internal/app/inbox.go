package app

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"sync"

	"permitx/internal/approval"
	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/carbon"
	"permitx/internal/encumbrance"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/reserve"
	"permitx/internal/settlement"
)

// Waiting is something that waits for somebody.
type Waiting struct {
	Kind   string // what it is: the name of its table
	ID     int64
	Action string // what is to be done, as the path of its operation ends
	Region string
	Party  int64
	Since  calendar.Instant
	Until  calendar.Instant // 0: no deadline
	Reason string           // why it waits, where that is told

	notFor int64 // a person for whom it does not wait, nor for his stand-in, because he began it
	by     int64 // the command since which it waits, where nothing else has its time; 0: Since says it
}

// inboxSource calls each with what of one table waits for an actor.
type inboxSource func(ctx context.Context, r Reader, a identity.Actor, each func(Waiting)) error

var inboxSources []inboxSource

func declareWaiting(s inboxSource) bool {
	inboxSources = append(inboxSources, s)
	return true
}

// declareInbox makes the rows that a query selects wait for whoever may do op
// to them; as says what they are to whom. Each capability declares its own.
func declareInbox[R any](t Table[R], q Query, op identity.Operation, as func(R) (Waiting, identity.Target)) bool {
	return declareWaiting(func(ctx context.Context, r Reader, a identity.Actor, each func(Waiting)) error {
		if !isAllowed(a, op) {
			return nil
		}
		another := asAnother(ctx, r, a)
		var failed error
		err := eachOf(ctx, r, t, q, func(row R) {
			w, target := as(row)
			own, err := another(w.notFor)
			if failed = cmp.Or(failed, err); identity.Authorise(own, op, target) == nil {
				w.Kind, w.ID = t.name, idOf(&row)
				each(w)
			}
		})
		return cmp.Or(err, failed)
	})
}

// asAnother returns what of an actor may do what another than a person must: nothing
// of that person himself, and no role in which one stands in for him. It is what
// View.checkAnother asks, in the rows.
func asAnother(ctx context.Context, r Reader, a identity.Actor) func(than int64) (identity.Actor, error) {
	orders := sync.OnceValues(func() (rows []identity.StandIn, err error) {
		err = r.Find(ctx, StandIns.name, Where("person", a.Person), &rows)
		return rows, err
	})
	return func(than int64) (identity.Actor, error) {
		switch than {
		case 0:
			return a, nil
		case a.Person:
			return identity.Actor{}, nil
		}
		rows, err := orders()
		var grants []int64
		for _, s := range rows {
			if s.StandsInFor == than && s.OwnGrant != 0 {
				grants = append(grants, s.OwnGrant)
			}
		}
		return a.Without(grants...), err
	}
}

// Inbox returns what waits for an actor, in the rows and beside them, what is due
// first coming first, and then what has waited longest.
func Inbox(ctx context.Context, r Reader, a identity.Actor, beside ...Waiting) ([]Waiting, error) {
	all := slices.Clone(beside)
	for _, source := range inboxSources {
		if err := source(ctx, r, a, func(w Waiting) { all = append(all, w) }); err != nil {
			return nil, err
		}
	}
	if err := timeCommands(ctx, r, all); err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b Waiting) int {
		if a.Until != b.Until && (a.Until == 0 || b.Until == 0) {
			return cmp.Compare(b.Until, a.Until) // none comes last
		}
		return cmp.Or(cmp.Compare(a.Until, b.Until), cmp.Compare(a.Since, b.Since))
	})
	return all, nil
}

// timeCommands looks up since when there waits what waits since a command.
func timeCommands(ctx context.Context, r Reader, all []Waiting) error {
	var numbers []int64
	for _, w := range all {
		if w.by != 0 {
			numbers = append(numbers, w.by)
		}
	}
	at := map[int64]calendar.Instant{}
	for some := range slices.Chunk(numbers, findMost) {
		var rows []JournalRow
		if err := r.Find(ctx, Journal.name, Query{}.And("number", In, some), &rows); err != nil {
			return err
		}
		for _, j := range rows {
			at[j.Number] = j.At
		}
	}
	for i, w := range all {
		all[i].Since = max(w.Since, at[w.by])
	}
	return nil
}

// stepTimes says when the last step of some rows was taken, by row.
type stepTimes func(ctx context.Context, r Reader, rows []int64) (map[int64]calendar.Instant, error)

// timesOf are those of a table of steps; column is the row that a step is of.
func timesOf[S any](t Table[S], q Query, column string, of func(S) (row int64, at calendar.Instant)) stepTimes {
	return func(ctx context.Context, r Reader, rows []int64) (map[int64]calendar.Instant, error) {
		last := map[int64]calendar.Instant{}
		for some := range slices.Chunk(rows, findMost) {
			err := eachOf(ctx, r, t, q.And(column, In, some), func(s S) {
				row, at := of(s)
				last[row] = max(last[row], at)
			})
			if err != nil {
				return nil, err
			}
		}
		return last, nil
	}
}

// eachSinceStep calls each with what waits since the last step of its row, or since
// its begin where none was taken.
func eachSinceStep(ctx context.Context, r Reader, steps stepTimes, waiting []Waiting, each func(Waiting)) error {
	var rows []int64
	for _, w := range waiting {
		rows = append(rows, w.ID)
	}
	slices.Sort(rows)
	last, err := steps(ctx, r, slices.Compact(rows))
	if err != nil {
		return err
	}
	for _, w := range waiting {
		w.Since = max(w.Since, last[w.ID])
		each(w)
	}
	return nil
}

// isAllowed reports whether one of an actor's roles may do an operation to anything.
func isAllowed(a identity.Actor, op identity.Operation) bool {
	return identity.Authorise(a, op, identity.Target{}) == nil
}

// through is the end of a day: what is due on it may be done until then.
func through(d calendar.Date) calendar.Instant {
	if d == 0 {
		return 0
	}
	return d.AddDays(1).Start()
}

var (
	_ = declareWaiting(proposalsWaiting)
	_ = declareWaiting(dealsWaiting)
	_ = declareWaiting(stepsWaiting(BuyBacks, reserve.OpenBuyBacks, identity.BuyBackStep, bringOn(NextBuyBackEvents, onwardBuyBack), buyBackTimes, func(b reserve.BuyBack) Waiting {
		return Waiting{Region: b.Region, Party: b.Party, Since: b.OpenedAt, Until: through(b.ObjectionDueOn)}
	}))
	_ = declareWaiting(stepsWaiting(Leases, encumbrance.OpenLeases, identity.LeaseStep, bringOn(NextLeaseEvents, onwardLease), encumbranceTimes(encumbrance.OfLease), func(l encumbrance.Lease) Waiting {
		return Waiting{Region: l.Region, Party: l.Lessee, Since: l.OfferedAt, Until: through(l.DueOn)}
	}))
	_ = declareWaiting(stepsWaiting(Pledges, encumbrance.OpenPledges, identity.PledgeStep, bringOn(NextPledgeEvents, onwardPledge), encumbranceTimes(encumbrance.OfPledge), func(p encumbrance.Pledge) Waiting {
		return Waiting{Region: p.Region, Party: p.Party, Since: p.AppliedAt}
	}))
	_ = declareWaiting(blocksWaiting)
	_ = declareWaiting(issuancesWaiting)
	_ = declareInbox(Objections, Where("state", string(approval.ObjectionOpen)), identity.ObjectionAnswer,
		func(o approval.Objection) (Waiting, identity.Target) {
			return Waiting{Action: "answer", Region: o.Region, Since: o.FiledAt, Until: through(o.DueOn)}, identity.OfRegion(o.Region)
		})
	_ = declareInbox(Freezes, Where("state", string(encumbrance.Emergency)), identity.FreezeConfirm,
		func(f encumbrance.Freeze) (Waiting, identity.Target) {
			return Waiting{
				Action: "confirm", Region: f.Region, Party: f.Party, Since: f.RecordedAt, Until: through(f.ConfirmBy), notFor: f.PlacedBy,
			}, identity.OfRegion(f.Region)
		})
	_ = declareInbox(Projects, Where("state", string(permit.Proposed)), identity.ProjectStep,
		func(p permit.Project) (Waiting, identity.Target) {
			return Waiting{Action: "approve", Region: p.Region, Party: p.Party, Since: p.RegisteredAt, notFor: p.RegisteredBy}, identity.OfRegion(p.Region)
		})
	_ = declareInbox(InstalmentPlans, Where("state", string(reserve.PlanRequested)), identity.InstalmentDecide,
		func(p reserve.InstalmentPlan) (Waiting, identity.Target) {
			return Waiting{Action: "decide", Region: p.Region, Party: p.Party, Since: p.RequestedAt, notFor: p.RequestedBy}, identity.OfRegion(p.Region)
		})
	_ = declareWaiting(instalmentsWaiting)
	_ = declareWaiting(renewalsWaiting)
	_ = declareWaiting(awardsWaiting)
	_ = declareInbox(Awards, Where("state", string(auction.AwardSigned)), identity.AwardContract,
		func(a auction.Award) (Waiting, identity.Target) {
			return Waiting{Action: "contract", Region: a.Region, Party: a.Party, Since: a.SignedAt, Until: through(a.ContractBy)}, identity.OfRegion(a.Region)
		})
	_ = declareInbox(Awards, Where("state", string(auction.AwardContracted)).And("notice", Eq, int64(0)).And("seller", Eq, int64(0)), identity.AwardPay,
		func(a auction.Award) (Waiting, identity.Target) {
			return Waiting{Action: "pay", Region: a.Region, Party: a.Party, Since: a.ContractedAt, Until: through(a.PayBy)}, identity.OfRegion(a.Region)
		})
	_ = declareInbox(Awards, Where("state", string(auction.AwardContracted)).And("seller", Gt, int64(0)), identity.AwardSettle,
		func(a auction.Award) (Waiting, identity.Target) {
			return Waiting{Action: "settle", Region: a.Region, Party: a.Party, Since: a.ContractedAt, Until: through(a.PayBy)}, identity.OfParty(a.Party, a.Region)
		})
	_ = declareInbox(Awards, Where("state", string(auction.AwardPaid)).And("notice", Eq, int64(0)), identity.AwardBook,
		func(a auction.Award) (Waiting, identity.Target) {
			return Waiting{Action: "book", Region: a.Region, Party: a.Party, Since: a.PaidAt}, identity.OfRegion(a.Region)
		})
	_ = declareInbox(Withdrawals, Where("state", string(settlement.WithdrawalRequested)), identity.WithdrawConfirm,
		func(w settlement.Withdrawal) (Waiting, identity.Target) {
			return Waiting{Action: "confirm", Party: w.Party, Since: w.RequestedAt}, identity.Target{}
		})
	_ = declareInbox(BankEntries, Where("state", string(settlement.EntrySuspense)), identity.EntryAssign,
		func(e settlement.BankEntry) (Waiting, identity.Target) {
			return Waiting{Action: "assign", Party: e.Party, Since: e.RecordedAt}, identity.Target{}
		})
)

// proposalsWaiting are the proposals that the actor may decide, those that he has a part
// in and that wait for open orders to leave, and those that were not done on their day.
func proposalsWaiting(ctx context.Context, r Reader, a identity.Actor, each func(Waiting)) error {
	another := asAnother(ctx, r, a)
	var failed error
	err := eachOf(ctx, r, Proposals, Query{}.And("state", In, anyOf(approval.Running)), func(p approval.Proposal) {
		if p.State == approval.Clearing {
			if p.ProposedBy == a.Person || p.DecidedBy == a.Person {
				each(Waiting{Kind: Proposals.name, ID: p.ID, Action: "clear", Region: p.Region, Since: p.DecidedAt})
			}
			return
		}
		own, err := another(p.ProposedBy)
		failed = cmp.Or(failed, err)
		w := Waiting{Kind: Proposals.name, ID: p.ID, Action: "approve", Region: p.Region, Party: p.Party, Since: p.ProposedAt, Until: p.LapsesAt}
		if p.State == approval.Approved {
			if p.Reason == "" { // it waits for its day, and for nobody
				return
			}
			w.Action, w.Since, w.Until, w.Reason = "reject", p.EffectiveOn.Start(), 0, p.Reason
			if p.ProposedBy == a.Person {
				w.Action = "withdraw"
				each(w)
			}
		}
		may, err := mayDecide(ctx, r, own, p)
		if failed = cmp.Or(failed, err); may {
			each(w)
		}
	})
	return cmp.Or(err, failed)
}

// mayDecide reports whether an actor may approve or reject a proposal. That of a
// correcting transfer he must be able to make himself: finance moves money, a leader permits.
func mayDecide(ctx context.Context, r Reader, a identity.Actor, p approval.Proposal) (bool, error) {
	if p.Party != 0 {
		return a.MaySign(p.Party), nil
	}
	may := identity.Approve(a, identity.Operation(p.Operation), targetOf(p)) == nil
	if !may || p.Operation != string(identity.TransferPost) {
		return may, nil
	}
	var c TransferPost
	if err := json.Unmarshal([]byte(p.Payload), &c); err != nil {
		return false, err
	}
	var accounts []ledger.Account
	err := r.Find(ctx, Accounts.name, Query{}.And("id", In, []int64{int64(c.Debit), int64(c.Credit)}), &accounts)
	return !slices.ContainsFunc(accounts, func(of ledger.Account) bool { return !corrects(a, of.Key()) }), err
}

// forward reports whether a step brings a deal on: a deal does not wait for
// its end or its reversal.
func forward(e settlement.DealEvent) bool {
	switch e { //nolint:exhaustive // the others do
	case settlement.Reject, settlement.Withdraw, settlement.Lapse, settlement.ConsentReversal, settlement.Reverse:
		return false
	}
	return true
}

// dealsWaiting are the deals whose next step the actor can take.
func dealsWaiting(ctx context.Context, r Reader, a identity.Actor, each func(Waiting)) error {
	if !isAllowed(a, identity.DealStep) {
		return nil
	}
	var deals []settlement.Deal
	err := eachOf(ctx, r, Deals, Query{}.And("state", In, unfinishedDeals), func(d settlement.Deal) {
		if len(dealRoles(a, d)) > 0 {
			deals = append(deals, d)
		}
	})
	for _, d := range deals {
		var h settlement.History
		if err == nil {
			err = r.Find(ctx, DealSteps.name, Where("deal", d.ID), &h)
		}
		for _, e := range NextDealEvents(a, d, h) {
			if since := lastStep(d, h); err == nil && forward(e) {
				each(Waiting{Kind: Deals.name, ID: d.ID, Action: string(e), Region: d.BuyerRegion, Party: d.BuyerParty, Since: since, Until: through(d.DueOn)})
			}
		}
	}
	return err
}

func lastStep(d settlement.Deal, h settlement.History) calendar.Instant {
	if len(h) == 0 {
		return d.ProposedAt
	}
	return h[len(h)-1].At
}

// bringOn are those of the next steps that bring a row on.
func bringOn[R any, E ~string](next func(identity.Actor, R) []E, onward []E) func(identity.Actor, R) []E {
	return func(a identity.Actor, row R) []E {
		return slices.DeleteFunc(slices.Clone(next(a, row)), func(e E) bool { return !slices.Contains(onward, e) })
	}
}

// stepsWaiting are the rows of a workflow in its open states, each with the
// steps that bring it on and that the actor can take.
func stepsWaiting[R any, S, E ~string](
	t Table[R], open []S, op identity.Operation, next func(identity.Actor, R) []E, steps stepTimes, as func(R) Waiting,
) inboxSource {
	return func(ctx context.Context, r Reader, a identity.Actor, each func(Waiting)) error {
		if !isAllowed(a, op) {
			return nil
		}
		var waiting []Waiting
		err := eachOf(ctx, r, t, Query{}.And("state", In, anyOf(open)), func(row R) {
			w := as(row)
			w.Kind, w.ID = t.name, idOf(&row)
			for _, e := range next(a, row) {
				w.Action = string(e)
				waiting = append(waiting, w)
			}
		})
		if err != nil {
			return err
		}
		return eachSinceStep(ctx, r, steps, waiting, each)
	}
}

// The times of the steps of each workflow.
var (
	buyBackTimes = timesOf(BuyBackSteps, Query{}, "buy_back", func(s reserve.BuyBackStep) (int64, calendar.Instant) { return s.BuyBack, s.At })
	renewalTimes = timesOf(RenewalSteps, Query{}, "renewal", func(s permit.RenewalStep) (int64, calendar.Instant) { return s.Renewal, s.At })
	noSteps      = func(context.Context, Reader, []int64) (map[int64]calendar.Instant, error) { return nil, nil }
)

func encumbranceTimes(k encumbrance.Kind) stepTimes {
	return timesOf(EncumbranceSteps, Where("kind", string(k)), "reference", func(s encumbrance.TakenStep) (int64, calendar.Instant) { return s.Reference, s.At })
}

// issuancesWaiting are the steps of issuances, each by the operator of its scheme.
func issuancesWaiting(ctx context.Context, r Reader, a identity.Actor, each func(Waiting)) error {
	operators := map[int64]int64{} // by scheme
	if err := eachOf(ctx, r, CarbonSchemes, Query{}, func(s carbon.Scheme) { operators[s.ID] = s.Operator }); err != nil {
		return err
	}
	another, failed := asAnother(ctx, r, a), error(nil)
	next := func(a identity.Actor, i carbon.Issuance) []carbon.IssuanceEvent {
		events := nextIssuanceEvents(a, i, operators[i.Scheme])
		for _, than := range []int64{i.DeclaredBy, i.VerifiedBy} {
			own, err := another(than)
			failed = cmp.Or(failed, err)
			his := nextIssuanceEvents(own, i, operators[i.Scheme])
			events = slices.DeleteFunc(events, func(e carbon.IssuanceEvent) bool { return carbon.IsOthers(e) && !slices.Contains(his, e) })
		}
		return events
	}
	err := stepsWaiting(Issuances, carbon.OpenIssuances, identity.IssuanceStep, bringOn(next, onwardIssuance), noSteps, func(i carbon.Issuance) Waiting {
		return Waiting{Region: i.Region, Party: i.Party, Since: i.DeclaredAt, by: i.Command}
	})(ctx, r, a, each)
	return cmp.Or(err, failed)
}

// The steps of each workflow that bring it on: nothing waits for its end.
var (
	onwardBuyBack = []reserve.BuyBackEvent{
		reserve.SubmitBuyBack, reserve.AcceptBuyBack, reserve.VerifyBuyBack, reserve.PriceBuyBack, reserve.ReclaimBuyBack, reserve.AgreeBuyBack,
		reserve.ImposeBuyBack, reserve.DismissBuyBack, reserve.ApproveBuyBack, reserve.ContractBuyBack, reserve.PayBuyBack, reserve.BookBuyBack,
	}
	onwardLease    = []encumbrance.LeaseEvent{encumbrance.AgreeLease, encumbrance.ApproveLease, encumbrance.PayLease, encumbrance.AgreeEnd}
	onwardPledge   = []encumbrance.PledgeEvent{encumbrance.ConfirmPledge, encumbrance.ApprovePledge, encumbrance.RegisterPledge, encumbrance.OfferPledged, encumbrance.TakePledged}
	onwardIssuance = []carbon.IssuanceEvent{carbon.Check, carbon.Verify, carbon.Issue}
)

// instalmentsWaiting are the parts of running plans: finance records what is
// paid, and confirms what no list has.
func instalmentsWaiting(ctx context.Context, r Reader, a identity.Actor, each func(Waiting)) error {
	if !isAllowed(a, identity.InstalmentProve) {
		return nil
	}
	var plans []reserve.InstalmentPlan
	running := []string{string(reserve.PlanApproved), string(reserve.PlanDelivered), string(reserve.PlanFrozen)}
	err := eachOf(ctx, r, InstalmentPlans, Query{}.And("state", In, running), func(p reserve.InstalmentPlan) {
		if identity.Authorise(a, identity.InstalmentProve, identity.OfRegion(p.Region)) == nil {
			plans = append(plans, p)
		}
	})
	for _, p := range plans {
		var parts []reserve.Instalment
		if err == nil {
			err = r.Find(ctx, Instalments.name, Where("plan", p.ID), &parts)
		}
		settled := int64(0) // the command by which the part before was
		for _, i := range parts {
			w := Waiting{Kind: Instalments.name, ID: i.ID, Action: "prove", Region: p.Region, Party: p.Party, Since: p.DecidedAt, Until: through(i.DueOn), by: settled}
			switch {
			case i.IsSettled():
				settled = i.Command
				continue
			case i.Paid > 0:
				w.Action, w.Until, w.by = "confirm", 0, i.Command
			}
			each(w)
			break // the next one waits for this
		}
	}
	return err
}

// renewalOnward are the steps that bring a renewal on, by the state in which it
// waits for them. Its payment waits as a payment notice.
var renewalOnward = map[permit.RenewalState]permit.RenewalEvent{
	permit.RenewalApplied: permit.VerifyRenewal, permit.RenewalVerified: permit.PublishRenewal, permit.RenewalPublished: permit.DecideRenewal,
}

// renewalsWaiting are the renewals whose next step the actor can take, until
// the old term ends; and those that the rules refuse then, until he rejects them
// or what they refuse it for is mended.
func renewalsWaiting(ctx context.Context, r Reader, a identity.Actor, each func(Waiting)) error {
	if !isAllowed(a, identity.RenewalStep) {
		return nil
	}
	waiting := Query{}.And("state", In, []string{string(permit.RenewalApplied), string(permit.RenewalVerified), string(permit.RenewalPublished)})
	var all []Waiting
	waitsFor := func(n permit.Renewal, e permit.RenewalEvent, since, until calendar.Instant) {
		if _, _, err := n.Next(e, true, renewalBodies(a, n)...); err == nil {
			all = append(all, Waiting{
				Kind: Renewals.name, ID: n.ID, Action: string(e), Region: n.Region, Party: n.Party, Since: since, Until: until, Reason: n.Refusal,
			})
		}
	}
	err := eachOf(ctx, r, Renewals, waiting, func(n permit.Renewal) { waitsFor(n, renewalOnward[n.State], n.AppliedAt, through(n.TermEnd)) })
	if err != nil {
		return err
	}
	refused := Where("state", string(permit.RenewalReady)).And("refusal", Ne, "")
	err = eachOf(ctx, r, Renewals, refused, func(n permit.Renewal) { waitsFor(n, permit.RejectRenewal, through(n.TermEnd), 0) })
	if err != nil {
		return err
	}
	return eachSinceStep(ctx, r, renewalTimes, all, each)
}
