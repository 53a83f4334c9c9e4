package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/identity"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
)

// closes lets an offer's window open and close.
func (d *auctionDesk) closes(id int64) auction.Offer {
	d.t.Helper()
	d.now.set(windowOpens)
	d.settle()
	d.now.set(windowCloses)
	return d.offerNow(id)
}

// wantFailed holds that an offer has failed for a reason, that the public is told so
// with how many have bid and no figure of their bids, and that nothing is held any more.
func (d *auctionDesk) wantFailed(o auction.Offer, reason string, bidders int) {
	d.t.Helper()
	if o.State != auction.OfferFailed || !strings.Contains(o.Reason, reason) || o.Releasing {
		d.t.Fatalf("the offer is %s: %q; want it failed: %q", o.State, o.Reason, reason)
	}
	ends := rowsIn(d.office, PublicNotices, Where("kind", "offer_end").And("subject", Eq, o.ID))
	if len(ends) != 1 || !strings.Contains(ends[0].Body, o.Reason) {
		d.t.Errorf("notices of the end: %+v", ends)
	}
	p, err := (&PublishedResults{}).Of(d.t.Context(), d.store, o.ID, Query{})
	if err != nil || p.Figures != (auction.Figures{Bidders: bidders}) || len(p.Winners) != 0 {
		d.t.Errorf("published: %v, %+v; want %d bidders", err, p.Figures, bidders)
	}
	d.check()
}

// An auction in which nobody takes part fails by itself, whatever it is about and
// however it comes that nobody does: what it held is free, as of one that nobody
// bids in; one that its rule cancels for too few bids says that it has had bids.
func TestOffer_Nobody(t *testing.T) {
	t.Parallel()
	t.Run("lots", func(t *testing.T) {
		t.Parallel()
		d := openAuctionDesk(t, 2)
		o := d.announce(d.offerOf(auction.Uniform, nil))
		d.does(d.firms[0].user, RegistrationWithdraw{d.register(o.ID, d.firms[0], 0).ID})
		d.register(o.ID, d.firms[1], 0)
		d.blacklisted(d.firms[1], d.now.get().Date())
		d.wantFailed(d.closes(o.ID), "nobody took part", 0)
		d.wantLots("failed", "100 0 0 0")
		d.wantFunds(d.firms[0], "1000000.00")
	})
	t.Run("programme", func(t *testing.T) {
		t.Parallel()
		d := openAuctionDesk(t, 0)
		in := func(c *OfferAnnounce) { c.Programme = "2026" }
		first := d.announce(d.offerOf(auction.Uniform, in))
		next := d.announce(d.offerOf(auction.Uniform, func(c *OfferAnnounce) {
			in(c)
			c.RegisterUntil, c.OpensAt, c.ClosesAt = c.RegisterUntil+7*24*3600*second, c.OpensAt+7*24*3600*second, c.ClosesAt+7*24*3600*second
		}))
		d.wantFailed(d.closes(first.ID), "nobody took part", 0)
		if next = d.offerNow(next.ID); next.Carried != 25*one/10 {
			t.Errorf("%s were carried over", next.Carried)
		}
	})
	t.Run("budget", func(t *testing.T) {
		t.Parallel()
		b := openBuyBackDesk(t)
		d := &auctionDesk{office: b.office, i: b.i, firms: []firm{b.f}}
		o := d.announce(d.offerOf(auction.ReverseUniform, func(c *OfferAnnounce) { c.Deposit, c.Budget, c.BudgetLimit = 0, b.budget, 80_000_00 }))
		d.wantFailed(d.closes(o.ID), "nobody took part", 0)
		if budget := rowsIn(d.office, Budgets, Where("id", b.budget))[0]; budget.Committed != 0 {
			t.Errorf("budget: %+v", budget)
		}
	})
	t.Run("cancelled by its rule", func(t *testing.T) {
		t.Parallel()
		d := openAuctionDesk(t, 1)
		o := d.announce(d.offerOf(auction.Uniform, func(c *OfferAnnounce) { c.Undersubscribed = auction.Cancel }))
		d.register(o.ID, d.firms[0], 0)
		d.now.set(windowOpens)
		d.settle()
		d.bid(d.firms[0], o.ID, ask(4000, one))
		d.now.set(windowCloses)
		d.wantFailed(d.offerNow(o.ID), "less than the quantity", 1)
		d.wantFunds(d.firms[0], "1000000.00")
	})
}

