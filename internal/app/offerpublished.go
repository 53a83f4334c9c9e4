package app

import (
	"context"
	"slices"

	"permitx/internal/auction"
	"permitx/internal/catalog"
	"permitx/internal/fault"
)

// ErrNoResult is returned for an offer whose result is not certified, and that has not failed.
var ErrNoResult = fault.New(fault.NotFound, "offer.no_result", "the offer has no certified result, and has not failed").At("id")

// PublishedResult is what anybody may know of an auction that was certified, or in
// which by its rules nobody could win: its figures and its winners; of losers nothing.
type PublishedResult struct {
	Offer   auction.Offer
	Figures auction.Figures
	Winners []PublishedWinner
}

// PublishedWinner is a winner by name, and what has become of his award.
type PublishedWinner struct {
	Name  string
	Award auction.Award
}

// winnersShown bounds the winners of one answer.
const winnersShown = 10_000

// PublishedResultOf returns the result of an offer, or ErrNoResult.
func PublishedResultOf(ctx context.Context, r Reader, offer int64) (p PublishedResult, err error) {
	var offers []auction.Offer
	if err := r.Find(ctx, Offers.name, Where("id", offer), &offers); err != nil {
		return p, err
	}
	if len(offers) == 0 || offers[0].State != auction.OfferCertified && offers[0].State != auction.OfferFailed {
		return p, ErrNoResult
	}
	p.Offer = offers[0]
	bids, err := countingBids(ctx, r, offer)
	if err != nil {
		return p, err
	}
	p.Figures = p.Offer.Summarise(bids).Published(p.Offer.Volume)
	var awards []auction.Award
	if err := r.Find(ctx, Awards.name, Where("offer", offer).Page(0, winnersShown), &awards); err != nil {
		return p, err
	}
	names, err := namesOf(ctx, r, awards)
	for _, a := range awards {
		p.Winners = append(p.Winners, PublishedWinner{names[a.Party], a})
	}
	return p, err
}

func namesOf(ctx context.Context, r Reader, awards []auction.Award) (map[int64]string, error) {
	var ids []int64
	for _, a := range awards {
		ids = append(ids, a.Party)
	}
	slices.Sort(ids)
	names := map[int64]string{}
	for part := range slices.Chunk(slices.Compact(ids), findMost) {
		err := eachOf(ctx, r, Parties, Query{}.And("id", In, part), func(p catalog.Party) { names[p.ID] = p.Name })
		if err != nil {
			return nil, err
		}
	}
	return names, nil
}

// findMost bounds the values of one condition.
const findMost = 500
