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

var _ = register(standingOfferOf, identity.OfferOpen, identity.OfferClose)

// ListStandingOffers lists the bureaus' offers to buy back.
func (s *Server) ListStandingOffers(_ context.Context, r gen.ListStandingOffersRequestObject) (gen.ListStandingOffersResponseObject, error) {
	p := pageOf(r.Params.Limit, r.Params.After)
	rows, next := published(s, app.StandingOffers, p, func(o reserve.StandingOffer) bool {
		return is(r.Params.Region, o.Region) && is(r.Params.Pollutant, o.Pollutant) && is(r.Params.State, api.OfferState(o.State))
	})
	return gen.ListStandingOffers200JSONResponse{Items: convertAll(rows, standingOfferOf), Next: next}, nil
}

func standingOfferOf(o reserve.StandingOffer) api.StandingOffer {
	return api.StandingOffer{
		ID: o.ID, Region: o.Region, Pollutant: o.Pollutant, Price: o.Price.String(), Quantity: o.Quantity.String(), Remaining: o.Remaining.String(),
		Until: o.Until.String(), Document: o.Document, State: api.OfferState(o.State), OpenedAt: o.OpenedAt.String(),
	}
}

// OpenStandingOffer offers to buy at a fixed price.
func (s *Server) OpenStandingOffer(ctx context.Context, r gen.OpenStandingOfferRequestObject) (gen.OpenStandingOfferResponseObject, error) {
	var in input
	c := app.OfferOpen{
		Region: r.Body.Region, Pollutant: r.Body.Pollutant, Price: read(&in, "price", r.Body.Price, quantity.ParsePrice),
		Quantity: read(&in, "quantity", r.Body.Quantity, quantity.ParseQuantity), Budget: r.Body.Budget,
		Until: read(&in, "until", r.Body.Until, calendar.ParseDate), Document: r.Body.Document,
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// CloseStandingOffer ends a standing offer.
func (s *Server) CloseStandingOffer(ctx context.Context, r gen.CloseStandingOfferRequestObject) (gen.CloseStandingOfferResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.OfferClose{Offer: r.ID})
}

// AcceptStandingOffer sells permits at the price of a standing offer.
func (s *Server) AcceptStandingOffer(ctx context.Context, r gen.AcceptStandingOfferRequestObject) (gen.AcceptStandingOfferResponseObject, error) {
	var in input
	c := app.OfferAccept{
		Offer: r.ID, Licence: r.Body.Licence, Instrument: r.Body.Instrument, Quantity: read(&in, "quantity", r.Body.Quantity, quantity.ParseQuantity),
		Verification: r.Body.Verification, Cause: reserve.BuyBackCause(r.Body.Cause), Document: r.Body.Document,
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}
