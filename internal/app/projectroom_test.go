package app

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"permitx/internal/auction"
	"permitx/internal/fault"
	"permitx/internal/market"
	"permitx/internal/permit"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/settlement"
)

// roomDesk is a site with two auctions, whose buyer has a project of 20 t/a.
type roomDesk struct {
	*site
	d       *auctionDesk
	project int64
	offers  []auction.Offer
}

func openRoomDesk(t *testing.T, formats ...auction.Format) *roomDesk {
	t.Helper()
	s := openSite(t)
	k := &roomDesk{site: s, d: &auctionDesk{office: s.office, i: s.inst, firms: []firm{s.buyer}}, project: s.project(s.buyer, 20*one, quantity.OneRatio)}
	done[reserve.Movement](s.office, s.leader, ReserveMove{Region: jiashan, Pollutant: vocs, Direction: reserve.ToReserve, Quantity: 20 * one, Document: "d"})
	for _, f := range formats {
		k.offers = append(k.offers, k.d.announce(k.d.offerOf(f, nil)))
	}
	return k
}

func (k *roomDesk) registration(offer int, most quantity.Quantity) RegistrationApply {
	return RegistrationApply{Offer: k.offers[offer].ID, Licence: k.buyer.licence.ID, Project: k.project, QuantityMost: most}
}

// agrees proposes a deal for the project, signs it and confirms it, or says what
// refuses it.
func (k *roomDesk) agrees(q quantity.Quantity) *fault.Error {
	k.t.Helper()
	c := k.offer(k.seller, k.buyer, q, 100)
	c.Project = k.project
	if f := k.do(k.buyer.user, c); f != nil {
		return f
	}
	deal := k.dealDesk.step(last[DealResult](k.office).Deal, k.seller.user, settlement.SellerSign)
	return k.do(k.buyer.user, DealStep{Deal: deal.ID, Event: settlement.BuyerConfirm, Document: "doc", Note: "note"})
}

func (k *roomDesk) isAgreed(q quantity.Quantity) {
	k.t.Helper()
	if f := k.agrees(q); f != nil {
		k.t.Fatalf("a deal over %s: %v", q, f)
	}
}

// waits adds up what waits for the project, and what it has bought, out of the rows
// of each: no figure of the project is used.
func (k *roomDesk) waits() (sum quantity.Quantity) {
	k.t.Helper()
	of := Where("project", k.project)
	for _, o := range rowsIn(k.office, Orders, of) {
		sum += o.Quantity - o.Remaining
		if o.State == market.Open {
			sum += o.Remaining
		}
	}
	for _, d := range rowsIn(k.office, Deals, of) {
		if d.IsBuyersWord() {
			sum += d.Arriving
		}
	}
	for _, n := range rowsIn(k.office, Notices, of) {
		if n.State == reserve.NoticeIssued || n.State == reserve.NoticeProved {
			sum += n.Quantity
		}
	}
	asked := map[int64]bool{} // or at their end
	for _, a := range rowsIn(k.office, Awards, Query{}) {
		asked[a.Registration] = a.Notice != 0 || !a.State.IsOpen()
	}
	for _, r := range rowsIn(k.office, Registrations, of) {
		switch {
		case r.State == auction.Registered:
			sum += r.QuantityMost
		case r.State == auction.Won && !asked[r.ID]:
			sum += r.Won
		}
	}
	return sum
}

// wantRoom holds that no more waits for the project than it needs, and what is left.
func (k *roomDesk) wantRoom(when string, want quantity.Quantity) {
	k.t.Helper()
	n := k.need(k.project)
	if left := n.Needed - k.waits(); left != n.Room() || left != want {
		k.t.Errorf("%s: the project needs %s more, its figures say %s; want %s", when, left, n.Room(), want)
	}
}

