package app

import (
	"permitx/internal/auction"
	"permitx/internal/catalog"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
	"permitx/internal/rulebook"
)

// What a licence may still get of a pollutant lies in state.wanted, so that its limit
// counts everything once (I-122, ADR 56). Orders, block trades and deals add to it
// and take off where they change; what auctions and payment notices may bring follows
// here from their rows, each time one is written.

// comingOf names the row that may bring something: a registration, with the award
// that follows it, or a payment notice.
type comingOf struct {
	table string
	id    int64
}

// coming is what a row may bring to a licence.
type coming struct {
	to surplusKey
	q  quantity.Quantity
}

// setComing puts what a row may bring in the place of what it might before.
func (s *state) setComing(of comingOf, now coming) {
	rows := s.coming[of.table]
	was := rows[of.id]
	s.wanted.add(was.to.licence, was.to.pollutant, -was.q)
	if now.q == 0 {
		delete(rows, of.id)
		return
	}
	rows[of.id] = now
	s.wanted.add(now.to.licence, now.to.pollutant, now.q)
}

// onRow keeps in step what follows from rows that do not lie in memory.
func (s *state) onRow(row any) {
	switch r := row.(type) {
	case reserve.PaymentNotice:
		s.setComing(comingOf{Notices.name, r.ID}, coming{surplusKey{r.Licence, r.Pollutant}, r.Arriving()})
	case auction.Award:
		o, bidder := rowsOf(s, Offers).rows[r.Offer], rowsOf(s, Registrations).rows[r.Registration]
		s.setComing(comingOf{Registrations.name, r.Registration}, coming{surplusKey{bidder.Licence, o.Pollutant}, arrivingByAward(o, r)})
	}
}

// onBidder does the same for a registration, as long as it has no award.
func (s *state) onBidder(r auction.Registration) {
	if o := rowsOf(s, Offers).rows[r.Offer]; o.Awarded < r.ID {
		s.setComing(comingOf{Registrations.name, r.ID}, coming{surplusKey{r.Licence, o.Pollutant}, arrivingByBid(o, r)})
	}
}

// sellsPermits reports whether bidders of an offer get permits.
func sellsPermits(o auction.Offer) bool { return !o.Buys() && !o.OfCredits() }

// arrivingByBid is what a bidder may bid for, and what he has won afterwards.
func arrivingByBid(o auction.Offer, r auction.Registration) quantity.Quantity {
	switch {
	case !sellsPermits(o) || r.Hold == 0:
	case r.State == auction.Registered && r.LimitMost > 0:
		return r.Most()
	case r.State == auction.Won:
		return r.Won
	}
	return 0
}

// arrivingByAward is what an award brings whose payment is not asked for.
func arrivingByAward(o auction.Offer, a auction.Award) quantity.Quantity {
	if sellsPermits(o) && a.State.IsOpen() && a.Notice == 0 {
		return a.Quantity
	}
	return 0
}

// loadComing counts what auctions and payment notices may bring.
func (s *state) loadComing() error {
	s.coming = map[string]map[int64]coming{Registrations.name: {}, Notices.name: {}}
	for _, r := range rowsOf(s, Registrations).rows {
		s.onBidder(r)
	}
	if err := each(s, Awards, uncontracted(), func(a auction.Award) { s.onRow(a) }); err != nil {
		return err
	}
	return each(s, Notices, undelivered(), func(n reserve.PaymentNotice) { s.onRow(n) })
}

// uncontracted selects the awards whose payment is not asked for and may be.
func uncontracted() Query {
	return Query{}.And("state", In, []string{string(auction.Awarded), string(auction.AwardSigned)})
}

// undelivered selects the payment notices that may still bring something.
func undelivered() Query {
	return Query{}.And("state", In, []string{string(reserve.NoticeIssued), string(reserve.NoticeProved)})
}

// comingByBid is what a bidder's registration, or the award that follows it, may bring.
func (v *View) comingByBid(registration int64) quantity.Quantity {
	return v.coming[Registrations.name][registration].q
}

// comingByNotice is what a payment notice may bring.
func (v *View) comingByNotice(notice int64) quantity.Quantity {
	return v.coming[Notices.name][notice].q
}

// limitMost is what a bidder bids for at most, where his licence may hold no more
// than a limit: all that he may, or what he has named, which is kept for him until the
// ranking. 0: there is neither. The rules have let him bid for the least that is judged.
func (v *View) limitMost(o auction.Offer, r auction.Registration, l catalog.Licence) quantity.Quantity {
	f := v.facts(rulebook.PrimarySale, o.Pollutant, 0)
	f.Buyer = v.buyer(v.known, "licence", rowsOf(v.state, Parties).rows[r.Party], l, o.Pollutant)
	room, limited := rulebook.HoldingRoom(&f)
	switch {
	case !limited:
		return r.LimitMost
	case o.FixedQuantity():
		return max(r.Quantity, o.Least())
	}
	return min(o.MostOf(r), room).FloorTo(o.LotSize)
}

// addComing adds what a licence's bids, awards and payment notices may bring, by the
// committed rows.
func (in *inquiry) addComing(l catalog.Licence, sum *quantity.Quantity) error {
	var notices []reserve.PaymentNotice
	if err := in.find(Notices.name, undelivered().And("licence", Eq, l.ID).And("pollutant", Eq, in.inst.Pollutant), &notices); err != nil {
		return err
	}
	for _, n := range notices {
		*sum += n.Arriving()
	}
	var bidders []auction.Registration
	if err := in.find(Registrations.name, Where("party", l.Party).And("licence", Eq, l.ID).And("hold", Gt, 0), &bidders); err != nil {
		return err
	}
	of := map[int64]bool{}
	for _, r := range bidders {
		of[r.ID] = true
		if o, _ := ReadTable(in.ref, Offers).Get(r.Offer); o.Pollutant == in.inst.Pollutant && o.Awarded < r.ID {
			*sum += arrivingByBid(o, r)
		}
	}
	var awards []auction.Award
	err := in.find(Awards.name, uncontracted().And("party", Eq, l.Party), &awards)
	for _, a := range awards {
		if o, _ := ReadTable(in.ref, Offers).Get(a.Offer); of[a.Registration] && o.Pollutant == in.inst.Pollutant {
			*sum += arrivingByAward(o, a)
		}
	}
	return err
}
