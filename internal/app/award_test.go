package app

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// certified runs a sale of 10 t/a to its certified winners: the first firm bids
// 6 t/a at 5,000, the second 3 at 4,500, the third nothing.
func (d *auctionDesk) certified() (auction.Offer, []auction.Award) {
	d.t.Helper()
	o := d.announce(d.offerOf(auction.PayAsBid, nil))
	for _, f := range d.firms[:3] {
		d.register(o.ID, f, 0)
	}
	d.now.set(windowOpens)
	d.settle()
	d.bid(d.firms[0], o.ID, ask(5000, 6*one))
	d.bid(d.firms[1], o.ID, ask(4500, 3*one))
	d.now.set(windowCloses)
	o = d.offerNow(o.ID)
	done[OfferResult](d.office, d.clerk, OfferCertify{o.ID, o.ResultDigest, "成交确认"})
	return d.offerNow(o.ID), rowsIn(d.office, Awards, Where("offer", o.ID))
}

// lots are what the reserve has available, listed, reserved and transferred.
func (d *auctionDesk) lots() string {
	d.t.Helper()
	var l reserve.Lot
	for _, x := range rowsIn(d.office, Lots, Query{}) {
		l.Available += x.Available
		l.Listed += x.Listed
		l.Reserved += x.Reserved
		l.Transferred += x.Transferred
	}
	return fmt.Sprint(l.Available, l.Listed, l.Reserved, l.Transferred)
}

func (d *auctionDesk) wantLots(when, want string) {
	d.t.Helper()
	if got := d.lots(); got != want {
		d.t.Errorf("%s: available, listed, reserved, transferred are %s; want %s", when, got, want)
	}
}

// awarded is the award after a step of it.
func awarded(o *office, person int64, c Command) auction.Award {
	o.t.Helper()
	r := done[AwardResult](o, person, c)
	if offer := storedRow(o, Offers, r.Offer); r.Formula != AwardFormula(offer, r.Award) || r.Formula == "" && offer.Format != auction.PayAsBid {
		o.t.Errorf("award %d is answered with the formula %q", r.ID, r.Formula)
	}
	return r.Award
}

// later lets days go by.
func (d *auctionDesk) later(days int) {
	d.t.Helper()
	d.now.set(d.now.get().Date().AddDays(days).Start() + 10*3600*second)
	d.settle()
}

// From the certification to the delivery: what is not sold and what losers have
// put up goes back at once; the contract asks for the payment; a proven payment
// gives the winner his deposit back; the delivery is an acquisition at his price.
func TestAward_Sale(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 3)
	o, awards := d.certified()
	if len(awards) != 2 || awards[0].Amount != 150_000_00 || awards[1].Amount != 67_500_00 || awards[0].ContractBy != 20260716 {
		t.Fatalf("awards: %+v", awards)
	}
	d.wantLots("certified", "91 9 0 0")
	d.wantFunds(d.firms[2], "1000000.00")
	d.wantFunds(d.firms[0], "995000.00")
	d.check()

	a := awards[0]
	d.refuses(d.clerk, AwardContract{a.ID, "合同 1"}, auction.ErrAwardStep)
	d.refuses(d.firms[1].user, AwardSign{a.ID}, identity.ErrNotYours)
	awarded(d.office, d.firms[0].user, AwardSign{a.ID})
	a = awarded(d.office, d.clerk, AwardContract{a.ID, "合同 1"})
	d.wantLots("contracted", "91 3 6 0")
	n := rowsIn(d.office, Notices, Where("id", a.Notice))[0]
	if a.State != auction.AwardContracted || n.Amount != a.Amount || n.DueOn != 20260722 || n.DueOn != a.PayBy {
		t.Fatalf("contracted: %+v\n%+v", a, n)
	}
	d.refuses(d.leader, NoticeCancel{n.ID, "not wanted"}, reserve.ErrNoticeOfAward)
	d.check()
	d.does(d.finance, NoticeProve{Notice: n.ID, Amount: n.Amount, Proof: "缴款 1", PaidOn: 20260713})
	d.wantFunds(d.firms[0], "1000000.00")
	d.does(d.finance, NoticeConfirm{n.ID, "seen on the treasury's account"})
	d.check()
	d.does(d.leader, NoticeDeliver{n.ID})
	d.wantLots("delivered", "91 3 0 6")
	a = rowsIn(d.office, Awards, Where("id", a.ID))[0]
	if a.State != auction.AwardDelivered || a.Transfer == 0 || a.CertifyBy != 20260716 {
		t.Errorf("delivered: %+v", a)
	}
	acquired := rowsIn(d.office, Acquisitions, Query{})
	if last := acquired[len(acquired)-1]; last.Price != yuan(5000) || last.Quantity != 6*one || last.Document != "合同 1" {
		t.Errorf("acquired: %+v", last)
	}
	if o = d.offerNow(o.ID); o.State != auction.OfferCertified {
		t.Errorf("the offer is %s", o.State)
	}
	d.check()
}

