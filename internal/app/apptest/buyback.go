package apptest

import (
	"testing"

	"permitx/internal/app"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// BuyBacks makes one of everything about buying back, out of a firm's permits,
// of which 5 t/a are verified as surplus: a buy-back that is in the reserve and
// one that is committed, both accepted a standing offer, a draft, a refund, and
// a sweep of idle permits. It returns the offer, of which 1 t/a is left.
func (w *World) BuyBacks(f Firm) reserve.StandingOffer {
	w.T.Helper()
	w.Must(w.Leader, app.Allocate{
		Kind: "initial", Licence: f.Licence.ID, Instrument: w.Instrument.Code, Part: "unallocated", Origin: ledger.Free, Quantity: ton,
		AcquiredOn: 20200101, Document: "allocation",
	})
	w.Must(w.Finance, app.BudgetApprove{Region: f.Licence.Region, FiscalYear: 2026, Source: "本级财政", Amount: 100_000_00, Document: "budget"})
	budgets := read[reserve.Budget](w.T, w.App.Reader(), "budget", app.Query{})
	offer := open[reserve.StandingOffer](w, w.Leader, "standing_offer", app.OfferOpen{
		Region: f.Licence.Region, Pollutant: VOCs, Price: 1000 * quantity.OnePrice, Quantity: 3 * ton, Budget: budgets[0].ID, Until: 20261231, Document: "offer",
	})
	booked := open[reserve.BuyBack](w, f.Person, "buy_back", w.Acceptance(f, offer, ton))
	w.Must(f.Person, w.Acceptance(f, offer, ton))
	w.Must(w.Leader, app.BuyBackApprove{BuyBack: booked.ID, Document: "approval"})
	w.Must(w.Leader, app.BuyBackStep{BuyBack: booked.ID, Event: reserve.ContractBuyBack, Document: "contract"})
	w.Must(w.Finance, app.BuyBackPay{BuyBack: booked.ID, Amount: booked.Amount, Proof: "order", PaidOn: 20260701})
	w.Must(w.Leader, app.BuyBackBook{BuyBack: booked.ID, Document: "licence change"})
	w.Must(w.Finance, app.RefundRequest{BuyBack: booked.ID, Amount: 100, Reason: "r", Document: "d"})
	w.Must(f.Person, app.BuyBackApply{
		Licence: f.Licence.ID, Instrument: w.Instrument.Code, Origin: ledger.Paid, Quantity: ton, Cause: reserve.Reduction, Document: "application",
	})
	idle := open[reserve.IdleDeclaration](w, f.Person, "idle_declaration", app.IdleDeclare{
		Licence: f.Licence.ID, Instrument: w.Instrument.Code, Origin: ledger.Free, Quantity: ton, Since: 20200101, Document: "idle",
	})
	w.Must(w.Leader, app.IdleSweep{Declaration: idle.ID, Document: "sweep"})
	return read[reserve.StandingOffer](w.T, w.App.Reader(), "standing_offer", app.Where("id", offer.ID))[0]
}

// open sends a command and returns the newest row of the table that it writes.
func open[R any](w *World, person int64, table string, c app.Command) R {
	w.T.Helper()
	w.Must(person, c)
	rows := read[R](w.T, w.App.Reader(), table, app.Query{})
	return rows[len(rows)-1]
}

// Acceptance sells permits of a firm at the price of a standing offer.
func (w *World) Acceptance(f Firm, o reserve.StandingOffer, q quantity.Quantity) app.OfferAccept {
	return app.OfferAccept{
		Offer: o.ID, Licence: f.Licence.ID, Instrument: w.Instrument.Code, Quantity: q, Verification: 1, Cause: reserve.Reduction, Document: "acceptance",
	}
}

// Of 100 acceptances of the last tonne of a standing offer at the same time,
// exactly one succeeds.
func lastOfAnOffer(t *testing.T, f *Faulty) {
	t.Helper()
	w := NewWorld(t, f, 1)
	w.Grant(w.Firms[0], 10*ton, 5*ton, 2000*quantity.OnePrice)
	offer := w.BuyBacks(w.Firms[0])
	if offer.Remaining != ton {
		t.Fatalf("%s are left", offer.Remaining)
	}
	got := w.together(t, 100, func(int) (app.Answer, error) { return w.Do(w.Firms[0].Person, w.Acceptance(w.Firms[0], offer, ton)) })
	if got[""] != 1 || got["standing_offer.used_up"] != 99 {
		t.Errorf("outcomes %v, want one success and 99 standing_offer.used_up", got)
	}
}
