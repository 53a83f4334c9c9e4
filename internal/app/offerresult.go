package app

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"

	"permitx/internal/auction"
	"permitx/internal/fault"
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

// clearing is what an offer is cleared from.
type clearing struct {
	bidders map[int64]auction.Registration
	bids    []auction.OpenedBid
	input   auction.Case // with the bids in their order
}

// clearingOf reads what an offer is cleared from, as it is committed: rows that do not
// change, so that anybody who may read them computes the same.
func clearingOf(ctx context.Context, r Reader, o auction.Offer) (a clearing, err error) {
	a.bidders = map[int64]auction.Registration{}
	err = eachOf(ctx, r, Registrations, Where("offer", o.ID), func(x auction.Registration) {
		if x.Counts() {
			a.bidders[x.ID] = x
		}
	})
	if err != nil {
		return a, err
	}
	if a.bids, err = countingBids(ctx, r, o.ID); err != nil || len(a.bids) == 0 {
		return a, err
	}
	seal, err := keyOf(o)
	if err != nil {
		return a, err
	}
	head, err := hex.DecodeString(o.CloseHead)
	a.input = caseOf(o, a.bids, a.bidders, auction.NewLots(seal.Seed(), head))
	return a, err
}

// computeResult clears an offer from its opened bids: what each bidder gets, in the
// order of the registrations, and the command that fixes it.
func computeResult(ctx context.Context, r Reader, o auction.Offer) ([]auction.Outcome, OfferCompute, error) {
	c := OfferCompute{Offer: o.ID}
	a, err := clearingOf(ctx, r, o)
	if err != nil {
		return nil, c, err
	}
	result := auction.Result{Status: auction.NoTrade}
	if len(a.bids) > 0 {
		if result, err = auction.Clear(&a.input); err != nil {
			return nil, c, err
		}
	}
	outcomes := outcomesOf(o, a.bids, a.bidders, result)
	c.Status, c.ClearingPrice, c.Volume = result.Status, int64(result.ClearingPrice), int64(result.Volume)
	for _, x := range outcomes {
		c.Digest = auction.Chain(c.Digest, x)
	}
	c.Digest = cmp.Or(c.Digest, auction.NobodyDigest)
	return outcomes, c, nil
}

// ErrNoCase is returned for an offer that has no result which could be cleared again.
var ErrNoCase = fault.New(fault.Conflict, "offer.no_case", "there is no result that could be cleared again")

// OfferCase is what the result of an offer rests on, as permitx clear reads it: bids
// are called by their numbers. Returns ErrNoCase before the result is there, where
// nobody has bid, and of a buy-back from before its limit was kept.
func OfferCase(ctx context.Context, r Reader, o auction.Offer) (auction.Case, error) {
	switch {
	case !isDecided(o.State):
		return auction.Case{}, ErrNoCase.With("the offer is %s: it has no result", o.State)
	case o.Buys() && o.BudgetLimit == 0:
		return auction.Case{}, ErrNoCase.With("what it might spend was not kept when it was announced")
	}
	a, err := clearingOf(ctx, r, o)
	switch {
	case err != nil:
		return auction.Case{}, err
	case len(a.bids) == 0:
		return auction.Case{}, ErrNoCase.With("nobody has bid")
	}
	side := a.input.Bids
	if o.Buys() {
		side = a.input.Asks
	}
	for i, b := range a.bids {
		side[i].ID = strconv.FormatInt(b.ID, 10)
	}
	return a.input, nil
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