// Who does not sign, or signs and does not pay, loses his deposit, and is barred
// until a date; his share is available again. Not a day earlier.
func TestAward_Default(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 3)
	_, awards := d.certified()
	awarded(d.office, d.firms[1].user, AwardSign{awards[1].ID})
	awarded(d.office, d.clerk, AwardContract{awards[1].ID, "合同 2"})
	d.later(3) // Thursday 16 July, the last day
	d.refuses(d.clerk, AwardDefault{awards[0].ID, "not signed"}, auction.ErrNotOverdue)
	d.later(1)
	first := awarded(d.office, d.clerk, AwardDefault{awards[0].ID, "not signed"})
	d.wantLots("not signed", "97 0 3 0")
	d.later(5) // Wednesday 22 July, the last day for the payment
	d.refuses(d.clerk, AwardDefault{awards[1].ID, "not paid"}, auction.ErrNotOverdue)
	d.later(1)
	other := awarded(d.office, d.clerk, AwardDefault{awards[1].ID, "not paid"})
	d.wantLots("not paid", "100 0 0 0")
	if first.Forfeited != 5000_00 || other.Forfeited != 5000_00 || first.BarredUntil != 20270717 {
		t.Errorf("defaulted: %+v\n%+v", first, other)
	}
	d.wantFunds(d.firms[0], "995000.00")
	if lost := d.balance(ledger.ForfeitsKey(jiashan)).Balance; lost != 10_000_00 {
		t.Errorf("%s was forfeited", quantity.Money(lost))
	}
	d.check()
	next := d.announce(d.offerOf(auction.PayAsBid, func(c *OfferAnnounce) {
		c.RegisterUntil, c.OpensAt, c.ClosesAt = calendar.NewDate(2026, 8, 10).Start(), calendar.NewDate(2026, 8, 10).Start()+10*3600*second, calendar.NewDate(2026, 8, 10).Start()+11*3600*second
	}))
	d.refuses(d.firms[0].user, RegistrationApply{Offer: next.ID, Licence: d.firms[0].licence.ID}, auction.ErrBarred)
	d.register(next.ID, d.firms[2], 0)
}

// Of a guarantee that the bidder chose, a default costs no more than the award.
func TestAward_DefaultOfGuarantee(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 1)
	o := d.announce(d.offerOf(auction.Uniform, func(c *OfferAnnounce) { c.Collateral, c.Deposit = auction.FullCollateral, 0 }))
	done[auction.Registration](d.office, d.firms[0].user, RegistrationApply{Offer: o.ID, Licence: d.firms[0].licence.ID, Guarantee: 500_000_00})
	d.now.set(windowOpens)
	d.settle()
	d.bid(d.firms[0], o.ID, ask(4000, one))
	d.now.set(windowCloses)
	o = d.offerNow(o.ID)
	done[OfferResult](d.office, d.clerk, OfferCertify{o.ID, o.ResultDigest, "成交确认"})
	d.settle()
	d.later(10)
	a := awarded(d.office, d.clerk, AwardDefault{rowsIn(d.office, Awards, Query{})[0].ID, "not signed"})
	if a.Forfeited != 20_000_00 {
		t.Errorf("forfeited %s", a.Forfeited)
	}
	d.wantFunds(d.firms[0], "980000.00")
	d.check()
}

