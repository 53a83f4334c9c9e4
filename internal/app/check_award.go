package app

import (
	"slices"

	"permitx/internal/auction"
	"permitx/internal/ledger"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

var _ = declareCheck((*checker).checkAwards)

// awardParts is what awards rest on.
type awardParts struct {
	winners       map[int64]auction.Winner
	registrations map[int64]auction.Registration
	notices       map[int64]reserve.PaymentNotice // of auctions, by id
	forfeited     map[int64]quantity.Money        // posted, by registration
	bought        map[int64]quantity.Quantity     // posted, by award
	lots          map[int64]reserve.Lot
	sold          map[int64]soldCredits // posted, by award
}

// checkAwards holds the awards against what they rest on:
//
//   - each winner of a certified offer has one award, of what he has won, published (I-44);
//   - an award of a sale is as far as its payment notice, one of a buy-back is posted and a lot when delivered (I-45);
//   - what was put up is held until the payment is proven, forfeited by a default and by nothing
//     else, and given back otherwise, to losers in time (I-46).
func (c *checker) checkAwards() error {
	parts, err := c.awardParts()
	if err != nil {
		return err
	}
	offers := map[int64]auction.Offer{}
	if err := eachOf(c.ctx, c.r, Offers, Query{}, func(o auction.Offer) { offers[o.ID] = o }); err != nil {
		return err
	}
	var parameters rulebook.Rows
	if err := eachOf(c.ctx, c.r, Parameters, Where("key", string(rulebook.AuctionReturn)), func(p rulebook.Parameter) { parameters = append(parameters, p) }); err != nil {
		return err
	}
	certified := func(o auction.Offer) bool { return o.State == auction.OfferCertified }
	notices := map[int64]bool{}
	err = eachOf(c.ctx, c.r, Awards, Query{}, func(a auction.Award) {
		w := parts.winners[a.Winner]
		delete(parts.winners, a.Winner)
		if w.ID == 0 || w.Registration != a.Registration || w.Party != a.Party || w.Quantity != a.Quantity || w.Price != a.Price || w.Amount != a.Amount || a.PublicNotice == 0 {
			c.report("I-44", Awards.name, a.ID, "is not what winner %d has won, or is not published", a.Winner)
		}
		if a.Uncovered < 0 || a.Uncovered > a.Quantity || a.Uncovered > 0 && a.Lot == 0 {
			c.report("I-105", Awards.name, a.ID, "of %s t/a has bought %s beside what was verified for sale", a.Quantity, a.Uncovered)
		}
		if a.Notice != 0 {
			notices[a.Notice] = true
		}
		if o := offers[a.Offer]; o.OfCredits() {
			c.checkAwardOfCredits(a, o, parts)
		} else {
			c.checkAwardDelivery(a, o, parts)
		}
		c.checkPutUp(a, offers[a.Offer], parts)
	})
	for id := range parts.winners {
		c.report("I-44", Winners.name, id, "has no award, or two")
	}
	for id := range parts.notices {
		if !notices[id] {
			c.report("I-45", Notices.name, id, "asks for the payment of no award")
		}
	}
	for id := range parts.forfeited {
		c.report("I-46", Registrations.name, id, "has lost what was put up, without a default")
	}
	for id := range parts.sold {
		c.report("I-78", Awards.name, id, "has got credits and is not delivered")
	}
	for id := range parts.bought {
		c.report("I-45", Awards.name, id, "has bought permits and is not delivered")
	}
	for id, r := range parts.registrations {
		o := offers[r.Offer]
		if r.State == auction.Lost && r.Hold != 0 && certified(o) && c.overdue(parameters, o) {
			c.report("I-46", Registrations.name, id, "lost, and what was put up is not given back")
		}
	}
	return err
}

// overdue reports whether losers should have got back by now what they put up.
func (c *checker) overdue(parameters rulebook.Rows, o auction.Offer) bool {
	certified := o.CertifiedAt.Date()
	days := spanOf(parameters, rulebook.AuctionReturn, rulebook.Place{Region: o.Region, Pollutant: o.Pollutant}, certified)
	return c.registry.LastAt.Date() > certified.AddDays(3*days) // working days and holidays: the timer runs at once
}

func (c *checker) awardParts() (*awardParts, error) {
	p := &awardParts{
		winners: map[int64]auction.Winner{}, registrations: map[int64]auction.Registration{}, notices: map[int64]reserve.PaymentNotice{},
		forfeited: map[int64]quantity.Money{}, bought: map[int64]quantity.Quantity{}, lots: map[int64]reserve.Lot{}, sold: map[int64]soldCredits{},
	}
	err := eachOf(c.ctx, c.r, Winners, Query{}, func(w auction.Winner) { p.winners[w.ID] = w })
	if err == nil {
		err = eachOf(c.ctx, c.r, Registrations, Query{}, func(r auction.Registration) { p.registrations[r.ID] = r })
	}
	var ids []int64
	if err == nil {
		err = eachOf(c.ctx, c.r, Sales, Where("kind", string(reserve.ByAuction)), func(s reserve.Sale) { ids = append(ids, s.Notice) })
	}
	for part := range slices.Chunk(ids, findMost) {
		if err == nil {
			err = eachOf(c.ctx, c.r, Notices, Query{}.And("id", In, part), func(n reserve.PaymentNotice) { p.notices[n.ID] = n })
		}
	}
	if err == nil {
		err = eachOf(c.ctx, c.r, Postings, Where("reason", int64(ledger.BidForfeit)), func(x ledger.Posting) {
			if kind := c.ledger.accounts[x.Credit].Kind; kind == ledger.Forfeits || kind == ledger.Fee {
				p.forfeited[x.Reference] += quantity.Money(x.Amount)
			}
		})
	}
	if err == nil {
		err = eachOf(c.ctx, c.r, Postings, Where("reason", int64(ledger.AuctionBuyBack)), func(x ledger.Posting) { p.bought[x.Reference] += quantity.Quantity(x.Amount) })
	}
	if err == nil {
		err = c.soldCredits(p.sold)
	}
	if err == nil {
		err = eachOf(c.ctx, c.r, Lots, Where("provenance", string(reserve.BoughtBack)), func(l reserve.Lot) { p.lots[l.ID] = l })
	}
	return p, err
}

// checkAwardDelivery holds an award together with its notice or its lot (I-45).
func (c *checker) checkAwardDelivery(a auction.Award, o auction.Offer, p *awardParts) {
	if o.Buys() {
		l, bought := p.lots[a.Lot], p.bought[a.ID]
		delete(p.bought, a.ID)
		if isIn := a.State == auction.AwardDelivered; isIn != (bought == a.Quantity) || isIn && (l.Quantity != a.Quantity || l.Cost != a.Amount) || !isIn && bought != 0 {
			c.report("I-45", Awards.name, a.ID, "is %s for %s t/a, %s were posted, its lot has %s", a.State, a.Quantity, bought, l.Quantity)
		}
		return
	}
	want := map[auction.AwardState]reserve.NoticeState{
		auction.AwardContracted: reserve.NoticeIssued, auction.AwardPaid: reserve.NoticeProved, auction.AwardDelivered: reserve.NoticeDelivered,
		auction.AwardDefaulted: reserve.NoticeCancelled, auction.AwardRevoked: reserve.NoticeCancelled,
	}[a.State]
	n := p.notices[a.Notice]
	needed := a.State == auction.AwardContracted || a.State == auction.AwardPaid || a.State == auction.AwardDelivered
	if needed && a.Notice == 0 || a.Notice != 0 && (n.State != want || n.Amount != a.Amount || n.Quantity != a.Quantity || n.Party != a.Party) {
		c.report("I-45", Awards.name, a.ID, "is %s for CNY %s, its payment notice %d is %s for CNY %s", a.State, a.Amount, a.Notice, n.State, n.Amount)
	}
}

// checkPutUp holds what a winner has put up together with his award (I-46).
func (c *checker) checkPutUp(a auction.Award, o auction.Offer, p *awardParts) {
	r, lost := p.registrations[a.Registration], p.forfeited[a.Registration]
	delete(p.forfeited, a.Registration)
	if r.Bidding > 0 && a.State != auction.Awarded && a.State != auction.AwardSigned {
		c.report("I-117", Awards.name, a.ID, "is %s, its winner still keeps %s of what his project needs", a.State, r.Bidding)
	}
	keeps := a.State == auction.Awarded || a.State == auction.AwardSigned || a.State == auction.AwardContracted || o.Buys() && a.State == auction.AwardPaid
	if a.State == auction.AwardDefaulted && o.DepositPer == auction.PerLot && a.Forfeited != o.Forfeit(a, r.Collateral) {
		c.report("I-129", Awards.name, a.ID, "has lost CNY %s, the deposit of what was won is CNY %s", a.Forfeited, o.Forfeit(a, r.Collateral))
	}
	if keeps != (r.Hold != 0) || lost != a.Forfeited || (a.State == auction.AwardDefaulted) != (a.BarredUntil > 0) {
		c.report("I-46", Awards.name, a.ID, "is %s, holds %d of what was put up, CNY %s was forfeited of CNY %s", a.State, r.Hold, lost, a.Forfeited)
	}
}
