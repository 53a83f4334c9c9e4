package app

import (
	"encoding/json"
	"strconv"
	"testing"

	"permitx/internal/auction"
	"permitx/internal/quantity"
)

// offerWithBids is an offer of a format in its window, for which three firms have bid,
// or one has of what the state buys.
func offerWithBids(t *testing.T, format auction.Format) (*auctionDesk, auction.Offer) {
	t.Helper()
	if format == auction.ReverseUniform {
		b := openBuyBackDesk(t)
		d := &auctionDesk{office: b.office, i: b.i, firms: []firm{b.f}}
		o := d.announce(d.offerOf(format, func(c *OfferAnnounce) { c.Deposit, c.Budget, c.BudgetLimit = 0, b.budget, 60_000_00 }))
		d.does(b.f.user, RegistrationApply{Offer: o.ID, Licence: b.f.licence.ID, Quantity: 5 * one})
		d.now.set(windowOpens)
		d.settle()
		d.bid(b.f, o.ID, ask(2000, 2*one), ask(3000, 3*one))
		return d, o
	}
	d := openAuctionDesk(t, 3)
	o := d.announce(d.offerOf(format, func(c *OfferAnnounce) {
		if c.Tie != "" {
			c.Tie = auction.ProRataFloor
		}
	}))
	for _, f := range d.firms {
		var project int64
		if format == auction.PayAsBidShare {
			project = d.project(f, 6*one, quantity.OneRatio)
		}
		d.register(o.ID, f, project)
	}
	d.now.set(windowOpens)
	d.settle()
	for n, f := range d.firms {
		switch format { //nolint:exhaustive // the others bid prices and quantities
		case auction.Ascending, auction.PayAsBidShare:
			d.bid(f, o.ID, ask(int64(4000+n*100), 0))
		default:
			d.bid(f, o.ID, ask(int64(4800+n*100), one), ask(4500, quantity.Quantity(3+2*n)*one+one/10))
		}
	}
	return d, o
}

// clearsAgain holds that the case of an offer, read and cleared as permitx clear does
// it, comes to what the offer and its opened bids have.
func (d *auctionDesk) clearsAgain(id int64) {
	d.t.Helper()
	o := rowsIn(d.office, Offers, Where("id", id))[0]
	c, err := OfferCase(d.t.Context(), d.store, o)
	if err != nil {
		d.t.Fatalf("the case of an offer that is %s: %v", o.State, err)
	}
	data, err := json.Marshal(c.Input())
	if err != nil {
		d.t.Fatal(err)
	}
	read, err := auction.Decode(data)
	if err != nil {
		d.t.Fatalf("%v: %s", err, data)
	}
	r, err := auction.Clear(&read)
	if err != nil {
		d.t.Fatalf("%v: %s", err, data)
	}
	if r.Status != o.ResultStatus || r.ClearingPrice != o.ClearingPrice || r.Volume != o.Volume {
		d.t.Errorf("%s: published are %s, %s, %s, cleared again %+v", data, o.ResultStatus, o.ClearingPrice, o.Volume, r)
	}
	side, won := read.Bids, r.Bids
	if o.Buys() {
		side, won = read.Asks, r.Asks
	}
	bids := rowsIn(d.office, OpenedBids, Where("offer", id))
	if len(bids) != len(side) {
		d.t.Fatalf("%d bids were opened, the case has %d", len(bids), len(side))
	}
	for i, b := range bids {
		if a := won[i]; side[i].ID != strconv.FormatInt(b.ID, 10) || a.Quantity != b.Won || a.Price != b.Paid {
			d.t.Errorf("bid %d has won %s at %s, cleared again bid %s wins %s at %s", b.ID, b.Won, b.Paid, side[i].ID, a.Quantity, a.Price)
		}
	}
}

// hasNoCase holds that nothing of an offer can be cleared again.
func (d *auctionDesk) hasNoCase(when string, id int64) {
	d.t.Helper()
	o := rowsIn(d.office, Offers, Where("id", id))[0]
	if c, err := OfferCase(d.t.Context(), d.store, o); !isFault(err, ErrNoCase) || len(c.Bids)+len(c.Asks) > 0 {
		d.t.Errorf("%s: %+v, %v", when, c, err)
	}
}

// What is bid in an auction of each format clears, without the server, to what was
// published; before there is a result, and after the auction is void, nobody gets the bids.
func TestOfferCase_EveryFormat(t *testing.T) {
	t.Parallel()
	for _, format := range auction.Formats() {
		if format == auction.Call { // of a market, not an offer
			continue
		}
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			d, o := offerWithBids(t, format)
			d.hasNoCase("in the window", o.ID)
			d.now.set(windowCloses + 3600*second)
			if o = d.offerNow(o.ID); o.State != auction.OfferRanked {
				t.Fatalf("the offer is %s: %s", o.State, o.Reason)
			}
			d.clearsAgain(o.ID)
			d.does(d.leader, OfferVoid{o.ID, "r"})
			d.hasNoCase("void", o.ID)
		})
	}
}

// Of an auction in which nobody has bid there is nothing to clear.
func TestOfferCase_NobodyHasBid(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 1)
	o := d.announce(d.offerOf(auction.Uniform, nil))
	d.register(o.ID, d.firms[0], 0)
	d.now.set(windowCloses)
	if o = d.offerNow(o.ID); o.State != auction.OfferFailed {
		t.Fatalf("the offer is %s", o.State)
	}
	d.hasNoCase("failed", o.ID)
}
