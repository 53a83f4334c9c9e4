package app

import (
	"testing"

	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/catalog"
	"permitx/internal/ledger"
	"permitx/internal/permit"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// blacklisted records that a bidder is listed for dishonesty from a day on.
func (d *auctionDesk) blacklisted(f firm, from calendar.Date) {
	d.t.Helper()
	d.does(d.leader, FactRecord{Kind: rulebook.Blacklisted, Party: f.party, Value: rulebook.Listed, ValidFrom: from, Document: "d"})
}

// A bidder whom the rules no longer admit is excluded at once: he has back what he
// put up, his bids are never opened and win nothing, also when the registry starts
// again meanwhile. A notice says that there was one, and not who.
func TestOffer_Exclusion(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 3)
	o := d.announce(d.offerOf(auction.Uniform, func(c *OfferAnnounce) { c.Sight = auction.SeesHighestPrice }))
	var bidders []auction.Registration
	for _, f := range d.firms {
		bidders = append(bidders, d.register(o.ID, f, 0))
	}
	d.blacklisted(d.firms[0], windowOpens.Date().AddDays(1)) // which is after the window
	d.now.set(windowOpens)
	d.settle()
	for n, f := range d.firms {
		d.bid(f, o.ID, ask(int64(9000-1000*n), 10*one))
	}
	if best := d.app.BidderSight(d.offerNow(o.ID), bidders[2].ID).HighestPrice; best != yuan(9000) {
		t.Errorf("the highest price shown is %s", best)
	}
	notices := len(rowsIn(d.office, PublicNotices, Query{}))
	d.blacklisted(d.firms[0], windowOpens.Date())
	d.wantFunds(d.firms[0], "1000000.00")
	d.refuses(d.firms[0].user, d.quoteOf(d.firms[0], o.ID, ask(9000, one)), ErrNotRegistered)
	if best := d.app.BidderSight(d.offerNow(o.ID), bidders[2].ID).HighestPrice; best != yuan(8000) {
		t.Errorf("without the excluded bidder the highest price shown is %s", best)
	}
	out := rowsIn(d.office, Registrations, Where("id", bidders[0].ID))[0]
	if out.State != auction.ReleasedUndecided || out.Hold != 0 || out.Reason == "" || out.Counts() {
		t.Errorf("excluded: %+v", out)
	}
	if all := rowsIn(d.office, PublicNotices, Query{}); len(all) != notices+1 || all[notices].Kind != "offer_incident" {
		t.Errorf("notices: %+v", all[notices:])
	}
	d.check()
	d.restart()
	d.does(d.leader, LicenceState{Licence: d.firms[2].licence.ID, State: catalog.LicenceSuspended, Reason: "r", Document: "d"})
	d.wantFunds(d.firms[2], "1000000.00")
	d.now.set(windowCloses)
	if o = d.offerNow(o.ID); o.State != auction.OfferRanked || o.ClearingPrice != yuan(8000) || o.Bids != 1 {
		t.Fatalf("ranked: %+v", o)
	}
	d.check()
	done[OfferResult](d.office, d.clerk, OfferCertify{o.ID, o.ResultDigest, "d"})
	if awards := rowsIn(d.office, Awards, Where("offer", d.offerNow(o.ID).ID)); len(awards) != 1 || awards[0].Party != d.firms[1].party {
		t.Errorf("awards: %+v", awards)
	}
	d.check()
}

// In an ascending auction the best bid of the others is the best again; a fact that
// begins to hold in the window excludes by itself.
func TestOffer_ExclusionAscending(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 2)
	o := d.announce(d.offerOf(auction.Ascending, nil))
	for _, f := range d.firms {
		d.register(o.ID, f, 0)
	}
	d.now.set(windowOpens)
	d.settle()
	d.bid(d.firms[1], o.ID, ask(4000, 0))
	d.bid(d.firms[0], o.ID, ask(4500, 0))
	d.blacklisted(d.firms[0], windowOpens.Date())
	if o = d.offerNow(o.ID); o.ClearingPrice != yuan(4000) {
		t.Errorf("the best bid is %s", o.ClearingPrice)
	}
	d.restart()
	d.refuses(d.firms[1].user, d.quoteOf(d.firms[1], o.ID, ask(4050, 0)), auction.ErrNotHigher)
	d.bid(d.firms[1], o.ID, ask(4100, 0))
	d.check()
	d.pass(windowCloses)
	if o = d.offerNow(o.ID); o.State != auction.OfferRanked || o.ClearingPrice != yuan(4100) {
		t.Fatalf("ranked: %+v", o)
	}
	d.check()
}

