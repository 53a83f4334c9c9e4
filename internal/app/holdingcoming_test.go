package app

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// limitHoldings lets a licence hold so much beyond its right, of which it has none.
func (d *auctionDesk) limitHoldings(most string) {
	d.t.Helper()
	d.does(d.leader, ParameterSet{Key: "holding.limit", Value: most, ValidFrom: 20260701, Document: "limit"})
}

// wantComing holds that a firm's licence may still get so much.
func (d *auctionDesk) wantComing(when string, f firm, want quantity.Quantity) {
	d.t.Helper()
	d.settle()
	if got := d.app.st.wanted[surplusKey{f.licence.ID, vocs}]; got != want {
		d.t.Errorf("%s: licence %d may still get %s, want %s", when, f.licence.ID, got, want)
	}
}

// What a bidder may bid for in one auction, has won there and was asked to pay is
// counted in the next, in the market and for a sale by agreement: the contract and
// the delivery of what was certified are refused by nothing.
func TestHoldingLimit_CountsAuctions(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 2)
	f, other := d.firms[0], d.firms[1]
	d.limitHoldings("8")
	o := d.announce(d.offerOf(auction.PayAsBid, func(c *OfferAnnounce) { c.Quota = 6 * one }))
	second := d.announce(d.offerOf(auction.PayAsBid, func(c *OfferAnnounce) { c.Quota = 6 * one }))
	agreed := NoticeIssue{Licence: f.licence.ID, Instrument: d.i.Code, Price: yuan(4000), DueOn: 20260720, Document: "d", Quantity: 2*one + one/10}
	d.register(o.ID, f, 0)
	d.wantComing("registered", f, 6*one)
	d.refuses(d.clerk, agreed, errHoldingLimit)
	r := d.register(second.ID, f, 0)
	d.wantComing("registered twice", f, 8*one)
	d.refuses(f.user, RegistrationApply{Offer: d.announce(d.offerOf(auction.Uniform, nil)).ID, Licence: f.licence.ID}, errHoldingLimit)
	d.register(o.ID, other, 0)
	d.restart()
	d.now.set(windowOpens)
	d.settle()
	d.refuses(f.user, d.quoteOf(f, second.ID, ask(5000, 2*one+one/10)), auction.ErrOverQuota)
	d.bid(f, o.ID, ask(5000, 3*one))
	d.bid(f, second.ID, ask(5000, 2*one))
	d.bid(other, o.ID, ask(4500, 3*one))
	d.wantComing("bidding", f, 8*one)
	d.now.set(windowCloses)
	d.wantComing("ranked", f, 5*one)
	d.restart()
	d.wantComing("ranked and restarted", f, 5*one)
	for _, id := range []int64{o.ID, second.ID} {
		now := d.offerNow(id)
		d.does(d.clerk, OfferCertify{id, now.ResultDigest, "d"})
	}
	d.wantComing("certified", f, 5*one)
	agreed.Quantity = 3*one + one/10
	d.refuses(d.clerk, agreed, errHoldingLimit)
	agreed.Quantity = 2 * one
	sold := done[NoticeResult](d.office, d.clerk, agreed).Notice
	d.wantComing("sold by agreement", f, 7*one)
	d.restart()
	for _, a := range rowsIn(d.office, Awards, Where("party", f.party)) {
		d.delivered(f, a)
		d.restart()
	}
	d.wantComing("delivered", f, 2*one)
	d.does(d.leader, NoticeCancel{sold.ID, "not wanted"})
	d.wantComing("cancelled", f, 0)
	if r := rowsIn(d.office, Registrations, Where("id", r.ID))[0]; r.LimitMost != 2*one || r.Won != 2*one {
		t.Errorf("the second registration is %+v", r)
	}
	d.check()
}

// An ascending auction is for all of it: who may not hold so much does not bid.
func TestHoldingLimit_Ascending(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 1)
	f := d.firms[0]
	d.limitHoldings("9.9")
	o := d.announce(d.offerOf(auction.Ascending, nil))
	d.refuses(f.user, RegistrationApply{Offer: o.ID, Licence: f.licence.ID}, errHoldingLimit)
	d.limitHoldings("10")
	d.register(o.ID, f, 0)
	d.wantComing("registered", f, 10*one)
	d.does(f.user, RegistrationWithdraw{rowsIn(d.office, Registrations, Where("offer", o.ID))[0].ID})
	d.wantComing("withdrawn", f, 0)
}

