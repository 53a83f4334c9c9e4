package app

import (
	"cmp"
	"slices"
	"sync"

	"permitx/internal/auction"
	"permitx/internal/quantity"
)

// seenQuote is a quote that a batch has brought; without a number it says that
// its bidder is excluded.
type seenQuote struct {
	offer       auction.Offer
	quote       auction.Quote
	terms       auction.Terms
	acceptsPart bool
}

// sights are what bidders may see of open windows by the option of their offers;
// of an offer that shows nothing there is nothing here. They lie in memory only
// and change with each commit.
type sights struct {
	mu     sync.Mutex
	boards map[int64]map[int64]stand // offer → registration
}

// stand is where a bidder stands: his last quote.
type stand struct {
	auction.Step
	quote       int64
	acceptsPart bool
}

// BidderSight is what a bidder sees in the window.
type BidderSight struct {
	OwnRank      int            // 0: not shown, or no quote yet
	HighestPrice quantity.Price // 0: likewise
	CutOff       quantity.Price // the lowest price that would win now
}

// show brings the quotes of a committed batch.
func (s *sights) show(quotes []seenQuote) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, q := range quotes {
		if q.offer.Sight == auction.SeesNothing {
			continue
		}
		if s.boards[q.offer.ID] == nil {
			s.boards[q.offer.ID] = map[int64]stand{}
		}
		if q.quote.ID == 0 || q.terms.Noncompetitive { // its bidder is excluded, or takes any price and has no rank
			delete(s.boards[q.offer.ID], q.quote.Registration)
			continue
		}
		s.boards[q.offer.ID][q.quote.Registration] = stand{q.terms.Steps[0], q.quote.ID, q.acceptsPart}
	}
}

// reset takes what rooms have, after a start.
func (s *sights) reset(offers []auction.Offer, rooms map[int64]*offerRoom, bidders map[int64]auction.Registration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.boards = map[int64]map[int64]stand{}
	for _, o := range offers {
		room := rooms[o.ID]
		if room == nil || o.Sight == auction.SeesNothing {
			continue
		}
		s.boards[o.ID] = map[int64]stand{}
		for id, q := range room.last {
			if q.terms.Noncompetitive {
				continue
			}
			s.boards[o.ID][id] = stand{q.terms.Steps[0], q.quote, bidders[id].AcceptsPart}
		}
	}
}

// BidderSight is what a registration's bidder sees of an offer in its window, by
// the option of the offer.
func (a *App) BidderSight(o auction.Offer, registration int64) BidderSight {
	var seen BidderSight
	if !o.State.InWindow() {
		return seen
	}
	order := a.sights.order(o.ID)
	switch {
	case len(order) == 0:
	case o.Sight == auction.SeesOwnRank:
		seen.OwnRank = slices.IndexFunc(order, func(x ranked) bool { return x.registration == registration }) + 1
	case o.Sight == auction.SeesHighestPrice:
		seen.HighestPrice = order[0].Price
	case o.Sight == auction.SeesCutOff:
		seen.CutOff = cutOffNow(o, order)
	}
	return seen
}

// cutOffNow is the lowest price that would win if the window closed now, by the rules
// of the offer; 0 where nobody would win, as with too few bidders.
func cutOffNow(o auction.Offer, order []ranked) quantity.Price {
	c := termsOf(o)
	c.Bids = make([]auction.Bid, len(order))
	for i, x := range order {
		c.Bids[i] = auction.Bid{Price: x.Price, Quantity: x.Quantity, Seq: x.quote, AcceptsPart: x.acceptsPart}
	}
	r, err := auction.Clear(&c)
	if err != nil {
		return 0
	}
	var lowest quantity.Price
	for i, a := range r.Bids {
		if a.Quantity > 0 && (lowest == 0 || c.Bids[i].Price < lowest) {
			lowest = c.Bids[i].Price
		}
	}
	return lowest
}

type ranked struct {
	stand
	registration int64
}

// order is the board of an offer, the best first.
func (s *sights) order(offer int64) []ranked {
	s.mu.Lock()
	defer s.mu.Unlock()
	order := make([]ranked, 0, len(s.boards[offer]))
	for id, x := range s.boards[offer] {
		order = append(order, ranked{x, id})
	}
	slices.SortFunc(order, func(a, b ranked) int { return cmp.Or(cmp.Compare(b.Price, a.Price), cmp.Compare(a.quote, b.quote)) })
	return order
}
