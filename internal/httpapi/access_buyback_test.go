package httpapi_test

import (
	"fmt"

	"permitx/internal/app"
	"permitx/internal/app/apptest"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// walkedBuyBacks are buy-backs of the first firm in the states that the walk
// needs, with budgets, offers, idle permits and refunds.
type walkedBuyBacks struct {
	draft, toVerify, toReclaim, toApprove, toPay, toBook, booked int64
	budget, toLapse, toCarry, offer, toClose                     int64
	toSweep, toEnd, toReceive, toDropRefund, verification        int64
}

// openBuyBacks makes them, out of permits of every origin.
func (w *walked) openBuyBacks() {
	w.t.Helper()
	b, f := &w.buyBacks, w.firms[0]
	leader, finance, user := w.personOf(w.leader), w.personOf(w.finance), w.personOf(f.key)
	w.must(leader, app.Allocate{
		Kind: reserve.Opening, Licence: f.licence, Instrument: instrumentCode, Part: reserve.Unallocated, Origin: ledger.UnknownOrigin,
		Quantity: 2 * quantity.OneQuantity, AcquiredOn: 20200101, Document: "taken over",
	})
	for _, year := range []struct {
		budget *int64
		year   int32
		source string
	}{{&b.budget, 2026, "s"}, {&b.toLapse, 2025, "s"}, {&b.toCarry, 2025, "t"}} {
		w.must(finance, app.BudgetApprove{Region: apptest.Jiashan, FiscalYear: year.year, Source: year.source, Amount: 1_000_000_00, Document: "d"})
		*year.budget = last(w.world, app.Budgets)
	}
	for _, id := range []*int64{&b.offer, &b.toClose} {
		w.must(leader, app.OfferOpen{
			Region: apptest.Jiashan, Pollutant: apptest.VOCs, Price: 1000 * quantity.OnePrice, Quantity: 20 * quantity.OneQuantity, Budget: b.budget,
			Until: 20261231, Document: "offer",
		})
		*id = last(w.world, app.StandingOffers)
	}
	b.verification = 1 // of the first firm's surplus
	apply := func(origin ledger.Origin) int64 {
		w.must(user, app.BuyBackApply{
			Licence: f.licence, Instrument: instrumentCode, Origin: origin, Quantity: 100, Cause: reserve.Reduction, Document: "d",
		})
		return last(w.world, app.BuyBacks)
	}
	b.draft, b.toVerify, b.toReclaim = apply(ledger.Paid), apply(ledger.Paid), apply(ledger.Free)
	for _, id := range []int64{b.toVerify, b.toReclaim} {
		w.must(user, app.BuyBackStep{BuyBack: id, Event: reserve.SubmitBuyBack})
		w.must(leader, app.BuyBackStep{BuyBack: id, Event: reserve.AcceptBuyBack})
	}
	w.must(leader, app.BuyBackVerify{
		BuyBack: b.toReclaim, Quantity: 100, Rung: reserve.EIAAmount, TaskDone: true, VerifiedOn: 20260701, Document: "d",
	})
	for n, id := range []*int64{&b.toApprove, &b.toPay, &b.toBook, &b.booked} {
		w.must(user, w.acceptance())
		*id = last(w.world, app.BuyBacks)
		steps := []func(){
			func() { w.must(leader, app.BuyBackApprove{BuyBack: *id, Document: "d"}) },
			func() { w.must(leader, app.BuyBackStep{BuyBack: *id, Event: reserve.ContractBuyBack, Document: "d"}) },
			func() {
				w.must(finance, app.BuyBackPay{BuyBack: *id, Amount: 5000 * quantity.OneMoney, Proof: w.next("order"), PaidOn: 20260701})
			},
			func() { w.must(leader, app.BuyBackBook{BuyBack: *id, Document: "d"}) },
		}
		for _, step := range steps[:[]int{0, 2, 3, 4}[n]] {
			step()
		}
	}
	for _, id := range []*int64{&b.toReceive, &b.toDropRefund} {
		w.must(finance, app.RefundRequest{BuyBack: b.booked, Amount: quantity.OneMoney, Reason: "r", Document: "d"})
		*id = last(w.world, app.Refunds)
	}
	for _, idle := range []struct {
		id     *int64
		origin ledger.Origin
	}{{&b.toSweep, ledger.Paid}, {&b.toEnd, ledger.Free}} {
		w.must(user, app.IdleDeclare{
			Licence: f.licence, Instrument: instrumentCode, Origin: idle.origin, Quantity: 100, Since: 20200101, Document: "d",
		})
		*idle.id = last(w.world, app.IdleDeclarations)
	}
}

// acceptance sells a tonne of the first firm at the price of the standing offer.
func (w *walked) acceptance() app.OfferAccept {
	return app.OfferAccept{
		Offer: w.buyBacks.offer, Licence: w.firms[0].licence, Instrument: instrumentCode, Quantity: quantity.OneQuantity,
		Verification: w.buyBacks.verification, Cause: reserve.Reduction, Document: "d",
	}
}

// buyBackStepOf is a step that somebody with a role may take, if not now.
var buyBackStepOf = map[identity.Role]string{
	identity.BureauClerk: `{"event":"accept"}`, identity.BureauLeader: `{"event":"price"}`, identity.Finance: `{"event":"payment_fail","note":"n"}`,
}

// buyBackRequest is request for what is about buying back; "" for anything else.
func (w *walked) buyBackRequest(id string, role identity.Role) (path, body string) {
	b, f := w.buyBacks, w.firms[0]
	of := func(what string, id int64, step string) string { return fmt.Sprintf("/v1/%s/%d/%s", what, id, step) }
	permits := func(origin, cause string) string {
		return fmt.Sprintf(`{"licence":%d,"instrument":%q,"origin":%q,"quantity":"0.0001","cause":%q,"document":"d"}`, f.licence, instrumentCode, origin, cause)
	}
	const document = `{"document":"d"}`
	switch id {
	case "applyBuyBack":
		return "/v1/buy-backs", permits("paid", "reduction")
	case "openBuyBack":
		return "/v1/compulsory-buy-backs", permits("unknown", "abandoned")
	case "stepBuyBack":
		if body, known := buyBackStepOf[role]; known {
			return of("buy-backs", b.draft, "steps"), body
		}
		return of("buy-backs", b.draft, "steps"), `{"event":"submit"}`
	case "verifyBuyBack":
		return of("buy-backs", b.toVerify, "verification"), `{"quantity":"0.0001","rung":"eia_amount","monitored":true,"task_done":true,"verified_on":"2026-07-01","document":"d"}`
	case "reclaimBuyBack":
		return of("buy-backs", b.toReclaim, "reclamation"), document
	case "approveBuyBack":
		return of("buy-backs", b.toApprove, "approval"), document
	case "payBuyBack":
		return of("buy-backs", b.toPay, "payment"), `{"amount":"5000","proof":"walk","paid_on":"2026-07-01"}`
	case "bookBuyBack":
		return of("buy-backs", b.toBook, "booking"), document
	case "requestTreasuryRefund":
		return "/v1/treasury-refunds", fmt.Sprintf(`{"buy_back":%d,"amount":"1","reason":"r","document":"d"}`, b.booked)
	case "receiveTreasuryRefund":
		return of("treasury-refunds", b.toReceive, "receipt"), `{"proof":"p","received_on":"2026-07-01"}`
	case "cancelTreasuryRefund":
		return of("treasury-refunds", b.toDropRefund, "cancel"), `{"document":"d"}`
	case "approveBudget":
		return "/v1/budgets", `{"region":"330421","fiscal_year":2026,"source":"s","amount":"1","document":"d"}`
	case "lapseBudget":
		return of("budgets", b.toLapse, "lapse"), document
	case "carryBudgetOver":
		return of("budgets", b.toCarry, "carry-over"), document
	case "openStandingOffer":
		return "/v1/standing-offers", fmt.Sprintf(`{"region":"330421","pollutant":"VOCs","price":"1","quantity":"1","budget":%d,"until":"2026-12-31","document":"d"}`, b.budget)
	case "closeStandingOffer":
		return of("standing-offers", b.toClose, "close"), ""
	case "acceptStandingOffer":
		return of("standing-offers", b.offer, "acceptances"), fmt.Sprintf(`{"licence":%d,"instrument":%q,"quantity":"0.1","verification":%d,"cause":"reduction","document":"d"}`,
			f.licence, instrumentCode, b.verification)
	case "declareIdle":
		return "/v1/idle-declarations", fmt.Sprintf(`{"licence":%d,"instrument":%q,"origin":"unknown","quantity":"1","since":"2020-01-01","document":"d"}`, f.licence, instrumentCode)
	case "endIdle":
		return of("idle-declarations", b.toEnd, "end"), `{"used_on":"2026-07-01","document":"d"}`
	case "sweepIdle":
		return of("idle-declarations", b.toSweep, "sweep"), document
	}
	return "", ""
}
