package app

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"permitx/internal/approval"
	"permitx/internal/catalog"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
	"permitx/internal/settlement"
)

// site is a deal desk with a market that asks for a project, a seller with
// surplus, and a buyer with money.
type site struct {
	*dealDesk
	seller, buyer firm
	proofs        int
}

const siteMarket = "JS-VOCS"

func openSite(t *testing.T) *site {
	t.Helper()
	s := &site{dealDesk: openDealDesk(t)}
	s.seller, s.buyer = s.dealDesk.seller(jiashan, 1, 40*one), s.dealDesk.buyer(jiashan, 2, 10_000_000_00)
	done[MarketResult](s.office, s.admin, MarketOpen{
		Code: siteMarket, Name: "嘉善", Pollutant: "VOCs", Regions: []string{jiashan}, LotSize: 100, Tick: quantity.OnePrice,
		PriceBasis: catalog.PerYear, ValidFrom: 20260101, ProjectRequired: true,
	})
	done[reserve.Movement](s.office, s.leader, ReserveMove{Region: jiashan, Pollutant: "VOCs", Direction: reserve.ToReserve, Quantity: 20 * one, Document: "d"})
	return s
}

// forUnit is a deal that its buyer proposes for his existing unit.
func (s *site) forUnit(c DealPropose) DealPropose {
	c.ExistingUnit = true
	return c
}

func (s *site) need(project int64) permit.Need {
	n, _ := (&View{state: s.app.st}).needOf(project, "VOCs")
	return n
}

func (s *site) order(f firm, side market.Side, q quantity.Quantity, project int64) PlaceOrder {
	return PlaceOrder{
		Market: siteMarket, Instrument: s.inst.Code, Licence: f.licence.ID, Side: side, Price: 100 * quantity.OnePrice, Quantity: q,
		TimeInForce: market.GTC, Project: project,
	}
}

// trade fills a buy for a project on the market.
func (s *site) trade(project int64, q quantity.Quantity) {
	s.t.Helper()
	done[OrderResult](s.office, s.seller.user, s.order(s.seller, market.Sell, q, 0))
	done[OrderResult](s.office, s.buyer.user, s.order(s.buyer, market.Buy, q, project))
}

// sale sells out of the reserve for a project, up to the delivery.
func (s *site) sale(project int64, q quantity.Quantity, until NoticeState) reserve.PaymentNotice {
	s.t.Helper()
	n := done[NoticeResult](s.office, s.clerk, NoticeIssue{
		Licence: s.buyer.licence.ID, Instrument: s.inst.Code, Quantity: q, Price: 100 * quantity.OnePrice, DueOn: 20260801, Project: project, ExistingUnit: project == 0,
	}).Notice
	if until == reserve.NoticeIssued {
		return n
	}
	s.proofs++
	done[NoticeResult](s.office, s.finance, NoticeProve{n.ID, n.Amount, fmt.Sprint("proof ", s.proofs), 20260701})
	done[NoticeResult](s.office, s.finance, NoticeConfirm{n.ID, "seen"})
	return done[NoticeResult](s.office, s.leader, NoticeDeliver{n.ID}).Notice
}

// A step or an assignment that a clerk proposes is done by a leader's approval,
// of another person.
func TestProject_FourEyes(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	p := s.project(s.buyer, 3*one, quantity.OneRatio)
	s.trade(p, 2*one)
	proposed := s.office.propose(s.clerk, s.assign(p, one))
	s.is(p, 0, 2*one, 0, 0)
	s.refuses(s.clerk, ProposalApprove{proposed.ID, proposed.EffectsDigest}, identity.ErrForbidden)
	done[AssignResult](s.office, s.clerk, s.assign(p, one))
	s.is(p, 0, 2*one, one, 0)
	proposed = s.office.propose(s.leader, s.step(p, permit.Cancel, 0))
	s.refuses(s.leader, ProposalApprove{proposed.ID, proposed.EffectsDigest}, approval.ErrOwnProposal)
}

// NoticeState shortens the tests.
type NoticeState = reserve.NoticeState

func (s *site) assign(project int64, q quantity.Quantity) ProjectAssign {
	return ProjectAssign{Project: project, Instrument: s.inst.Code, Quantity: q, Document: "assignment"}
}

