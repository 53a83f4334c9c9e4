package httpapi

import (
	"context"
	"strconv"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/auction"
	"permitx/internal/fault"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/quantity"
)

var (
	_ = register(registrationOf, identity.RegistrationApply, identity.RegistrationWithdraw)
	_ = register(func(r app.QuoteReceipt) api.QuoteReceipt {
		return api.QuoteReceipt{ID: r.Quote, Offer: r.Offer, PlacedAt: r.PlacedAt.String(), Digest: r.Digest}
	}, identity.QuotePlace)
)

// ListRegistrations lists bidders of auctions.
func (s *Server) ListRegistrations(ctx context.Context, r gen.ListRegistrationsRequestObject) (gen.ListRegistrationsResponseObject, error) {
	may, err := s.see(ctx, identity.BidderRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(equal(app.Query{}, "offer", r.Params.Offer), "party", r.Params.Party), "state", textOf(r.Params.State))
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.Registrations, alternatives(q, may.by([]string{"party"}, []string{"region"})), p, func(x auction.Registration) int64 { return x.ID })
	return gen.ListRegistrations200JSONResponse{Items: convertAll(rows, s.bidderOf(ctx)), Next: next}, err
}

// GetRegistration shows a bidder of an auction.
func (s *Server) GetRegistration(ctx context.Context, r gen.GetRegistrationRequestObject) (gen.GetRegistrationResponseObject, error) {
	may, err := s.see(ctx, identity.BidderRead)
	if err != nil {
		return nil, err
	}
	x, known, err := get(ctx, s, app.Registrations, r.ID)
	if err != nil {
		return nil, err
	}
	if !known || !may.has(x.Party, x.Region) {
		return nil, identity.ErrNotYours.At("id")
	}
	return gen.GetRegistration200JSONResponse(s.bidderOf(ctx)(x)), nil
}

// bidderOf shows a bidder: of an offer whose bids have fallen without what they had come to.
func (s *Server) bidderOf(ctx context.Context) func(x auction.Registration) api.Registration {
	offers := app.ReadTable(s.app.Reference(), app.Offers)
	return func(x auction.Registration) api.Registration {
		if o, _ := offers.Get(x.Offer); isFallen(ctx, o) {
			x.Place, x.Won, x.Price = 0, 0, 0
		}
		return registrationOf(x)
	}
}

// isFallen reports whether the bids of an offer have fallen, for everybody but an auditor.
func isFallen(ctx context.Context, o auction.Offer) bool {
	return o.BidsFell() && !callOf(ctx).actor.Has(identity.Auditor)
}

// ofBids is whose bids of an offer the caller may see: where they have fallen his own,
// and as an auditor all.
func ofBids(ctx context.Context, o auction.Offer, may scope) scope {
	if isFallen(ctx, o) {
		return scope{parties: may.parties}
	}
	return may
}

func registrationOf(r auction.Registration) api.Registration {
	return api.Registration{
		ID: r.ID, Offer: r.Offer, Party: r.Party, Region: r.Region, Licence: optional(r.Licence), Project: optional(r.Project), Quantity: textOfQuantity(r.Quantity),
		MaxQuantity: textOfQuantity(r.Most()), AcceptsPart: r.AcceptsPart, Collateral: r.Collateral.String(), Held: r.Hold != 0, State: api.RegistrationState(r.State),
		RegisteredAt: r.RegisteredAt.String(), Place: optional(int(r.Place)), Won: textOfQuantity(r.Won), Price: optionalPrice(r.Price), Reason: optional(r.Reason),
	}
}

