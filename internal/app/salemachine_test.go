package app

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"permitx/internal/approval"
	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// noticeShape is what the table of payment notices looks at: its state, and whether its
// payment is certain.
type noticeShape string

const certain noticeShape = "proved for certain"

// A payment notice is paid, made certain and delivered, or given back before that.
func TestPaymentNotice_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	o, i, _, f := tradingOffice(t)
	o.setCap(jiashan, 100*one, 60*one)
	done[NoticeResult](o, o.clerk, NoticeIssue{Licence: f.licence.ID, Instrument: i.Code, Quantity: one, Price: quantity.OnePrice, DueOn: 20260731})
	const prove, confirm, deliver, cancel, withdraw oneStep = "prove", "confirm", "deliver", "cancel", "withdraw the proof"
	issued, proved := noticeShape(reserve.NoticeIssued), noticeShape(reserve.NoticeProved)
	delivered, cancelled := noticeShape(reserve.NoticeDelivered), noticeShape(reserve.NoticeCancelled)
	m := byTable(steps(reserve.ErrNoticeState, map[noticeShape]map[oneStep]noticeShape{
		issued:  {prove: proved, cancel: cancelled},
		proved:  {confirm: certain, cancel: cancelled, withdraw: issued},
		certain: {deliver: delivered, cancel: cancelled, withdraw: issued},
	}), func(_ noticeShape, e oneStep) identity.Operation {
		return map[oneStep]identity.Operation{
			prove: identity.NoticeProve, confirm: identity.NoticeConfirm, deliver: identity.NoticeDeliver, cancel: identity.NoticeCancel, withdraw: identity.ProofWithdraw,
		}[e]
	})
	m.office, m.players = o, o.cast(f)
	m.states, m.events = []noticeShape{issued, proved, certain, delivered, cancelled}, []oneStep{prove, confirm, deliver, cancel, withdraw}
	m.state = func(o *office) noticeShape {
		n := storedRow(o, Notices, 1)
		if n.State == reserve.NoticeProved && (n.Matched || storedRow(o, Sales, 1).Confirmation != "") {
			return certain
		}
		return noticeShape(n.State)
	}
	m.command = func(o *office, _ noticeShape, e oneStep) Command {
		return map[oneStep]Command{
			prove: NoticeProve{1, storedRow(o, Notices, 1).Amount, "receipt", today}, confirm: NoticeConfirm{1, "r"}, deliver: NoticeDeliver{1},
			cancel: NoticeCancel{1, "r"}, withdraw: ProofWithdraw{1, "r"},
		}[e]
	}
	m.because = []*fault.Error{reserve.ErrNoticeState, reserve.ErrNotMatched, reserve.ErrPaymentSpent}
	m.drive(t)
}

// A listing is sold from and taken back while it is open.
func TestListing_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	o, i, _, f := tradingOffice(t)
	o.setCap(jiashan, 100*one, 60*one)
	o.listingOf(reserve.FixedPrice, 4*one)
	const sell, sellAll, shut oneStep = "sell a part", "sell all", "close"
	m := byTable(steps(reserve.ErrListingState, map[reserve.ListingState]map[oneStep]reserve.ListingState{
		reserve.ListingOpen: {sell: reserve.ListingOpen, sellAll: reserve.ListingClosed, shut: reserve.ListingClosed},
	}), func(_ reserve.ListingState, e oneStep) identity.Operation {
		if e == shut {
			return identity.ListingClose
		}
		return identity.ListingSell
	})
	m.office, m.players, m.states, m.events = o, o.cast(f), reserve.ListingStates, []oneStep{sell, sellAll, shut}
	m.state = func(o *office) reserve.ListingState { return storedRow(o, Listings, 1).State }
	m.command = func(_ *office, _ reserve.ListingState, e oneStep) Command {
		sale := ListingSell{Listing: 1, Licence: f.licence.ID, Instrument: i.Code, Quantity: one, DueOn: 20260731}
		switch e {
		case sellAll:
			sale.Quantity = 4 * one
		case shut:
			return ListingClose{1, "r"}
		}
		return sale
	}
	m.because = []*fault.Error{reserve.ErrListingState}
	m.drive(t)
}