func (s *site) step(project int64, e permit.ProjectEvent, need quantity.Quantity) ProjectStep {
	c := ProjectStep{Project: project, Event: e, Document: "d"}
	if need > 0 {
		c.Needs = []ProjectNeed{{Pollutant: "VOCs", Need: need}}
	}
	return c
}

func (s *site) is(project int64, open, bought, assigned, retired quantity.Quantity) {
	s.t.Helper()
	n := s.need(project)
	if n.Open != open || n.Bought != bought || n.Assigned != assigned || n.Retired != retired {
		s.t.Fatalf("the project has %+v, want %s open, %s bought, %s assigned, %s retired", n, open, bought, assigned, retired)
	}
}

// Fact 8: 1.5 is bought for a need of 1; 1 stays in the holding, 0.5 is retired
// by one transfer.
func TestProject_AssignRetiresTheShare(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	p := s.project(s.buyer, one, 1_500_000)
	s.trade(p, 15*one/10)
	s.is(p, 0, 15*one/10, 0, 0)
	r := done[AssignResult](s.office, s.leader, s.assign(p, 15*one/10))
	holding := s.balance(HoldingKey(s.buyer.licence, s.inst, ledger.Paid)).Balance
	retired := s.balance(ledger.PermitKey(ledger.Retired, jiashan, "VOCs")).Balance
	if holding != int64(one) || retired != int64(one/2) || r.Entry.Retired != one/2 || !r.Need.IsCovered() || r.Entry.Transfer == 0 {
		t.Errorf("holding %d, retired %d, %+v", holding, retired, r)
	}
	s.is(p, 0, 15*one/10, 15*one/10, one/2)
	s.refuses(s.leader, s.assign(p, 1), ErrNotBought)
	done[ProjectResult](s.office, s.leader, s.step(p, permit.Complete, 0))
	s.refuses(s.buyer.user, s.order(s.buyer, market.Buy, 100, p), ErrProjectNotApproved)
	s.restart()
	s.is(p, 0, 15*one/10, 15*one/10, one/2)
}

// No more is bid for than a project needs, whatever the way: orders, deals and
// payment notices count together, and what comes to nothing counts no longer.
func TestProject_CapsEveryBuy(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	p := s.project(s.buyer, 4*one, quantity.OneRatio)
	resting := done[OrderResult](s.office, s.buyer.user, s.order(s.buyer, market.Buy, one, p)).Order.ID
	s.is(p, one, 0, 0, 0)
	deal := s.offer(s.seller, s.buyer, one, 100)
	deal.Project = p
	d := s.propose(deal, s.buyer)
	s.is(p, one, 0, 0, 0) // a proposal is nobody's word yet
	d = s.dealDesk.step(d, s.seller.user, settlement.SellerSign)
	d = s.dealDesk.step(d, s.buyer.user, settlement.BuyerConfirm)
	s.is(p, 2*one, 0, 0, 0)
	n := s.sale(p, one, reserve.NoticeIssued)
	s.is(p, 3*one, 0, 0, 0)
	s.refuses(s.buyer.user, s.order(s.buyer, market.Buy, one+100, p), ErrBeyondNeed)
	deal.Quantity = one + 100
	s.refuses(s.buyer.user, deal, ErrBeyondNeed)
	s.refuses(s.clerk, NoticeIssue{
		Licence: s.buyer.licence.ID, Instrument: s.inst.Code, Quantity: one + 100, Price: quantity.OnePrice, DueOn: 20260801, Project: p,
	}, ErrBeyondNeed)
	done[OrderResult](s.office, s.buyer.user, CancelOrder{resting})
	s.dealDesk.step(d, s.leaders[jiashan], settlement.Reject)
	done[NoticeResult](s.office, s.leader, NoticeCancel{n.ID, "r"})
	s.is(p, 0, 0, 0, 0)
	s.sale(p, one, reserve.NoticeDelivered)
	s.is(p, 0, one, 0, 0)
}

