package app

import (
	"slices"
	"testing"

	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/settlement"
)

func (s *site) discharge(f firm, quarter int32, q quantity.Quantity, supersedes int64) DischargeRecord {
	return DischargeRecord{
		Licence: f.licence.ID, Pollutant: "VOCs", Year: 2025, Quarter: quarter, Source: permit.AutomaticMonitor, Quantity: q,
		Supersedes: supersedes, Document: "monitor",
	}
}

// permits is what a licence permits, 0 where nothing is recorded.
func (s *site) permits(f firm) quantity.Quantity {
	a := (&View{state: s.app.st}).amountOf(f.licence.ID, "VOCs")
	return a.Quantity
}

func (s *site) record(f firm, q quantity.Quantity) {
	s.t.Helper()
	done[AmountResult](s.office, s.leader, AmountRecord{
		Licence: f.licence.ID, Pollutant: "VOCs", Quantity: q, Rung: reserve.LicenceAmount, Document: "licence",
	})
}

// A quarter has one record; a correction is a further row that names it, and
// nothing is recorded of a quarter that is not over.
func TestDischarge_RecordAndCorrect(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	first := done[permit.Discharge](s.office, s.clerk, s.discharge(s.seller, 1, 1_234_550, 0))
	if first.Quantity != 1_234_600 || first.Reading != 1_234_550 {
		t.Errorf("%+v", first)
	}
	s.refuses(s.clerk, s.discharge(s.seller, 1, one, 0), ErrDischargeKnown)
	second := done[permit.Discharge](s.office, s.clerk, s.discharge(s.seller, 1, one, first.ID))
	s.refuses(s.clerk, s.discharge(s.seller, 1, one, first.ID), ErrDischargeKnown)
	done[permit.Discharge](s.office, s.clerk, s.discharge(s.seller, 1, 2*one, second.ID))
	s.refuses(s.clerk, s.discharge(s.seller, 2, one, second.ID), ErrNoRecord)
	s.refuses(s.seller.user, s.discharge(s.seller, 2, one, 0), identity.ErrForbidden)
	s.refuses(s.leaders[qingpu], s.discharge(s.seller, 2, one, 0), identity.ErrNotYours)
	running := s.discharge(s.seller, 3, one, 0)
	running.Year = 2026
	s.refuses(s.clerk, running, ErrQuarterNotOver)
	running.Quarter = 5
	s.refuses(s.clerk, running, fault.Invalidf("quarter", ""))
}

// A verification that names a year is held to permitted − actual − task of it,
// and says what these were.
func TestSurplusVerify_RestsOnAYear(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	f := s.firm(jiashan, 7)
	s.allocate(f, 20*one, 100*quantity.OnePrice, 20260105)
	verify := SurplusVerify{
		Licence: f.licence.ID, Pollutant: "VOCs", Quantity: 5*one + 1, Rung: reserve.LicenceAmount, Monitored: true, TaskDone: true,
		VerifiedOn: today, Document: "d", Year: 2025,
	}
	for _, c := range []struct {
		year   int32
		noYear string
		want   *fault.Error
	}{{0, "", ErrYearMissing}, {2025, "r", ErrYearNamed}, {2025, "", ErrRightUnknown}} {
		wrong := verify
		wrong.Year, wrong.NoYear = c.year, c.noYear
		s.refuses(s.leader, wrong, c.want)
	}
	s.record(f, 10*one)
	done[permit.Task](s.office, s.leader, TaskSet{Licence: f.licence.ID, Pollutant: "VOCs", Year: 2025, Quantity: 3 * one, Document: "d"})
	done[permit.Task](s.office, s.leader, TaskSet{Licence: f.licence.ID, Pollutant: "VOCs", Year: 2025, Quantity: one, Document: "lowered"})
	for quarter := range int32(4) {
		s.refuses(s.leader, verify, ErrDischargeMissing)
		done[permit.Discharge](s.office, s.clerk, s.discharge(f, quarter+1, one, 0))
	}
	s.refuses(s.leader, verify, ErrBeyondEstimate)
	verify.Quantity = 5 * one
	v := done[SurplusResult](s.office, s.leader, verify).Verification
	if v.Permitted != 10*one || v.Actual != 4*one || v.Task != one || v.Year != 2025 {
		t.Errorf("%+v", v)
	}
	verify.Quantity = 1 // what is verified and not yet sold is of the same year
	s.refuses(s.leader, verify, ErrBeyondEstimate)
	verify.Year = 2024
	s.refuses(s.leader, verify, ErrYearStale)
	verify.Year, verify.NoYear = 0, "none"
	s.refuses(s.leader, verify, ErrYearApplies)
}

