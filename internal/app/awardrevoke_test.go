package app

import (
	"testing"

	"permitx/internal/auction"
	"permitx/internal/catalog"
	"permitx/internal/ledger"
	"permitx/internal/market"
	"permitx/internal/quantity"
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
		done[MarketResult](d.office, d.admin, MarketOpen{
			Code: "YRD", Name: "YRD", Pollutant: vocs, Regions: []string{jiashan}, LotSize: 100, Tick: quantity.OnePrice, PriceBasis: catalog.PerYear, Approval: "approval",
		})
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
		done[auction.Award](d.office, d.clerk, AwardRevoke{a.ID, "异议成立"})
		funds, deposit := d.balance(ledger.FundsKey(f.party)), d.balance(depositKey(f.party))
		if funds.Balance != 1_000_000_00 || funds.Held != order.Hold || deposit.Balance != 0 || deposit.Held != 0 {
			t.Errorf("suspended %t: funds %+v with %d held for an order, deposit %+v", suspended, funds, order.Hold, deposit)
		}
		d.wantLots("revoked", "100 0 0 0")
		d.check()
	}
}