// What rests on a project that is cancelled ends with it — orders, deals and
// payment notices that nobody has paid — and a buy-back is opened for what was
// bought. What is paid must be delivered or ended before.
func TestProject_CancelledEndsWhatRested(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	p := s.project(s.buyer, 5*one, quantity.OneRatio)
	s.trade(p, one)
	resting := done[OrderResult](s.office, s.buyer.user, s.order(s.buyer, market.Buy, one, p)).Order.ID
	deal := s.offer(s.seller, s.buyer, one, 100)
	deal.Project = p
	d := s.run(s.propose(deal, s.buyer), s.seller, s.buyer, settlement.Fund)
	unpaid, paid := s.sale(p, one, reserve.NoticeIssued), s.sale(p, one, reserve.NoticeIssued)
	done[NoticeResult](s.office, s.finance, NoticeProve{paid.ID, paid.Amount, "proof", 20260701})
	s.is(p, 4*one, one, 0, 0)
	s.refuses(s.leader, s.step(p, permit.Cancel, 0), ErrProjectDeals)
	done[NoticeResult](s.office, s.leader, NoticeCancel{paid.ID, "r"})
	funds := s.balance(ledger.FundsKey(s.buyer.party)).Balance

	r := done[ProjectResult](s.office, s.leader, s.step(p, permit.Cancel, 0))
	if !slices.Equal(r.Cancelled, []int64{resting}) || !slices.Equal(r.Lapsed, []int64{d.ID}) || !slices.Equal(r.Notices, []int64{unpaid.ID}) || len(r.BuyBacks) != 1 {
		t.Fatalf("%+v", r)
	}
	s.is(p, 0, 0, 0, 0)
	if d := storedRow(s.office, Deals, d.ID); d.State != settlement.DealLapsed || s.balance(ledger.FundsKey(s.buyer.party)).Balance != funds+int64(d.Amount) {
		t.Errorf("%+v", d)
	}
	if n := storedRow(s.office, Notices, unpaid.ID); n.State != reserve.NoticeCancelled {
		t.Errorf("%+v", n)
	}
	b := storedRow(s.office, BuyBacks, r.BuyBacks[0])
	if b.Kind != reserve.Compulsory || b.Cause != reserve.ProjectCancelled || b.State != reserve.BuyBackAccepted || b.Quantity != one || b.Origin != ledger.Paid {
		t.Errorf("%+v", b)
	}
	if h := s.balance(HoldingKey(s.buyer.licence, s.inst, ledger.Paid)); h.Balance != int64(one) || h.Available() != 0 {
		t.Errorf("%+v", h)
	}
}

// A seller who names the buyer's project learns nothing of what it needs: the
// cap is held against the deal when the buyer confirms.
func TestProject_OfSellersProposal(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	p := s.project(s.buyer, one, quantity.OneRatio)
	deal := s.offer(s.seller, s.buyer, 2*one, 100)
	deal.Project, deal.Proposer = p, settlement.SellerSide
	d := s.propose(deal, s.seller)
	d = s.dealDesk.step(d, s.seller.user, settlement.SellerSign)
	s.refuses(s.buyer.user, DealStep{Deal: d.ID, Event: settlement.BuyerConfirm}, ErrBeyondNeed)
}

// What a seller proposes for a buyer's project comes to what the project makes of it
// when the buyer confirms, who alone is told what is wrong with it.
func TestProject_OfSellersProposalConfirmed(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	far := s.dealDesk.seller(qingpu, 5, 10*one)
	s.pair(qingpu, jiashan, nil)
	foreign := s.project(s.seller, one, quantity.OneRatio)
	deal := s.offer(far, s.buyer, 4*one, 100)
	deal.Project, deal.Proposer = s.projectOf(s.buyer, 2_000_000), settlement.SellerSide
	d := s.dealDesk.step(s.propose(deal, far), far.user, settlement.SellerSign)
	if d.OffsetRatio != quantity.OneRatio || d.Retired != 0 {
		t.Errorf("the seller is told the ratio of the project: %+v", d)
	}
	s.check()
	got := s.dealDesk.step(d, s.buyer.user, settlement.BuyerConfirm)
	if got.OffsetRatio != 2_000_000 || got.ProjectName != "coating line" || got.Delivered != 2*one || got.Retired != 2*one || got.Amount != d.Amount || got.Quantity != d.Quantity {
		t.Errorf("%+v", got)
	}
	s.check()
	for _, c := range []struct {
		project int64
		ratio   quantity.Ratio
		want    *fault.Error
	}{{foreign, 0, ErrNoRecord}, {999, 0, ErrNoRecord}, {deal.Project, 1_500_000, ErrOffset}} {
		deal.Project, deal.OffsetRatio = c.project, c.ratio
		d := s.dealDesk.step(s.propose(deal, far), far.user, settlement.SellerSign)
		s.refusesStep(d, s.buyer.user, settlement.BuyerConfirm, c.want)
		s.dealDesk.step(d, s.buyer.user, settlement.Withdraw)
	}
	s.dealDesk.step(got, s.buyer.user, settlement.Withdraw)
	s.is(deal.Project, 0, 0, 0, 0)
	s.restart()
	s.check()
}