// RegisterBidder registers a party for an auction.
func (s *Server) RegisterBidder(ctx context.Context, r gen.RegisterBidderRequestObject) (gen.RegisterBidderResponseObject, error) {
	var in input
	c := app.RegistrationApply{
		Offer: r.ID, Party: deref(r.Body.Party), Licence: deref(r.Body.Licence), Project: deref(r.Body.Project), ExistingUnit: deref(r.Body.ExistingUnit), AcceptsPart: deref(r.Body.AcceptsPart),
		Quantity:  readOptional(&in, "quantity", r.Body.Quantity, quantity.ParseQuantity),
		Guarantee: readOptional(&in, "guarantee", r.Body.Guarantee, quantity.ParseMoney),

		QuantityMost: readOptional(&in, "max_quantity", r.Body.MaxQuantity, quantity.ParseQuantity),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// WithdrawRegistration takes a registration back.
func (s *Server) WithdrawRegistration(ctx context.Context, r gen.WithdrawRegistrationRequestObject) (gen.WithdrawRegistrationResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.RegistrationWithdraw{Registration: r.ID})
}

// PlaceQuote bids. What the quote says goes no further than to its seal.
func (s *Server) PlaceQuote(ctx context.Context, r gen.PlaceQuoteRequestObject) (gen.PlaceQuoteResponseObject, error) {
	k := callOf(ctx)
	if err := identity.Authorise(k.actor, identity.QuotePlace, identity.Target{}); err != nil {
		return nil, err
	}
	var in input
	t := auction.Terms{Confirmed: deref(r.Body.ConfirmPrice)}
	for i, step := range r.Body.Steps {
		at := "/steps/" + strconv.Itoa(i)
		t.Steps = append(t.Steps, auction.Step{
			Price: read(&in, at+"/price", step.Price, quantity.ParsePrice), Quantity: readOptional(&in, at+"/quantity", step.Quantity, quantity.ParseQuantity),
		})
	}
	if r.Body.Noncompetitive != nil {
		if len(t.Steps) > 0 {
			return nil, fault.Invalidf("noncompetitive", "a quote names prices (steps), or a quantity at any price (noncompetitive)")
		}
		t.Noncompetitive = true
		t.Steps = []auction.Step{{Quantity: read(&in, "noncompetitive", *r.Body.Noncompetitive, quantity.ParseQuantity)}}
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	c, err := s.app.SealQuote(k.actor, r.Params.IdempotencyKey, r.ID, t)
	if err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// seeOffer returns an offer whose bidders' rows the caller may see: all of them
// in his region, unless they have fallen, and his own as a bidder.
func (s *Server) seeOffer(ctx context.Context, id int64) (o auction.Offer, may scope, own []auction.Registration, err error) {
	if may, err = s.see(ctx, identity.BidderRead); err != nil {
		return o, may, nil, err
	}
	o, known, err := get(ctx, s, app.Offers, id)
	if err != nil {
		return o, may, nil, err
	}
	may = ofBids(ctx, o, may)
	if known && len(may.parties) > 0 {
		err = s.rows.Find(ctx, app.Registrations.Name(), app.Where("offer", o.ID).And("party", app.In, may.parties), &own)
	}
	if err == nil && (!known || len(own) == 0 && !may.has(0, o.Region)) {
		err = identity.ErrNotYours.At("id")
	}
	return o, may, own, err
}

// bidderConds restricts rows of an offer to what the caller may see of bidders.
func bidderConds(o auction.Offer, may scope, own []auction.Registration, column string, value func(auction.Registration) int64) []app.Query {
	q := app.Where("offer", o.ID)
	if may.has(0, o.Region) && !o.State.IsSealed() {
		return []app.Query{q}
	}
	if len(own) == 0 {
		return nil
	}
	return []app.Query{q.And(column, app.In, convertAll(own, value))}
}

// ListQuotes lists receipts of quotes.
func (s *Server) ListQuotes(ctx context.Context, r gen.ListQuotesRequestObject) (gen.ListQuotesResponseObject, error) {
	o, may, own, err := s.seeOffer(ctx, r.ID)
	if isHiddenList(err) {
		return gen.ListQuotes200JSONResponse{Items: []api.Quote{}}, nil
	}
	if err != nil {
		return nil, err
	}
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	queries := bidderConds(o, may, own, "registration", func(x auction.Registration) int64 { return x.ID })
	rows, next, err := find(ctx, s, app.Quotes, queries, p, func(q auction.Quote) int64 { return q.ID })
	return gen.ListQuotes200JSONResponse{Items: convertAll(rows, quoteOf), Next: next}, err
}

// isHiddenList reports a list whose object the caller may not know: it is empty.
func isHiddenList(err error) bool {
	f, ok := fault.As(err)
	return ok && f.Code == identity.ErrNotYours.Code
}

func quoteOf(q auction.Quote) api.Quote {
	return api.Quote{
		ID: q.ID, Offer: q.Offer, Registration: q.Registration, Party: q.Party, PlacedAt: q.PlacedAt.String(), Digest: q.Digest, Sealed: optional(q.Sealed),
	}
}

// ListBids lists opened bids.
func (s *Server) ListBids(ctx context.Context, r gen.ListBidsRequestObject) (gen.ListBidsResponseObject, error) {
	o, may, own, err := s.seeOffer(ctx, r.ID)
	if isHiddenList(err) {
		return gen.ListBids200JSONResponse{Items: []api.OpenedBid{}}, nil
	}
	if err != nil {
		return nil, err
	}
	queries := bidderConds(o, may, own, "registration", func(x auction.Registration) int64 { return x.ID })
	if o.IsOpen() {
		queries = []app.Query{app.Where("offer", o.ID)}
	}
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.OpenedBids, queries, p, func(b auction.OpenedBid) int64 { return b.ID })
	mine := map[int64]bool{}
	for _, x := range own {
		mine[x.ID] = true
	}
	fallen := isFallen(ctx, o)
	items := convertAll(rows, func(b auction.OpenedBid) api.OpenedBid {
		if fallen { // what it would have won and paid tells of the others
			b.Won, b.Paid = 0, 0
		}
		return openedOf(b, may.has(0, o.Region) || mine[b.Registration])
	})
	return gen.ListBids200JSONResponse{Items: items, Next: next}, err
}

// openedOf shows a bid; whose it is only to who may know.
func openedOf(b auction.OpenedBid, named bool) api.OpenedBid {
	out := api.OpenedBid{
		ID: b.ID, Offer: b.Offer, Quote: b.Quote, Price: optionalPrice(b.Price), Quantity: b.Quantity.String(), PlacedAt: b.PlacedAt.String(),
	}
	if named {
		out.Registration, out.Won, out.Paid = &b.Registration, textOfQuantity(b.Won), optionalPrice(b.Paid)
	}
	return out
}

// GetSight shows a bidder what the offer lets him see in its window.
func (s *Server) GetSight(ctx context.Context, r gen.GetSightRequestObject) (gen.GetSightResponseObject, error) {
	o, _, own, err := s.seeOffer(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	out := api.BidderSight{Sight: api.AuctionSight(o.Sight)}
	for _, x := range own {
		if x.State == auction.Registered {
			seen := s.app.BidderSight(o, x.ID)
			out.OwnRank, out.HighestPrice, out.CutOff = optional(seen.OwnRank), optionalPrice(seen.HighestPrice), optionalPrice(seen.CutOff)
		}
	}
	return gen.GetSight200JSONResponse(out), nil
}
