package app

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"maps"
	"slices"

	"permitx/internal/auction"
	"permitx/internal/quantity"
)

// withKey is the offer with its key published, now that its window has closed.
func (v *View) withKey(o auction.Offer) (auction.Offer, error) {
	if o.SealKey != "" {
		return o, nil
	}
	seal, err := v.seals.of(o)
	if err == nil {
		o.SealKey = hex.EncodeToString(seal.Key[:])
	}
	return o, err
}

func (c OfferCompute) fill(o auction.Offer) auction.Offer {
	o.ResultStatus, o.ClearingPrice, o.Volume, o.ResultDigest = c.Status, quantity.Price(c.ClearingPrice), quantity.Quantity(c.Volume), c.Digest
	return o
}

// computeResult clears an offer from its opened bids, as they are committed:
// what each bidder gets, in the order of the registrations, and the command that
// fixes it. It is a function of rows that do not change, so that anybody who
// may read them computes the same.
func computeResult(ctx context.Context, r Reader, o auction.Offer) ([]auction.Outcome, OfferCompute, error) {
	c := OfferCompute{Offer: o.ID}
	bidders := map[int64]auction.Registration{}
	err := eachOf(ctx, r, Registrations, Where("offer", o.ID), func(x auction.Registration) {
		if x.Counts() {
			bidders[x.ID] = x
		}
	})
	if err != nil {
		return nil, c, err
	}
	bids, err := countingBids(ctx, r, o.ID)
	if err != nil {
		return nil, c, err
	}
	result := auction.Result{Status: auction.NoTrade, Bids: make([]auction.Allotment, len(bids)), Asks: make([]auction.Allotment, len(bids))}
	if len(bids) > 0 {
		seal, err := keyOf(o)
		if err != nil {
			return nil, c, err
		}
		head, err := hex.DecodeString(o.CloseHead)
		if err != nil {
			return nil, c, err
		}
		asked := caseOf(o, bids, bidders, auction.NewLots(seal.Seed(), head))
		if result, err = auction.Clear(&asked); err != nil {
			return nil, c, err
		}
	}
	outcomes := outcomesOf(o, bids, bidders, result)
	c.Status, c.ClearingPrice, c.Volume = result.Status, int64(result.ClearingPrice), int64(result.Volume)
	for _, x := range outcomes {
		c.Digest = auction.Chain(c.Digest, x)
	}
	c.Digest = cmp.Or(c.Digest, auction.NobodyDigest)
	return outcomes, c, nil
}

// countingBids are the opened bids of an offer, without those of excluded
// bidders: of a sealed offer these were never opened, of an ascending auction they
// were public.
func countingBids(ctx context.Context, r Reader, offer int64) (bids []auction.OpenedBid, err error) {
	excluded := map[int64]bool{}
	out := Where("offer", offer).And("state", Eq, string(auction.ReleasedUndecided))
	if err := eachOf(ctx, r, Registrations, out, func(x auction.Registration) { excluded[x.ID] = x.Reason != "" }); err != nil {
		return nil, err
	}
	err = eachOf(ctx, r, OpenedBids, Where("offer", offer), func(b auction.OpenedBid) {
		if !excluded[b.Registration] {
			bids = append(bids, b)
		}
	})
	return bids, err
}

// keyOf is the seal of an offer whose key is published.
func keyOf(o auction.Offer) (*auction.Seal, error) {
	var key [auction.KeySize]byte
	b, err := hex.DecodeString(o.SealKey)
	if err != nil || copy(key[:], b) != auction.KeySize {
		return nil, ErrNoSealKey.Because(err)
	}
	return auction.NewSeal(key), nil
}

// caseOf is the case of an offer: its bids in the order of their arrival, with
// their places in the draw.
func caseOf(o auction.Offer, bids []auction.OpenedBid, bidders map[int64]auction.Registration, lots auction.Lots) auction.Case {
	c := termsOf(o)
	all := make([]auction.Bid, len(bids))
	for i, b := range bids {
		all[i] = auction.Bid{Price: b.Price, Quantity: b.Quantity, Seq: b.Quote, AcceptsPart: bidders[b.Registration].AcceptsPart}
	}
	if o.Tie == auction.Drawn || o.Tie == auction.ProRataFloor {
		draw(all, bids, lots)
	}
	if o.Buys() {
		c.Asks = all
	} else {
		c.Bids = all
	}
	return c
}

// termsOf is the case of an offer before anybody has bid.
func termsOf(o auction.Offer) auction.Case {
	c := auction.Case{
		Format: o.Format, LotSize: o.LotSize, Tick: o.Tick, Step: o.Step, Months: int(o.Months), WinShare: o.WinShare, BiddersMin: int(o.BiddersMin),
		Tie: o.Tie, Undersubscribed: o.Undersubscribed, Fit: o.Fit,
	}
	if o.Buys() {
		c.Demand, c.CeilingPrice, c.Budget = o.Quantity, o.ReservePrice, cmp.Or(o.BudgetLimit, o.Committed)
	} else {
		c.Supply, c.ReservePrice, c.NoncompetitiveLimit = o.Quantity, o.ReservePrice, o.NoncompetitiveLimit()
	}
	return c
}

// draw gives each bid its place in the drawn order.
func draw(all []auction.Bid, bids []auction.OpenedBid, lots auction.Lots) {
	keys := make([][32]byte, len(bids))
	order := make([]int, len(bids))
	for i, b := range bids {
		keys[i], order[i] = lots.Of(b.ID), i
	}
	slices.SortFunc(order, func(a, b int) int { return bytes.Compare(keys[a][:], keys[b][:]) })
	for place, i := range order {
		all[i].Draw = place + 1
	}
}

// outcomesOf is what each bidder gets, with his place: by his best price, then
// by time.
func outcomesOf(o auction.Offer, bids []auction.OpenedBid, bidders map[int64]auction.Registration, r auction.Result) []auction.Outcome {
	awards := r.Bids
	if o.Buys() {
		awards = r.Asks
	}
	all := map[int64]*auction.Outcome{}
	for id := range bidders {
		all[id] = &auction.Outcome{Registration: id}
	}
	best := map[int64]auction.OpenedBid{}
	for i, b := range bids {
		all[b.Registration].Bids = append(all[b.Registration].Bids, auction.BidOutcome{Bid: b.ID, Won: awards[i].Quantity, Paid: awards[i].Price})
		if was, known := best[b.Registration]; !known || o.Better(b, was) < 0 {
			best[b.Registration] = b
		}
	}
	order := slices.SortedFunc(maps.Keys(best), func(a, b int64) int { return cmp.Or(o.Better(best[a], best[b]), cmp.Compare(a, b)) })
	for i, id := range order {
		all[id].Place = int32(i + 1)
	}
	out := make([]auction.Outcome, 0, len(all))
	for _, id := range slices.Sorted(maps.Keys(all)) {
		out = append(out, *all[id])
	}
	return out
}