// The deadlines of an award are parameters of their day.
func TestAward_Deadlines(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 3)
	for key, value := range map[rulebook.Key]string{
		rulebook.AuctionCertify: "1", rulebook.AuctionContract: "5", rulebook.AuctionPayment: "1", rulebook.AuctionBar: "24",
	} {
		d.does(d.leader, ParameterSet{Key: key, Region: jiashan, Value: value, ValidFrom: windowOpens.Date(), Document: "notice"})
	}
	o, awards := d.certified() // on Monday 13 July
	if o.CertifyBy != 20260714 || awards[0].ContractBy != 20260720 {
		t.Errorf("to be certified by %s, contracted by %s", o.CertifyBy, awards[0].ContractBy)
	}
	d.does(d.leader, ParameterSet{Key: rulebook.AuctionContract, Region: jiashan, Value: "1", ValidFrom: windowOpens.Date(), Document: "later"})
	d.later(7) // Monday 20 July: what was decided before stays
	d.refuses(d.clerk, AwardDefault{awards[1].ID, "not signed"}, auction.ErrNotOverdue)
	awarded(d.office, d.firms[0].user, AwardSign{awards[0].ID})
	if a := awarded(d.office, d.clerk, AwardContract{awards[0].ID, "合同"}); a.PayBy != 20260721 {
		t.Errorf("to be paid by %s", a.PayBy)
	}
	d.later(1)
	if a := awarded(d.office, d.clerk, AwardDefault{awards[1].ID, "not signed"}); a.BarredUntil != 20280721 {
		t.Errorf("barred until %s", a.BarredUntil)
	}
	d.check()
}

// A licence that an act ends bids no more: its bidder is excluded, with what he put
// up, and wins nothing.
func TestOffer_ExclusionByAct(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(d *auctionDesk){
		"succession": func(d *auctionDesk) {
			f, to := d.firms[0], d.firm(jiashan, 20)
			done[AllocationResult](d.office, d.leader, Allocate{
				Licence: f.licence.ID, Instrument: d.i.Code, Kind: reserve.Opening, Part: reserve.Unallocated, Origin: ledger.Free,
				Quantity: one, PriceKnown: true, AcquiredOn: 20260105, Document: "opening",
			})
			d.does(d.leader, SuccessionRecord{permit.NewHolder, f.licence.ID, d.now.get().Date(), "d", []SuccessionShare{{to.licence.ID, d.i.Code, ledger.Free, one, 0}}, 0})
		},
		"departure": func(d *auctionDesk) {
			r := done[DepartureResult](d.office, d.leader, DepartureRecord{permit.Closure, d.firms[0].licence.ID, d.now.get().Date(), "d"}).Departure
			d.does(d.leader, DepartureStep{r.ID, permit.CompleteDeparture, "d"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := openAuctionDesk(t, 3)
			o := d.announce(d.offerOf(auction.Uniform, nil))
			var bidders []auction.Registration
			for _, f := range d.firms {
				bidders = append(bidders, d.register(o.ID, f, 0))
			}
			d.now.set(windowOpens)
			d.settle()
			for n, f := range d.firms {
				d.bid(f, o.ID, ask(int64(9000-1000*n), 10*one))
			}
			end(d)
			d.wantFunds(d.firms[0], "1000000.00")
			if out := storedRow(d.office, Registrations, bidders[0].ID); out.State != auction.ReleasedUndecided || out.Hold != 0 || out.Reason == "" {
				t.Errorf("%+v", out)
			}
			d.check()
			d.restart()
			d.now.set(windowCloses)
			if o = d.offerNow(o.ID); o.State != auction.OfferRanked || o.ClearingPrice != yuan(8000) {
				t.Errorf("%+v", o)
			}
			d.check()
		})
	}
}

// Who is out of more auctions than one command can see to is out of all of them.
func TestOffer_ExclusionOfMany(t *testing.T) {
	t.Parallel()
	const many = chainBacks + 2
	for name, end := range map[string]func(d *auctionDesk, awards []auction.Award){
		"licence": func(d *auctionDesk, _ []auction.Award) {
			d.does(d.leader, LicenceState{Licence: d.firms[1].licence.ID, State: catalog.LicenceSuspended, Reason: "r", Document: "d"})
		},
		"party": func(d *auctionDesk, _ []auction.Award) {
			d.does(d.leader, PartyState{Party: d.firms[1].party, State: catalog.PartySuspended, Reason: "r", Document: "d"})
		},
		"default": func(d *auctionDesk, awards []auction.Award) {
			if f, _ := d.send(d.clerk, AwardDefault{awards[1].ID, "not signed"}); f != nil {
				d.t.Fatal(f)
			}
			if f, _ := d.send(d.second, ProposalApprove{d.proposal.ID, d.proposal.EffectsDigest}); f != nil { // the rest is not among its effects
				d.t.Fatal(f)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := openAuctionDesk(t, 3)
			_, awards := d.certified()
			opens := calendar.NewDate(2026, 8, 31).Start()
			for range many {
				o := d.announce(d.offerOf(auction.Uniform, func(c *OfferAnnounce) {
					c.Quantity, c.RegisterUntil, c.OpensAt, c.ClosesAt = one, opens, opens+10*3600*second, opens+11*3600*second
				}))
				d.register(o.ID, d.firms[1], 0)
			}
			d.later(7)
			end(d, awards)
			d.settle()
			if left := rowsIn(d.office, Registrations, Where("party", d.firms[1].party).And("state", Eq, string(auction.Registered))); len(left) != 0 {
				t.Errorf("still registered for %d", len(left))
			}
			d.check()
		})
	}
}

// What is not a rule against the winner is no reason to take back what he has won.
func TestAward_NotRevokedForTheCalendar(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 3)
	_, awards := d.certified()
	a := awarded(d.office, d.firms[0].user, AwardSign{awards[0].ID})
	d.now.set(calendar.NewDate(2026, 12, 30).Start())
	d.refuses(d.clerk, AwardContract{a.ID, "合同 1"}, calendar.ErrYearNotPublished)
	d.refuses(d.clerk, AwardRevoke{a.ID, "r"}, auction.ErrNotUpheld)
}
