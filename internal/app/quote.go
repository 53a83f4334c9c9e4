package app

import (
	"crypto/sha256"
	"encoding/hex"

	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/fault"
	"permitx/internal/identity"
	"permitx/internal/quantity"
	"permitx/internal/rulebook"
)

// ErrNotRegistered is returned when the actor's party is not registered for the offer.
var ErrNotRegistered = fault.New(fault.Refused, "quote.not_registered", "only a party that is registered for the offer bids").
	Under("offer.registration", "project default")

// QuotePlace bids for an offer. What it says is sealed: App.SealQuote makes it.
type QuotePlace struct {
	Offer  int64
	Sealed string

	// Of an ascending auction, where bids are public.
	Price     quantity.Price
	Quantity  quantity.Quantity
	Confirmed bool
}

// QuoteReceipt is what a bidder gets for a quote. It tells nothing of what the
// quote says.
type QuoteReceipt struct {
	Quote    int64
	Offer    int64
	PlacedAt calendar.Instant
	Digest   string
}

var _ = declare(QuotePlace{})

// Operation is QuotePlace.
func (QuotePlace) Operation() identity.Operation { return identity.QuotePlace }

// Decide opens the quote and judges it, by its stamp, whether or not the
// offer's timers have run. The result is a QuoteReceipt.
func (c QuotePlace) Decide(v *View) (Apply, error) {
	if err := v.Authorise(identity.QuotePlace, identity.Target{}); err != nil {
		return nil, err
	}
	o, err := Get(v, Offers, "id", c.Offer)
	if err != nil {
		return nil, err
	}
	if err := fault.First(o.CheckWindow(v.Now), atField(v.checkOfferUsable(o, o.ClosesAt.Date()), "id")); err != nil {
		return nil, err
	}
	r, err := v.ownRegistration(o)
	if err != nil {
		return nil, err
	}
	t, err := c.open(v, o)
	if err != nil {
		return nil, err
	}
	room, err := v.readyRoom(o)
	if err != nil {
		return nil, err
	}
	if t, err = v.checkQuote(o, t, r, room); err != nil {
		return nil, silent(o, err)
	}
	sum := sha256.Sum256([]byte(c.text()))
	q := auction.Quote{
		Offer: o.ID, Registration: r.ID, Party: r.Party, Person: v.Actor.Person, Sealed: c.Sealed, Digest: hex.EncodeToString(sum[:]), PlacedAt: v.Now,
	}
	return func(tx *Tx) any { return tx.putQuote(o, room, q, t) }, nil
}

// text is what the digest of a receipt is taken over.
func (c QuotePlace) text() string {
	if c.Sealed != "" {
		return c.Sealed
	}
	return c.Price.String()
}

// open is what the quote says.
func (c QuotePlace) open(v *View, o auction.Offer) (auction.Terms, error) {
	if o.IsOpen() {
		return auction.Terms{Steps: []auction.Step{{Price: c.Price, Quantity: c.Quantity}}, Confirmed: c.Confirmed}, nil
	}
	seal, err := v.seals.of(o)
	if err != nil {
		return auction.Terms{}, err
	}
	return seal.Open(c.Sealed, o.ID, v.Actor.Person)
}

// ownRegistration is the open registration of the actor's party for an offer.
func (v *View) ownRegistration(o auction.Offer) (auction.Registration, error) {
	for _, party := range v.Actor.Parties() {
		if id, known := v.bidders[o.ID][party]; known {
			return rowsOf(v.state, Registrations).rows[id], nil
		}
	}
	return auction.Registration{}, ErrNotRegistered
}

// checkQuote returns a quote in its order, or what refuses it.
func (v *View) checkQuote(o auction.Offer, t auction.Terms, r auction.Registration, room *offerRoom) (auction.Terms, error) {
	if o.IsOpen() && len(room.opened) >= auction.BidsMax {
		return t, auction.ErrQuoteCount.With("the auction has %d bids, which is the most", auction.BidsMax)
	}
	last := room.last[r.ID]
	t, err := o.CheckQuote(t, auction.Bidder{Registration: r, Quotes: last.count, Last: last.terms}, room.best)
	if err != nil {
		return t, err
	}
	return t, v.judgeBidder(v.known, o, r, t.Total())
}

// silent is the refusal of a quote as its bidder is told it. Of a sealed one the
// journal, which keeps refusals, has auction.ErrRefused in its place: which rule
// refused would tell what the quote says.
func silent(o auction.Offer, err error) error {
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Refused || o.IsOpen() {
		return err
	}
	return f.KeptAs(auction.ErrRefused)
}

// judgeBidder asks the rules whether a bidder may have, or sell, a quantity, by what is known.
func (v *View) judgeBidder(k *knowledge, o auction.Offer, r auction.Registration, q quantity.Quantity) error {
	if o.OfCredits() {
		if r.Party == o.Seller {
			return auction.ErrOwnOffer
		}
		return v.judgeCreditParty(k, "party", r.Party)
	}
	l, p := rowsOf(v.state, Licences).rows[r.Licence], rowsOf(v.state, Parties).rows[r.Party]
	if !o.Buys() {
		f := v.facts(rulebook.PrimarySale, o.Pollutant, q)
		f.Parameters, f.Buyer = k, v.buyer(k, "licence", p, l, o.Pollutant)
		f.Buyer.Holding.Total -= v.comingByBid(r.ID) // it is kept for these bids
		return v.judge(&f)
	}
	f := v.facts(rulebook.BuyBack, o.Pollutant, q)
	f.Parameters, f.Seller = k, v.seller(k, "licence", p, l, rowsOf(v.state, Instruments).rows[o.Instrument])
	f.Seller.Holding.Ready += r.Quantity // it is held for this offer
	return v.judge(&f)
}

// putQuote keeps a quote that counts. Where bids are public it is opened at once
// and sets the clock.
func (tx *Tx) putQuote(o auction.Offer, room *offerRoom, q auction.Quote, t auction.Terms) QuoteReceipt {
	q = Put(tx, Quotes, q)
	if o.IsOpen() {
		room.quotes++
		room.open(Put(tx, OpenedBids, auction.OpenedBid{
			Offer: o.ID, Registration: q.Registration, Quote: q.ID, Price: t.Steps[0].Price, Quantity: t.Steps[0].Quantity, PlacedAt: q.PlacedAt,
		}))
		o.ClearingPrice = t.Steps[0].Price
		o.ClosesAt = max(o.ClosesAt, tx.Now+calendar.Instant(o.ClockSeconds)*second)
		Put(tx, Offers, o)
	} else {
		room.take(q, t)
	}
	tx.changed.quotes = append(tx.changed.quotes, seenQuote{o, q, t, rowsOf(tx.state, Registrations).rows[q.Registration].AcceptsPart})
	return QuoteReceipt{q.ID, q.Offer, q.PlacedAt, q.Digest}
}

const second calendar.Instant = 1_000_000
