package app

import (
	"fmt"
	"slices"
	"testing"

	"permitx/internal/auction"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/quantity"
)

// anyPrice is a sealed quote that names no price.
func (d *auctionDesk) anyPrice(f firm, offer int64, q quantity.Quantity) Command {
	d.t.Helper()
	terms := auction.Terms{Steps: []auction.Step{{Quantity: q}}, Noncompetitive: true}
	c, err := d.app.SealQuote(identity.Actor{Person: f.user}, fmt.Sprintf("k-%d", d.keys+1), offer, terms)
	if err != nil {
		d.t.Fatal(err)
	}
	return c
}

// takers is an offer of 10 t/a from CNY 4,000 that gives at most 4.5 to bids at any
// price, 3 to one bidder, in a window that is open; all firms are registered.
func (d *auctionDesk) takers(change func(*OfferAnnounce)) auction.Offer {
	d.t.Helper()
	o := d.announce(d.offerOf(auction.Uniform, func(c *OfferAnnounce) {
		c.NoncompetitiveQuota, c.NoncompetitiveShare = 3*one, 450_000
		change(c)
	}))
	for _, f := range d.firms {
		c := RegistrationApply{Offer: o.ID, Licence: f.licence.ID}
		if o.Collateral == auction.FullCollateral {
			c.Guarantee = 250_000_00
		}
		done[auction.Registration](d.office, f.user, c)
	}
	d.now.set(windowOpens)
	d.settle()
	return o
}

// Bids at any price are served first, up to their share, by the rule for ties;
// they pay the price of the auction, get their award and their permits, and are
// in no published price. They have no rank in the window, and survive a restart in it.
func TestOffer_Noncompetitive(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 4)
	o := d.takers(func(c *OfferAnnounce) { c.Sight = auction.SeesOwnRank })
	done[QuoteReceipt](d.office, d.firms[0].user, d.anyPrice(d.firms[0], o.ID, 3*one))
	d.bid(d.firms[1], o.ID, ask(9000, one))
	done[QuoteReceipt](d.office, d.firms[1].user, d.anyPrice(d.firms[1], o.ID, 2*one)) // replaces
	d.bid(d.firms[2], o.ID, ask(5000, 4*one))
	d.bid(d.firms[3], o.ID, ask(4500, 4*one))
	d.restart()
	for n, want := range []int{0, 0, 1, 2} {
		r := rowsIn(d.office, Registrations, Where("party", d.firms[n].party))[0]
		if got := d.app.BidderSight(d.offerNow(o.ID), r.ID).OwnRank; got != want {
			t.Errorf("bidder %d has rank %d, want %d", n, got, want)
		}
	}
	d.now.set(windowCloses)
	d.check()
	o = d.offerNow(o.ID)
	if o.State != auction.OfferRanked || o.ClearingPrice != yuan(4500) || o.Volume != 10*one {
		t.Fatalf("ranked: %+v", o)
	}
	done[OfferResult](d.office, d.clerk, OfferCertify{o.ID, o.ResultDigest, "成交确认"})
	o = d.offerNow(o.ID)
	var got []string
	awards := rowsIn(d.office, Awards, Where("offer", o.ID))
	for _, a := range awards {
		r := rowsIn(d.office, Registrations, Where("id", a.Registration))[0]
		got = append(got, fmt.Sprint(a.Quantity, a.Price, r.Place))
	}
	if want := []string{"3 4500 1", "1.5 4500 2", "4 4500 3", "1.5 4500 4"}; !slices.Equal(got, want) { // 45 % are 4.5 t/a
		t.Errorf("awards %q, want %q", got, want)
	}
	results := &PublishedResults{}
	p, err := results.Of(t.Context(), d.store, o.ID, Query{})
	want := auction.Figures{
		Bidders: 4, Wanted: 13 * one, Cover: 1_300_000, Least: yuan(4500), Greatest: yuan(5000), Mean: yuan(4750), Median: yuan(5000), Average: yuan(4500), Takers: 9 * one / 2,
	}
	if err != nil || p.Figures != want {
		t.Errorf("published %+v, %v; want %+v", p.Figures, err, want)
	}
	read := d.store.reads[OpenedBids.Name()]
	second, err := results.Of(t.Context(), d.store, o.ID, Query{}.Page(awards[0].ID, 2))
	if err != nil || second.Figures != want || d.store.reads[OpenedBids.Name()] != read {
		t.Errorf("published again %+v, %v, after %d more looks at the bids", second.Figures, err, d.store.reads[OpenedBids.Name()]-read)
	}
	if len(second.Winners) != 2 || second.Winners[0] != p.Winners[1] || second.Winners[1] != p.Winners[2] {
		t.Errorf("the second and the third winner are %+v of %+v", second.Winners, p.Winners)
	}
	a := d.delivered(d.firms[0], awards[0])
	acquired := rowsIn(d.office, Acquisitions, Query{})
	if last := acquired[len(acquired)-1]; a.State != auction.AwardDelivered || last.Price != yuan(4500) || last.Quantity != 3*one {
		t.Errorf("%+v\nacquired %+v", a, last)
	}
	d.check()
}

