package app

import (
	"fmt"
	"testing"

	"permitx/internal/auction"
	"permitx/internal/catalog"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// What a winner has put up goes back to him when his award is revoked, all of a
// guarantee that he chose, and beside an order to buy that holds what is left of his
// funds; also where he was suspended meanwhile, which cancels his orders and not what
// is owed to him.
func TestAward_RevokedBesideOrders(t *testing.T) {
	t.Parallel()
	for _, suspended := range []bool{false, true} {
		d := openAuctionDesk(t, 1)
		f := d.firms[0]
		d.opensBook()
		o := d.announce(d.offerOf(auction.Uniform, func(c *OfferAnnounce) { c.Collateral, c.Deposit = auction.FullCollateral, 0 }))
		done[auction.Registration](d.office, f.user, RegistrationApply{Offer: o.ID, Licence: f.licence.ID, Guarantee: 900_000_00})
		d.now.set(windowOpens)
		d.settle()
		d.bid(f, o.ID, ask(5000, 6*one))
		d.now.set(windowCloses)
		o = d.offerNow(o.ID)
		done[OfferResult](d.office, d.clerk, OfferCertify{o.ID, o.ResultDigest, "成交确认"})
		d.settle()
		a := rowsIn(d.office, Awards, Where("offer", o.ID))[0]
		order := done[OrderResult](d.office, f.user, d.order(f, d.i, market.Buy, 5000, one)).Order
		d.upholds(a)
		if suspended {
			d.does(d.leader, PartyState{Party: f.party, State: catalog.PartySuspended, Reason: "r"})
			order.Hold = 0
		}
		awarded(d.office, d.clerk, AwardRevoke{a.ID, "异议成立"})
		funds, deposit := d.balance(ledger.FundsKey(f.party)), d.balance(depositKey(f.party))
		if funds.Balance != 1_000_000_00 || funds.Held != order.Hold || deposit.Balance != 0 || deposit.Held != 0 {
			t.Errorf("suspended %t: funds %+v with %d held for an order, deposit %+v", suspended, funds, order.Hold, deposit)
		}
		d.wantLots("revoked", "100 0 0 0")
		d.check()
	}
}

// opensBook opens a market.
func (d *auctionDesk) opensBook() {
	d.t.Helper()
	done[MarketResult](d.office, d.admin, MarketOpen{
		Code: "YRD", Name: "YRD", Pollutant: vocs, Regions: []string{jiashan}, LotSize: 100, Tick: quantity.OnePrice, PriceBasis: catalog.PerYear, Approval: "approval",
	})
}

// sellsBeside has a firm sell 1 t/a in the book and give back 2 t/a to the bureau, of
// the permits that it holds.
func (d *auctionDesk) sellsBeside(f firm) (buyBack int64) {
	d.t.Helper()
	d.opensBook()
	done[SurplusResult](d.office, d.leader, SurplusVerify{
		Licence: f.licence.ID, Pollutant: vocs, Quantity: 3 * one, Rung: reserve.EIAAmount, Monitored: true, TaskDone: true, VerifiedOn: 20260701, Document: "d", NoYear: "no records yet",
	})
	done[OrderResult](d.office, f.user, d.order(f, d.i, market.Sell, 9000, one))
	buyBack = done[BuyBackResult](d.office, f.user, BuyBackApply{f.licence.ID, d.i.Code, ledger.Paid, 2 * one, reserve.Reduction, "application"}).BuyBack.ID
	done[BuyBackResult](d.office, f.user, BuyBackStep{buyBack, reserve.SubmitBuyBack, 0, "document", "reason"})
	done[BuyBackResult](d.office, d.clerk, BuyBackStep{buyBack, reserve.AcceptBuyBack, 0, "document", "reason"})
	return buyBack
}

// closings are how the account or the licence of a winner comes to an end.
var closings = map[string]func(d *auctionDesk, f firm){
	"account closed": func(d *auctionDesk, f firm) {
		d.does(d.leader, PartyState{Party: f.party, State: catalog.PartyClosed, Reason: "struck off"})
	},
	"licence revoked": func(d *auctionDesk, f firm) {
		d.does(d.leader, LicenceState{Licence: f.licence.ID, State: catalog.LicenceRevoked, Reason: "r", Document: "d"})
	},
	"licence expired": func(d *auctionDesk, f firm) {
		d.does(d.leader, LicenceState{Licence: f.licence.ID, State: catalog.LicenceExpired, Reason: "r", Document: "d"})
	},
}

// A winner's account or licence ends at any time between the certification and the
// delivery, while he sells in the book and gives permits back: his award goes no further, it is
// revoked for that, he has back what he put up and can have it paid out, and what he
// gives back beside goes on.
func TestAward_RevokedOfClosed(t *testing.T) {
	t.Parallel()
	for steps := range 4 {
		for name, closing := range closings {
			t.Run(fmt.Sprint(name, " after ", steps), func(t *testing.T) {
				t.Parallel()
				d := openAuctionDesk(t, 3)
				f := d.firms[0]
				d.allocate(f, d.i, 5*one)
				buyBack := d.sellsBeside(f)
				_, awards := d.certified()
				a := awards[0]
				next := []func() (int64, Command){
					func() (int64, Command) { return f.user, AwardSign{a.ID} },
					func() (int64, Command) { return d.clerk, AwardContract{a.ID, "合同 1"} },
					func() (int64, Command) {
						return d.finance, NoticeProve{Notice: a.Notice, Amount: a.Amount, Proof: "缴款 1", PaidOn: 20260713}
					},
					func() (int64, Command) { return d.leader, NoticeDeliver{a.Notice} },
				}
				for _, step := range next[:steps] {
					person, c := step()
					d.does(person, c)
					a = rowsIn(d.office, Awards, Where("id", a.ID))[0]
				}
				if steps == 3 {
					d.does(d.finance, NoticeConfirm{a.Notice, "seen"})
				}
				closing(d, f)
				if person, c := next[steps](); steps == 1 || steps == 3 {
					if refused := d.do(person, c); refused == nil {
						t.Errorf("%T was done", c)
					}
				}
				a = awarded(d.office, d.clerk, AwardRevoke{a.ID, "no longer there"})
				if a.State != auction.AwardRevoked || a.Forfeited != 0 || a.Reason == "no longer there" {
					t.Errorf("revoked: %+v", a)
				}
				d.wantFunds(f, "1000000.00")
				d.wantLots("revoked", "97 3 0 0")
				if held := d.balance(HoldingKey(f.licence, d.i, ledger.Paid)).Held; held != int64(2*one) {
					t.Errorf("%s are held, of the buy-back 2", quantity.Quantity(held))
				}
				if b := rowsIn(d.office, BuyBacks, Where("id", buyBack))[0]; b.State != reserve.BuyBackAccepted {
					t.Errorf("the buy-back is %s", b.State)
				}
				d.payee(f.party, "33001 6180 0000 0001")
				d.does(f.user, WithdrawRequest{Party: f.party, Amount: 1_000_000_00, PayeeAccount: "33001 6180 0000 0001", Note: "n"})
				d.check()
			})
		}
	}
}

// Who has won in a reverse auction has his account or his licence ended, while he sells
// in the book and gives other permits back to the bureau. An objection that is upheld
// takes the award back: what he put up is his again, the budget has what was
// committed, and what was paid is asked back.
func TestAward_RevokedOfClosedSeller(t *testing.T) {
	t.Parallel()
	for steps := range 4 {
		for name, closing := range closings {
			t.Run(fmt.Sprint(name, " after ", steps), func(t *testing.T) {
				t.Parallel()
				b := openBuyBackDesk(t)
				d := &auctionDesk{office: b.office, i: b.i, firms: []firm{b.f}}
				d.sellsBeside(b.f)
				a := d.boughtBack(b)
				d.objectsAfter(steps, a, func() { closing(d, b.f) })
				a = awarded(d.office, d.clerk, AwardRevoke{a.ID, "异议成立"})
				if now := b.holding(ledger.Paid); now.Held != int64(2*one) || now.Balance != int64(10*one) {
					t.Errorf("%+v is held, of the buy-back 2 t/a", now)
				}
				paid := quantity.Money(0)
				if steps == 3 {
					paid = a.Amount
				}
				budget := rowsIn(d.office, Budgets, Where("id", b.budget))[0]
				refunds := rowsIn(d.office, Refunds, Where("award", a.ID))
				if budget.Committed != 0 || budget.Paid != paid || (len(refunds) == 1) != (steps == 3) {
					t.Errorf("budget %+v, asked back %+v", budget, refunds)
				}
				d.check()
			})
		}
	}
}

// objectsAfter takes some steps of an award of a reverse auction, does something
// then, and has an objection to it upheld.
func (d *auctionDesk) objectsAfter(steps int, a auction.Award, then func()) {
	d.t.Helper()
	for n := range steps {
		switch n {
		case 0:
			awarded(d.office, d.firms[0].user, AwardSign{a.ID})
		case 1:
			awarded(d.office, d.clerk, AwardContract{a.ID, "c"})
		case 2:
			awarded(d.office, d.finance, AwardPay{a.ID, a.Amount, "p", 20260713})
		}
	}
	then()
	d.upholds(a)
}