// Nobody registers for credits: they are their holder's to dispose of again.
func TestOffer_NobodyForCredits(t *testing.T) {
	t.Parallel()
	d := openCreditDesk(t, 0)
	o := d.announce(d.offerOf(auction.Uniform, nil))
	d.wantFailed(d.closes(o.ID), "nobody took part", 0)
	d.wantCredits("failed", d.seller, 1000, 0)
}

// A price at which what is offered could not be counted is refused, and so is an
// announcement of one: no bid keeps an auction from its result.
func TestOffer_PriceBound(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 2)
	for field, change := range map[string]func(*OfferAnnounce){
		"reserve_price": func(c *OfferAnnounce) { c.ReservePrice = 100_000_000_001 * quantity.OnePrice },
		"tick":          func(c *OfferAnnounce) { c.Tick = 100_000_000_001 * quantity.OnePrice },
		"quantity": func(c *OfferAnnounce) {
			c.ReservePrice, c.Quantity = 90_000_000_000*quantity.OnePrice, 10_000_000*one
		},
	} {
		if f := d.do(d.clerk, d.prepared(d.offerOf(auction.Uniform, change))); f == nil || f.Field != field {
			t.Errorf("%s: %v", field, f)
		}
	}
	o := d.announce(d.offerOf(auction.Uniform, nil))
	for _, f := range d.firms {
		d.register(o.ID, f, 0)
	}
	d.now.set(windowOpens)
	d.settle()
	d.bid(d.firms[0], o.ID, ask(5000, 4*one))
	d.refuses(d.firms[1].user, d.quoteOf(d.firms[1], o.ID, ask(100_000_000_001, one/10)), auction.ErrPriceTooHigh)
	d.bid(d.firms[1], o.ID, ask(100_000_000_000, 10*one))
	d.now.set(windowCloses)
	if o = d.offerNow(o.ID); o.State != auction.OfferRanked {
		t.Errorf("the offer is %s", o.State)
	}
	d.check()
}

// repriced changes the price of the opened bids in the rows alone, so that no result
// can be computed of them, or another than there was.
func (d *auctionDesk) repriced(p quantity.Price) {
	for id, row := range d.store.tables[OpenedBids.name].rows {
		b := row.(auction.OpenedBid)
		b.Price = p
		d.store.tables[OpenedBids.name].rows[id] = b
	}
}

// mustDo sends a command and does not check the rows, which a test has changed.
func (d *auctionDesk) mustDo(person int64, c Command) {
	d.t.Helper()
	d.keys++
	if a, err := d.app.Do(d.t.Context(), identity.Actor{Person: person}, fmt.Sprintf("k-%d", d.keys), c); err != nil || a.Status >= 300 {
		d.t.Fatalf("%T: %v %s", c, err, a.Body)
	}
}

// What cannot be ranked can be declared void, by two persons: everything goes back.
func TestOffer_VoidWhileRanking(t *testing.T) {
	t.Parallel()
	for _, at := range []auction.OfferState{auction.OfferOpened, auction.OfferRanking} {
		d := openAuctionDesk(t, 2)
		o := d.announce(d.offerOf(auction.Uniform, nil))
		for _, f := range d.firms {
			d.register(o.ID, f, 0)
		}
		d.now.set(windowOpens)
		d.settle()
		d.bid(d.firms[0], o.ID, ask(5000, 4*one))
		did := map[auction.OfferState]string{auction.OfferOpened: "offer.open_bids", auction.OfferRanking: "offer.compute"}[at]
		d.store.after = func(b *Batch) error {
			for _, j := range b.Journal {
				if j.Kind == did {
					d.repriced(1)
					return ErrFenced
				}
			}
			return nil
		}
		d.stuck = true
		d.now.set(windowCloses)
		d.settle()
		<-d.app.Stopped()
		d.store.after = nil
		d.store.release()
		d.repriced(200_000_000_000 * quantity.OnePrice)
		d.start()
		if now := d.offerNow(o.ID); now.State != at {
			t.Fatalf("the offer is %s, want %s", now.State, at)
		}
		d.mustDo(d.clerk, OfferVoid{o.ID, "it cannot be ranked"})
		p := rowsIn(d.office, Proposals, Query{})
		d.mustDo(d.second, ProposalApprove{p[len(p)-1].ID, p[len(p)-1].EffectsDigest})
		d.stuck = false
		d.settle()
		d.repriced(yuan(5000))
		if o = d.offerNow(o.ID); o.State != auction.OfferVoid || o.Releasing {
			t.Errorf("stopped when %s the offer is %s", at, o.State)
		}
		d.wantFunds(d.firms[0], "1000000.00")
		d.wantLots("void", "100 0 0 0")
		d.check()
	}
}

