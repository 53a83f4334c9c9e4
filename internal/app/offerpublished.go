package app

import (
	"context"
	"slices"
	"sync"

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

// PublishedResults gives the results of auctions. What their bids come to does not
// change any more, and is worked out once, however many ask. It is safe for
// concurrent use.
type PublishedResults struct {
	mu    sync.Mutex
	known map[int64]*publishedFigures
}

type publishedFigures struct {
	mu      sync.Mutex
	isKnown bool
	figures auction.Figures
}

// resultsKept is how many results are kept at hand.
const resultsKept = 10_000

// of are the figures of an offer, known or not yet.
func (p *PublishedResults) of(offer int64) *publishedFigures {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.known[offer]
	if f == nil {
		if p.known == nil || len(p.known) >= resultsKept {
			p.known = map[int64]*publishedFigures{}
		}
		f = &publishedFigures{}
		p.known[offer] = f
	}
	return f
}

// read works the figures out of all bids that counted, where that is not done.
func (f *publishedFigures) read(ctx context.Context, r Reader, o auction.Offer) (auction.Figures, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.isKnown {
		return f.figures, nil
	}
	bids, err := countingBids(ctx, r, o.ID)
	if err == nil {
		f.figures, f.isKnown = o.Summarise(bids), true
	}
	return f.figures, err
}

// Of returns the result of an offer with the winners that a query selects, or ErrNoResult.
func (p *PublishedResults) Of(ctx context.Context, r Reader, offer int64, winners Query) (result PublishedResult, err error) {
	var offers []auction.Offer
	if err := r.Find(ctx, Offers.name, Where("id", offer), &offers); err != nil {
		return result, err
	}
	if len(offers) == 0 || offers[0].State != auction.OfferCertified && offers[0].State != auction.OfferFailed {
		return result, ErrNoResult
	}
	result.Offer = offers[0]
	figures, err := p.of(offer).read(ctx, r, result.Offer)
	if err != nil {
		return result, err
	}
	result.Figures = figures.Published(result.Offer.Volume)
	var awards []auction.Award
	if err := r.Find(ctx, Awards.name, winners.And("offer", Eq, offer), &awards); err != nil {
		return result, err
	}
	names, err := namesOf(ctx, r, awards)
	for _, a := range awards {
		result.Winners = append(result.Winners, PublishedWinner{names[a.Party], a})
	}
	return result, err
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
