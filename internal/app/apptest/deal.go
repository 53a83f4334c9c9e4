package apptest

import (
	"testing"

	"permitx/internal/app"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/settlement"
)

// deal is a deal between two firms of the world.
type deal struct {
	*World
	id            int64
	seller, buyer Firm
	leaders       map[string]int64
}

func (w *World) dealers() (seller, buyer Firm, leaders map[string]int64) {
	seller, buyer = w.NewFirm(90, Qingpu), w.NewFirm(91, Jiashan)
	w.Grant(seller, 10*ton, 10*ton, 1000*quantity.OnePrice)
	w.Fund(buyer, 1_000_000_00)
	leaders = map[string]int64{}
	for _, region := range []string{Qingpu, Jiashan} {
		leaders[region] = w.Person("leader of "+region, app.GrantAdd{Role: identity.BureauLeader, Region: region})
	}
	w.Must(w.Upper, app.PairAdd{
		Pollutant: VOCs, SellerRegion: Qingpu, BuyerRegion: Jiashan, Coefficient: quantity.OneRatio,
		SellerBureau: true, BuyerBureau: true, Upper: true, Document: approval, ValidFrom: 20240601,
	})
	return seller, buyer, leaders
}

func (w *World) propose(seller, buyer Firm, leaders map[string]int64, q quantity.Quantity) deal {
	w.T.Helper()
	r := Result[app.DealResult](w, buyer.Person, app.DealPropose{
		Kind: settlement.CrossRegion, Proposer: settlement.BuyerSide, SellerParty: seller.Party, SellerLicence: seller.Licence.ID,
		BuyerParty: buyer.Party, BuyerLicence: buyer.Licence.ID, Instrument: w.Instrument.Code, Quantity: q, Price: 2397 * quantity.OnePrice,
		OffsetRatio: 2 * quantity.OneRatio, Payment: settlement.EscrowPayment, Project: w.Project(buyer, 100*ton, 2*quantity.OneRatio), CapEffect: settlement.CapReturnsAtTerm, CapDocument: approval,
	})
	return deal{w, r.Deal.ID, seller, buyer, leaders}
}

func (d deal) steps(until settlement.DealEvent) {
	d.T.Helper()
	for _, s := range []struct {
		person int64
		event  settlement.DealEvent
	}{
		{d.seller.Person, settlement.SellerSign},
		{d.buyer.Person, settlement.BuyerConfirm},
		{d.leaders[Qingpu], settlement.SellerRegionConfirm},
		{d.leaders[Jiashan], settlement.BuyerRegionConfirm},
		{d.Upper, settlement.UpperApprove},
		{d.buyer.Person, settlement.Fund},
		{d.Upper, settlement.Settle},
	} {
		d.step(s.person, s.event)
		if s.event == until {
			return
		}
	}
}

func (d deal) step(person int64, event settlement.DealEvent) {
	d.T.Helper()
	d.Must(person, app.DealStep{Deal: d.id, Event: event, Document: "document", Note: "note"})
}

// Deals across regions settle, are reversed and come to nothing, and the end
// of the term gives back what is left and the cap that was lent.
func dealsAndTermEnd(t *testing.T, f *Faulty) {
	t.Helper()
	w := NewWorld(t, f, 0)
	seller, buyer, leaders := w.dealers()
	undone := w.propose(seller, buyer, leaders, 3*ton)
	undone.steps(settlement.Settle)
	undone.step(leaders[Jiashan], settlement.ConsentReversal)
	undone.step(leaders[Qingpu], settlement.ConsentReversal)
	undone.step(w.Upper, settlement.Reverse)
	Check(t, f)
	rejected := w.propose(seller, buyer, leaders, 2*ton)
	rejected.steps(settlement.Fund)
	rejected.step(w.Upper, settlement.Reject)
	w.propose(seller, buyer, leaders, 2*ton).steps(settlement.Settle)
	w.propose(seller, buyer, leaders, ton).steps(settlement.SellerSign)
	w.Must(buyer.Person, w.buy(buyer, ton, 2000))
	Check(t, f)

	w.Clock.Set(w.Instrument.TermEnd.AddDays(1).Start())
	w.untilDone(t, "the end of the term", func() bool {
		return len(read[app.TermEnd](t, f, "term_end", app.Where("state", string(app.TermEndDone)))) == 1
	})
	w.Clock.Set(w.Instrument.TermEnd.AddDays(2).Start())
	w.untilDone(t, "the return of the cap", func() bool {
		return len(read[settlement.Deal](t, f, "deal", app.Query{}.And("cap_return", app.Gt, 0))) == 1
	})
	for state, want := range map[settlement.DealState]int{
		settlement.DealReversed: 1, settlement.DealRejected: 1, settlement.DealSettledAccounts: 1, settlement.DealLapsed: 1,
	} {
		if got := len(read[settlement.Deal](t, f, "deal", app.Where("state", string(state)))); got != want {
			t.Errorf("%d deals are %s, want %d", got, state, want)
		}
	}
	if open := read[market.Record](t, f, "market_order", app.Where("state", int64(market.Open))); len(open) != 0 {
		t.Errorf("%d orders are open", len(open))
	}
	for _, a := range read[ledger.Account](t, f, "account", app.Where("kind", int64(ledger.Holding))) {
		if b := read[ledger.Balance](t, f, "balance", app.Where("id", int64(a.ID))); len(b) != 1 || b[0].Balance != 0 {
			t.Errorf("%s: %+v", a.Key(), b)
		}
	}
}

// untilDone sends commands, each of which lets timers go first, until
// something has happened.
func (w *World) untilDone(t *testing.T, what string, done func() bool) {
	t.Helper()
	waitFor(t, what, func() bool {
		w.Must(w.Leader, app.CapDecide{Region: Nanhu, Pollutant: VOCs, Change: ton, Document: "d", DecidedOn: 20260701})
		return done()
	})
}
