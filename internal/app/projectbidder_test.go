package app

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"permitx/internal/auction"
	"permitx/internal/permit"
	"permitx/internal/quantity"
)

func cancelProject(project int64) ProjectStep {
	return ProjectStep{Project: project, Event: permit.Cancel, Document: "d"}
}

func reduceProject(project int64, to quantity.Quantity) ProjectStep {
	return ProjectStep{Project: project, Event: permit.Reduce, Document: "d", Needs: []ProjectNeed{{Pollutant: vocs, Need: to}}}
}

// projects are a project of 20 t/a of each firm.
func (d *auctionDesk) projects() (ids []int64) {
	d.t.Helper()
	for _, f := range d.firms {
		ids = append(ids, d.project(f, 20*one, quantity.OneRatio))
	}
	return ids
}

// Who bids for a project that is cancelled, or needs less than a lot more, is
// excluded by the step: he has back what he put up and wins nothing. Who needs less
// than he bids for has what is over cut, the worst price first. Who registers
// meanwhile does not make the proposal of a step stale.
func TestOffer_ProjectGone(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 3)
	o := d.announce(d.offerOf(auction.Uniform, nil))
	projects := d.projects()
	proposed := d.propose(d.leader, cancelProject(projects[0]))
	var bidders []auction.Registration
	for n, f := range d.firms {
		bidders = append(bidders, d.register(o.ID, f, projects[n]))
	}
	d.now.set(windowOpens)
	d.settle()
	d.bid(d.firms[0], o.ID, ask(9000, 10*one))
	d.bid(d.firms[1], o.ID, ask(8000, 10*one))
	d.bid(d.firms[2], o.ID, ask(7000, 2*one), ask(6000, 3*one), ask(5000, one))
	d.does(d.second, ProposalApprove{proposed.ID, proposed.EffectsDigest})
	d.does(d.leader, reduceProject(projects[1], o.LotSize-100))
	d.does(d.leader, reduceProject(projects[2], 4*one+o.LotSize/2))
	d.refuses(d.firms[2].user, d.quoteOf(d.firms[2], o.ID, ask(7000, 4*one+o.LotSize)), auction.ErrOverQuota)
	for n, want := range []auction.RegistrationState{auction.ReleasedUndecided, auction.ReleasedUndecided, auction.Registered} {
		if r := rowsIn(d.office, Registrations, Where("id", bidders[n].ID))[0]; r.State != want || (r.Reason == "") != (want == auction.Registered) {
			t.Errorf("bidder %d: %+v", n, r)
		}
	}
	d.wantFunds(d.firms[0], "1000000.00")
	d.wantFunds(d.firms[1], "1000000.00")
	d.restart()
	d.now.set(windowCloses)
	if o = d.offerNow(o.ID); o.State != auction.OfferRanked || o.ClearingPrice != yuan(6000) || o.Bids != 2 || o.Volume != 4*one {
		t.Errorf("ranked: %+v", o)
	}
	d.check()
}

// A bid is for no more than its project needs, of an ascending auction for all of it.
func TestOffer_ProjectNeed(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 1)
	f := d.firms[0]
	small, tiny := d.project(f, 9*one, quantity.OneRatio), d.project(f, one/20, quantity.OneRatio)
	register := func(format auction.Format, project int64) RegistrationApply {
		return RegistrationApply{Offer: d.announce(d.offerOf(format, nil)).ID, Licence: f.licence.ID, Project: project}
	}
	d.refuses(f.user, register(auction.Ascending, small), ErrBeyondNeed)
	d.refuses(f.user, register(auction.Uniform, tiny), ErrBeyondNeed)
	r := done[auction.Registration](d.office, f.user, register(auction.Uniform, small))
	d.now.set(windowOpens)
	d.settle()
	d.refuses(f.user, d.quoteOf(f, r.Offer, ask(5000, 9*one+one/10)), auction.ErrOverQuota)
	d.bid(f, r.Offer, ask(5000, 9*one))
}

// A project is registered for so many auctions at a time that a step of it excludes all of them.
func TestOffer_ProjectAuctions(t *testing.T) {
	t.Parallel()
	d := openAuctionDesk(t, 1)
	f := d.firms[0]
	project := d.project(f, 60*one, quantity.OneRatio)
	for range projectAuctionsMost {
		o := d.announce(d.offerOf(auction.Uniform, func(c *OfferAnnounce) { c.Quantity = one }))
		d.register(o.ID, f, project)
	}
	o := d.announce(d.offerOf(auction.Uniform, func(c *OfferAnnounce) { c.Quantity = one }))
	d.refuses(f.user, RegistrationApply{Offer: o.ID, Licence: f.licence.ID, Project: project}, ErrProjectAuctions)
	d.does(d.leader, cancelProject(project))
	d.wantFunds(f, "1000000.00")
}

// phases are when a project is given up or reduced.
var phases = []string{"registering", "prepared", "bidding", "halted", "closed", "ranked", "awarded", "signed", "contracted"}

// Whenever a project is given up or reduced: before the close its bidder is out, or
// bids for what it still needs, and nothing of a bid becomes visible; afterwards his
// award goes without a forfeit. A restart in between changes nothing.
func TestOffer_ProjectGone_Random(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4 * len(phases)) {
		r := rand.New(rand.NewPCG(seed, 6))
		phase := int(seed) % len(phases)
		format := []auction.Format{auction.Uniform, auction.PayAsBid, auction.PayAsBidShare, auction.Ascending}[r.IntN(4)]
		left := []quantity.Quantity{0, one / 20, 3*one + one/20, 12 * one}[int(seed)/len(phases)]
		t.Run(fmt.Sprintf("%s %s to %s", phases[phase], format, left), func(t *testing.T) {
			t.Parallel()
			giveUpIn(t, r, phase, format, left)
		})
	}
}