// Who names how much he bids for leaves the rest of his limit for another auction; what
// was opened beyond it is found.
func TestHoldingLimit_Tampered(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 1)
	f := d.firms[0]
	d.limitHoldings("8")
	o := d.announce(d.offerOf(auction.Uniform, nil))
	named := RegistrationApply{Offer: o.ID, Licence: f.licence.ID, QuantityMost: 8*one + one/10}
	d.refuses(f.user, named, errHoldingLimit)
	named.QuantityMost = 3 * one
	r := done[auction.Registration](d.office, f.user, named)
	d.wantComing("named", f, 3*one)
	d.now.set(windowOpens)
	d.settle()
	d.bid(f, o.ID, ask(5000, 3*one))
	d.now.set(windowCloses)
	d.offerNow(o.ID)
	d.check()
	rows := d.store.table(Registrations.name).rows
	x := rows[r.ID].(auction.Registration)
	x.LimitMost = 2 * one
	rows[r.ID] = x
	if !d.violates("I-122") {
		t.Error("what was opened beyond the bound is not found")
	}
}

// However two firms bid, buy, let go and are paid for in two auctions and by
// agreement: no contract and no delivery of what they have won is refused by the limit,
// what a licence may still get is the same after a restart, and 0 when all is over.
func TestHoldingLimit_Random(t *testing.T) {
	t.Parallel()
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			limitedRun(t, rand.New(rand.NewPCG(seed, 94)))
		})
	}
}

func limitedRun(t *testing.T, r *rand.Rand) {
	t.Helper()
	d := openAuctionDesk(t, 3)
	d.limitHoldings("8")
	formats := []auction.Format{auction.Uniform, auction.PayAsBid}
	var offers []auction.Offer
	for range 2 {
		offers = append(offers, d.announce(d.offerOf(formats[r.IntN(2)], func(c *OfferAnnounce) {
			c.Quota = quantity.Quantity(3+r.IntN(7)) * one
		})))
	}
	beside := func() {
		f := d.firms[r.IntN(2)]
		q := quantity.Quantity(1+r.IntN(40)) * one / 10
		d.mayDo(d.clerk, NoticeIssue{Licence: f.licence.ID, Instrument: d.i.Code, Price: yuan(4000), DueOn: 20260831, Document: "d", Quantity: q})
		if r.IntN(3) == 0 {
			d.restart()
		}
	}
	for _, o := range offers {
		for _, f := range d.firms {
			beside()
			d.mayDo(f.user, RegistrationApply{Offer: o.ID, Licence: f.licence.ID})
		}
	}
	d.now.set(windowOpens)
	d.settle()
	for _, o := range offers {
		for _, f := range d.firms {
			if r.IntN(5) > 0 {
				d.mayDo(f.user, d.quoteOf(f, o.ID, ask(5000+r.Int64N(3), quantity.Quantity(1+r.IntN(60))*one/10)))
			}
			beside()
		}
	}
	d.now.set(windowCloses)
	beside()
	for _, o := range offers {
		if o = d.offerNow(o.ID); o.State == auction.OfferRanked {
			d.does(d.clerk, OfferCertify{o.ID, o.ResultDigest, "d"})
			d.settle()
		}
		beside()
	}
	d.endAwards(r, beside)
	for _, n := range rowsIn(d.office, Notices, Where("state", string(reserve.NoticeIssued))) {
		d.does(d.leader, NoticeCancel{n.ID, "not wanted"})
	}
	for _, f := range d.firms {
		d.wantComing("over", f, 0)
	}
	d.restart()
	d.check()
}

// endAwards contracts and delivers each award, or lets it go.
func (d *auctionDesk) endAwards(r *rand.Rand, beside func()) {
	d.t.Helper()
	var left []auction.Award
	for _, a := range rowsIn(d.office, Awards, Query{}) {
		if r.IntN(4) == 0 {
			left = append(left, a)
			continue
		}
		var f firm
		for _, x := range d.firms {
			if x.party == a.Party {
				f = x
			}
		}
		if a = d.delivered(f, a); a.State != auction.AwardDelivered {
			d.t.Errorf("what was won is not delivered: %+v", a)
		}
		beside()
	}
	d.now.set(calendar.NewDate(2026, 8, 20).Start())
	d.settle()
	for _, a := range left {
		d.does(d.leader, AwardDefault{a.ID, "nothing was heard"})
		beside()
	}
}

// mayDo sends a command that may be refused, but not by the state of what it names.
func (d *auctionDesk) mayDo(person int64, c Command) {
	d.t.Helper()
	if f := d.do(person, c); f != nil && f.Code != errHoldingLimit.Code && f.Code != auction.ErrOverQuota.Code && f.Code != ErrNotRegistered.Code {
		d.t.Logf("%T: %v", c, f)
	}
}

// mayGet is what licences may still get, without those that may get nothing.
func mayGet(s *state) map[surplusKey]quantity.Quantity {
	all := maps.Clone(map[surplusKey]quantity.Quantity(s.wanted))
	maps.DeleteFunc(all, func(_ surplusKey, q quantity.Quantity) bool { return q == 0 })
	return all
}
