package app

import (
	"testing"

	"permitx/internal/auction"
	"permitx/internal/fault"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// byTheLot announces a sale of 10 t/a in lots of 0.5 t/a, with a deposit of CNY 500 for each.
func (d *auctionDesk) byTheLot(format auction.Format, change func(*OfferAnnounce)) OfferAnnounce {
	return d.offerOf(format, func(c *OfferAnnounce) {
		c.LotSize, c.Deposit, c.DepositPer = one/2, 500_00, auction.PerLot
		if change != nil {
			change(c)
		}
	})
}

func (d *auctionDesk) registersFor(offer int64, f firm, most quantity.Quantity) auction.Registration {
	d.t.Helper()
	return done[auction.Registration](d.office, f.user, RegistrationApply{Offer: offer, Licence: f.licence.ID, QuantityMost: most})
}

// A deposit for each lot is put up for the lots that a bidder registers for, which he then
// may bid for and no more; losers get it back, and of a winner who lets his award go
// that of the lots that he has won is lost.
func TestDeposit_PerLot(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 3)
	o := d.announce(d.byTheLot(auction.Uniform, func(c *OfferAnnounce) { c.Quota = 8 * one }))
	if r := d.registersFor(o.ID, d.firms[0], 4*one); r.Collateral.String() != "4000.00" { // 8 lots
		t.Errorf("for 4 t/a %s was put up", r.Collateral)
	}
	if r := d.registersFor(o.ID, d.firms[1], 0); r.Collateral.String() != "8000.00" { // all that one bidder may have
		t.Errorf("for the quota %s was put up", r.Collateral)
	}
	d.registersFor(o.ID, d.firms[2], one/2)
	d.wantFunds(d.firms[2], "999500.00")
	d.now.set(windowOpens)
	d.settle()
	d.refuses(d.firms[0].user, d.quoteOf(d.firms[0], o.ID, ask(5000, 4*one), ask(4500, one/2)), auction.ErrOverDeposit)
	d.refuses(d.firms[0].user, d.quoteOf(d.firms[0], o.ID, ask(5000, 9*one)), auction.ErrOverQuota)
	d.refuses(d.firms[1].user, d.quoteOf(d.firms[1], o.ID, ask(5000, 8*one+one/2)), auction.ErrOverQuota)
	d.refuses(d.firms[2].user, d.quoteOf(d.firms[2], o.ID, ask(5000, one)), auction.ErrOverDeposit)
	d.bid(d.firms[0], o.ID, ask(6000, 4*one))
	d.bid(d.firms[1], o.ID, ask(5000, 8*one))
	d.bid(d.firms[2], o.ID, ask(4000, one/2))
	d.restart()
	d.now.set(windowCloses)
	o = d.offerNow(o.ID)
	done[OfferResult](d.office, d.clerk, OfferCertify{o.ID, o.ResultDigest, "d"})
	d.settle()
	d.wantFunds(d.firms[2], "1000000.00") // has lost
	d.check()
	d.later(4)
	for n, a := range rowsIn(d.office, Awards, Where("offer", o.ID)) {
		got := awarded(d.office, d.clerk, AwardDefault{a.ID, "not signed"})
		if want := []string{"4000.00", "6000.00"}[n]; got.Forfeited.String() != want { // 8 and 12 lots
			t.Errorf("of %s t/a %s was lost, want %s", a.Quantity, got.Forfeited, want)
		}
	}
	d.wantFunds(d.firms[0], "996000.00")
	d.wantFunds(d.firms[1], "994000.00") // 2,000 of what was put up for more than was won came back
	d.check()
	for name, change := range map[string]func() func(){
		"less for as much": func() func() {
			return swap(d.store.table(Registrations.name), 1, func(r *auction.Registration) { r.Collateral -= 500_00 })
		},
		"no whole lots": func() func() {
			return swap(d.store.table(Registrations.name), 2, func(r *auction.Registration) { r.Collateral++ })
		},
		"all was lost": func() func() {
			return swap(d.store.table(Awards.name), 2, func(a *auction.Award) { a.Forfeited = 8000_00 })
		},
	} {
		back := change()
		if !d.violates("I-129") {
			t.Errorf("%s: check does not see it", name)
		}
		back()
	}
}