// A buyer names his project when he confirms what the seller has proposed without one:
// the deal is as if it had been proposed with it, and its need is kept once.
func TestProject_NamedAtConfirmation(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	p, other := s.project(s.buyer, 3*one, 2*quantity.OneRatio), s.project(s.buyer, one, quantity.OneRatio)
	foreign := s.project(s.seller, one, quantity.OneRatio)
	deal := s.offer(s.seller, s.buyer, 4*one, 100)
	deal.Project, deal.Proposer = 0, settlement.SellerSide
	d := s.dealDesk.step(s.propose(deal, s.seller), s.seller.user, settlement.SellerSign)
	confirm := func(project int64, existingUnit bool) DealStep {
		return DealStep{Deal: d.ID, Event: settlement.BuyerConfirm, Project: project, ExistingUnit: existingUnit}
	}
	for _, c := range []struct {
		step DealStep
		want *fault.Error
	}{
		{confirm(0, false), ErrForWhichUnit},
		{confirm(p, true), ErrProjectOrUnit},
		{confirm(foreign, false), ErrNoRecord},
		{confirm(other, false), ErrBeyondNeed},
		{DealStep{Deal: d.ID, Event: settlement.Withdraw, Project: p}, ErrProjectOfSale},
	} {
		s.refuses(s.buyer.user, c.step, c.want)
	}
	got := done[DealResult](s.office, s.buyer.user, confirm(p, false)).Deal
	if got.Project != p || got.OffsetRatio != 2*quantity.OneRatio || got.Delivered != 2*one || got.Retired != 2*one || got.Amount != d.Amount || got.Quantity != d.Quantity {
		t.Errorf("%+v", got)
	}
	if n := needIn(s, p); n.Open != 4*one || n.Room() != 2*one {
		t.Errorf("kept: %+v", n)
	}
	s.restart()
	s.check()
	s.dealDesk.step(got, s.buyer.user, settlement.Withdraw)
	if n := needIn(s, p); n.Open != 0 {
		t.Errorf("given up: %+v", n)
	}
	deal.Project = p
	d = s.dealDesk.step(s.propose(deal, s.seller), s.seller.user, settlement.SellerSign)
	s.refuses(s.buyer.user, confirm(other, false), ErrDealUseSaid)
	s.refuses(s.buyer.user, confirm(0, true), ErrProjectOrUnit)
	done[DealResult](s.office, s.buyer.user, confirm(p, false))
	s.restart()
	s.check()
}

// needIn is what a project needs of the first pollutant.
func needIn(s *site, project int64) permit.Need {
	n, _ := (&View{state: s.app.st}).needOf(project, s.inst.Pollutant)
	return n
}