// What is verified for the government alone is of the year's surplus, too: verified
// again it comes to no more than the year leaves, and neither does what is offered
// of it beside a buy-back that found the same surplus by itself.
func TestSurplusVerify_ToBuyIsSummed(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	s := &site{dealDesk: &dealDesk{office: d.office, inst: d.i}}
	s.record(d.f, 10*one)
	for quarter := range int32(4) {
		done[permit.Discharge](d.office, d.clerk, s.discharge(d.f, quarter+1, one, 0)) // leaves 10 − 4 = 6
	}
	verify := SurplusVerify{
		Licence: d.f.licence.ID, Pollutant: "VOCs", Quantity: 4 * one, Rung: reserve.LicenceAmount, TaskDone: true, VerifiedOn: today, Document: "d", Year: 2025,
	}
	first := done[SurplusResult](d.office, d.leader, verify).Verification
	verify.Quantity = 2*one + 1
	d.refuses(d.leader, verify, ErrBeyondEstimate)
	verify.Monitored = true // nor is it sold
	d.refuses(d.leader, verify, ErrBeyondEstimate)
	verify.Quantity, verify.Monitored = 2*one, false
	done[SurplusResult](d.office, d.leader, verify)

	offer := done[reserve.StandingOffer](d.office, d.leader, OfferOpen{jiashan, vocs, yuan(3000), 6 * one, d.budget, 20260930, "d"})
	accept := OfferAccept{offer.ID, d.f.licence.ID, d.i.Code, 4 * one, first.ID, reserve.Reduction, "d"}
	d.run(d.apply(3*one), reserve.BuyBackVerified) // by a finding of its own
	d.refuses(d.f.user, accept, ErrBeyondEstimate)
	accept.Quantity = 3 * one
	done[BuyBackResult](d.office, d.f.user, accept)
	d.check()

	first.Actual += 3 * one // I-105
	d.store.mu.Lock()
	d.store.table(SurplusVerifications.name).put(first.ID, first)
	d.store.mu.Unlock()
	found, err := Check(t.Context(), d.store, d.store.registry)
	if err != nil || !slices.ContainsFunc(found, func(v Violation) bool { return v.Invariant == "I-105" }) {
		t.Errorf("found %v, %v", found, err)
	}
}

// Surplus of a right that is the assessment's amount is found once: what was sold of
// it, and what went back as a reduction, is no longer there.
func TestSurplusVerify_SoldOfAssessment(t *testing.T) {
	t.Parallel()
	d := openBuyBackDesk(t)
	s := &site{dealDesk: &dealDesk{office: d.office, inst: d.i}}
	s.project(d.f, 10*one, quantity.OneRatio)
	for quarter := range int32(4) {
		done[permit.Discharge](d.office, d.clerk, s.discharge(d.f, quarter+1, one, 0)) // leaves 10 − 4 = 6
	}
	if b := d.run(d.apply(3*one), reserve.BuyBackInReserve); b.Uncovered != 3*one { // leaves 3
		t.Errorf("%+v", b)
	}
	verify := SurplusVerify{
		Licence: d.f.licence.ID, Pollutant: "VOCs", Quantity: 3*one + 1, Rung: reserve.EIAAmount, Monitored: true, TaskDone: true, VerifiedOn: today, Document: "d", Year: 2025,
	}
	d.refuses(d.leader, verify, ErrBeyondEstimate)
	verify.Quantity = 2 * one
	done[SurplusResult](d.office, d.leader, verify)
	second := d.run(d.apply(2*one), reserve.BuyBackContracted)
	done[BuyBackResult](d.office, d.finance, BuyBackPay{second.ID, second.Amount, "second order", today})
	if b := d.run(second.ID, reserve.BuyBackInReserve); b.Uncovered != 0 { // of what was verified for sale: leaves 1
		t.Errorf("%+v", b)
	}
	verify.Quantity = one + 1
	d.refuses(d.leader, verify, ErrBeyondEstimate)
	verify.Quantity = one
	done[SurplusResult](d.office, d.leader, verify)
	d.restart()
	d.check()
}