// A winner of several prices pays their mean, rounded half up, in the award, its
// payment notice and his acquisition; the amount is exact.
func TestOffer_MeanOfSteps(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 1)
	o := d.oneBidder(auction.PayAsBid)
	d.bid(d.firms[0], o.ID, ask(9000, 2*one), ask(4000, 3*one), ask(4001, one)) // (18,000 + 12,000 + 4,001) ÷ 6
	d.now.set(windowCloses)
	o = d.offerNow(o.ID)
	done[OfferResult](d.office, d.clerk, OfferCertify{o.ID, o.ResultDigest, "d"})
	d.settle()
	a := rowsIn(d.office, Awards, Query{})[0]
	const mean = "5666.8333"
	if a.Price.String() != mean || a.Amount != 170_005_00 {
		t.Errorf("awarded %s at %s for %s", a.Quantity, a.Price, a.Amount)
	}
	awarded(d.office, d.firms[0].user, AwardSign{a.ID})
	a = awarded(d.office, d.clerk, AwardContract{a.ID, "c"})
	n := rowsIn(d.office, Notices, Where("id", a.Notice))[0]
	d.does(d.finance, NoticeProve{Notice: n.ID, Amount: n.Amount, Proof: "p", PaidOn: 20260713})
	d.does(d.finance, NoticeConfirm{n.ID, "seen"})
	d.does(d.leader, NoticeDeliver{n.ID})
	acquired := rowsIn(d.office, Acquisitions, Query{})
	if last := acquired[len(acquired)-1]; n.Price.String() != mean || last.Price.String() != mean || n.Amount != a.Amount {
		t.Errorf("the notice says %s for %s, the acquisition %s", n.Price, n.Amount, last.Price)
	}
	d.check()
}

// A seal is one offer's: whoever uses his Idempotency-Key again, when it is
// forgotten, is refused, for the key of the earlier offer is published by then (I-102).
func TestOffer_SealOnce(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 0)
	seal := func(c OfferAnnounce) OfferAnnounce {
		var err error
		if c.OfferTerms, err = d.app.SealOffer(identity.Actor{Person: d.clerk}, "announce-monthly", c.OfferTerms); err != nil {
			t.Fatal(err)
		}
		return c
	}
	first := done[OfferResult](d.office, d.clerk, seal(d.offerOf(auction.Uniform, nil))).Offer
	if first = d.closes(first.ID); first.SealKey == "" || len(first.SealName) != 2*sealNameSize {
		t.Fatalf("%+v", first)
	}
	d.now.set(calendar.NewDate(2026, 8, 17).Start())
	d.refuses(d.clerk, seal(d.offerOf(auction.Uniform, func(c *OfferAnnounce) {
		opens := calendar.NewDate(2026, 8, 31).Start()
		c.RegisterUntil, c.OpensAt, c.ClosesAt = opens, opens+10*3600*second, opens+11*3600*second
	})), ErrSealUsed)
}

// violates reports whether check finds that an invariant does not hold, of rows that a test has changed.
func (o *office) violates(invariant string) bool {
	o.t.Helper()
	found, err := Check(o.t.Context(), o.store, o.store.registry)
	if err != nil {
		o.t.Fatal(err)
	}
	return slices.ContainsFunc(found, func(v Violation) bool { return v.Invariant == invariant })
}

// Offers of before may share a seal, whatever becomes of them; they are known by the
// length of its name (I-102).
func TestOffer_SealOfBefore(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 0)
	first, second := d.announce(d.offerOf(auction.Uniform, nil)), d.announce(d.offerOf(auction.Uniform, nil))
	shares := func(size int) {
		row := storedRow(d.office, Offers, second.ID)
		row.SealName, row.KeyDigest = first.SealName[:size], first.KeyDigest
		d.store.table(Offers.name).put(row.ID, row)
	}
	shares(sealNameBefore)
	d.restart()
	done[OfferResult](d.office, d.leader, OfferCancel{second.ID, "r"})
	if d.violates("I-102") {
		t.Error("of before: I-102 does not hold")
	}
	shares(2 * sealNameSize)
	if !d.violates("I-102") {
		t.Error("of now: I-102 holds")
	}
}