// Whatever another party's project is, and whether there is one, a command that names
// it is answered in the same words.
func TestProject_OfAnotherLooksLikeNone(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	approved := s.project(s.buyer, one, quantity.OneRatio)
	full := s.project(s.buyer, one, 2*quantity.OneRatio)
	s.sale(full, one, reserve.NoticeIssued)
	proposed := done[ProjectResult](s.office, s.leader, ProjectRegister{
		EIA: "proposed", Name: "n", Kind: permit.NewProject, Licence: s.buyer.licence.ID, Industry: "2319", Needs: []ProjectNeed{{Pollutant: "VOCs", Need: one}},
	}).Project.ID
	ended := s.project(s.buyer, one/2, quantity.OneRatio)
	done[ProjectResult](s.office, s.leader, s.step(ended, permit.Cancel, 0))
	near := s.dealDesk.buyer(jiashan, 7, 1_000_000_00)
	l := done[ListingResult](s.office, s.leader, ListingOpen{jiashan, "VOCs", reserve.FixedPrice, one, quantity.OnePrice, 0, "d", LotChoice{}}).Listing
	from := s.offer(s.seller, s.buyer, one, 100)
	from.Proposer = settlement.SellerSide
	to := s.offer(s.seller, near, one, 100)
	for name, c := range map[string]struct {
		by int64
		of func(project int64) Command
	}{
		"order":           {near.user, func(p int64) Command { return s.order(near, market.Buy, one/10, p) }},
		"deal, by seller": {s.seller.user, func(p int64) Command { from.Project = p; return from }},
		"deal, by buyer":  {near.user, func(p int64) Command { to.Project = p; return to }},
		"sale": {s.clerk, func(p int64) Command {
			return NoticeIssue{Licence: near.licence.ID, Instrument: s.inst.Code, Quantity: one / 10, Price: quantity.OnePrice, DueOn: 20260801, Project: p}
		}},
		"sale out of a listing": {s.clerk, func(p int64) Command {
			return ListingSell{Listing: l.ID, Licence: near.licence.ID, Instrument: s.inst.Code, Quantity: one / 10, DueOn: 20260801, Project: p}
		}},
	} {
		answer := func(project int64) string {
			f := s.do(c.by, c.of(project))
			if f == nil {
				return "done"
			}
			return fmt.Sprintf("%s at %s: %s", f.Code, f.Field, f.Detail)
		}
		none := answer(999)
		for _, p := range []int64{approved, full, proposed, ended} {
			if got := answer(p); got != none {
				t.Errorf("%s: project %d is answered %q, none %q", name, p, got, none)
			}
		}
	}
}

// A deal that names its project applies its ratio once, with the settlement;
// a reversal takes all of it back.
func TestProject_DealAppliesTheRatioOnce(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	far := s.dealDesk.seller(qingpu, 5, 10*one)
	s.pair(qingpu, jiashan, nil)
	p := s.projectOf(s.buyer, 2_000_000)
	deal := s.offer(far, s.buyer, 4*one, 100)
	deal.Project = p
	d := s.propose(deal, s.buyer)
	if d.OffsetRatio != 2_000_000 || d.ProjectName != "coating line" {
		t.Fatalf("%+v", d)
	}
	d = s.run(d, far, s.buyer, settlement.Settle)
	s.is(p, 0, 4*one, 4*one, 2*one)
	s.refuses(s.leader, s.assign(p, 100), ErrNotBought)
	for _, who := range []int64{s.leaders[qingpu], s.leaders[jiashan]} {
		d = s.dealDesk.step(d, who, settlement.ConsentReversal)
	}
	s.dealDesk.step(d, s.upper, settlement.Reverse)
	s.is(p, 0, 0, 0, 0)
}

// What a project no longer needs is the licence's surplus for a buy-back; the
// orders that rested on it leave their books.
func TestProject_ReducedAndCancelled(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	proposed := done[ProjectResult](s.office, s.clerk, ProjectRegister{
		EIA: "proposed", Name: "a line", Kind: permit.NewProject, Licence: s.buyer.licence.ID, Industry: "2319", Needs: []ProjectNeed{{Pollutant: vocs, Need: one}},
	}).Project.ID
	if f := s.do(s.leader, ProjectStep{Project: proposed, Event: permit.Approve, Document: "d"}); f == nil || f.Code != ErrNeedsOfStep.Code || f.Field != "ratios" {
		t.Errorf("an approval without ratios: %v", f)
	}
	p := s.project(s.buyer, 2*one, 1_500_000)
	s.trade(p, 2*one)
	done[AssignResult](s.office, s.leader, s.assign(p, 15*one/10))
	resting := done[OrderResult](s.office, s.buyer.user, s.order(s.buyer, market.Buy, one, p)).Order.ID
	s.refuses(s.leader, s.step(p, permit.Reduce, 2*one), ErrNotReduced)
	s.refuses(s.leader, s.step(p, permit.Reduce, 0), ErrNeedsOfStep)
	s.refuses(s.leader, s.step(p, permit.Complete, 0), ErrNotCovered)
	r := done[ProjectResult](s.office, s.leader, s.step(p, permit.Reduce, one))
	if len(r.Cancelled) != 1 || r.Cancelled[0] != resting || r.Project.State != permit.Reduced {
		t.Errorf("%+v", r)
	}
	s.is(p, 0, 15*one/10, 15*one/10, one/2)
	done[ProjectResult](s.office, s.leader, s.step(p, permit.Cancel, 0))
	s.is(p, 0, 0, 0, 0)
	var found []reserve.SurplusVerification
	if err := s.store.Find(t.Context(), SurplusVerifications.name, Where("licence", s.buyer.licence.ID), &found); err != nil {
		t.Fatal(err)
	}
	if len(found) != 2 || found[0].Quantity != one/2 || found[1].Quantity != one || found[0].Outcome != reserve.BuyBackOnly || found[1].Rung != reserve.EIAAmount {
		t.Errorf("%+v", found)
	}
	// What the bureau takes back of it already is not sold a second time.
	budget := done[reserve.Budget](s.office, s.finance, BudgetApprove{jiashan, 2026, "本级财政", 1_000_000_00, "budget"}).ID
	offer := done[reserve.StandingOffer](s.office, s.leader, OfferOpen{jiashan, vocs, yuan(3000), 5 * one, budget, 20261231, "offer"}).ID
	s.allocate(s.buyer, 4*one, yuan(1000), today)
	s.refuses(s.buyer.user, OfferAccept{offer, s.buyer.licence.ID, s.inst.Code, one, found[1].ID, reserve.Reduction, "d"}, ErrVerificationUsed)
	if retired := s.balance(ledger.PermitKey(ledger.Retired, jiashan, "VOCs")).Balance; retired != int64(one/2) {
		t.Errorf("%d is retired: what was retired stays so", retired)
	}
}

