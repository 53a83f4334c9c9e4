package app

import (
	"fmt"
	"slices"
	"testing"

	"permitx/internal/catalog"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
	"permitx/internal/settlement"
)

// What a licence permits stays with what it holds, whatever moves that: fills, an
// assignment with its retired share, a deal, a block trade, correcting transfers
// between licences of a party, a guarantee and a buy-back (I-124).
func TestLicenceAmount_FollowsTheHoldings(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	plant(s.store, Parameters, []rulebook.Parameter{{ID: 101, Key: rulebook.BasePrice, Region: jiashan, Pollutant: vocs, Value: "4000", ValidFrom: 20260101, Document: "price"}})
	s.restart()
	sister := s.buyer
	sister.licence = done[LicenceResult](s.office, s.clerk, LicenceRegister{
		Party: s.buyer.party, Number: uscc(jiashan, 2) + "002P", Kind: "licence", Site: "two", Region: jiashan, ValidFrom: 20260101, ValidTo: 20310630,
	}).Licence
	s.allocate(sister, one, 100*quantity.OnePrice, 20260105)
	s.record(s.seller, 40*one)
	s.record(s.buyer, 0)
	s.record(sister, one)
	keys := func(f firm) (paid, free ledger.Key) {
		return HoldingKey(f.licence, s.inst, ledger.Paid), HoldingKey(f.licence, s.inst, ledger.Free)
	}
	is := func(after string, seller, buyer, second quantity.Quantity) {
		t.Helper()
		for f, want := range map[*firm]quantity.Quantity{&s.seller: seller, &s.buyer: buyer, &sister: second} {
			paid, free := keys(*f)
			holds := quantity.Quantity(s.balance(paid).Balance + s.balance(free).Balance)
			if got := s.permits(*f); got != want || holds != want {
				t.Errorf("after %s licence %d permits %s and holds %s, want %s", after, f.licence.ID, got, holds, want)
			}
		}
	}
	p := s.project(s.buyer, 4*one, 1_500_000)
	s.trade(p, 3*one)
	s.advance(dayOne.Date().AddDays(1).Start())
	is("a fill", 37*one, 3*one, one)
	done[AssignResult](s.office, s.leader, s.assign(p, 3*one))
	is("an assignment", 37*one, 2*one, one)
	s.run(s.propose(forUnit(s.offer(s.seller, s.buyer, 5*one, 100)), s.buyer), s.seller, s.buyer, settlement.Settle)
	is("a deal", 32*one, 7*one, one)

	done[MarketResult](s.office, s.admin, MarketOpen{
		Code: "JS-BLOCK", Name: "大宗", Pollutant: vocs, Regions: []string{jiashan}, LotSize: 100, Tick: quantity.OnePrice, PriceBasis: catalog.PerYear, ValidFrom: 20260101,
	})
	s.does(s.leader, MarketTerms{Market: "JS-BLOCK", ValidFrom: s.app.Now().Date(), BlockLeast: one})
	b := done[BlockResult](s.office, s.seller.user, BlockPropose{
		Market: "JS-BLOCK", Instrument: s.inst.Code, Side: market.Sell, Licence: s.seller.licence.ID, CounterpartyParty: s.buyer.party,
		CounterpartyLicence: s.buyer.licence.ID, Quantity: 4 * one, Price: 100 * quantity.OnePrice,
	}).Block
	b = done[BlockResult](s.office, s.buyer.user, BlockStep{Block: b.ID, Event: market.BlockConfirm, ExistingUnit: true}).Block
	is("a block trade", 28*one, 11*one, one)

	first, _ := keys(s.buyer)
	second, _ := keys(sister)
	there := TransferPost{s.account(first), s.account(second), int64(3 * one), "transfer", ""}
	back := TransferPost{s.account(second), s.account(first), int64(one), "back", ""}
	s.does(s.leader, there)
	s.does(s.leader, back)
	s.does(s.leader, back)
	is("transfers", 28*one, 10*one, 2*one)

	e := s.earmarkOf(EarmarkMake{
		Region: jiashan, Pollutant: vocs, Project: s.project(s.buyer, one, 1_500_000), Name: "a plant", Document: "d", Priority: 1, Need: one, Ratio: 1_500_000, ExpiresOn: 20260930,
	})
	done[EarmarkAllocationResult](s.office, s.leader, EarmarkAllocate{e.ID, s.buyer.licence.ID, s.inst.Code, one, ledger.Free, 0, "d", 0})
	is("a guarantee", 28*one, 11*one, 2*one)
	d := &buyBackDesk{office: s.office, i: s.inst, f: s.seller}
	d.budget = d.newBudget(1_000_000_00)
	d.run(d.apply(2*one), reserve.BuyBackInReserve)
	is("a buy-back", 26*one, 11*one, 2*one)
	s.advance(dayOne.Date().AddDays(3).Start())
	s.restart()
	is("further nights", 26*one, 11*one, 2*one)
	s.check()
	s.amountsAreHeld(b.Trade)
}