// giveUpIn runs an auction with one bidder, whose project is reduced to what is left in a phase.
func giveUpIn(t *testing.T, r *rand.Rand, phase int, format auction.Format, left quantity.Quantity) {
	t.Helper()
	d := openAuctionDesk(t, 2)
	o := d.announce(d.offerOf(format, nil))
	f := d.firms[0]
	project := d.project(f, 20*one, quantity.OneRatio)
	asked := quantity.Quantity(20+r.IntN(50)) * one / 10
	switch format { //nolint:exhaustive // the others leave it to the bidder
	case auction.Ascending, auction.PayAsBidShare:
		asked = 10 * one
	}
	bidder := done[auction.Registration](d.office, f.user, RegistrationApply{Offer: o.ID, Licence: f.licence.ID, Project: project, AcceptsPart: format == auction.PayAsBidShare})
	step := func() {
		c := reduceProject(project, left)
		if left == 0 {
			c = cancelProject(project)
		}
		d.does(d.leader, c)
		if r.IntN(2) == 0 {
			d.restart()
		}
	}
	at := func(n int, do func()) {
		if do(); phase == n && n != 4 {
			step()
		}
	}
	price := 54_321_007 + int64(r.IntN(3000)) // no number or digest has it by chance
	out := phase < 4 && left < o.Least()
	at(0, func() {})
	at(1, func() { d.now.set(windowOpens - second); d.settle() })
	at(2, func() {
		d.now.set(windowOpens)
		d.settle()
		if !out || phase == 2 {
			q := asked
			if phase < 2 {
				q = min(q, left.FloorTo(o.LotSize))
			}
			s := auction.Step{Price: yuan(price)}
			if !o.FixedQuantity() {
				s.Quantity = q
			}
			d.bid(f, o.ID, s)
		}
	})
	if phase == 3 {
		done[OfferResult](d.office, d.leader, OfferHalt{o.ID, "r"})
		step()
		done[OfferResult](d.office, d.leader, OfferResume{o.ID, "r"})
	}
	if seen := d.found(int64(yuan(price)), yuan(price).String()); !o.IsOpen() && len(seen) > 0 {
		t.Errorf("the price is in %v before the close", seen)
	}
	at(4, func() {
		back := func() {}
		if phase == 4 && !o.IsOpen() { // so that it stays closed
			back, d.stuck = d.seals.Lose(), true
			d.restart()
		}
		d.now.set(d.offerNow(o.ID).ClosesAt)
		d.settle()
		if phase == 4 {
			step()
			back()
			d.stuck = false
			d.restart()
		}
	})
	o = d.offerNow(o.ID)
	want := asked
	if phase < 4 {
		want = min(asked, left.FloorTo(o.LotSize))
	}
	if out {
		if o.State != auction.OfferFailed || o.Bids != 0 && !o.IsOpen() {
			t.Errorf("excluded: %+v", o)
		}
		d.wantFunds(f, "1000000.00")
		return
	}
	if o.State != auction.OfferRanked || o.Volume != want {
		t.Fatalf("ranked with %s, want %s: %+v", o.Volume, want, o)
	}
	at(5, func() {})
	done[OfferResult](d.office, d.clerk, OfferCertify{o.ID, o.ResultDigest, "d"})
	d.settle()
	award := func() auction.Award { return rowsIn(d.office, Awards, Where("offer", o.ID))[0] }
	gone := phase >= 4 && left < award().Quantity
	at(6, func() {})
	if phase > 6 || !gone {
		at(7, func() { awarded(d.office, f.user, AwardSign{award().ID}) })
	}
	if phase > 7 || !gone {
		at(8, func() { awarded(d.office, d.clerk, AwardContract{award().ID, "合同"}) })
	}
	if !gone {
		if a := award(); a.State != auction.AwardContracted || a.Quantity != want {
			t.Errorf("%+v", a)
		}
		d.refuses(d.clerk, AwardRevoke{award().ID, "r"}, auction.ErrNotUpheld)
		return
	}
	if phase < 8 {
		d.later(60)
		want := auction.ErrNotNeeded
		if award().State == auction.AwardSigned {
			want = auction.ErrAwardStep
		}
		d.refuses(d.clerk, AwardDefault{award().ID, "r"}, want)
		awarded(d.office, d.clerk, AwardRevoke{award().ID, "the project was given up"})
	}
	if a := award(); a.State != auction.AwardRevoked || a.Forfeited != 0 {
		t.Errorf("%+v", a)
	}
	d.wantFunds(f, "1000000.00")
	d.wantLots("revoked", "100 0 0 0")
	if rows := rowsIn(d.office, Registrations, Where("id", bidder.ID)); rows[0].Hold != 0 || rows[0].Reason != "" {
		t.Errorf("%+v", rows[0])
	}
	d.check()
}

// What a registration costs does not grow with the auctions that have ended.
func BenchmarkProjectBid(b *testing.B) {
	for _, ended := range []int64{100, 10_000} {
		b.Run(fmt.Sprintf("%d_ended", ended), func(b *testing.B) {
			st := benchState(b, 1)
			st.indexBidders()
			for id := range ended + 3 {
				o := auction.Offer{ID: id + 1, LotSize: one, Quantity: one, State: auction.OfferCertified}
				if id >= ended {
					o.State = auction.OfferBidding
					st.indexBidder(auction.Registration{ID: id + 1, Offer: o.ID, Party: 1, State: auction.Registered})
				}
				rowsOf(st, Offers).put(o.ID, o)
			}
			v := &View{state: st}
			for b.Loop() {
				if err := v.checkProjectBid(auction.Offer{LotSize: one}, auction.Registration{Party: 1, Project: 1}, permit.Need{Needed: one}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