// What a project needs is bid for once: by one auction, another one, an order or a
// deal. Each bidder says how much of it an auction may take, and what nobody wins is
// free again.
func TestOffer_ProjectRoom(t *testing.T) {
	t.Parallel()
	k := openRoomDesk(t, auction.Uniform, auction.PayAsBid, auction.Ascending, auction.PayAsBidShare)
	user := k.buyer.user
	first := done[auction.Registration](k.office, user, k.registration(0, 8*one))
	k.wantRoom("one auction", 12*one)
	second := done[auction.Registration](k.office, user, k.registration(1, 0))
	if first.QuantityMost != 8*one || second.QuantityMost != 10*one {
		t.Errorf("bids for at most %s and %s", first.QuantityMost, second.QuantityMost)
	}
	k.refuses(user, k.registration(2, 0), ErrBeyondNeed)
	k.refuses(user, k.order(k.buyer, market.Buy, 2*one+100, k.project), ErrBeyondNeed)
	if f := k.agrees(2*one + 100); f == nil || f.Code != ErrBeyondNeed.Code {
		t.Errorf("a deal beside: %v", f)
	}
	order := done[OrderResult](k.office, user, k.order(k.buyer, market.Buy, one, k.project)).Order
	k.isAgreed(one)
	k.wantRoom("an order and a deal", 0)
	k.refuses(user, k.registration(3, 0), ErrBeyondNeed)
	done[auction.Registration](k.office, user, RegistrationWithdraw{second.ID})
	k.wantRoom("withdrawn", 10*one)
	second = done[auction.Registration](k.office, user, k.registration(1, 9*one))
	k.does(user, CancelOrder{order.ID})
	third := done[auction.Registration](k.office, user, k.registration(3, 0))
	if third.Quantity != 2*one || third.QuantityMost != 2*one {
		t.Errorf("the share sale is for %s", third.Quantity)
	}
	k.wantRoom("a share sale", 0)
	k.now.set(windowOpens)
	k.settle()
	k.refuses(user, k.d.quoteOf(k.buyer, first.Offer, ask(5000, 8*one+one/10)), auction.ErrOverQuota)
	k.d.bid(k.buyer, first.Offer, ask(5000, 6*one))
	k.d.bid(k.buyer, second.Offer, ask(5000, 9*one))
	k.wantRoom("sealed bids move nothing", 0)
	k.now.set(windowCloses)
	k.settle()
	k.wantRoom("6 of 8 are won, 9 of 9, and none in the share sale", 4*one)
	k.isAgreed(4 * one)
	k.awards()
	k.wantRoom("contracts", 0)
	k.check()
}

// awards certifies the offers that are ranked, and brings each award to its contract.
func (k *roomDesk) awards() {
	k.t.Helper()
	for _, x := range k.offers {
		if o := k.d.offerNow(x.ID); o.State == auction.OfferRanked {
			done[OfferResult](k.office, k.clerk, OfferCertify{o.ID, o.ResultDigest, "d"})
		}
	}
	k.settle()
	for _, a := range rowsIn(k.office, Awards, Query{}) {
		kept := rowsIn(k.office, Registrations, Where("id", a.Registration))[0].Bidding
		awarded(k.office, k.buyer.user, AwardSign{a.ID})
		refused := k.do(k.clerk, AwardContract{a.ID, "合同"})
		switch {
		case refused == nil:
		case refused.Code == ErrBeyondNeed.Code && kept == 0:
			awarded(k.office, k.clerk, AwardRevoke{a.ID, "the project was reduced"})
		default:
			k.t.Fatalf("a contract over %s, of which %s are kept: %v", a.Quantity, kept, refused)
		}
	}
}

// The figures are held by check, and by the rows' constraints.
func TestOffer_ProjectRoom_Checked(t *testing.T) {
	t.Parallel()
	k := openRoomDesk(t, auction.Uniform)
	r := done[auction.Registration](k.office, k.buyer.user, k.registration(0, 8*one))
	change := func(bidding quantity.Quantity) {
		r.Bidding = bidding
		k.store.tables[Registrations.name].rows[r.ID] = r
	}
	change(7 * one)
	for _, invariant := range []string{"I-26", "I-117"} {
		if !k.violates(invariant) {
			t.Errorf("check does not find that %s is violated", invariant)
		}
	}
	change(8 * one)
	k.check()
}

// Whatever is bid for, filled, agreed, withdrawn and given up for a project in two
// auctions, a book and deals at once, never comes to more than it needs; and what is
// won can be contracted, unless a step of the project has left no room for it.
func TestOffer_ProjectRoom_Random(t *testing.T) {
	t.Parallel()
	formats := []auction.Format{auction.Uniform, auction.PayAsBid, auction.PayAsBidShare, auction.Ascending}
	for seed := range uint64(24) {
		r := rand.New(rand.NewPCG(seed, 117))
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			k := openRoomDesk(t, formats[r.IntN(4)], formats[r.IntN(4)])
			k.bidsAbout(r, 12, k.registers(r))
			k.now.set(windowOpens)
			k.settle()
			k.bidsAbout(r, 8, k.quotes(r))
			k.now.set(windowCloses)
			k.settle()
			for _, o := range k.offers { // an ascending one that went on
				k.now.set(max(k.now.get(), k.d.offerNow(o.ID).ClosesAt))
				k.settle()
			}
			k.bidsAbout(r, 4, nil)
			k.awards()
			k.within("contracts")
			k.check()
		})
	}
}