// A debt is settled in parts, each in any way, until nothing is owed.
func TestDebt_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	k := openTermDesk(t)
	done[reserve.Movement](k.office, k.leader, ReserveMove{jiashan, vocs, reserve.ToReserve, 20 * one, "d", LotChoice{}})
	f, buyer := k.seller(jiashan, 1, 4*one), k.buyer(jiashan, 2, 1_000_000_00)
	wrong := k.wrong(f, reserve.Reserve, 2*one)
	k.verify(f, 2*one)
	k.does(f.user, k.sell(f, 6*one))
	k.does(buyer.user, k.buy(buyer, 6*one, 3000))
	k.does(k.leader, CorrectionRecord{wrong, 2 * one, "counted twice", "d", today, 0})
	k.giveFree(f, 2*one)
	type debtState string
	const owed, settled debtState = "owed", "settled"
	next := map[oneStep]debtState{"a part " + oneStep(permit.ByReserve): owed}
	for _, way := range permit.SettlementWays {
		next[oneStep(way)] = settled
	}
	m := byTable(steps(permit.ErrDebtSettled, map[debtState]map[oneStep]debtState{owed: next}),
		func(debtState, oneStep) identity.Operation { return identity.DebtSettle })
	for e := range next {
		m.events = append(m.events, e)
	}
	slices.Sort(m.events)
	m.office, m.players, m.states = k.office, k.cast(f), []debtState{owed, settled}
	m.state = func(o *office) debtState {
		if storedRow(o, Debts, 1).Open() > 0 {
			return owed
		}
		return settled
	}
	m.command = func(o *office, _ debtState, e oneStep) Command {
		q := max(storedRow(o, Debts, 1).Open(), 100)
		way, isPart := strings.CutPrefix(string(e), "a part ")
		if isPart {
			q /= 2
		}
		return ofItsWay(DebtSettle{1, permit.SettlementWay(way), k.inst.Code, ledger.Free, q, "d", LotChoice{}})
	}
	m.because = []*fault.Error{permit.ErrDebtSettled}
	m.drive(t)
}

// posted posts a public notice that runs for ten days.
func (o *office) posted() {
	o.t.Helper()
	done[approval.PublicNotice](o, o.clerk, PublicNoticePost{
		Region: jiashan, Kind: "listing", Title: "t", Body: "b", Document: "d", StartsOn: today, EndsOn: today.AddDays(9),
	})
}

// A public notice stands until it is withdrawn, and anybody may object while it does.
func TestPublicNotice_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	f := o.firm(jiashan, 1)
	o.posted()
	const object, enter, withdraw, over oneStep = "object", "enter what came on paper", "withdraw", "its last day passes"
	type standing string
	posted, gone, late := standing(approval.NoticePosted), standing(approval.NoticeWithdrawn), standing("over")
	table := steps(approval.ErrNoticeWithdrawn, map[standing]map[oneStep]standing{
		posted: {object: posted, enter: posted, withdraw: gone, over: late}, late: {enter: late, withdraw: gone},
	})
	m := byTable(table, func(_ standing, e oneStep) identity.Operation {
		if e == object || e == enter {
			return identity.ObjectionFile
		}
		return identity.PublicNoticeEnd
	})
	byRole := m.takes
	m.takes = func(at standing, e oneStep, p player) bool {
		return byRole(at, e, p) && (e != object || p.role == identity.Enterprise) && (e != enter || p.role != identity.Enterprise)
	}
	m.next = func(at standing, e oneStep, p player) (standing, error) {
		if !m.takes(at, e, p) {
			return at, identity.ErrForbidden
		}
		return table(at, e)
	}
	m.denied = []*fault.Error{invalid}
	m.office, m.players, m.states, m.events = o, o.cast(f), []standing{posted, late, gone}, []oneStep{object, enter, withdraw, over}
	m.state = func(o *office) standing {
		n := storedRow(o, PublicNotices, 1)
		if n.State == approval.NoticePosted && o.now.get().Date() > n.EndsOn {
			return late
		}
		return standing(n.State)
	}
	m.command = func(_ *office, _ standing, e oneStep) Command {
		switch e {
		case object:
			return ObjectionFile{Notice: 1, Objector: "a neighbour", Text: "too much"}
		case enter:
			return ObjectionFile{1, "a neighbour", "too much", today, "letter"}
		case withdraw:
			return PublicNoticeEnd{1, "r"}
		}
		return nil
	}
	m.passes = map[oneStep]func(*office, standing) bool{
		over: func(o *office, _ standing) bool { o.now.set(today.AddDays(10).Start()); return true },
	}
	m.because = []*fault.Error{approval.ErrNoticeWithdrawn, approval.ErrNotRunning}
	m.drive(t)
}

