package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/calendar"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/quantity"
	"permitx/internal/reserve"
)

var _ = register(listingOf, identity.ListingOpen, identity.ListingClose)

// ListListings lists what reserves offer for sale.
func (s *Server) ListListings(ctx context.Context, r gen.ListListingsRequestObject) (gen.ListListingsResponseObject, error) {
	q := equal(equal(equal(app.Query{}, "region", r.Params.Region), "pollutant", r.Params.Pollutant), "state", textOf(r.Params.State))
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.Listings, []app.Query{q}, p, func(l reserve.Listing) int64 { return l.ID })
	if err != nil {
		return nil, err
	}
	items, err := s.showListings(ctx, rows)
	return gen.ListListings200JSONResponse{Items: items, Next: next}, err
}

// GetListing shows a listing.
func (s *Server) GetListing(ctx context.Context, r gen.GetListingRequestObject) (gen.GetListingResponseObject, error) {
	l, known, err := get(ctx, s, app.Listings, r.ID)
	if err != nil {
		return nil, err
	}
	if !known {
		return nil, identity.ErrNotYours.At("id")
	}
	shown, err := s.showListings(ctx, []reserve.Listing{l})
	if err != nil {
		return nil, err
	}
	return gen.GetListing200JSONResponse(shown[0]), nil
}

// showListings shows listings with what of each is not sold.
func (s *Server) showListings(ctx context.Context, rows []reserve.Listing) ([]api.Listing, error) {
	claims, err := s.claimsOf(ctx, reserve.ForListing, convertAll(rows, func(l reserve.Listing) int64 { return l.ID }))
	return convertAll(rows, func(l reserve.Listing) api.Listing {
		return listingOf(app.ListingResult{Listing: l, Left: claims[l.ID].Quantity})
	}), err
}

func listingOf(r app.ListingResult) api.Listing {
	l := r.Listing
	out := api.Listing{
		ID: l.ID, Region: l.Region, Pollutant: l.Pollutant, Kind: api.ListingKind(l.Kind), Quantity: l.Quantity.String(), Left: r.Left.String(),
		Price: l.Price.String(), Document: l.Document, State: api.ListingState(l.State), Reason: optional(l.Reason), ListedOn: l.ListedOn.String(),
	}
	if l.EachMax > 0 {
		out.EachMax = new(l.EachMax.String())
	}
	return out
}

// OpenListing offers a part of the reserve for sale.
func (s *Server) OpenListing(ctx context.Context, r gen.OpenListingRequestObject) (gen.OpenListingResponseObject, error) {
	var in input
	b := r.Body
	c := app.ListingOpen{
		Region: b.Region, Pollutant: b.Pollutant, Kind: reserve.ListingKind(b.Kind), Quantity: read(&in, "quantity", b.Quantity, quantity.ParseQuantity),
		Price: read(&in, "price", b.Price, quantity.ParsePrice), EachMax: readOptional(&in, "each_max", b.EachMax, quantity.ParseQuantity),
		LotChoice: lotChoice(b.Order, b.Lots), Document: b.Document,
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// CloseListing takes back what is not sold.
func (s *Server) CloseListing(ctx context.Context, r gen.CloseListingRequestObject) (gen.CloseListingResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.ListingClose{Listing: r.ID, Reason: r.Body.Reason})
}

// SellListing sells out of a listing.
func (s *Server) SellListing(ctx context.Context, r gen.SellListingRequestObject) (gen.SellListingResponseObject, error) {
	var in input
	c := app.ListingSell{
		Listing: r.ID, Licence: r.Body.Licence, Instrument: r.Body.Instrument, Quantity: read(&in, "quantity", r.Body.Quantity, quantity.ParseQuantity),
		DueOn: read(&in, "due_on", r.Body.DueOn, calendar.ParseDate), Project: deref(r.Body.Project), Document: deref(r.Body.Document),
		ExistingUnit: deref(r.Body.ExistingUnit),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}
