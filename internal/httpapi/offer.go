package httpapi

import (
	"context"

	"permitx/api"
	"permitx/internal/app"
	"permitx/internal/auction"
	"permitx/internal/calendar"
	"permitx/internal/httpapi/gen"
	"permitx/internal/identity"
	"permitx/internal/quantity"
)

var (
	_ = register(func(r app.OfferResult) api.AuctionOffer { return offerOf(r.Offer, r.Instrument, r.Seller) },
		identity.OfferAnnounce, identity.CreditOffer, identity.OfferCancel, identity.OfferVoid, identity.OfferHalt, identity.OfferResume, identity.OfferCertify)
	_ = register(func(p app.OfferProgress) progressResult { return progressResult{p.Offer, string(p.State)} },
		identity.OfferOpenBids, identity.OfferCompute, identity.OfferApply, identity.OfferAward, identity.OfferGiveBack)
)

// progressResult is nobody's request: a step of the registry's own.
type progressResult struct {
	Offer int64  `json:"offer"`
	State string `json:"state"`
}

// ListOffers lists auctions.
func (s *Server) ListOffers(ctx context.Context, r gen.ListOffersRequestObject) (gen.ListOffersResponseObject, error) {
	q := equal(equal(app.Query{}, "region", r.Params.Region), "pollutant", r.Params.Pollutant)
	q = equal(equal(q, "state", textOf(r.Params.State)), "format", textOf(r.Params.Format))
	q = equal(q, "programme", r.Params.Programme)
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.Offers, []app.Query{q}, p, func(o auction.Offer) int64 { return o.ID })
	may := s.bidders(ctx)
	items := convertAll(rows, func(o auction.Offer) api.AuctionOffer { return s.offer(o, ofBids(ctx, o, may)) })
	return gen.ListOffers200JSONResponse{Items: items, Next: next}, err
}

// GetOffer shows an auction with what disturbed it.
func (s *Server) GetOffer(ctx context.Context, r gen.GetOfferRequestObject) (gen.GetOfferResponseObject, error) {
	o, known, err := get(ctx, s, app.Offers, r.ID)
	if err != nil {
		return nil, err
	}
	if !known {
		return nil, identity.ErrNotYours.At("id")
	}
	var incidents []auction.Incident
	if err := s.rows.Find(ctx, app.OfferIncidents.Name(), app.Where("offer", o.ID).Page(0, incidentsMost), &incidents); err != nil {
		return nil, err
	}
	out := s.offer(o, ofBids(ctx, o, s.bidders(ctx)))
	if len(incidents) > 0 {
		shown := convertAll(incidents, func(x auction.Incident) api.AuctionIncident {
			return api.AuctionIncident{Kind: api.IncidentKind(x.Kind), Since: x.Since.String(), Until: x.Until.String(), Outcome: api.IncidentOutcome(x.Outcome)}
		})
		out.Incidents = shown
	}
	if o.Programme != "" {
		if out.CarryOvers, err = s.carryOvers(ctx, o); err != nil {
			return nil, err
		}
	}
	return gen.GetOffer200JSONResponse(out), nil
}

// carryOvers are what an offer took over and what others took over of it.
func (s *Server) carryOvers(ctx context.Context, o auction.Offer) (all []api.AuctionCarryOver, err error) {
	for _, side := range []string{"to_offer", "from_offer"} {
		var rows []auction.CarryOver
		if err := s.rows.Find(ctx, app.CarryOvers.Name(), app.Where(side, o.ID).Page(0, carriesShown), &rows); err != nil {
			return nil, err
		}
		for _, c := range rows {
			all = append(all, api.AuctionCarryOver{From: c.FromOffer, To: c.ToOffer, Quantity: c.Quantity.String(), Notice: c.Notice, At: c.At.String()})
		}
	}
	return all, nil
}

const carriesShown = 500

const incidentsMost = 1000