// The newest unpaid notices and deals end first, however many older ones there
// are, and a deal that the buyer has not confirmed is in nobody's way.
func TestProject_EndsTheNewest(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	p := s.project(s.buyer, 10*one, quantity.OneRatio)
	var newest int64
	for range endedOfProject + 1 {
		newest = s.sale(p, one/10, reserve.NoticeIssued).ID
	}
	deal := s.offer(s.seller, s.buyer, one/10, 100)
	deal.Project, deal.Proposer = p, settlement.SellerSide
	for range endedOfProject {
		s.dealDesk.step(s.propose(deal, s.seller), s.seller.user, settlement.SellerSign)
	}
	r := done[ProjectResult](s.office, s.leader, s.step(p, permit.Reduce, endedOfProject*one/10))
	if !slices.Equal(r.Notices, []int64{newest}) {
		t.Errorf("ended %v, want %d", r.Notices, newest)
	}
	done[ProjectResult](s.office, s.leader, s.step(p, permit.Reduce, one/10)) // as many as one step ends, less one
	done[NoticeResult](s.office, s.leader, NoticeCancel{s.lastNotice(p), "r"})
	d := s.run(s.propose(deal, s.seller), s.seller, s.buyer, settlement.BuyerConfirm)
	r = done[ProjectResult](s.office, s.leader, s.step(p, permit.Cancel, 0))
	if !slices.Equal(r.Lapsed, []int64{d.ID}) {
		t.Errorf("ended %v, want %d", r.Lapsed, d.ID)
	}
}

// lastNotice is the newest open notice of a project.
func (s *site) lastNotice(project int64) int64 {
	s.t.Helper()
	var found []reserve.PaymentNotice
	q := Where("project", project).And("state", Eq, string(reserve.NoticeIssued))
	if err := s.store.Find(s.t.Context(), Notices.name, q, &found); err != nil || len(found) == 0 {
		s.t.Fatal(found, err)
	}
	return found[len(found)-1].ID
}

// The buy-backs of a project share the surplus that was verified for sale:
// together they hold no more of it than there is.
func TestProject_BuyBacksShareTheSurplus(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	p := s.project(s.buyer, 10*one, quantity.OneRatio)
	s.trade(p, 6*one)
	s.inst = done[catalog.Instrument](s.office, s.admin, InstrumentAdd{Pollutant: "VOCs", TermEnd: 20261231})
	s.sale(p, 4*one, reserve.NoticeDelivered)
	s.verify(s.buyer, 8*one)
	r := done[ProjectResult](s.office, s.leader, s.step(p, permit.Cancel, 0))
	var held []quantity.Quantity
	for _, id := range r.BuyBacks {
		held = append(held, storedRow(s.office, BuyBacks, id).SurplusHeld)
	}
	if !slices.Equal(held, []quantity.Quantity{6 * one, 2 * one}) {
		t.Errorf("the buy-backs hold %v of the surplus", held)
	}
	s.check()
}