// An objection is answered once.
func TestObjection_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	f := o.firm(jiashan, 1)
	o.posted()
	done[approval.Objection](o, f.user, ObjectionFile{Notice: 1, Objector: "a neighbour", Text: "too much"})
	const dismiss, uphold oneStep = "dismiss", "uphold"
	type answered string
	open, dismissed, upheld := answered(approval.ObjectionOpen), answered("dismissed"), answered("upheld")
	m := byTable(steps(approval.ErrAnswered, map[answered]map[oneStep]answered{open: {dismiss: dismissed, uphold: upheld}}),
		func(answered, oneStep) identity.Operation { return identity.ObjectionAnswer })
	m.office, m.players, m.states, m.events = o, o.cast(f), []answered{open, dismissed, upheld}, []oneStep{dismiss, uphold}
	m.state = func(o *office) answered {
		switch r := storedRow(o, Objections, 1); {
		case r.State == approval.ObjectionOpen:
			return open
		case r.Upheld:
			return upheld
		}
		return dismissed
	}
	m.command = func(_ *office, _ answered, e oneStep) Command {
		return ObjectionAnswer{1, "the figures were checked", e == uphold}
	}
	m.because = []*fault.Error{approval.ErrAnswered}
	m.drive(t)
}

// planShape is what the table of instalment plans looks at: of one that is approved or runs its
// state, how its two parts are paid (o: not, p: proved, c: for certain), and whether the second
// is due; of any other its state.
type planShape string

func shapeOfPlan(state reserve.PlanState, parts string, late bool) planShape {
	if state != reserve.PlanApproved && !state.IsRunning() && state != reserve.PlanPaid {
		return planShape(state)
	}
	return planShape(fmt.Sprintf("%s %s %t", state, parts, late))
}

func (s planShape) words() (state reserve.PlanState, parts string, late bool) {
	words := append(strings.Fields(string(s)), "oo", "false")
	return reserve.PlanState(words[0]), words[1], words[2] == "true"
}

// A planStep is a step of a plan; of one of a part the last letter is its place.
type planStep string

const (
	approvePlan planStep = "approve"
	refusePlan  planStep = "refuse"
	deliverPlan planStep = "deliver"
	cancelPlan  planStep = "cancel the notice"
	provePart   planStep = "prove "
	confirmPart planStep = "confirm "
	withdrawOf  planStep = "withdraw the proof of "
	partIsDue   planStep = "the second part is due"
	graceIsOver planStep = "the time of grace is over"
)

// partStep splits a step of a part into what is done and to which.
func partStep(e planStep) (planStep, int) {
	if at := e[len(e)-1]; at == '1' || at == '2' {
		return e[:len(e)-1], int(at - '0')
	}
	return e, 0
}

// after is the table of plans.
func (s planShape) after(e planStep) (planShape, error) {
	state, parts, late := s.words()
	step, at := partStep(e)
	paid := []byte(parts)
	to := func(next reserve.PlanState) planShape { return shapeOfPlan(next, string(paid), late) }
	running := func() planShape {
		switch {
		case string(paid) == "cc":
			return to(reserve.PlanPaid)
		case paid[0] != 'c' || late && paid[1] == 'o':
			return to(reserve.PlanFrozen)
		}
		return to(reserve.PlanDelivered)
	}
	changed := func(from, becomes byte) (planShape, error) {
		if state != reserve.PlanApproved && !state.IsRunning() && (becomes != 'o' || state != reserve.PlanPaid) || from != 0 && paid[at-1] != from || paid[at-1] == becomes {
			return s, reserve.ErrPlanState
		}
		if paid[at-1] = becomes; state == reserve.PlanApproved {
			return to(state), nil
		}
		return running(), nil
	}
	switch {
	case step == approvePlan && state == reserve.PlanRequested:
		return to(reserve.PlanApproved), nil
	case step == refusePlan && state == reserve.PlanRequested:
		return to(reserve.PlanRefused), nil
	case step == cancelPlan && state == reserve.PlanRefused: // the notice waits without its plan
		return s, nil
	case step == cancelPlan && (state == reserve.PlanRequested || state == reserve.PlanApproved):
		return to(reserve.PlanCancelled), nil
	case step == deliverPlan && state == reserve.PlanApproved && paid[0] == 'c':
		return running(), nil
	case step == provePart:
		return changed('o', 'p')
	case step == confirmPart:
		return changed('p', 'c')
	case step == withdrawOf:
		return changed(0, 'o')
	case step == partIsDue && state == reserve.PlanDelivered && parts == "co" && !late:
		late = true
		return to(reserve.PlanFrozen), nil
	case step == graceIsOver && state == reserve.PlanFrozen && parts == "co":
		return to(reserve.PlanRevoked), nil
	}
	return s, reserve.ErrPlanState
}