// An objection suspends the award that it is about and no other; dismissed, it
// gives the days again; upheld, the award is revoked and what was put up goes back.
func TestAward_Objection(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 3)
	_, awards := d.certified()
	object := func(a auction.Award) int64 {
		d.does(d.clerk, ObjectionFile{a.PublicNotice, "邻居", "the bidder is not qualified", d.now.get().Date(), "来信"})
		rows := rowsIn(d.office, Objections, Query{})
		return rows[len(rows)-1].ID
	}
	first := object(awards[0])
	d.refuses(d.firms[0].user, AwardSign{awards[0].ID}, auction.ErrAwardSuspended)
	awarded(d.office, d.firms[1].user, AwardSign{awards[1].ID})
	awarded(d.office, d.clerk, AwardContract{awards[1].ID, "合同 2"})
	d.later(4)
	d.refuses(d.clerk, AwardDefault{awards[0].ID, "not signed"}, auction.ErrAwardSuspended)
	d.does(d.leader, ObjectionAnswer{Objection: first, Answer: "he is", Upheld: false})
	again := object(awards[1])
	d.does(d.leader, ObjectionAnswer{Objection: again, Answer: "it was", Upheld: true})
	d.later(3) // Monday 20 July: the first one's three days run until the 22nd
	d.refuses(d.clerk, AwardDefault{awards[0].ID, "not signed"}, auction.ErrNotOverdue)
	d.refuses(d.clerk, AwardRevoke{awards[0].ID, "no reason"}, auction.ErrNotUpheld)
	awarded(d.office, d.firms[0].user, AwardSign{awards[0].ID})

	revoked := awarded(d.office, d.clerk, AwardRevoke{awards[1].ID, "异议成立"})
	if revoked.State != auction.AwardRevoked || revoked.Forfeited != 0 {
		t.Errorf("revoked: %+v", revoked)
	}
	d.wantFunds(d.firms[1], "1000000.00")
	d.wantLots("revoked", "94 6 0 0")
	d.check()
}

// boughtBack runs a reverse auction to its certified award: the firm of a buy-back
// desk sells 4 t/a at 3,000.
func (d *auctionDesk) boughtBack(b *buyBackDesk) auction.Award {
	d.t.Helper()
	o := d.announce(d.offerOf(auction.ReverseUniform, func(c *OfferAnnounce) {
		c.Deposit, c.Budget, c.BudgetLimit = 0, b.budget, 80_000_00
	}))
	done[auction.Registration](d.office, b.f.user, RegistrationApply{Offer: o.ID, Licence: b.f.licence.ID, Quantity: 5 * one})
	d.now.set(windowOpens)
	d.settle()
	d.bid(b.f, o.ID, ask(3000, 4*one))
	d.now.set(windowCloses)
	o = d.offerNow(o.ID)
	done[OfferResult](d.office, d.clerk, OfferCertify{o.ID, o.ResultDigest, "成交确认"})
	d.settle()
	return rowsIn(d.office, Awards, Where("offer", o.ID))[0]
}

