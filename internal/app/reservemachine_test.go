package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// A step of what has no table of its own: its states are few.
type oneStep string

// An earmark is used up, given up or runs out, once.
func TestEarmark_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	i, f := o.instrument(), o.firm(jiashan, 1)
	o.setCap(jiashan, 20*one, 10*one)
	o.earmarkOf(EarmarkMake{
		Region: jiashan, Pollutant: vocs, Name: "a plant", Document: "d", Priority: 1, Need: 4 * one, Ratio: 1_000_000, ExpiresOn: 20260710,
	})
	const give, giveAll, release, expire oneStep = "allocate a part", "allocate all", "release", "expire"
	active := map[oneStep]reserve.EarmarkState{
		give: reserve.EarmarkActive, giveAll: reserve.EarmarkAllocated, release: reserve.EarmarkReleased, expire: reserve.EarmarkExpired,
	}
	m := byTable(steps(reserve.ErrEarmarkState, map[reserve.EarmarkState]map[oneStep]reserve.EarmarkState{reserve.EarmarkActive: active}),
		func(_ reserve.EarmarkState, e oneStep) identity.Operation {
			if e == release {
				return identity.EarmarkRelease
			}
			return identity.EarmarkAllocate
		})
	m.office, m.players, m.states, m.events = o, o.cast(f), reserve.EarmarkStates, []oneStep{give, giveAll, release, expire}
	m.state = func(o *office) reserve.EarmarkState { return storedRow(o, Earmarks, 1).State }
	m.command = func(_ *office, _ reserve.EarmarkState, e oneStep) Command {
		switch e {
		case give:
			return EarmarkAllocate{1, f.licence.ID, i.Code, one, ledger.Free, 0, "d", 0}
		case giveAll:
			return EarmarkAllocate{1, f.licence.ID, i.Code, 4 * one, ledger.Free, 0, "d", 0}
		case release:
			return EarmarkRelease{1, "r"}
		}
		return nil
	}
	m.passes = map[oneStep]func(*office, reserve.EarmarkState) bool{
		expire: func(o *office, _ reserve.EarmarkState) bool { o.now.set(calendar.Date(20260711).Start()); return true },
	}
	m.because = []*fault.Error{reserve.ErrEarmarkState}
	m.drive(t)
}

// A refund is received or cancelled, once: of a buy-back.
func TestRefund_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	d.run(d.apply(8*one), reserve.BuyBackInReserve)
	done[reserve.TreasuryRefund](d.office, d.leader, RefundRequest{1, 30_000_00, "too many months", "d"})
	d.driveRefund(d.f)
}

// A refund of a cancelled payment notice, likewise.
func TestRefundOfNotice_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	i, f := o.instrument(), o.firm(jiashan, 1)
	o.setCap(jiashan, 20*one, 10*one)
	n := done[NoticeResult](o, o.clerk, NoticeIssue{Licence: f.licence.ID, Instrument: i.Code, Quantity: one, Price: quantity.OnePrice * 20, DueOn: today}).Notice
	done[NoticeResult](o, o.finance, NoticeProve{n.ID, n.Amount, "r-1", today})
	done[NoticeResult](o, o.leader, NoticeCancel{n.ID, "refused"})
	o.driveRefund(f)
}

// refundOperation is the operation of a step of a refund.
func refundOperation(e reserve.RefundEvent) identity.Operation {
	if e == reserve.RefundDrop {
		return identity.RefundCancel
	}
	return identity.RefundReceive
}

// driveRefund holds the first refund of an office to the table of its steps.
func (o *office) driveRefund(f firm) {
	o.t.Helper()
	m := byTable(reserve.RefundState.Next, func(_ reserve.RefundState, e reserve.RefundEvent) identity.Operation { return refundOperation(e) })
	m.office, m.players, m.states, m.events = o, o.cast(f), reserve.RefundStates, reserve.RefundEvents
	m.state = func(o *office) reserve.RefundState { return storedRow(o, Refunds, 1).State }
	m.command = func(_ *office, _ reserve.RefundState, e reserve.RefundEvent) Command {
		if e == reserve.RefundDrop {
			return RefundCancel{1, "it was never paid", 0}
		}
		return RefundReceive{1, "receipt", today}
	}
	m.because = []*fault.Error{reserve.ErrRefundState}
	m.drive(o.t)
}