// bidders are whose bids the caller may see; of the public nobody's.
func (s *Server) bidders(ctx context.Context) scope {
	may, err := s.see(ctx, identity.BidderRead)
	if err != nil {
		return scope{}
	}
	return may
}

// offer is an offer with the names of what is offered, and of who sells credits. What
// its bids have come to is nobody's to know but the officers' until it is certified; where it
// is declared void, they have won nothing, and it is the auditor's alone. Its digest is
// made of little more: who knows a part could try what the rest is.
func (s *Server) offer(o auction.Offer, may scope) api.AuctionOffer {
	name, seller := o.Pollutant, ""
	if o.OfCredits() {
		p, _ := app.ReadTable(s.app.Reference(), app.Parties).Get(o.Seller)
		seller = p.Name
	} else {
		name = s.instrumentBy(o.Instrument).Code
	}
	out := offerOf(o, name, seller)
	if !o.IsResultPublic() && !may.has(0, o.Region) {
		out.Status, out.ResultDigest, out.ClearingPrice, out.Volume, out.Unsold = nil, nil, nil, nil, nil
	}
	return out
}

func offerOf(o auction.Offer, instrument, seller string) api.AuctionOffer {
	out := api.AuctionOffer{
		ID: o.ID, Region: o.Region, Pollutant: o.Pollutant, Instrument: instrument, PriceBasis: api.PriceBasisPerYear, Series: optional(o.Series), Seller: optional(seller), Format: api.AuctionFormat(o.Format), Quantity: o.Quantity.String(),
		ReservePrice: o.ReservePrice.String(), LotSize: o.LotSize.String(), Tick: o.Tick.String(), Quota: textOfQuantity(o.Quota), Budget: optional(o.Budget),
		Collateral: api.AuctionCollateral(o.Collateral), Deposit: moneyOf(o.Deposit), DepositPer: depositPerOf(o), BudgetLimit: moneyOf(o.BudgetLimit), Committed: moneyOf(o.Committed), Months: int(o.Months),
		Tie: optional(api.AuctionTie(o.Tie)), Undersubscribed: optional(api.AuctionUndersubscribed(o.Undersubscribed)), Fit: optional(api.AuctionFit(o.Fit)),
		WinShare: ratioOf(o.WinShare), ConfirmFactor: ratioOf(o.ConfirmFactor), MinBidders: optional(int(o.BiddersMin)), MaxQuotes: optional(int(o.QuotesMost)),
		Programme: optional(o.Programme), Planned: textOfQuantity(o.Planned), Carried: textOfQuantity(o.Carried),
		NoncompetitiveQuota: textOfQuantity(o.NoncompetitiveQuota), NoncompetitiveShare: ratioOf(o.NoncompetitiveShare),
		Step: optionalPrice(o.Step), FreeSeconds: optional(int(o.FreeSeconds)), ClockSeconds: optional(int(o.ClockSeconds)), Sight: api.AuctionSight(o.Sight),
		InterruptionSeconds: int(o.InterruptionMost), InterruptionRule: api.InterruptionRule(o.InterruptionRule),
		InterruptedSeconds: optional(int(o.Lost / 1_000_000)),
		RegisterFrom:       o.RegisterFrom.String(), RegisterUntil: o.RegisterUntil.String(), OpensAt: o.OpensAt.String(), ClosesAt: o.ClosesAt.String(),
		KeyDigest: o.KeyDigest, SeedDigest: o.SeedDigest, SealKey: optional(o.SealKey), State: api.AuctionState(o.State), Document: o.Document,
		AnnouncedAt: o.AnnouncedAt.String(), Notice: o.Notice, Reason: optional(o.Reason),
		ClosedAt: instantOf(o.ClosedAt), CloseRow: optional(int(o.CloseRow)), CloseHead: optional(o.CloseHead),
		CertifyBy: dateOf(o.CertifyBy), CertifiedAt: instantOf(o.CertifiedAt),
	}
	if o.OfCredits() {
		out.PriceBasis = api.PriceBasisOutright
	}
	if o.State.InWindow() {
		out.BestPrice = optionalPrice(o.ClearingPrice)
	}
	if o.ResultDigest != "" {
		out.Status, out.ResultDigest, out.ClearingPrice = optional(api.AuctionStatus(o.ResultStatus)), &o.ResultDigest, optionalPrice(o.ClearingPrice)
		out.Volume, out.Unsold = new(o.Volume.String()), new(o.Unsold().String())
	}
	return out
}

