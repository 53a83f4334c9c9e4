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

var _ = register(awardOf, identity.AwardSign, identity.AwardContract, identity.AwardSettle, identity.AwardPay, identity.AwardBook, identity.AwardDefault, identity.AwardRevoke)

// ListAwards lists what was won in auctions.
func (s *Server) ListAwards(ctx context.Context, r gen.ListAwardsRequestObject) (gen.ListAwardsResponseObject, error) {
	may, err := s.see(ctx, identity.BidderRead)
	if err != nil {
		return nil, err
	}
	q := equal(equal(equal(app.Query{}, "offer", r.Params.Offer), "party", r.Params.Party), "state", textOf(r.Params.State))
	p := pageOf(r.Params.Limit, r.Params.After, r.Params.NewestFirst)
	rows, next, err := find(ctx, s, app.Awards, alternatives(q, may.by([]string{"party"}, []string{"region"})), p, func(a auction.Award) int64 { return a.ID })
	return gen.ListAwards200JSONResponse{Items: convertAll(rows, s.awardOf), Next: next}, err
}

// GetAward shows an award.
func (s *Server) GetAward(ctx context.Context, r gen.GetAwardRequestObject) (gen.GetAwardResponseObject, error) {
	may, err := s.see(ctx, identity.BidderRead)
	if err != nil {
		return nil, err
	}
	a, known, err := get(ctx, s, app.Awards, r.ID)
	if err != nil {
		return nil, err
	}
	if !known || !may.has(a.Party, a.Region) {
		return nil, identity.ErrNotYours.At("id")
	}
	return gen.GetAward200JSONResponse(s.awardOf(a)), nil
}

func awardOf(a app.AwardResult) api.Award {
	return api.Award{
		ID: a.ID, Offer: a.Offer, Registration: a.Registration, Party: a.Party, Region: a.Region, Quantity: a.Quantity.String(), Price: a.Price.String(),
		Amount: a.Amount.String(), Formula: optional(a.Formula), State: api.AwardState(a.State), PublicNotice: a.PublicNotice, ContractBy: a.ContractBy.String(),
		SignedAt: instantOf(a.SignedAt), Contract: optional(a.Contract), ContractedAt: instantOf(a.ContractedAt), PayBy: dateOf(a.PayBy),
		PaymentNotice: optional(a.Notice), Proof: optional(a.Proof), PaidAt: instantOf(a.PaidAt), CertifyBy: dateOf(a.CertifyBy),
		Transfer: optional(a.Transfer), Lot: optional(a.Lot), EndedAt: instantOf(a.EndedAt), Reason: optional(a.Reason),
		Forfeited: moneyOf(a.Forfeited), BarredUntil: dateOf(a.BarredUntil),
	}
}

// awardOf shows an award with the formula of its amount, which asks for the offer.
func (s *Server) awardOf(a auction.Award) api.Award {
	o, _ := app.ReadTable(s.app.Reference(), app.Offers).Get(a.Offer)
	return awardOf(app.AwardResult{Award: a, Formula: app.AwardFormula(o, a)})
}

// SignAward signs a contract for its winner.
func (s *Server) SignAward(ctx context.Context, r gen.SignAwardRequestObject) (gen.SignAwardResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.AwardSign{Award: r.ID})
}

// ContractAward signs a contract for the bureau.
func (s *Server) ContractAward(ctx context.Context, r gen.ContractAwardRequestObject) (gen.ContractAwardResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.AwardContract{Award: r.ID, Contract: r.Body.Contract})
}

// SettleAward pays for the credits that were won, and delivers them.
func (s *Server) SettleAward(ctx context.Context, r gen.SettleAwardRequestObject) (gen.SettleAwardResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.AwardSettle{Award: r.ID})
}

// PayAward records what the treasury has paid to a seller.
func (s *Server) PayAward(ctx context.Context, r gen.PayAwardRequestObject) (gen.PayAwardResponseObject, error) {
	var in input
	c := app.AwardPay{
		Award: r.ID, Amount: read(&in, "amount", r.Body.Amount, quantity.ParseMoney), Proof: r.Body.Proof,
		PaidOn: read(&in, "paid_on", r.Body.PaidOn, calendar.ParseDate),
	}
	if err := in.err(); err != nil {
		return nil, err
	}
	return s.do(ctx, r.Params.IdempotencyKey, c)
}

// BookAward brings into the reserve what was bought.
func (s *Server) BookAward(ctx context.Context, r gen.BookAwardRequestObject) (gen.BookAwardResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.AwardBook{Award: r.ID, Document: r.Body.Document})
}

// DefaultAward finds that a winner has not signed or not paid in time.
func (s *Server) DefaultAward(ctx context.Context, r gen.DefaultAwardRequestObject) (gen.DefaultAwardResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.AwardDefault{Award: r.ID, Reason: r.Body.Reason})
}

// RevokeAward revokes an award that its winner may not have.
func (s *Server) RevokeAward(ctx context.Context, r gen.RevokeAwardRequestObject) (gen.RevokeAwardResponseObject, error) {
	return s.do(ctx, r.Params.IdempotencyKey, app.AwardRevoke{Award: r.ID, Reason: r.Body.Reason})
}

// GetOfferResult shows what anybody may know of an auction that was certified, or has failed.
func (s *Server) GetOfferResult(ctx context.Context, r gen.GetOfferResultRequestObject) (gen.GetOfferResultResponseObject, error) {
	page := pageOf(r.Params.Limit, r.Params.After)
	p, err := s.results.Of(ctx, s.rows, r.ID, page.query(app.Query{}))
	if err != nil {
		return nil, err
	}
	winners, next := cut(page, p.Winners, func(w app.PublishedWinner) int64 { return w.Award.ID })
	o, f := p.Offer, p.Figures
	return gen.GetOfferResult200JSONResponse{
		Offer: o.ID, Status: api.AuctionStatus(o.ResultStatus), ClearingPrice: optionalPrice(o.ClearingPrice), AveragePrice: optionalPrice(f.Average),
		Offered: o.Quantity.String(), Sold: o.Volume.String(), Unsold: o.Unsold().String(), Bidders: f.Bidders, Wanted: textOfQuantity(f.Wanted),
		CoverRatio: ratioOf(f.Cover), Noncompetitive: textOfQuantity(f.Takers), MinPrice: optionalPrice(f.Least), MaxPrice: optionalPrice(f.Greatest), MeanPrice: optionalPrice(f.Mean), MedianPrice: optionalPrice(f.Median),
		State: api.AuctionState(o.State), Reason: optional(o.Reason), CertifiedAt: instantOf(o.CertifiedAt), ResultDigest: o.ResultDigest,
		Winners: convertAll(winners, func(w app.PublishedWinner) api.AuctionWinner {
			return api.AuctionWinner{
				Name: w.Name, Quantity: w.Award.Quantity.String(), Price: w.Award.Price.String(), Amount: w.Award.Amount.String(), State: api.AwardState(w.Award.State),
			}
		}),
		Next: next,
	}, nil
}