// What a reverse auction buys is found once: while it is on its way, and once it is
// booked, also where no surplus was verified for it and the right is the amount of an
// assessment.
func TestAward_BuyBackIsFoundOnce(t *testing.T) {
	t.Parallel()
	b := openBuyBackDesk(t)
	d := &auctionDesk{office: b.office, i: b.i, firms: []firm{b.f}}
	s := &site{dealDesk: &dealDesk{office: b.office, inst: b.i}}
	s.project(b.f, 10*one, quantity.OneRatio)
	for quarter := range int32(4) {
		done[permit.Discharge](d.office, d.clerk, s.discharge(b.f, quarter+1, one, 0)) // leaves 10 − 4 = 6
	}
	verify := SurplusVerify{
		Licence: b.f.licence.ID, Pollutant: vocs, Quantity: one, Rung: reserve.EIAAmount, Monitored: true, TaskDone: true, VerifiedOn: d.now.get().Date(), Document: "d", Year: 2025,
	}
	done[SurplusResult](d.office, d.leader, verify)
	a := d.boughtBack(b) // 4, of which 1 is verified: leaves 2
	verify.Quantity = 2*one + 1
	d.refuses(d.leader, verify, ErrBeyondEstimate)
	awarded(d.office, b.f.user, AwardSign{a.ID})
	awarded(d.office, d.clerk, AwardContract{a.ID, "收储合同 1"})
	awarded(d.office, d.finance, AwardPay{a.ID, a.Amount, "拨款 1", 20260713})
	if a = awarded(d.office, d.clerk, AwardBook{a.ID, "许可变更 1"}); a.Uncovered != 3*one {
		t.Errorf("%+v", a)
	}
	d.settle()
	d.refuses(d.leader, verify, ErrBeyondEstimate)
	verify.Quantity = 2 * one
	done[SurplusResult](d.office, d.leader, verify)
	d.restart()
	d.check()
	a.Uncovered = a.Quantity + 1
	d.store.table(Awards.name).put(a.ID, a)
	found, err := Check(t.Context(), d.store, d.store.row())
	if err != nil || !slices.ContainsFunc(found, func(v Violation) bool { return v.Invariant == "I-105" && v.Table == Awards.name }) {
		t.Errorf("%v %v", found, err)
	}
}

// A payment order of the treasury pays one buy-back or one award.
func TestAward_PaidByItsOwnOrder(t *testing.T) {
	t.Parallel()
	b := openBuyBackDesk(t)
	d := &auctionDesk{office: b.office, i: b.i, firms: []firm{b.f}}
	a := d.boughtBack(b)
	awarded(d.office, b.f.user, AwardSign{a.ID})
	awarded(d.office, d.clerk, AwardContract{a.ID, "收储合同 1"})
	first := b.run(b.apply(one), reserve.BuyBackContracted)
	done[BuyBackResult](d.office, d.finance, BuyBackPay{first.ID, first.Amount, "拨款 1", 20260713})
	d.refuses(d.finance, AwardPay{a.ID, a.Amount, "拨款 1", 20260713}, ErrPaymentProofTaken)
	awarded(d.office, d.finance, AwardPay{a.ID, a.Amount, "拨款 2", 20260713})
	second := b.run(b.apply(one), reserve.BuyBackContracted)
	d.refuses(d.finance, BuyBackPay{second.ID, second.Amount, "拨款 2", 20260713}, ErrPaymentProofTaken)
	d.check()
}

// A reverse auction from its winner to the lot: the treasury's payment uses the
// budget, the rest of it is free, what was put up and not sold is released.
func TestAward_BuyBack(t *testing.T) {
	t.Parallel()
	b := openBuyBackDesk(t)
	d := &auctionDesk{office: b.office, i: b.i, firms: []firm{b.f}}
	a := d.boughtBack(b)
	o := d.offerNow(a.Offer)
	if o.Committed != a.Amount || a.Quantity != 4*one {
		t.Fatalf("certified: %+v\n%+v", o, a)
	}
	d.check()
	awarded(d.office, b.f.user, AwardSign{a.ID})
	awarded(d.office, d.clerk, AwardContract{a.ID, "收储合同 1"})
	d.refuses(d.finance, AwardPay{a.ID, a.Amount - 1, "拨款 1", 20260713}, reserve.ErrPaymentDiffers)
	awarded(d.office, d.finance, AwardPay{a.ID, a.Amount, "拨款 1", 20260713})
	d.check()
	held := b.holding(ledger.Paid)
	a = awarded(d.office, d.clerk, AwardBook{a.ID, "许可变更 1"})
	if now := b.holding(ledger.Paid); now.Held != 0 || now.Balance != held.Balance-int64(4*one) {
		t.Errorf("booked: %+v, before %+v", now, held)
	}
	if l := rowsIn(d.office, Lots, Where("id", a.Lot)); len(l) != 1 || l[0].Quantity != 4*one || l[0].Cost != a.Amount {
		t.Errorf("lot: %+v", l)
	}
	if budget := rowsIn(d.office, Budgets, Where("id", b.budget))[0]; budget.Committed != 0 || budget.Paid != a.Amount {
		t.Errorf("budget: %+v", budget)
	}
	d.check()
	d.wantJuly(fmt.Sprintf("330421 buy_back 1 4 %s %s", a.Amount, must(quantity.Outright(a.Price, a.Quantity, quantity.HalfUp))))
}

