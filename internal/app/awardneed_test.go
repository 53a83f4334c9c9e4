package app

import (
	"fmt"
	"slices"
	"testing"

	"permitx/internal/auction"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

// wonDesk is a project of 20 t/a with what was won for it.
type wonDesk struct {
	*auctionDesk
	f       firm
	project int64
	awards  []int64
	bought  int // beside
}

// won runs an auction for each quantity, all in one window, to the awards of one firm.
func won(t *testing.T, won ...quantity.Quantity) *wonDesk {
	t.Helper()
	d := &wonDesk{auctionDesk: openAuctionDesk(t, 1)}
	d.f = d.firms[0]
	d.project = d.auctionDesk.project(d.f, 20*one, quantity.OneRatio)
	d.wins(won...)
	return d
}

// wins runs the auctions.
func (d *wonDesk) wins(won ...quantity.Quantity) {
	d.t.Helper()
	var offers []int64
	for n := range won {
		o := d.announce(d.offerOf(auction.Uniform, nil))
		done[auction.Registration](d.office, d.f.user, RegistrationApply{Offer: o.ID, Licence: d.f.licence.ID, Project: d.project, QuantityMost: won[n]})
		offers = append(offers, o.ID)
	}
	d.now.set(d.offerNow(offers[0]).OpensAt)
	d.settle()
	for n, id := range offers {
		d.bid(d.f, id, ask(5000, won[n]))
	}
	d.now.set(d.offerNow(offers[0]).ClosesAt)
	d.settle()
	for _, id := range offers {
		o := d.offerNow(id)
		done[OfferResult](d.office, d.clerk, OfferCertify{o.ID, o.ResultDigest, "成交确认"})
		d.settle()
		d.awards = append(d.awards, rowsIn(d.office, Awards, Where("offer", o.ID))[0].ID)
	}
}

// buying is a purchase for the project beside the auctions.
func (d *wonDesk) buying(q quantity.Quantity) NoticeIssue {
	return NoticeIssue{d.f.licence.ID, d.i.Code, q, 4000 * quantity.OnePrice, d.now.get().Date().AddDays(30), "d", d.project, LotChoice{}, false}
}

func (d *wonDesk) buys(q quantity.Quantity) {
	d.t.Helper()
	d.bought++
	today := d.now.get().Date()
	n := done[NoticeResult](d.office, d.leader, d.buying(q)).Notice
	d.does(d.finance, NoticeProve{Notice: n.ID, Amount: n.Amount, Proof: fmt.Sprintf("beside %d", d.bought), PaidOn: today})
	d.does(d.finance, NoticeConfirm{n.ID, "seen on the treasury's account"})
	d.does(d.leader, NoticeDeliver{n.ID})
}

func (d *wonDesk) reduces(to quantity.Quantity) {
	d.t.Helper()
	d.does(d.leader, reduceProject(d.project, to))
}

func (d *wonDesk) award(n int) auction.Award {
	d.t.Helper()
	return rowsIn(d.office, Awards, Where("id", d.awards[n]))[0]
}

func (d *wonDesk) contracts(n int) {
	d.t.Helper()
	awarded(d.office, d.f.user, AwardSign{d.awards[n]})
	awarded(d.office, d.clerk, AwardContract{d.awards[n], "合同"})
}

// wantNeeded holds that the project needs an award or does not: in the one case who lets
// it go forfeits what he put up, in the other it goes without.
func (d *wonDesk) wantNeeded(n int, needed bool) {
	d.t.Helper()
	id := d.awards[n]
	if needed {
		d.refuses(d.clerk, AwardRevoke{id, "r"}, auction.ErrNotUpheld)
		d.later(60)
		if a := awarded(d.office, d.clerk, AwardDefault{id, "r"}); a.Forfeited != 5000_00 {
			d.t.Errorf("%+v", a)
		}
		return
	}
	d.refuses(d.clerk, AwardDefault{id, "r"}, auction.ErrNotNeeded)
	if a := awarded(d.office, d.clerk, AwardRevoke{id, "r"}); a.Forfeited != 0 {
		d.t.Errorf("%+v", a)
	}
}

// What was won is kept for its winner, whatever he buys beside: only a step that leaves
// less than that lets him off, and he is held to what it leaves.
func TestAward_NeedLowered(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		won    []quantity.Quantity
		do     func(d *wonDesk)
		needed bool // the last award
	}{
		"not reduced": {do: func(d *wonDesk) {
			d.refuses(d.leader, d.buying(10*one+100), ErrBeyondNeed)
			d.buys(10 * one)
		}, needed: true},
		"reduced to what was won and bought":  {do: func(d *wonDesk) { d.buys(9 * one); d.reduces(19 * one) }, needed: true},
		"reduced below it by next to nothing": {do: func(d *wonDesk) { d.buys(10 * one); d.reduces(20*one - 100) }},
		"reduced, and what is left bought":    {do: func(d *wonDesk) { d.reduces(15 * one); d.buys(5 * one) }, needed: true},
		"reduced twice":                       {do: func(d *wonDesk) { d.reduces(10 * one); d.reduces(9 * one) }},
		"given up":                            {do: func(d *wonDesk) { d.does(d.leader, cancelProject(d.project)) }},
		"two were won, room is for both":      {won: []quantity.Quantity{10 * one, 6 * one}, do: func(d *wonDesk) { d.reduces(16 * one) }, needed: true},
		"two were won, room is for one":       {won: []quantity.Quantity{10 * one, 6 * one}, do: func(d *wonDesk) { d.reduces(15 * one) }},
		"two were won, the other is signed":   {won: []quantity.Quantity{10 * one, 6 * one}, do: func(d *wonDesk) { d.contracts(0); d.reduces(15 * one) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.won == nil {
				c.won = []quantity.Quantity{10 * one}
			}
			d := won(t, c.won...)
			c.do(d)
			d.restart()
			d.check()
			d.wantNeeded(len(d.awards)-1, c.needed)
			d.check()
		})
	}
}