// A standing offer is accepted until it is closed.
func TestStandingOffer_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	done[SurplusResult](d.office, d.leader, SurplusVerify{d.f.licence.ID, vocs, 5 * one, reserve.EIAAmount, true, true, today, "surplus", 0, "no records yet"})
	done[reserve.StandingOffer](d.office, d.leader, OfferOpen{jiashan, vocs, yuan(3000), 5 * one, d.budget, 20260930, "d"})
	const accept, shut oneStep = "accept", "close"
	m := byTable(steps(reserve.ErrOfferClosed, map[reserve.OfferState]map[oneStep]reserve.OfferState{
		reserve.OfferOpen: {accept: reserve.OfferOpen, shut: reserve.OfferClosed},
	}), func(_ reserve.OfferState, e oneStep) identity.Operation {
		if e == shut {
			return identity.OfferClose
		}
		return identity.OfferAccept
	})
	m.office, m.players, m.states, m.events = d.office, d.cast(d.f), reserve.OfferStates, []oneStep{accept, shut}
	m.state = func(o *office) reserve.OfferState { return storedRow(o, StandingOffers, 1).State }
	m.command = func(_ *office, _ reserve.OfferState, e oneStep) Command {
		if e == shut {
			return OfferClose{1}
		}
		return OfferAccept{1, d.f.licence.ID, d.i.Code, one, 1, reserve.Reduction, "d"}
	}
	m.because = []*fault.Error{reserve.ErrOfferClosed}
	m.drive(t)
}

// What is declared idle is ended, or swept while it is not; what the bureau
// sweeps nobody ends.
func TestIdle_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	done[IdleResult](d.office, d.f.user, IdleDeclare{d.f.licence.ID, d.i.Code, ledger.Paid, 4 * one, 20220101, "d"})
	type idleState string
	const swept idleState = "swept"
	const end, sweep oneStep = "end", "sweep"
	open, ended := idleState(reserve.IdleOpen), idleState(reserve.IdleEnded)
	m := byTable(steps(reserve.ErrIdleEnded, map[idleState]map[oneStep]idleState{open: {end: ended, sweep: swept}}),
		func(_ idleState, e oneStep) identity.Operation {
			if e == sweep {
				return identity.IdleSweep
			}
			return identity.IdleEnd
		})
	m.office, m.players, m.states, m.events = d.office, d.cast(d.f), []idleState{open, ended, swept}, []oneStep{end, sweep}
	m.state = func(o *office) idleState {
		if row := storedRow(o, IdleDeclarations, 1); row.BuyBack == 0 {
			return idleState(row.State)
		}
		return swept
	}
	m.command = func(_ *office, _ idleState, e oneStep) Command {
		if e == sweep {
			return IdleSweep{Declaration: 1, Document: "d"}
		}
		return IdleEnd{1, today, "d"}
	}
	m.because = []*fault.Error{reserve.ErrIdleEnded, reserve.ErrIdleSwept}
	m.drive(t)
}

// buyBackShape is what the table looks at of a buy-back.
type buyBackShape string

func shapeOf(b reserve.BuyBack) buyBackShape {
	return buyBackShape(fmt.Sprintf("%s %t %t", b.State, b.Reclaimed, b.ObjectionDueOn != 0))
}

// shaped is a buy-back of a shape.
func (s buyBackShape) shaped(kind reserve.BuyBackKind) reserve.BuyBack {
	words := strings.Fields(string(s))
	b := reserve.BuyBack{Kind: kind, State: reserve.BuyBackState(words[0]), Reclaimed: words[1] == "true"}
	if words[2] == "true" {
		b.ObjectionDueOn = today
	}
	return b
}

// after is the shape after a step that leads to a state.
func (s buyBackShape) after(kind reserve.BuyBackKind, e reserve.BuyBackEvent, to reserve.BuyBackState) buyBackShape {
	b := s.shaped(kind)
	b.State = to
	switch e { //nolint:exhaustive // the others change no more
	case reserve.ObjectBuyBack:
		b.ObjectionDueOn = today
	case reserve.UpholdBuyBack, reserve.DismissBuyBack:
		b.ObjectionDueOn = 0
	case reserve.ReclaimBuyBack:
		b.Reclaimed = true
	}
	if !to.IsOpen() {
		b.ObjectionDueOn = 0
	}
	return shapeOf(b)
}