// delivered takes an award of a sale from the signature to the delivery.
func (d *auctionDesk) delivered(f firm, a auction.Award) auction.Award {
	d.t.Helper()
	awarded(d.office, f.user, AwardSign{a.ID})
	a = awarded(d.office, d.clerk, AwardContract{a.ID, "合同"})
	d.does(d.finance, NoticeProve{Notice: a.Notice, Amount: a.Amount, Proof: fmt.Sprintf("缴款 %d", a.ID), PaidOn: d.now.get().Date()})
	d.does(d.finance, NoticeConfirm{a.Notice, "seen on the treasury's account"})
	d.does(d.leader, NoticeDeliver{a.Notice})
	return rowsIn(d.office, Awards, Where("id", a.ID))[0]
}

// A bid at any price is judged by what the offer says of such bids; that it named no
// price its refusal tells its bidder alone.
func TestOffer_NoncompetitiveRefusals(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 1)
	f := d.firms[0]
	plain := d.announce(d.offerOf(auction.Uniform, nil))
	d.register(plain.ID, f, 0)
	o := d.takers(func(c *OfferAnnounce) {
		c.Collateral, c.Deposit, c.ConfirmFactor = auction.FullCollateral, 0, 5*quantity.OneRatio
	})
	told := []*fault.Error{auction.ErrOverQuota, auction.ErrOverQuota} // by the last two
	for _, c := range []struct {
		offer int64
		q     quantity.Quantity
		want  *fault.Error
	}{
		{plain.ID, one, auction.ErrNoncompetitive},
		{o.ID, 0, auction.ErrOffLot},
		{o.ID, one / 20, auction.ErrOffLot},
		{o.ID, 3*one + one/10, auction.ErrOverQuota},
		{o.ID, 3 * one, auction.ErrNotCovered}, // 3 × 5 × 4,000 × 60/12 = 300,000 of 250,000
	} {
		d.refusesAt(f.user, d.anyPrice(f, c.offer, c.q), c.want, "noncompetitive")
		told = append(told, c.want)
	}
	done[QuoteReceipt](d.office, f.user, d.anyPrice(f, o.ID, 5*one/2))
	d.refusesAt(f.user, d.quoteOf(f, o.ID, ask(4000, 11*one)), auction.ErrOverQuota, "steps")
	d.refusesAt(f.user, d.anyPrice(f, o.ID, 4*one), auction.ErrOverQuota, "noncompetitive")
	d.wantKeptSilent(told...)
	d.now.set(windowCloses) // nobody has named a price
	if o = d.offerNow(o.ID); o.State != auction.OfferFailed || o.Volume != 0 {
		t.Errorf("without a price: %+v", o)
	}
	d.check()
}

// The quantity of a bid at any price is as secret as any.
func TestOffer_NoncompetitiveSealed(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 1)
	o := d.takers(func(c *OfferAnnounce) { c.LotSize = 1 })
	done[QuoteReceipt](d.office, d.firms[0].user, d.anyPrice(d.firms[0], o.ID, 2_391_737))
	if where := d.found(2_391_737, "2.391737"); len(where) > 0 {
		t.Errorf("the quantity is in %v", where)
	}
}

// The terms of bids at any price go together, and the share has a default.
func TestOffer_NoncompetitiveTerms(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 1)
	announce := func(format auction.Format, change func(*OfferAnnounce)) (auction.Offer, *fault.Error) {
		c := d.offerOf(format, func(c *OfferAnnounce) {
			c.NoncompetitiveQuota = one
			change(c)
		})
		if f := d.do(d.clerk, d.prepared(c)); f != nil {
			return auction.Offer{}, f
		}
		rows := rowsIn(d.office, Offers, Query{})
		return rows[len(rows)-1], nil
	}
	for field, c := range map[string]struct {
		format auction.Format
		change func(*OfferAnnounce)
	}{
		"noncompetitive_quota": {auction.PayAsBid, func(*OfferAnnounce) {}},
		"noncompetitive_share": {auction.Uniform, func(c *OfferAnnounce) { c.NoncompetitiveShare = quantity.OneRatio }},
		"confirm_factor":       {auction.Uniform, func(c *OfferAnnounce) { c.Collateral, c.Deposit = auction.FullCollateral, 0 }},
	} {
		if _, f := announce(c.format, c.change); f == nil || f.Field != field {
			t.Errorf("%s: %v", field, f)
		}
	}
	for _, q := range []quantity.Quantity{one / 20, 3 * one, 2 * one} { // off the lot size; over a quarter of ten; over the quota
		if _, f := announce(auction.Uniform, func(c *OfferAnnounce) { c.NoncompetitiveQuota, c.Quota = q, 3*one/2 }); f == nil || f.Field != "noncompetitive_quota" {
			t.Errorf("%s: %v", q, f)
		}
	}
	if o, f := announce(auction.Uniform, func(*OfferAnnounce) {}); f != nil || o.NoncompetitiveLimit() != 5*one/2 {
		t.Errorf("%v %+v", f, o)
	}
}