// within holds that no more waits for the project than it needs.
func (k *roomDesk) within(when string) {
	k.t.Helper()
	n := k.need(k.project)
	won := quantity.Quantity(0) // beyond what a step has left: to be revoked
	for _, r := range rowsIn(k.office, Registrations, Where("project", k.project)) {
		if r.State == auction.Won && r.Bidding == 0 {
			won += r.Won
		}
	}
	if sum := k.waits(); sum-won > n.Needed || n.Room() < 0 {
		k.t.Fatalf("%s: %s waits for the project or is bought, it needs %s", when, sum, n.Needed)
	}
}

// bidsAbout does at random what changes what waits for the project, a few times.
func (k *roomDesk) bidsAbout(r *rand.Rand, times int, other func()) {
	k.t.Helper()
	amount := func() quantity.Quantity { return quantity.Quantity(1+r.IntN(60)) * one / 10 }
	for n := range times {
		switch act := r.IntN(12); {
		case act < 5 && other != nil:
			other()
		case act < 7:
			k.may(k.buyer.user, k.order(k.buyer, market.Buy, amount(), k.project), ErrBeyondNeed)
		case act < 8:
			k.may(k.seller.user, k.order(k.seller, market.Sell, amount()/2, 0))
		case act < 9:
			for _, o := range rowsIn(k.office, Orders, Where("project", k.project)) {
				if o.State == market.Open {
					k.may(k.buyer.user, CancelOrder{o.ID})
				}
			}
		case act < 10:
			if f := k.agrees(amount() / 2); f != nil && f.Code != ErrBeyondNeed.Code {
				k.t.Fatalf("a deal: %v", f)
			}
		case act < 11 && r.IntN(3) == 0:
			k.may(k.leader, ProjectStep{Project: k.project, Event: permit.Reduce, Document: "d", Needs: []ProjectNeed{{Pollutant: vocs, Need: k.need(k.project).Need * 2 / 3 / 1000 * 1000}}})
		case act < 12:
			k.restart()
		}
		k.within(fmt.Sprintf("step %d", n))
	}
}

// may sends a command that may be refused for some reasons and no other.
func (k *roomDesk) may(person int64, c Command, faults ...*fault.Error) {
	k.t.Helper()
	f := k.do(person, c)
	if f != nil && !slices.ContainsFunc(faults, func(want *fault.Error) bool { return want.Code == f.Code }) {
		k.t.Fatalf("%T %+v: %v", c, c, f)
	}
}

// registers registers for one of the auctions, or takes a registration back.
func (k *roomDesk) registers(r *rand.Rand) func() {
	return func() {
		k.t.Helper()
		n := r.IntN(len(k.offers))
		if rows := rowsIn(k.office, Registrations, Where("offer", k.offers[n].ID).And("state", Eq, string(auction.Registered))); len(rows) > 0 && r.IntN(3) == 0 {
			done[auction.Registration](k.office, k.buyer.user, RegistrationWithdraw{rows[0].ID})
			return
		}
		c := k.registration(n, 0)
		switch c.AcceptsPart = r.IntN(2) == 0; {
		case r.IntN(2) == 0 && !k.offers[n].FixedQuantity():
			c.QuantityMost = quantity.Quantity(1+r.IntN(100)) * one / 10
		}
		k.may(k.buyer.user, c, ErrBeyondNeed, auction.ErrRegisteredTwice)
	}
}

// quotes bids in one of the auctions, for as much as its bidder may.
func (k *roomDesk) quotes(r *rand.Rand) func() {
	return func() {
		k.t.Helper()
		o := k.offers[r.IntN(len(k.offers))]
		rows := rowsIn(k.office, Registrations, Where("offer", o.ID).And("state", Eq, string(auction.Registered)))
		if len(rows) == 0 {
			return
		}
		s := auction.Step{Price: yuan(int64(5000 + 100*r.IntN(40)))}
		if !o.FixedQuantity() {
			s.Quantity = rows[0].QuantityMost.FloorTo(o.LotSize)
		}
		k.may(k.buyer.user, k.d.quoteOf(k.buyer, o.ID, s), auction.ErrNotHigher, auction.ErrQuoteCount)
	}
}
