package app

import (
	"maps"
	"slices"

	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/quantity"
)

// offerRoom is what the writer keeps of an offer whose window is open or being
// closed: the last quote of each bidder, opened. It lies in memory only, and is
// made again from the sealed rows after a start.
type offerRoom struct {
	quotes  int32
	last    map[int64]lastQuote         // by registration
	best    quantity.Price              // of an ascending auction
	opened  map[int64]auction.OpenedBid // after the close, by id
	ordered []int64                     // registrations with a quote, ascending, once the window has closed
}

// lastQuote is the quote of a bidder that counts.
type lastQuote struct {
	quote int64
	count int32 // quotes so far, this one included
	at    calendar.Instant
	terms auction.Terms
}

func newRoom() *offerRoom {
	return &offerRoom{last: map[int64]lastQuote{}, opened: map[int64]auction.OpenedBid{}}
}

// take brings a quote into the room.
func (r *offerRoom) take(q auction.Quote, t auction.Terms) {
	r.quotes++
	r.last[q.Registration] = lastQuote{q.ID, r.last[q.Registration].count + 1, q.PlacedAt, t}
}

// inOrder are the registrations with a quote, in the order of their ids, after the close.
func (r *offerRoom) inOrder() []int64 {
	if r.ordered == nil {
		r.ordered = slices.Sorted(maps.Keys(r.last))
	}
	return r.ordered
}

// openRooms reads what is bid so far into memory. An offer whose key is missing
// gets no room until its key is back: bidding on it is refused.
func (s *state) openRooms(seals *sealRing) error {
	s.seals, s.rooms = seals, map[int64]*offerRoom{}
	for o := range All(&View{state: s}, Offers) {
		if err := s.openRoom(o); err != nil {
			return err
		}
	}
	return nil
}

// openRooms reads the rooms of a state that was read, and what bidders may see of them.
func (a *App) openRooms() error {
	if err := a.st.openRooms(a.seals); err != nil {
		return err
	}
	var offers []auction.Offer
	for o := range All(&View{state: a.st}, Offers) {
		offers = append(offers, o)
	}
	a.sights.reset(offers, a.st.rooms, rowsOf(a.st, Registrations).rows)
	return nil
}

func (s *state) openRoom(o auction.Offer) (err error) {
	if !o.State.InWindow() && !o.State.IsChained() {
		return nil
	}
	r := newRoom()
	if o.IsOpen() || !o.State.InWindow() && o.State != auction.OfferClosed {
		err = each(s, OpenedBids, Where("offer", o.ID), func(b auction.OpenedBid) {
			if s.isBidder(b.Registration) {
				r.open(b)
			}
		})
	}
	if err == nil && (o.State.InWindow() || o.State == auction.OfferClosed) && !o.IsOpen() {
		var seal *auction.Seal
		if seal, err = s.seals.of(o); err != nil {
			return nil //nolint:nilerr // it waits for its key
		}
		err = each(s, Quotes, Where("offer", o.ID), func(q auction.Quote) {
			if !s.isBidder(q.Registration) {
				return
			}
			t, broken := seal.Open(q.Sealed, o.ID, q.Person)
			if broken == nil {
				t, broken = o.Ordered(t, rowsOf(s, Registrations).rows[q.Registration])
			}
			if broken != nil {
				panic("app: a quote that was accepted cannot be opened")
			}
			r.take(q, t)
		})
		if err == nil {
			err = each(s, OpenedBids, Where("offer", o.ID), func(b auction.OpenedBid) { r.opened[b.ID] = b })
		}
	}
	s.rooms[o.ID] = r
	return err
}

// isBidder reports whether a registration takes part: who is excluded does not,
// and holds nothing.
func (s *state) isBidder(registration int64) bool {
	_, holds := rowsOf(s, Registrations).rows[registration]
	return holds
}

// open brings a bid of an ascending auction, or one that was opened, into the room.
func (r *offerRoom) open(b auction.OpenedBid) {
	r.opened[b.ID] = b
	r.best = max(r.best, b.Price)
	t := auction.Terms{Steps: []auction.Step{{Price: b.Price, Quantity: b.Quantity}}}
	r.last[b.Registration] = lastQuote{b.Quote, r.last[b.Registration].count + 1, b.PlacedAt, t}
}