// Malformed and impossible project commands are refused, each with its fault.
func TestProject_Refusals(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	p := s.project(s.buyer, one, quantity.OneRatio)
	register := ProjectRegister{
		EIA: "e", Name: "n", Kind: permit.NewProject, Licence: s.buyer.licence.ID, Industry: "2319", Needs: []ProjectNeed{{Pollutant: "VOCs", Need: one}},
	}
	own := register
	own.EIA = "own"
	mine := done[ProjectResult](s.office, s.leader, own).Project.ID
	ratio := []ProjectNeed{{Pollutant: "VOCs", Ratio: quantity.OneRatio, Basis: "b"}}
	with := func(change func(*ProjectRegister)) ProjectRegister { c := register; change(&c); return c }
	for _, c := range []struct {
		name string
		by   int64
		c    Command
		want *fault.Error
	}{
		{"an enterprise", s.buyer.user, register, identity.ErrForbidden},
		{"no licence", s.clerk, with(func(c *ProjectRegister) { c.Licence = 999 }), ErrNoRecord},
		{"no number", s.clerk, with(func(c *ProjectRegister) { c.EIA = "" }), fault.Invalidf("eia", "")},
		{"industry", s.clerk, with(func(c *ProjectRegister) { c.Industry = "C" }), fault.Invalidf("industry", "")},
		{"no needs", s.clerk, with(func(c *ProjectRegister) { c.Needs = nil }), permit.ErrNoNeeds},
		{"a need of five decimals", s.clerk, with(func(c *ProjectRegister) { c.Needs = []ProjectNeed{{Pollutant: "VOCs", Need: 10}} }), permit.ErrNeedStep},
		{"twice", s.clerk, with(func(c *ProjectRegister) { c.Needs = append(c.Needs[:1:1], c.Needs...) }), permit.ErrNeedTwice},
		{"number taken", s.clerk, with(func(c *ProjectRegister) { c.EIA = "own" }), ErrEIATaken},
		{"approved twice", s.leader, ProjectStep{Project: p, Event: permit.Approve, Document: "d", Needs: ratio}, permit.ErrProjectStep},
		{"no document", s.leader, ProjectStep{Project: p, Event: permit.Cancel}, fault.Invalidf("document", "")},
		{"another region's leader", s.leaders[qingpu], ProjectStep{Project: p, Event: permit.Cancel, Document: "d"}, identity.ErrNotYours},
		{"buy without a project", s.buyer.user, s.order(s.buyer, market.Buy, 100, 0), ErrProjectNeeded},
		{"buy for another's project", s.seller.user, s.order(s.seller, market.Buy, 100, p), ErrNoRecord},
		{"buy for one that is not approved", s.buyer.user, s.order(s.buyer, market.Buy, 100, mine), ErrProjectNotApproved},
		{"a sale for a project", s.seller.user, s.order(s.seller, market.Sell, 100, p), ErrProjectOfSale},
		{"assign what was not bought", s.leader, s.assign(p, 100), ErrNotBought},
		{"assign nothing", s.leader, s.assign(p, 0), fault.Invalidf("quantity", "")},
	} {
		if got := s.do(c.by, c.c); got == nil || got.Code != c.want.Code {
			t.Errorf("%s: got %v, want %s", c.name, got, c.want.Code)
		}
	}
	s.pair(qingpu, jiashan, nil)
	missed := s.dealDesk.buyer(wujiang, 8, 1)
	done[AttainmentResult](s.office, s.upper, AttainmentSet{Region: wujiang, Pollutant: "VOCs", Year: 2025, Document: "d"})
	there := done[ProjectResult](s.office, s.clerk, with(func(c *ProjectRegister) { c.Licence = missed.licence.ID })).Project.ID
	s.refuses(s.leader, ProjectStep{Project: there, Event: permit.Approve, Document: "d", Needs: ratio}, rulebook.ErrOffsetTooLow)
}

// What is assigned must be in the holding: permits that were bought and sold
// again, or are held, cannot be put to the project.
func TestProject_AssignNeedsTheHolding(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	p := s.project(s.buyer, 2*one, quantity.OneRatio)
	s.trade(p, 2*one)
	s.verify(s.buyer, one)
	done[OrderResult](s.office, s.buyer.user, s.order(s.buyer, market.Sell, one, 0))
	s.refuses(s.leader, s.assign(p, 2*one), ErrNotAvailable)
	done[AssignResult](s.office, s.leader, s.assign(p, one))
	s.is(p, 0, 2*one, one, 0)
}