// Where nothing was kept for bidders yet, a purchase elsewhere could take what was won,
// and excuses nothing: neither before a step nor after one. Of steps of before they said
// by how much they lower a need the winner is believed.
func TestAward_NeedLoweredBefore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do     func(d *wonDesk)
		needed bool
		unsaid bool
	}{
		"bought elsewhere, and reduced by next to nothing":      {do: func(d *wonDesk) { d.buys(15 * one); d.reduces(20*one - 100) }, needed: true},
		"reduced to what was won, and bought elsewhere":         {do: func(d *wonDesk) { d.reduces(10 * one); d.buys(one) }, needed: true},
		"bought elsewhere between two steps that left no room":  {do: func(d *wonDesk) { d.reduces(15 * one); d.buys(6 * one); d.reduces(14 * one) }, needed: true},
		"bought within what is left, then reduced":              {do: func(d *wonDesk) { d.buys(5 * one); d.reduces(14 * one) }},
		"bought elsewhere, and reduced without saying how much": {do: func(d *wonDesk) { d.buys(15 * one); d.reduces(20*one - 100) }, unsaid: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := won(t, 10*one)
			d.keepsNothing()
			c.do(d)
			if c.unsaid {
				d.starts(loweringInvariant)
			}
			v := &View{state: d.app.st, batch: &Batch{}}
			if needed, err := v.isNeeded(d.award(0)); err != nil || needed != c.needed {
				t.Errorf("%t, %v", needed, err)
			}
		})
	}
}

// keepsNothing makes the registry one where nothing was kept for bidders when they
// registered; from then on it is not checked, since that is not its history.
func (d *wonDesk) keepsNothing() {
	d.t.Helper()
	d.settle()
	d.every = never
	bidders, needs := rowsOf(d.app.st, Registrations), rowsOf(d.app.st, ProjectNeeds)
	r, n := bidders.rows[d.award(0).Registration], needs.rows[1]
	r.Bidding, n.Bidding = 0, 0
	bidders.put(r.ID, r)
	needs.put(n.ID, n)
	d.starts(keepingInvariant)
}

// starts lets an invariant hold from now on.
func (d *wonDesk) starts(invariant string) {
	d.t.Helper()
	rows := d.store.table(InvariantStarts.name)
	id := int64(len(rows.ids)) + 1
	rows.put(id, InvariantStart{ID: id, Invariant: invariant, Number: d.store.row().Length})
}

// Every figure of what a step has lowered is checked (I-113).
func TestCheck_Lowerings(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(e *permit.Entry){
		"too little":    func(e *permit.Entry) { e.Lowered -= 100; e.Missing += 100 },
		"another level": func(e *permit.Entry) { e.Needed += 100; e.Missing += 100 },
		"not missing":   func(e *permit.Entry) { e.Missing -= 100 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openSite(t)
			project := s.projectOf(s.buyer, quantity.OneRatio)
			need := s.need(project).Needed
			s.trade(project, one)
			s.does(s.leader, reduceProject(project, need-2*one))
			s.trade(project, one)
			s.sale(project, one/2, reserve.NoticeDelivered)
			s.does(s.leader, reduceProject(project, need-3*one))
			s.trade(project, one/2)
			s.sale(project, one/10, reserve.NoticeDelivered)
			s.check()
			rows := rowsIn(s.office, ProjectEntries, Where("kind", string(permit.ByRelease)))
			if len(rows) != 2 || rows[0].Missing != need-3*one || rows[1].Missing != need-11*one/2 || rows[1].Lowered != one || rows[1].Needed != need-3*one {
				t.Fatalf("%+v", rows)
			}
			change(&rows[1])
			s.store.table(ProjectEntries.name).put(rows[1].ID, rows[1])
			found, err := Check(t.Context(), s.store, s.store.row())
			if err != nil || !slices.ContainsFunc(found, func(v Violation) bool { return v.Invariant == "I-113" }) {
				t.Error(found, err)
			}
		})
	}
}