// amountsAreHeld takes the changes of what licences permit away, kind by kind: the
// check finds each.
func (s *site) amountsAreHeld(trade int64) {
	s.t.Helper()
	for _, kind := range []permit.AmountKind{permit.AmountBlock, permit.AmountOffset, permit.AmountTransfer} {
		var rows []permit.AmountChange
		if err := s.store.Find(s.t.Context(), AmountChanges.name, Where("kind", string(kind)), &rows); err != nil || len(rows) == 0 {
			s.t.Fatal(rows, err)
		}
		if kind == permit.AmountBlock && (len(rows) != 2 || rows[0].Reference != trade || rows[0].Change != -rows[1].Change) {
			s.t.Errorf("%+v", rows)
		}
		put := func(row permit.AmountChange) {
			s.store.mu.Lock()
			s.store.table(AmountChanges.name).put(row.ID, row)
			s.store.mu.Unlock()
		}
		wrong := rows[0]
		wrong.Kind = permit.AmountSold
		put(wrong)
		found, err := Check(s.t.Context(), s.store, s.store.registry)
		if err != nil || !slices.ContainsFunc(found, func(v Violation) bool { return v.Invariant == "I-124" }) {
			s.t.Errorf("%s: found %v, %v", kind, found, err)
		}
		put(rows[0])
	}
}

// What a buy-back, a deal and a fill do to a licence is recorded also where no decision
// says what it permits; a decision knows all that was recorded before (I-124).
func TestLicenceAmount_Unrecorded(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	plant(s.store, Parameters, []rulebook.Parameter{{ID: 101, Key: rulebook.BasePrice, Region: jiashan, Pollutant: vocs, Value: "4000", ValidFrom: 20260101, Document: "price"}})
	s.restart()
	d := &buyBackDesk{office: s.office, i: s.inst, f: s.seller}
	d.budget = d.newBudget(1_000_000_00)
	back := d.run(d.apply(2*one), reserve.BuyBackInReserve)
	s.run(s.propose(forUnit(s.offer(s.seller, s.buyer, 5*one, 100)), s.buyer), s.seller, s.buyer, settlement.Settle)
	s.trade(s.project(s.buyer, 4*one, 1_500_000), 3*one)
	s.advance(dayOne.Date().AddDays(1).Start())
	changes := func(f firm) (got []string) {
		for _, a := range rowsIn(s.office, AmountChanges, Where("licence", f.licence.ID)) {
			got = append(got, fmt.Sprint(a.Kind, " ", a.Change, " ", a.Quantity, " ", a.Unrecorded))
		}
		return got
	}
	if got := changes(s.seller); !slices.Equal(got, []string{"buy_back -2 -2 true", "sale -5 -7 true", "fills -3 -10 true"}) {
		t.Errorf("the seller's licence: %q", got)
	}
	if got := changes(s.buyer); !slices.Equal(got, []string{"purchase 5 5 true", "fills 3 8 true"}) {
		t.Errorf("the buyer's licence: %q", got)
	}
	first := rowsIn(s.office, AmountChanges, Where("licence", s.seller.licence.ID))[0]
	if first.Document != back.LicenceDocument || first.Reference != back.ID || first.Party != s.seller.party || first.Region != jiashan {
		t.Errorf("%+v", first)
	}
	if (&View{state: s.app.st}).amountOf(s.seller.licence.ID, vocs).IsRecorded() {
		t.Error("it is known what the licence permits")
	}
	s.check()
	s.record(s.seller, 30*one)
	if got := changes(s.seller); got[3] != "decision 40 30 false" || s.permits(s.seller) != 30*one {
		t.Errorf("decided: %q", got)
	}
	s.restart()
	s.check()

	first.Kind = permit.AmountSold // what went back is no longer booked as that
	s.store.mu.Lock()
	s.store.table(AmountChanges.name).put(first.ID, first)
	s.store.mu.Unlock()
	found, err := Check(t.Context(), s.store, s.store.registry)
	if err != nil || !slices.ContainsFunc(found, func(v Violation) bool { return v.Invariant == "I-124" && v.ID == s.seller.licence.ID }) {
		t.Errorf("found %v, %v", found, err)
	}
}