// Whatever buyers and officers do with projects, in any order, after each
// command permit check finds the figures of every project to be what orders,
// deals, notices and assignments come to.
func TestProject_Random(t *testing.T) {
	t.Parallel()
	for seed := range int64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			randomProjects(t, rand.New(rand.NewSource(seed)), 300)
		})
	}
}

func randomProjects(t *testing.T, r *rand.Rand, steps int) {
	t.Helper()
	s := openSite(t)
	far := s.dealDesk.seller(qingpu, 5, 60*one)
	s.pair(qingpu, jiashan, nil)
	var projects []int64
	for _, ratio := range []quantity.Ratio{1_000_000, 1_200_000, 1_500_000, 2_000_000, 1_333_333} {
		projects = append(projects, s.project(s.buyer, quantity.Quantity(20000+r.Intn(40000))*100, ratio))
	}
	pick := func() int64 { return projects[r.Intn(len(projects))] }
	q := func() quantity.Quantity { return quantity.Quantity(1+r.Intn(9000)) * 100 }
	id := func(table string) int64 { last, _ := s.store.LastID(t.Context(), table); return r.Int63n(last+1) + 1 }
	people := []int64{far.user, s.buyer.user, s.seller.user, s.leaders[qingpu], s.leaders[jiashan], s.upper}
	seen, finished := map[settlement.DealState]int{}, map[string]int{}
	commands := []func() (int64, Command){
		func() (int64, Command) { return s.buyer.user, s.order(s.buyer, market.Buy, q(), pick()) },
		func() (int64, Command) { return s.buyer.user, s.order(s.buyer, market.Buy, q(), pick()) },
		func() (int64, Command) { return s.seller.user, s.order(s.seller, market.Sell, q(), 0) },
		func() (int64, Command) { return s.buyer.user, CancelOrder{id(Orders.name)} },
		func() (int64, Command) {
			return s.buyer.user, OrderBatch{[]OrderBatchItem{
				{Place: s.order(s.buyer, market.Buy, q(), pick())}, {Cancel: id(Orders.name)}, {Place: s.order(s.buyer, market.Buy, q(), pick())},
			}}
		},
		func() (int64, Command) { return s.leader, s.assign(pick(), q()) },
		func() (int64, Command) { return s.leader, s.assign(pick(), q()) },
		func() (int64, Command) {
			return s.clerk, NoticeIssue{s.buyer.licence.ID, s.inst.Code, q(), 100 * quantity.OnePrice, 20260801, "", pick(), LotChoice{}, false}
		},
		func() (int64, Command) {
			var rows []reserve.PaymentNotice
			if err := s.store.Find(t.Context(), Notices.name, Where("state", string(reserve.NoticeIssued)), &rows); err != nil || len(rows) == 0 {
				return s.finance, NoticeProve{}
			}
			s.proofs++
			return s.finance, NoticeProve{rows[0].ID, rows[0].Amount, fmt.Sprint("proof ", s.proofs), today}
		},
		func() (int64, Command) { return s.leader, NoticeDeliver{id(Notices.name)} },
		func() (int64, Command) { return s.leader, NoticeCancel{id(Notices.name), "r"} },
		func() (int64, Command) {
			p := pick()
			if r.Intn(3) > 0 {
				return s.leader, s.assign(p, q())
			}
			return s.leader, s.step(p, permit.Reduce, s.need(p).Need*9/10/100*100)
		},
		func() (int64, Command) {
			return s.leader, s.step(pick(), []permit.ProjectEvent{permit.Complete, permit.Cancel}[r.Intn(40)/39], 0)
		},
		func() (int64, Command) {
			c := s.offer(far, s.buyer, q(), 100)
			c.Project = pick()
			return s.buyer.user, c
		},
	}
	for range steps {
		if r.Intn(2) == 0 {
			s.randomStep(r, people, seen)
			continue
		}
		who, c := commands[r.Intn(len(commands))]()
		if s.do(who, c) == nil {
			finished[string(c.Operation())]++
		}
	}
	s.restart()
	s.check()
	if len(finished) < 8 || len(seen) < 3 {
		t.Errorf("too little was done: %v, %v", finished, seen)
	}
}