// Who does not take a part is registered for his whole need, and gets that or
// nothing; who does, for what is offered at most.
func TestOffer_ShareNeedAboveSupply(t *testing.T) {
	t.Parallel()
	for _, takes := range []bool{false, true} {
		d := openAuctionDesk(t, 2)
		o := d.announce(d.offerOf(auction.PayAsBidShare, func(c *OfferAnnounce) { c.WinShare = quantity.OneRatio }))
		big := done[auction.Registration](d.office, d.firms[0].user, RegistrationApply{
			Offer: o.ID, Licence: d.firms[0].licence.ID, Project: d.project(d.firms[0], 14*one, quantity.OneRatio), AcceptsPart: takes,
		})
		d.register(o.ID, d.firms[1], d.project(d.firms[1], 2*one, quantity.OneRatio))
		d.now.set(windowOpens)
		d.settle()
		d.bid(d.firms[0], o.ID, ask(5000, 0))
		d.bid(d.firms[1], o.ID, ask(4500, 0))
		d.now.set(windowCloses)
		o = d.offerNow(o.ID)
		got := fmt.Sprint(big.Quantity)
		for _, r := range rowsIn(d.office, Registrations, Where("offer", o.ID)) {
			got += fmt.Sprint(" ", r.State, r.Won)
		}
		if want := map[bool]string{false: "14 lost0 won2", true: "10 won10 lost0"}[takes]; got != want {
			t.Errorf("takes a part %v: %s, want %s", takes, got, want)
		}
		d.check()
	}
}

// An ascending auction closes no sooner than its free period and its clock allow;
// options with a published default may be absent.
func TestOffer_Defaults(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 0)
	early := d.offerOf(auction.Ascending, func(c *OfferAnnounce) { c.FreeSeconds, c.ClosesAt = 3600, windowOpens+second })
	if f := d.do(d.clerk, d.prepared(early)); f == nil || f.Code != auction.ErrTimetable.Code || f.Field != "closes_at" {
		t.Errorf("a close in the free period: %v", f)
	}
	ascending := d.announce(d.offerOf(auction.Ascending, func(c *OfferAnnounce) { c.ClockSeconds = 0 }))
	if ascending.ClockSeconds != 240 || ascending.ClosesAt != windowOpens+(600+240)*second {
		t.Errorf("the clock is %d s, it closes at %s", ascending.ClockSeconds, ascending.ClosesAt)
	}
	share := d.announce(d.offerOf(auction.PayAsBidShare, func(c *OfferAnnounce) { c.WinShare, c.QuotesMost, c.Collateral = 0, 0, "" }))
	if share.WinShare != 700_000 || share.QuotesMost != 10 || share.Collateral != auction.DepositCollateral {
		t.Errorf("the share is %s, of %d quotes, the collateral %s", share.WinShare, share.QuotesMost, share.Collateral)
	}
}

// Who is barred by a default leaves the auctions that he is registered for.
func TestAward_DefaultExcludes(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 3)
	_, awards := d.certified()
	next := d.announce(d.offerOf(auction.PayAsBid, func(c *OfferAnnounce) {
		opens := calendar.NewDate(2026, 8, 10).Start()
		c.RegisterUntil, c.OpensAt, c.ClosesAt = opens, opens+10*3600*second, opens+11*3600*second
	}))
	r := d.register(next.ID, d.firms[0], 0)
	d.register(next.ID, d.firms[1], 0)
	d.later(8)
	awarded(d.office, d.clerk, AwardDefault{awards[0].ID, "not signed"})
	if out := rowsIn(d.office, Registrations, Where("id", r.ID))[0]; out.State != auction.ReleasedUndecided || out.Reason == "" || out.Hold != 0 {
		t.Errorf("barred: %+v", out)
	}
	if left := d.balance(ledger.FundsKey(d.firms[0].party)).Balance; left != 995_000_00 {
		t.Errorf("CNY %s are left", quantity.Money(left))
	}
	d.check()
}