// upholds files an objection to an award and upholds it.
func (d *auctionDesk) upholds(a auction.Award) {
	d.t.Helper()
	d.does(d.clerk, ObjectionFile{a.PublicNotice, "邻居", "the bidder is not qualified", d.now.get().Date(), "来信"})
	rows := rowsIn(d.office, Objections, Query{})
	d.does(d.leader, ObjectionAnswer{Objection: rows[len(rows)-1].ID, Answer: "right", Upheld: true})
}

// Who may not sign because an objection was upheld is in no default.
func TestAward_UpheldIsNoDefault(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 3)
	_, awards := d.certified()
	d.upholds(awards[0])
	d.refuses(d.firms[0].user, AwardSign{awards[0].ID}, auction.ErrAwardUpheld)
	d.later(12)
	d.refuses(d.clerk, AwardDefault{awards[0].ID, "not signed"}, auction.ErrAwardUpheld)
	awarded(d.office, d.clerk, AwardRevoke{awards[0].ID, "异议成立"})
	d.wantFunds(d.firms[0], "1000000.00")
	d.check()
}

// A winner whom the rules no longer let have what he has won does not stand in the
// way for ever: his award is revoked with the refusal as its reason, whether it is
// signed, contracted or paid, and he has back what he put up.
func TestAward_RevokedByRule(t *testing.T) {
	t.Parallel()
	for _, steps := range []int{0, 1, 2, 3} {
		d := openAuctionDesk(t, 3)
		_, awards := d.certified()
		a := awards[0]
		if steps > 0 {
			a = awarded(d.office, d.firms[0].user, AwardSign{a.ID})
		}
		if steps > 1 {
			a = awarded(d.office, d.clerk, AwardContract{a.ID, "合同 1"})
		}
		if steps > 2 {
			d.does(d.finance, NoticeProve{Notice: a.Notice, Amount: a.Amount, Proof: "缴款 1", PaidOn: 20260713})
		}
		d.refuses(d.clerk, AwardRevoke{a.ID, "列入失信名单"}, auction.ErrNotUpheld)
		d.blacklisted(d.firms[0], d.now.get().Date())
		if steps == 1 {
			d.refuses(d.clerk, AwardContract{a.ID, "合同 1"}, rulebook.ErrBlacklisted)
		}
		a = awarded(d.office, d.clerk, AwardRevoke{a.ID, "列入失信名单"})
		if a.State != auction.AwardRevoked || !strings.HasPrefix(a.Reason, "列入失信名单: ") || !strings.Contains(a.Reason, "blacklist") || a.Forfeited != 0 || a.BarredUntil != 0 {
			t.Errorf("revoked: %+v", a)
		}
		d.wantFunds(d.firms[0], "1000000.00")
		d.wantLots("revoked", "97 3 0 0")
		d.check()
	}
}