// A year that is recorded in full takes back what was verified beyond it and is
// not sold: sells leave the books, what a deal holds stays with it.
func TestSurplus_IsHeldToTheLastFullYear(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	f := s.firm(jiashan, 7)
	s.allocate(f, 20*one, 100*quantity.OnePrice, 20260105)
	s.verify(f, 18*one)
	s.record(f, 20*one)
	signed := s.run(s.propose(s.offer(f, s.buyer, 6*one, 100), s.buyer), f, s.buyer, settlement.SellerSign)
	sell := done[OrderResult](s.office, f.user, s.order(f, market.Sell, 4*one, 0)).Order
	surplus := func() market.Surplus { return (&View{state: s.app.st}).Surplus(f.licence.ID, "VOCs") }
	for quarter := range int32(3) {
		done[permit.Discharge](s.office, s.clerk, s.discharge(f, quarter+1, one, 0))
	}
	s.settle()
	if got := surplus(); got.Verified != 18*one || got.Held != 10*one {
		t.Fatalf("a year that is not full: %+v", got)
	}
	last := done[permit.Discharge](s.office, s.clerk, s.discharge(f, 4, 5*one, 0)) // leaves 20 − 8 = 12
	s.settle()
	if got := surplus(); got.Verified != 12*one || got.Held != 10*one {
		t.Errorf("within what is free: %+v", got)
	}
	done[permit.Discharge](s.office, s.clerk, s.discharge(f, 4, 16*one, last.ID)) // leaves 1, 6 are held by the deal
	s.settle()
	if got := surplus(); got.Verified != 6*one || got.Held != 6*one || s.app.st.orders[sell.ID] != nil {
		t.Errorf("beyond what is free: %+v", got)
	}
	s.dealDesk.step(signed, f.user, settlement.Withdraw)
	done[permit.Task](s.office, s.leader, TaskSet{Licence: f.licence.ID, Pollutant: "VOCs", Year: 2025, Quantity: 0, Document: "d"})
	s.settle()
	if got := surplus(); got.Verified != one || got.Held != 0 {
		t.Errorf("after the deal: %+v", got)
	}
	s.restart()
	s.check()
}

// Where a licence's amount is not recorded, its projects' assessments are the
// next rung.
func TestRightOf_Rungs(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	p := s.project(s.buyer, 3*one, quantity.OneRatio)
	v := &View{state: s.app.st}
	gone := quantity.Quantity(0)
	right := func() (quantity.Quantity, reserve.Rung) {
		right, rung := v.rightOf(s.buyer.licence.ID, "VOCs", gone)
		if walked, by := RightOf(All(v, LicenceAmounts), All(v, Projects), All(v, ProjectNeeds), s.buyer.licence.ID, "VOCs", gone); walked != right || by != rung {
			t.Errorf("%d by %s, walked %d by %s", right, rung, walked, by)
		}
		return right, rung
	}
	if q, rung := right(); q != 3*one || rung != reserve.EIAAmount {
		t.Errorf("%s, %s", q, rung)
	}
	gone = one
	if q, rung := right(); q != 2*one || rung != reserve.EIAAmount {
		t.Errorf("%s, %s", q, rung)
	}
	s.record(s.buyer, 2*one) // which sales have lowered by themselves
	if q, rung := right(); q != 2*one || rung != reserve.LicenceAmount {
		t.Errorf("%s, %s", q, rung)
	}
	done[ProjectResult](s.office, s.leader, s.step(p, permit.Cancel, 0))
}

// A sold surplus lowers the seller's licence on the document of the deal and
// raises the buyer's; a reversal takes it back. The trades of a day are booked
// in the night, those before the licence's record never.
func TestLicenceAmount_FollowsWhatIsSold(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	p := s.project(s.buyer, 30*one, quantity.OneRatio)
	s.trade(p, 2*one) // before the licences' amounts are recorded
	s.record(s.seller, 40*one)
	s.record(s.buyer, 2*one)
	s.trade(p, 3*one)
	s.trade(p, one)
	d := s.run(s.propose(forUnit(s.offer(s.seller, s.buyer, 5*one, 100)), s.buyer), s.seller, s.buyer, settlement.Settle)
	if s.permits(s.seller) != 35*one || s.permits(s.buyer) != 7*one {
		t.Errorf("after the deal %s and %s", s.permits(s.seller), s.permits(s.buyer))
	}
	s.sale(p, 2*one, reserve.NoticeDelivered)
	s.advance(dayOne.Date().AddDays(1).Start())
	if s.permits(s.seller) != 31*one || s.permits(s.buyer) != 13*one {
		t.Errorf("the next day %s and %s", s.permits(s.seller), s.permits(s.buyer))
	}
	var changes []permit.AmountChange
	q := Where("licence", s.seller.licence.ID)
	if err := s.store.Find(t.Context(), AmountChanges.name, q, &changes); err != nil {
		t.Fatal(err)
	}
	if len(changes) != 3 || changes[1].Kind != permit.AmountSold || changes[1].Document != d.Document || changes[2].Kind != permit.AmountFills || changes[2].Change != -4*one {
		t.Errorf("%+v", changes)
	}
	for _, who := range []int64{s.seller.user, s.buyer.user} {
		d = s.dealDesk.step(d, who, settlement.ConsentReversal)
	}
	s.dealDesk.step(d, s.leaders[jiashan], settlement.Reverse)
	if s.permits(s.seller) != 36*one || s.permits(s.buyer) != 8*one {
		t.Errorf("after the reversal %s and %s", s.permits(s.seller), s.permits(s.buyer))
	}
	s.advance(dayOne.Date().AddDays(3).Start())
	s.restart()
	if s.permits(s.seller) != 36*one || s.balance(HoldingKey(s.buyer.licence, s.inst, ledger.Paid)).Balance != int64(8*one) {
		t.Error("a later night or a restart has booked something again")
	}
}