func planOperation(_ planShape, e planStep) identity.Operation {
	step, _ := partStep(e)
	return cmp.Or(map[planStep]identity.Operation{
		deliverPlan: identity.NoticeDeliver, cancelPlan: identity.NoticeCancel, provePart: identity.InstalmentProve,
		confirmPart: identity.InstalmentConfirm, withdrawOf: identity.InstalmentWithdraw,
	}[step], identity.InstalmentDecide)
}

// A plan of two instalments in each of its states, its parts paid or not, the second due or
// not, meets every step by everybody.
func TestInstalmentPlan_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	o, i, _, f := tradingOffice(t)
	o.setCap(jiashan, 100*one, 60*one)
	l := o.listingOf(reserve.FixedPrice, 10*one)
	n := done[NoticeResult](o, o.clerk, ListingSell{Listing: l.ID, Licence: f.licence.ID, Instrument: i.Code, Quantity: 10 * one, DueOn: 20260731}).Notice
	first := n.Amount * 2 / 5
	const due = 20270731
	done[PlanResult](o, f.user, InstalmentRequest{n.ID, []reserve.PlannedPart{{Amount: first, DueOn: 20260731}, {Amount: n.Amount - first, DueOn: due}}, "d"})
	late := func(o *office) bool { return o.now.get().Date() > due }
	m := byTable(planShape.after, planOperation)
	m.office, m.players = o, o.cast(f)
	m.events = []planStep{
		approvePlan, refusePlan, deliverPlan, cancelPlan, provePart + "1", provePart + "2", confirmPart + "1", confirmPart + "2",
		withdrawOf + "1", withdrawOf + "2", partIsDue, graceIsOver,
	}
	m.state = func(o *office) planShape {
		var parts string
		for _, i := range tableOf(o, Instalments) {
			switch {
			case i.Paid == 0:
				parts += "o"
			case i.IsSettled():
				parts += "c"
			default:
				parts += "p"
			}
		}
		return shapeOfPlan(storedRow(o, InstalmentPlans, 1).State, parts, late(o))
	}
	m.command = func(o *office, _ planShape, e planStep) Command {
		step, at := partStep(e)
		switch step {
		case approvePlan, refusePlan:
			return InstalmentDecide{1, step == approvePlan, "r"}
		case deliverPlan:
			return NoticeDeliver{n.ID}
		case cancelPlan:
			return NoticeCancel{n.ID, "r"}
		case provePart:
			return InstalmentProve{int64(at), storedRow(o, Instalments, int64(at)).Amount, fmt.Sprint("receipt ", at), today}
		case confirmPart:
			return InstalmentConfirm{int64(at), "r"}
		case withdrawOf:
			return InstalmentWithdraw{int64(at), "r"}
		case partIsDue, graceIsOver:
		}
		return nil
	}
	pass := func(e planStep, day calendar.Date) func(*office, planShape) bool {
		return func(o *office, at planShape) bool {
			if _, err := at.after(e); err != nil {
				return false
			}
			o.now.set(day.Start())
			o.runTimers()
			return true
		}
	}
	m.passes = map[planStep]func(*office, planShape) bool{partIsDue: pass(partIsDue, 20270801), graceIsOver: pass(graceIsOver, 20270915)}
	m.because = []*fault.Error{reserve.ErrPlanState, reserve.ErrPartState, reserve.ErrNoticeState, reserve.ErrNotMatched, reserve.ErrPaymentSpent}
	seen := map[reserve.PlanState]bool{}
	for _, s := range m.drive(t) {
		state, _, _ := s.words()
		seen[state] = true
	}
	for _, s := range reserve.PlanStates {
		if !seen[s] {
			t.Errorf("nothing leads to %s", s)
		}
	}
}