// revokedBuyBack is a desk at which an award of a buy-back was revoked after its payment,
// and the award as it was paid.
func revokedBuyBack(t *testing.T) (b *buyBackDesk, d *auctionDesk, a auction.Award) {
	t.Helper()
	b = openBuyBackDesk(t)
	d = &auctionDesk{office: b.office, i: b.i, firms: []firm{b.f}}
	sought := func(later calendar.Instant) auction.Offer {
		return d.announce(d.offerOf(auction.ReverseUniform, func(c *OfferAnnounce) {
			c.Deposit, c.Budget, c.BudgetLimit = 0, b.budget, 80_000_00
			c.RegisterUntil, c.OpensAt, c.ClosesAt = c.RegisterUntil+later, c.OpensAt+later, c.ClosesAt+later
		}))
	}
	o := sought(0)
	sought(28 * 24 * 3600 * second)
	done[auction.Registration](d.office, b.f.user, RegistrationApply{Offer: o.ID, Licence: b.f.licence.ID, Quantity: 5 * one})
	d.now.set(windowOpens)
	d.settle()
	d.bid(b.f, o.ID, ask(3000, 4*one))
	d.now.set(windowCloses)
	o = d.offerNow(o.ID)
	done[OfferResult](d.office, d.clerk, OfferCertify{o.ID, o.ResultDigest, "d"})
	d.settle()
	a = rowsIn(d.office, Awards, Query{})[0]
	awarded(d.office, b.f.user, AwardSign{a.ID})
	awarded(d.office, d.clerk, AwardContract{a.ID, "c"})
	awarded(d.office, d.finance, AwardPay{a.ID, a.Amount, "p", 20260713})
	d.upholds(a)
	awarded(d.office, d.clerk, AwardRevoke{a.ID, "异议成立"})
	return b, d, a
}

// A paid award is revoked, and what was paid asked back, whatever characters the number of its
// contract has from before: nobody could change it.
func TestAward_RevokedWithContractOfBefore(t *testing.T) {
	t.Parallel()
	paid := auction.Award{PaidAt: 1, Amount: 100, Contract: "c\u200b", Reason: "r"}
	if _, err := supplyOf(auction.Offer{Format: auction.ReverseUniform, Budget: 1}).freeShare(&View{}, paid); err != nil {
		t.Error(err)
	}
}

// money is what of the desk's budget is committed and paid, and what the last offer has committed.
func (d *buyBackDesk) money(of *auctionDesk, a auction.Award) string {
	budget := rowsIn(of.office, Budgets, Where("id", d.budget))[0]
	return fmt.Sprint(budget.Committed, budget.Paid, of.offerNow(a.Offer).Committed)
}

// An award of a buy-back that is revoked after its payment: what was paid stays paid
// and is asked back; when the treasury has it the budget has it again. What other
// offers have committed is not touched.
func TestAward_RevokedBuyBack(t *testing.T) {
	t.Parallel()
	b, d, a := revokedBuyBack(t)
	if got, want := b.money(d, a), "80000.00 "+a.Amount.String()+" 0.00"; got != want {
		t.Errorf("revoked: committed, paid, committed for the offer are %s; want %s", got, want)
	}
	d.check()
	r := rowsIn(d.office, Refunds, Where("award", a.ID))
	if len(r) != 1 || r[0].Amount != a.Amount || r[0].Party != b.f.party || r[0].State != reserve.RefundRequested {
		t.Fatalf("asked back: %+v", r)
	}
	d.refuses(d.leader, RefundCancel{r[0].ID, "d", 1}, reserve.ErrRefundPart)
	d.does(d.finance, RefundReceive{r[0].ID, "退款 1", 20260713})
	if got := b.money(d, a); got != "80000.00 0.00 0.00" {
		t.Errorf("received: %s", got)
	}
	if held := b.holding(ledger.Paid).Held; held != 0 {
		t.Errorf("%d are held", held)
	}
	d.check()
}

// What was recorded as paid of a revoked award, and never was, is no longer asked back
// when two persons say so: the budget has it, and the proof is free.
func TestAward_RevokedBuyBackNeverPaid(t *testing.T) {
	t.Parallel()
	b, d, a := revokedBuyBack(t)
	r := rowsIn(d.office, Refunds, Where("award", a.ID))[0]
	d.refuses(d.leader, RefundCancel{r.ID, "", 0}, invalid)
	c := RefundCancel{r.ID, "the bank sent it back", 0}
	if refused, proposed := d.send(d.leader, c); refused != nil || !proposed {
		t.Errorf("alone: %v, proposed: %t", refused, proposed)
	}
	d.does(d.leader, c)
	if r = storedRow(d.office, Refunds, r.ID); r.State != reserve.RefundCancelled || r.CancelDocument != c.Document || r.Amount != a.Amount {
		t.Errorf("%+v", r)
	}
	if now := storedRow(d.office, Awards, a.ID); now.State != auction.AwardRevoked || now.Proof != "" || now.PaidOn != 0 || now.PaidAt != 0 {
		t.Errorf("%+v", now)
	}
	if got := b.money(d, a); got != "80000.00 0.00 0.00" {
		t.Errorf("cancelled: %s", got)
	}
	d.refuses(d.finance, RefundReceive{r.ID, "退款 1", 20260713}, reserve.ErrRefundState)
	d.restart()
	d.check()
	now := storedRow(d.office, Awards, a.ID)
	now.PaidOn = 20260713
	d.store.table(Awards.name).put(now.ID, now)
	d.finds("I-24", a.ID)
}