// takersOf are the bodies that take a step of buy-backs.
func takersOf(e reserve.BuyBackEvent) (all []reserve.BuyBackRole) {
	for _, row := range reserve.BuyBackTransitions {
		if row.Event == e {
			all = append(all, row.By...)
		}
	}
	return all
}

// buyingBack is the machine of a buy-back of a kind.
func buyingBack(t *testing.T, kind reserve.BuyBackKind) {
	t.Helper()
	d := openBuyBackDesk(t)
	if kind == reserve.Application {
		done[BuyBackResult](d.office, d.f.user, BuyBackApply{d.f.licence.ID, d.i.Code, ledger.Paid, 6 * one, reserve.Abandoned, "d"})
	} else {
		done[BuyBackResult](d.office, d.clerk, BuyBackOpen{d.f.licence.ID, d.i.Code, ledger.Paid, 6 * one, reserve.Abandoned, "d"})
	}
	role := func(p player) reserve.BuyBackRole {
		switch {
		case p == registry:
			return reserve.AsSystem
		case p.isAway:
			return ""
		}
		return map[identity.Role]reserve.BuyBackRole{
			identity.Enterprise: reserve.AsHolder, identity.BureauClerk: reserve.AsClerk, identity.BureauLeader: reserve.AsLeader, identity.Finance: reserve.AsFinance,
		}[p.role]
	}
	m := machine[buyBackShape, reserve.BuyBackEvent]{
		office: d.office, players: d.cast(d.f), events: reserve.BuyBackEvents,
		next: func(at buyBackShape, e reserve.BuyBackEvent, p player) (buyBackShape, error) {
			move, err := at.shaped(kind).Next(e, role(p))
			return at.after(kind, e, move.To), err
		},
		takes: func(_ buyBackShape, e reserve.BuyBackEvent, p player) bool {
			return slices.Contains(takersOf(e), role(p))
		},
		command: func(o *office, _ buyBackShape, e reserve.BuyBackEvent) Command {
			switch e { //nolint:exhaustive // the others say no more
			case reserve.VerifyBuyBack:
				return d.verification(1, 6*one)
			case reserve.ReclaimBuyBack:
				return BuyBackReclaim{1, "d"}
			case reserve.ApproveBuyBack:
				return BuyBackApprove{1, d.budget, "d"}
			case reserve.PayBuyBack:
				return BuyBackPay{1, storedRow(o, BuyBacks, 1).Amount, "order", today}
			case reserve.BookBuyBack:
				return BuyBackBook{1, "d"}
			}
			return BuyBackStep{1, e, 0, "d", "n"}
		},
		ready: func(o *office, _ buyBackShape, e reserve.BuyBackEvent) {
			if kind == reserve.Compulsory && (e == reserve.ReclaimBuyBack || e == reserve.ImposeBuyBack) {
				o.now.set(calendar.Date(20260709).Start()) // the time to object is over
			}
		},
		passes: map[reserve.BuyBackEvent]func(*office, buyBackShape) bool{
			reserve.LapseBuyBack: func(o *office, _ buyBackShape) bool { o.now.set(calendar.Date(20310701).Start()); return true },
		},
		state:   func(o *office) buyBackShape { return shapeOf(storedRow(o, BuyBacks, 1)) },
		because: []*fault.Error{reserve.ErrBuyBackNotNow, reserve.ErrNotYourBuyBackStep},
		denied:  []*fault.Error{reserve.ErrNotYourBuyBackStep, reserve.ErrBuyBackNotNow},
	}
	seen := map[reserve.BuyBackState]bool{}
	for _, shape := range m.drive(t) {
		seen[shape.shaped(kind).State] = true
	}
	for _, s := range reserve.BuyBackStates {
		if isOfApplication := s == reserve.BuyBackDraft || s == reserve.BuyBackSubmitted || s == reserve.BuyBackWithdrawn; !seen[s] && (kind == reserve.Application || !isOfApplication) {
			t.Errorf("nothing leads to %s", s)
		}
	}
}

// A buy-back in each of its states, reclaimed or not, objected to or not, meets
// every step by everybody.
func TestBuyBack_EveryStateEventRole(t *testing.T) {
	t.Parallel()
	for _, kind := range reserve.BuyBackKinds {
		t.Run(string(kind), func(t *testing.T) { t.Parallel(); buyingBack(t, kind) })
	}
}