func moneyOf(m quantity.Money) *string {
	if m == 0 {
		return nil
	}
	return new(m.String())
}

func optionalPrice(p quantity.Price) *string {
	if p == 0 {
		return nil
	}
	return new(p.String())
}

func ratioOf(k quantity.Ratio) *string {
	if k == 0 {
		return nil
	}
	return new(k.String())
}

// AnnounceOffer announces an auction.
func (s *Server) AnnounceOffer(ctx context.Context, r gen.AnnounceOfferRequestObject) (gen.AnnounceOfferResponseObject, error) {
	var in input
	b := r.Body
	c := app.OfferAnnounce{
		Region: b.Region, Pollutant: b.Pollutant, Instrument: b.Instrument, Budget: deref(b.Budget),
		BudgetLimit: readOptional(&in, "budget_limit", b.BudgetLimit, quantity.ParseMoney), Programme: deref(b.Programme), LotChoice: lotChoice(b.Order, b.Lots),
		OfferTerms: offerTerms(&in, *b),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	var err error
	if c.OfferTerms, err = s.app.SealOffer(callOf(ctx).actor, r.Params.IdempotencyKey, c.OfferTerms); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// depositPers are what a deposit may be for; where it is not said, it is one of a bidder.
var depositPers = map[api.AuctionDepositPer]auction.DepositPer{api.AuctionDepositPerBidder: auction.PerBidder, api.AuctionDepositPerLot: auction.PerLot}

func depositPerOf(o auction.Offer) *api.AuctionDepositPer {
	switch {
	case o.Deposit == 0:
		return nil
	case o.DepositPer == auction.PerLot:
		return new(api.AuctionDepositPerLot)
	}
	return new(api.AuctionDepositPerBidder)
}

// offerTerms reads the terms of an auction.
func offerTerms(in *input, b api.AuctionOfferInput) app.OfferTerms {
	c := app.OfferTerms{
		Format: auction.Format(b.Format), Quantity: read(in, "quantity", b.Quantity, quantity.ParseQuantity),
		ReservePrice: read(in, "reserve_price", b.ReservePrice, quantity.ParsePrice),
		LotSize:      read(in, "lot_size", b.LotSize, quantity.ParseQuantity), Tick: read(in, "tick", b.Tick, quantity.ParsePrice),
		Quota:      readOptional(in, "quota", b.Quota, quantity.ParseQuantity),
		Collateral: auction.Collateral(deref(b.Collateral)), Deposit: readOptional(in, "deposit", b.Deposit, quantity.ParseMoney),
		DepositPer: depositPers[deref(b.DepositPer)],
		Tie:        auction.Tie(deref(b.Tie)), Undersubscribed: auction.Undersubscribed(deref(b.Undersubscribed)), Fit: auction.Fit(deref(b.Fit)),
		WinShare: readOptional(in, "win_share", b.WinShare, quantity.ParsePositiveRatio), BiddersMin: int32(deref(b.MinBidders)), //nolint:gosec // bounded by the contract
		QuotesMost: int32(deref(b.MaxQuotes)), ConfirmFactor: readOptional(in, "confirm_factor", b.ConfirmFactor, quantity.ParseRatio), //nolint:gosec // likewise
		NoncompetitiveQuota: readOptional(in, "noncompetitive_quota", b.NoncompetitiveQuota, quantity.ParseQuantity),
		NoncompetitiveShare: readOptional(in, "noncompetitive_share", b.NoncompetitiveShare, quantity.ParsePositiveRatio),
		Sight:               auction.SeesNothing, Step: readOptional(in, "step", b.Step, quantity.ParsePrice),
		FreeSeconds: int32(deref(b.FreeSeconds)), ClockSeconds: int32(deref(b.ClockSeconds)), //nolint:gosec // likewise
		InterruptionMost: int32(b.InterruptionSeconds), InterruptionRule: auction.InterruptionRule(b.InterruptionRule), //nolint:gosec // likewise
		RegisterFrom: readOptional(in, "register_from", b.RegisterFrom, calendar.ParseInstant), RegisterUntil: read(in, "register_until", b.RegisterUntil, calendar.ParseInstant),
		OpensAt: read(in, "opens_at", b.OpensAt, calendar.ParseInstant), ClosesAt: readOptional(in, "closes_at", b.ClosesAt, calendar.ParseInstant),
		Title: b.Title, Document: b.Document,
	}
	if b.Sight != nil {
		c.Sight = auction.Sight(*b.Sight)
	}
	return c
}

// OfferCredits offers credits by auction.
func (s *Server) OfferCredits(ctx context.Context, r gen.OfferCreditsRequestObject) (gen.OfferCreditsResponseObject, error) {
	var in input
	b := r.Body
	c := app.CreditOffer{
		Seller: b.Seller, Series: b.Series, Issuance: deref(b.Issuance),
		OfferTerms: offerTerms(&in, api.AuctionOfferInput{
			Format: b.Format, Quantity: b.Quantity, ReservePrice: b.ReservePrice, LotSize: b.LotSize, Tick: b.Tick, Quota: b.Quota,
			Collateral: b.Collateral, Deposit: b.Deposit, Tie: b.Tie, Undersubscribed: b.Undersubscribed, ConfirmFactor: b.ConfirmFactor, Sight: b.Sight,
			NoncompetitiveQuota: b.NoncompetitiveQuota, NoncompetitiveShare: b.NoncompetitiveShare,
			Step: b.Step, FreeSeconds: b.FreeSeconds, ClockSeconds: b.ClockSeconds, InterruptionSeconds: b.InterruptionSeconds, InterruptionRule: b.InterruptionRule,
			RegisterFrom: b.RegisterFrom, RegisterUntil: b.RegisterUntil, OpensAt: b.OpensAt, ClosesAt: b.ClosesAt, Title: b.Title, Document: b.Document,
		}),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	var err error
	if c.OfferTerms, err = s.app.SealOffer(callOf(ctx).actor, r.Params.IdempotencyKey, c.OfferTerms); err != nil {
		return nil, err
	}
	return s.create(ctx, r.Params.IdempotencyKey, c)
}

// CancelOffer takes an auction back before its window opens.
func (s *Server) CancelOffer(ctx context.Context, r gen.CancelOfferRequestObject) (gen.CancelOfferResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.OfferCancel{Offer: r.ID, Reason: r.Body.Reason})
}

// HaltOffer interrupts an open window.
func (s *Server) HaltOffer(ctx context.Context, r gen.HaltOfferRequestObject) (gen.HaltOfferResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.OfferHalt{Offer: r.ID, Reason: r.Body.Reason})
}

// ResumeOffer lets a halted window go on.
func (s *Server) ResumeOffer(ctx context.Context, r gen.ResumeOfferRequestObject) (gen.ResumeOfferResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.OfferResume{Offer: r.ID, Reason: r.Body.Reason})
}

// VoidOffer ends an auction that is halted or closed without a result.
func (s *Server) VoidOffer(ctx context.Context, r gen.VoidOfferRequestObject) (gen.VoidOfferResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.OfferVoid{Offer: r.ID, Reason: r.Body.Reason})
}

// CertifyOffer certifies a result.
func (s *Server) CertifyOffer(ctx context.Context, r gen.CertifyOfferRequestObject) (gen.CertifyOfferResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.OfferCertify{Offer: r.ID, ResultDigest: r.Body.ResultDigest, Document: r.Body.Document})
}