// A buy-back that its budget limits is checked by its limit as announced, however
// much of it is paid by then.
func TestAward_BudgetLimits(t *testing.T) {
	t.Parallel()
	b := openBuyBackDesk(t)
	d := &auctionDesk{office: b.office, i: b.i, firms: []firm{b.f}}
	o := d.announce(d.offerOf(auction.ReverseUniform, func(c *OfferAnnounce) { c.Deposit, c.Budget, c.BudgetLimit = 0, b.budget, 30_000_00 }))
	done[auction.Registration](d.office, b.f.user, RegistrationApply{Offer: o.ID, Licence: b.f.licence.ID, Quantity: 5 * one})
	d.now.set(windowOpens)
	d.settle()
	d.bid(b.f, o.ID, ask(3000, 5*one))
	d.now.set(windowCloses)
	if o = d.offerNow(o.ID); o.Volume >= 5*one || o.Volume == 0 {
		t.Fatalf("the budget does not limit: %+v", o)
	}
	done[OfferResult](d.office, d.clerk, OfferCertify{o.ID, o.ResultDigest, "d"})
	d.settle()
	d.check()
	a := rowsIn(d.office, Awards, Query{})[0]
	awarded(d.office, b.f.user, AwardSign{a.ID})
	awarded(d.office, d.clerk, AwardContract{a.ID, "c"})
	awarded(d.office, d.finance, AwardPay{a.ID, a.Amount, "p", 20260713})
	if o = d.offerNow(o.ID); o.BudgetLimit != 30_000_00 || o.Committed != 0 {
		t.Errorf("paid: %+v", o)
	}
	d.check()
}

// Whatever officers and firms try in whatever order, the reserve's lots are its
// account, and the deposit accounts are what is put up.
func TestAward_Random(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		d := openAuctionDesk(t, 3)
		_, awards := d.certified()
		random := rand.New(rand.NewPCG(seed, 1))
		proofs := 0
		for range 40 {
			a := rowsIn(d.office, Awards, Where("id", awards[random.IntN(len(awards))].ID))[0]
			proofs++
			person, c := d.clerk, Command(AwardContract{a.ID, "合同"})
			switch random.IntN(9) {
			case 0, 1:
				person, c = d.firms[a.ID-awards[0].ID].user, AwardSign{a.ID}
			case 2:
				c = AwardDefault{a.ID, "overdue"}
			case 3:
				c = AwardRevoke{a.ID, "upheld"}
			case 4:
				person, c = d.finance, NoticeProve{a.Notice, a.Amount, fmt.Sprintf("缴款 %d", proofs), d.now.get().Date()}
			case 5:
				person, c = d.finance, NoticeConfirm{a.Notice, "seen"}
			case 6:
				person, c = d.leader, NoticeDeliver{a.Notice}
			case 7:
				d.later(1)
				continue
			}
			d.do(person, c) // most are refused
		}
		var putUp quantity.Money
		for _, h := range rowsIn(d.office, Holds, Where("purpose", string(ledger.ForAuction)).And("state", Eq, string(ledger.HoldActive))) {
			putUp += quantity.Money(h.Amount)
		}
		var deposits quantity.Money
		for _, f := range d.firms {
			deposits += quantity.Money(d.balance(depositKey(f.party)).Balance)
		}
		if putUp != deposits {
			t.Errorf("seed %d: CNY %s are put up, the deposit accounts have CNY %s", seed, putUp, deposits)
		}
		d.check()
	}
}