// In formats that fix the quantity the deposit is for it: for the need of the project, and
// for all of an ascending auction. A withdrawal gives it back.
func TestDeposit_FixedQuantity(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 1)
	f := d.firms[0]
	share := d.announce(d.byTheLot(auction.PayAsBidShare, nil))
	r := d.register(share.ID, f, d.project(f, 3*one, quantity.OneRatio))
	if r.Collateral.String() != "3000.00" {
		t.Errorf("for a need of 3 t/a %s was put up", r.Collateral)
	}
	rising := d.announce(d.byTheLot(auction.Ascending, nil))
	if r := d.register(rising.ID, f, 0); r.Collateral.String() != "10000.00" {
		t.Errorf("for all of 10 t/a %s was put up", r.Collateral)
	}
	d.does(f.user, RegistrationWithdraw{r.ID})
	d.wantFunds(f, "990000.00")
	d.check()
}

// A price-taker asks for no more than his deposit covers; a bidder who cannot put it up does
// not take part, and only sales of permits with a deposit have one for each lot.
func TestDeposit_Refusals(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 2)
	o := d.announce(d.byTheLot(auction.Uniform, func(c *OfferAnnounce) { c.NoncompetitiveQuota = 2 * one }))
	dear := d.announce(d.byTheLot(auction.Uniform, func(c *OfferAnnounce) { c.Deposit = 100_000_00 }))
	d.refusesAt(d.firms[0].user, RegistrationApply{Offer: dear.ID, Licence: d.firms[0].licence.ID, QuantityMost: 6 * one}, ledger.ErrInsufficient, "max_quantity")
	whole := d.announce(d.offerOf(auction.Uniform, func(c *OfferAnnounce) { c.Deposit = 2_000_000_00 }))
	d.refusesAt(d.firms[0].user, RegistrationApply{Offer: whole.ID, Licence: d.firms[0].licence.ID}, ledger.ErrInsufficient, "licence")
	d.refusesAt(d.firms[0].user, RegistrationApply{Offer: o.ID, Licence: d.firms[0].licence.ID, Guarantee: 5}, fault.Invalidf("", ""), "guarantee")
	full := d.announce(d.offerOf(auction.Uniform, func(c *OfferAnnounce) { c.Collateral, c.Deposit = auction.FullCollateral, 0 }))
	d.refusesAt(d.firms[0].user, RegistrationApply{Offer: full.ID, Licence: d.firms[0].licence.ID, Guarantee: 2_000_000_00}, ledger.ErrInsufficient, "guarantee")
	d.registersFor(o.ID, d.firms[0], one)
	d.now.set(windowOpens)
	d.settle()
	taker := auction.Terms{Noncompetitive: true, Steps: []auction.Step{{Quantity: one + one/2}}}
	if _, err := o.CheckQuote(taker, auction.Bidder{Registration: rowsIn(d.office, Registrations, Where("offer", o.ID))[0]}, 0); err == nil {
		t.Error("a price-taker asks for more than his deposit covers")
	}
	for name, c := range map[string]OfferAnnounce{
		"a guarantee": d.byTheLot(auction.Uniform, func(c *OfferAnnounce) { c.Collateral, c.Deposit = auction.FullCollateral, 0 }),
		"no such":     d.byTheLot(auction.Uniform, func(c *OfferAnnounce) { c.DepositPer = "tonne" }),
	} {
		if f := d.do(d.clerk, d.prepared(c)); f == nil || f.Field != "deposit_per" {
			t.Errorf("%s: %v", name, f)
		}
	}
}
